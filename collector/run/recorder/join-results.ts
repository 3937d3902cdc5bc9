import type { ClockPair } from "../../model/ledger.ts";
import type { Random } from "../../stats/seeded-random.ts";
import type { EndpointIndex } from "./endpoint-index.ts";
import type { GuardedWriter } from "./guarded-writer.ts";
import type { JoinedRequest } from "./join-entry.ts";
import { clockPairsOf } from "./join-parts.ts";
import { Reservoir } from "./reservoir.ts";

/** Pairs of names that wait to be written. */
const MAX_VOTES = 10_000;

/** What joined requests tell besides their times: which names belong together, and how the clocks stand. */
export class JoinResults {
  readonly #random: Random;
  readonly #clockPairs: number;
  readonly #endpoints: EndpointIndex;
  readonly #pairs = new Map<string, Reservoir<ClockPair>>();
  readonly #votes = new Map<number, Map<number, number>>();
  #voteCount = 0;

  constructor(options: { readonly random: Random; readonly clockPairs: number; readonly endpoints: EndpointIndex }) {
    this.#random = options.random;
    this.#clockPairs = options.clockPairs;
    this.#endpoints = options.endpoints;
  }

  add(joined: JoinedRequest): void {
    if (joined.isAmbiguous) return;
    const { client, proxy, app, proxySpan } = joined;
    for (const pair of clockPairsOf(joined)) {
      const key = `${pair.outer} ${pair.inner}`;
      let kept = this.#pairs.get(key);
      if (kept === undefined) {
        kept = new Reservoir(this.#clockPairs, this.#random);
        this.#pairs.set(key, kept);
      }
      kept.offer(() => pair);
    }
    const middle = proxy ?? proxySpan;
    this.#vote(client?.endpoint, middle?.endpoint);
    this.#vote(client?.endpoint, app?.endpoint);
    this.#vote(middle?.endpoint, app?.endpoint);
  }

  get clockPairs(): readonly ClockPair[] {
    return [...this.#pairs.values()].flatMap(({ kept }) => kept);
  }

  /** Votes that the ledger does not take are kept for the next time. */
  writeVotes(writer: GuardedWriter): void {
    for (const [endpoint, names] of this.#votes) {
      for (const [as, count] of names) {
        if (!writer.vote(endpoint, as, count)) return;
        names.delete(as);
        this.#voteCount--;
      }
      this.#votes.delete(endpoint);
    }
  }

  #vote(endpoint: number | undefined, as: number | undefined): void {
    if (endpoint === undefined || as === undefined || endpoint < 0 || as < 0 || endpoint === as) return;
    if (this.#endpoints.isRoute(endpoint)) return;
    let names = this.#votes.get(endpoint);
    if (names === undefined) {
      names = new Map();
      this.#votes.set(endpoint, names);
    }
    const known = names.get(as);
    if (known === undefined && this.#voteCount >= MAX_VOTES) return;
    if (known === undefined) this.#voteCount++;
    names.set(as, (known ?? 0) + 1);
  }
}
