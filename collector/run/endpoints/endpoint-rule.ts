import { LoadError } from "../../model/errors.ts";
import { goRegExp } from "../../pipeline/regexp.ts";

/** How the configuration says that requests belong together: `{match: "^/api/works/[^/]+$", as: "/api/works/{id}"}`. */
export interface EndpointRule {
  /**
   * Regular expression (Go's syntax). It is tried on `METHOD name` where the method is known and then on the name alone, anywhere in the text
   * unless it is anchored. The name is what the witness wrote: route, name tag, or path without scheme, host and query.
   */
  readonly match: string;
  /** What they are called: `$1`, `${1}` or `${name}` stand for groups of `match`, `$$` for `$`. A path gets the method of the request before it. */
  readonly as: string;
}

/** The endpoint's name by the first rule that fits; undefined where none does. */
export type EndpointRenaming = (method: string, name: string) => string | undefined;

const MAX_RULES = 1000;
const MAX_NAME_CHARACTERS = 300;
const REFERENCE = /\$(?:\$|(\d{1,2})|\{(\w{1,64})\})/g;

/**
 * Rules as they stand in a configuration. All mistakes are told at once, each with its place.
 * Throws: LoadError E_CONFIG_INVALID. `where` names the list in messages: `runs.endpoints`.
 */
export function parseEndpointRules(input: unknown, where = "endpoints"): readonly EndpointRule[] {
  if (!Array.isArray(input)) throw invalid([`${where}: a list of rules is needed, each with \`match\` and \`as\`, not ${kindOf(input)}`]);
  if (input.length > MAX_RULES) throw invalid([`${where}: ${input.length} rules; ${MAX_RULES} are allowed`]);
  const faults: string[] = [];
  const rules = input.map((entry: unknown, index) => ruleOf(entry, `${where}[${index}]`, faults));
  if (faults.length > 0) throw invalid(faults);
  return rules as readonly EndpointRule[];
}

/** Throws: SyntaxError for a rule that `parseEndpointRules` would refuse. */
export function endpointRenaming(rules: readonly EndpointRule[]): EndpointRenaming {
  const compiled = rules.map(({ match, as }) => ({ pattern: goRegExp(match), as }));
  return (method, name) => {
    for (const { pattern, as } of compiled) {
      const found = (method === "" ? null : pattern.exec(`${method} ${name}`)) ?? pattern.exec(name);
      if (found === null) continue;
      const expanded = expand(as, found).slice(0, MAX_NAME_CHARACTERS);
      return expanded.startsWith("/") && method !== "" ? `${method} ${expanded}` : expanded;
    }
    return undefined;
  };
}

function expand(template: string, found: RegExpExecArray): string {
  return template.replaceAll(REFERENCE, (all, number: string | undefined, name: string | undefined) => {
    if (all === "$$") return "$";
    const key = number ?? name ?? "";
    return (/^\d+$/.test(key) ? found[Number(key)] : found.groups?.[key]) ?? "";
  });
}

function ruleOf(entry: unknown, place: string, faults: string[]): EndpointRule | undefined {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) {
    faults.push(`${place}: a rule has \`match\` and \`as\`; this is ${kindOf(entry)}`);
    return undefined;
  }
  const fields = entry as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(fields)) {
    if (key !== "match" && key !== "as") faults.push(`${place}.${key}: unknown; a rule has \`match\` and \`as\``);
  }
  const match = textOf(fields["match"], `${place}.match`, faults);
  const as = textOf(fields["as"], `${place}.as`, faults);
  if (match === undefined || as === undefined) return undefined;
  const groups = groupsOf(match, `${place}.match`, faults);
  for (const [all, number, name] of as.matchAll(REFERENCE)) {
    const key = number ?? name;
    if (key !== undefined && groups !== undefined && !groups.has(key)) faults.push(`${place}.as: ${all} stands for no group of \`match\``);
  }
  return { match, as };
}

function textOf(value: unknown, place: string, faults: string[]): string | undefined {
  if (typeof value === "string" && value !== "") return value;
  faults.push(`${place}: a text that is not empty is needed, not ${value === "" ? "an empty one" : kindOf(value)}`);
  return undefined;
}

/** Numbers and names of the groups; undefined where the pattern is none. */
function groupsOf(match: string, place: string, faults: string[]): ReadonlySet<string> | undefined {
  try {
    const pattern = goRegExp(match);
    // With an empty alternative it matches the empty text and tells how many groups there are.
    const found = new RegExp(`${pattern.source}|`, pattern.flags).exec("") as RegExpExecArray;
    return new Set([...found.keys()].map(String).concat(Object.keys(found.groups ?? {})));
  } catch (error) {
    faults.push(`${place}: not a regular expression: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

function invalid(faults: readonly string[]): LoadError {
  return new LoadError("E_CONFIG_INVALID", faults.join("\n"), {
    hint: 'An endpoint rule is {match: "^/api/works/[^/]+$", as: "/api/works/{id}"}.',
  });
}
