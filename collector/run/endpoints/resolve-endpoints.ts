import type { LedgerEndpoint } from "../../model/ledger.ts";
import { type EndpointRule, endpointRenaming } from "./endpoint-rule.ts";
import { pathOf, pathTemplate } from "./path-template.ts";
import { keyOf, type RoutePattern, routeOf, routePattern } from "./route-style.ts";

export type RawEndpoint = Pick<LedgerEndpoint, "method" | "name" | "source">;

/** `count` requests had one name at one witness and that of `as` at another; both are indices into the list of endpoints. */
export interface EndpointVote {
  readonly endpoint: number;
  readonly as: number;
  readonly count: number;
}

/** Share of an endpoint's joined requests that must say the same. A script's name that is used for several routes stays what it is. */
const CLEAR_MAJORITY = 0.8;
const METHOD = /^[A-Z]{3,8}$/;

type Named = Pick<LedgerEndpoint, "canonical" | "by">;

interface KnownRoute extends RoutePattern {
  readonly method: string;
  readonly canonical: string;
}

/**
 * One name for what several witnesses call by several: `METHOD /route/{id}`. In this order: a rule of the configuration, the witness's own route,
 * requests that were seen under both names, a path that fits a known route, the script's name as it is, ids recognised by their form.
 *
 * Same length and order as `raw`. Parameters keep the names of the first route that has them; routes are compared by position. A name without a
 * method belongs to the one method that the others know for it, if it is one.
 */
export function resolveEndpoints(
  raw: readonly RawEndpoint[],
  votes: readonly EndpointVote[],
  rules: readonly EndpointRule[],
): readonly LedgerEndpoint[] {
  const resolver = new Resolver(raw, votes, rules);
  const named = raw.map((_, index) => resolver.named(index));
  const methods = methodsByPath(named);
  return raw.map((endpoint, index) => {
    const { canonical, by } = named[index] as Named;
    return { method: endpoint.method, name: endpoint.name, source: endpoint.source, canonical: withMethod(canonical, methods), by };
  });
}

class Resolver {
  readonly #raw: readonly RawEndpoint[];
  readonly #rename: ReturnType<typeof endpointRenaming>;
  readonly #votes = new Map<number, EndpointVote[]>();
  readonly #routes: readonly KnownRoute[];
  /** Spelling of a route by method and key: the first that was given. */
  readonly #spelling = new Map<string, string>();
  readonly #done = new Map<number, Named>();
  readonly #open = new Set<number>();

  constructor(raw: readonly RawEndpoint[], votes: readonly EndpointVote[], rules: readonly EndpointRule[]) {
    this.#raw = raw;
    this.#rename = endpointRenaming(rules);
    for (const vote of votes) {
      if (vote.count <= 0 || vote.as === vote.endpoint || raw[vote.as] === undefined) continue;
      const known = this.#votes.get(vote.endpoint);
      if (known === undefined) this.#votes.set(vote.endpoint, [vote]);
      else known.push(vote);
    }
    const routes = new Map<string, KnownRoute>();
    for (const { method, name, source } of raw) {
      if (source !== "route" || name === "") continue;
      const own = methodAndPath(method, name);
      const canonical = this.#spelled(own.method, own.path);
      if (!routes.has(canonical)) routes.set(canonical, { method: own.method, canonical, ...routePattern(slashed(routeOf(own.path).template)) });
    }
    this.#routes = [...routes.values()].sort((a, b) => b.weight - a.weight);
  }

  named(index: number): Named {
    const known = this.#done.get(index);
    if (known !== undefined) return known;
    this.#open.add(index);
    const found = this.#find(index);
    this.#open.delete(index);
    this.#done.set(index, found);
    return found;
  }

  #find(index: number): Named {
    const { method, name, source } = this.#raw[index] as RawEndpoint;
    const isUrl = source === "url" || source === "path";
    const text = isUrl ? pathOf(name) : name;
    const renamed = this.#rename(method, text);
    if (renamed !== undefined) return { canonical: renamed, by: "rule" };
    const own = methodAndPath(method, text);
    if (source === "route" && name !== "") return { canonical: this.#spelled(own.method, own.path), by: "route" };
    const joined = this.#byVotes(index);
    if (joined !== undefined) return { canonical: joined, by: "joined" };
    if (name === "" || source === "none") return { canonical: name === "" ? joinedName(method, "(unnamed)") : name, by: "none" };
    const isPath = isUrl || own.path.startsWith("/");
    if (!isPath) return { canonical: name, by: "name" };
    const route = this.#fitting(own.method, own.path);
    if (route !== undefined) return { canonical: route, by: "matched" };
    if (!isUrl) return { canonical: this.#spelled(own.method, own.path), by: "name" };
    const template = pathTemplate(own.path);
    return { canonical: this.#spelled(own.method, template), by: template.includes("{id}") ? "template" : "none" };
  }

  /** Names that come from a route or a rule are heard first; those of a script tell nothing that the endpoint's own would not. */
  #byVotes(index: number): string | undefined {
    const votes = this.#votes.get(index);
    if (votes === undefined) return undefined;
    const heard = votes.flatMap((vote) => (this.#open.has(vote.as) ? [] : [{ count: vote.count, ...this.named(vote.as) }]));
    return (
      majority(heard.filter(({ by }) => by === "route" || by === "rule")) ??
      majority(heard.filter(({ by, canonical }) => by !== "name" && pathIn(canonical).startsWith("/")))
    );
  }

  #fitting(method: string, path: string): string | undefined {
    const fitting = this.#routes.filter((route) => (method === "" || route.method === "" || route.method === method) && route.fits(path));
    const best = fitting[0];
    if (best === undefined) return undefined;
    // Without a method the path may belong to several routes of one form: then none of them is meant for sure.
    const rivals = fitting.filter(({ weight, canonical }) => weight === best.weight && canonical !== best.canonical);
    if (rivals.length === 0) return best.method === "" && method !== "" ? this.#spelled(method, pathIn(best.canonical)) : best.canonical;
    return method === "" ? pathIn(best.canonical) : (fitting.find((route) => route.method === method)?.canonical ?? best.canonical);
  }

  #spelled(method: string, path: string): string {
    const { template, key } = routeOf(path);
    const known = this.#spelling.get(`${method} ${key}`);
    if (known !== undefined) return known;
    // The same route under another method lends its spelling.
    const path1 = this.#spelling.get(key) ?? (template.length > 1 && template.endsWith("/") ? template.slice(0, -1) : template);
    this.#spelling.set(key, path1);
    const canonical = joinedName(method, path1);
    this.#spelling.set(`${method} ${key}`, canonical);
    return canonical;
  }
}

function majority(heard: readonly { readonly canonical: string; readonly count: number }[]): string | undefined {
  const counts = new Map<string, number>();
  let all = 0;
  for (const { canonical, count } of heard) {
    counts.set(canonical, (counts.get(canonical) ?? 0) + count);
    all += count;
  }
  for (const [canonical, count] of counts) if (count >= all * CLEAR_MAJORITY) return canonical;
  return undefined;
}

/** A name like `GET /works` brings its method along. */
function methodAndPath(method: string, text: string): { readonly method: string; readonly path: string } {
  const [, own = "", path = ""] = /^([A-Z]{3,8}) +(\/.*)$/.exec(text) ?? [];
  return own === "" ? { method, path: text } : { method: method === "" ? own : method, path };
}

function joinedName(method: string, path: string): string {
  return method === "" ? path : `${method} ${path}`;
}

/** gRPC servers call `pkg.Service/Method` what proxies call `/pkg.Service/Method`. */
function slashed(template: string): string {
  return template.startsWith("/") || !template.includes("/") ? template : `/${template}`;
}

function methodIn(canonical: string): string {
  const at = canonical.indexOf(" ");
  const word = at < 0 ? "" : canonical.slice(0, at);
  return METHOD.test(word) ? word : "";
}

function pathIn(canonical: string): string {
  const method = methodIn(canonical);
  return method === "" ? canonical : canonical.slice(method.length + 1);
}

/** Path by key → its names with a method. */
function methodsByPath(named: readonly Named[]): ReadonlyMap<string, ReadonlySet<string>> {
  const methods = new Map<string, Set<string>>();
  for (const { canonical } of named) {
    if (methodIn(canonical) === "") continue;
    const key = keyOf(pathIn(canonical));
    const known = methods.get(key);
    if (known === undefined) methods.set(key, new Set([canonical]));
    else known.add(canonical);
  }
  return methods;
}

function withMethod(canonical: string, methods: ReadonlyMap<string, ReadonlySet<string>>): string {
  if (methodIn(canonical) !== "" || !canonical.includes("/")) return canonical;
  const known = methods.get(keyOf(canonical));
  return known?.size === 1 ? ([...known][0] as string) : canonical;
}
