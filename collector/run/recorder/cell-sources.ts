import type { Hop } from "../../model/catalog.ts";
import type { CountSource } from "../../model/ledger.ts";
import type { CellSource } from "./cell-table.ts";
import type { HopStrip } from "./hop-strip.ts";
import { OTHER } from "./recorder-limits.ts";

/** Names of services are for everybody to choose; those beyond share one. */
const MAX_SOURCES = 300;

/** The streams of each witness: all of its instances share them, so that they can be folded into one where there is no room. */
export class CellSources {
  readonly #strip: HopStrip;
  readonly #known = new Map<string, CellSource>();

  constructor(strip: HopStrip) {
    this.#strip = strip;
  }

  of(hop: Hop, source: CountSource, witness: string): CellSource {
    const key = `${hop} ${source} ${witness}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_SOURCES && witness !== OTHER) return this.of(hop, source, OTHER);
    const made: CellSource = { hop, source, witness, counter: this.#strip.counter(hop, source), streams: new Map() };
    this.#known.set(key, made);
    return made;
  }
}
