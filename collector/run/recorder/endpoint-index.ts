import type { EndpointSource } from "../../model/load-record.ts";
import { pathTemplate } from "../endpoints/path-template.ts";
import { cutText } from "./cut-text.ts";
import type { GuardedWriter } from "./guarded-writer.ts";
import type { LossTally } from "./loss-tally.ts";
import { OTHER } from "./recorder-limits.ts";

const MAX_NAME_CHARACTERS = 300;
/** Names as written whose index is remembered: URLs with ids are many, and each is worked out again when it was forgotten. */
const MAX_REMEMBERED = 8192;
const MAX_REMEMBERED_CHARACTERS = 512;

/** Gives the ledger's index for an endpoint in the words of a witness; ids in paths are replaced, and the number of endpoints is bounded. */
export class EndpointIndex {
  readonly #writer: GuardedWriter;
  readonly #losses: LossTally;
  readonly #limit: number;
  readonly #remembered: { readonly [source in EndpointSource]: Map<string, Map<string, number>> } = {
    route: new Map(),
    name: new Map(),
    url: new Map(),
    path: new Map(),
    none: new Map(),
  };
  #rememberedCount = 0;
  readonly #known = new Map<string, number>();
  readonly #isRoute = new Set<number>();
  #other = -1;

  constructor(writer: GuardedWriter, losses: LossTally, limit: number) {
    this.#writer = writer;
    this.#losses = losses;
    this.#limit = limit;
  }

  /** −1 where the ledger cannot be written. */
  of(method: string, name: string, source: EndpointSource): number {
    const remembered = this.#remembered[source].get(method)?.get(name);
    if (remembered !== undefined) return remembered;
    const index = this.#indexOf(method, name, source);
    if (index >= 0 && name.length + method.length <= MAX_REMEMBERED_CHARACTERS) this.#remember(method, name, source, index);
    return index;
  }

  /** Where all go for which there is no room. */
  other(): number {
    if (this.#other < 0) this.#other = this.#writer.endpoint({ method: "", name: OTHER, source: "none" });
    return Math.max(0, this.#other);
  }

  /** Whether the endpoint is one of an application's own routes. */
  isRoute(index: number): boolean {
    return this.#isRoute.has(index);
  }

  #indexOf(method: string, name: string, source: EndpointSource): number {
    const isUrl = source === "url" || source === "path";
    const stored = cutText(isUrl ? pathTemplate(name) : name, MAX_NAME_CHARACTERS);
    const verb = cutText(method, 16);
    const key = `${source}\n${verb}\n${stored}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= this.#limit) {
      this.#losses.detail("series", "endpoints folded into (other): too many of them");
      return this.other();
    }
    const index = this.#writer.endpoint({ method: verb, name: stored, source });
    if (index < 0) return index;
    this.#known.set(key, index);
    if (source === "route") this.#isRoute.add(index);
    return index;
  }

  #remember(method: string, name: string, source: EndpointSource, index: number): void {
    const methods = this.#remembered[source];
    if (this.#rememberedCount >= MAX_REMEMBERED) {
      for (const map of Object.values(this.#remembered)) map.clear();
      this.#rememberedCount = 0;
    }
    let names = methods.get(method);
    if (names === undefined) {
      names = new Map();
      methods.set(method, names);
    }
    names.set(name, index);
    this.#rememberedCount++;
  }
}
