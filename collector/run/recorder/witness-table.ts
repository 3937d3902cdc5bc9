import type { Hop } from "../../model/catalog.ts";
import type { CountSource, LedgerWitness } from "../../model/ledger.ts";

/** What is known of a witness before it says anything. */
export type WitnessFacts = Pick<LedgerWitness, "hop" | "name" | "format" | "durationMeans" | "correction" | "survivorsOnly" | "limits">;

export interface HeardWitness {
  readonly hop: Hop | "host";
  readonly witness: string;
  /** Requests, points and records. */
  readonly items: number;
  readonly requests: number;
  /** When the last of it arrived. */
  readonly lastUnixMs: number;
}

const MAX_WITNESSES = 500;

/** One witness of one hop in one format; whoever hears it adds to it. */
export class WitnessRecord {
  #facts: WitnessFacts;
  items = 0;
  requests = 0;
  arrivedUnixMs = 0;
  readonly #sources = new Set<CountSource>();
  #firstUnixMs = Infinity;
  #lastUnixMs = -Infinity;

  constructor(facts: WitnessFacts) {
    this.#facts = facts;
  }

  get facts(): WitnessFacts {
    return this.#facts;
  }

  /** What it says of itself may come after the first that it tells: what was not known till then is. */
  learn({ durationMeans, correction, survivorsOnly }: Partial<WitnessFacts>): void {
    const known = this.#facts;
    this.#facts = {
      ...known,
      durationMeans: isKnown(known.durationMeans) ? known.durationMeans : (durationMeans ?? known.durationMeans),
      correction: isKnown(known.correction) ? known.correction : (correction ?? known.correction),
      survivorsOnly: isKnown(known.survivorsOnly) ? known.survivorsOnly : (survivorsOnly ?? known.survivorsOnly),
    };
  }

  /** `timeUnixMs`: of what it told; undefined where it told none. */
  heard(nowMs: number, timeUnixMs: number | undefined, items = 1): void {
    this.items += items;
    this.arrivedUnixMs = nowMs;
    const time = timeUnixMs ?? nowMs;
    if (time < this.#firstUnixMs) this.#firstUnixMs = time;
    if (time > this.#lastUnixMs) this.#lastUnixMs = time;
  }

  counted(source: CountSource, requests: number): void {
    this.requests += requests;
    this.#sources.add(source);
  }

  row(): LedgerWitness {
    return { ...this.#facts, sources: [...this.#sources], firstUnixMs: this.#firstUnixMs, lastUnixMs: this.#lastUnixMs, items: this.items };
  }
}

function isKnown(word: string): boolean {
  return word !== "" && word !== "unknown";
}

export class WitnessTable {
  readonly #records = new Map<string, WitnessRecord>();

  /** The record of this witness; of those that there is no room for, one that is not kept. */
  of(facts: WitnessFacts): WitnessRecord {
    const key = `${facts.hop}\n${facts.name}\n${facts.format}`;
    const known = this.#records.get(key);
    if (known !== undefined) {
      known.learn(facts);
      return known;
    }
    const record = new WitnessRecord(facts);
    if (this.#records.size < MAX_WITNESSES) this.#records.set(key, record);
    return record;
  }

  heard(): readonly HeardWitness[] {
    return this.#told().map(({ facts: { hop, name }, items, requests, arrivedUnixMs }) => ({
      hop,
      witness: name,
      items,
      requests,
      lastUnixMs: arrivedUnixMs,
    }));
  }

  rows(): readonly LedgerWitness[] {
    return this.#told().map((record) => record.row());
  }

  #told(): readonly WitnessRecord[] {
    return [...this.#records.values()].filter(({ items }) => items > 0);
  }
}
