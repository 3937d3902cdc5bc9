import type { Hop } from "../../model/catalog.ts";
import type { CountSource } from "../../model/ledger.ts";
import type { ExponentialHistogram, HistogramView } from "../../stats/exponential-histogram.ts";
import { orderOfHistogram } from "../../stats/histogram-order.ts";
import { rankOf } from "../../stats/order-statistics.ts";
import { latencyHistogram } from "./open-cell.ts";

/** Requests of one hop, for people who watch: undecided, approximate, and never what a verdict is made of. */
export interface HopCounts {
  readonly hop: Hop;
  /** Of the ways that the hop was counted, the most certain. */
  readonly source: CountSource;
  readonly requests: number;
  readonly failures: number;
  /** ms; undefined where no duration was told. */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  /** Of what arrived within the last ten seconds, whenever it was measured. */
  readonly recent: Pick<HopCounts, "requests" | "failures" | "p50Ms" | "p95Ms">;
  /** When something of the hop arrived last. */
  readonly lastUnixMs: number;
}

const RECENT_SECONDS = 10;
const HOPS: readonly Hop[] = ["client", "network", "proxy", "application", "store"];
/** The most certain first. */
const SOURCES: readonly CountSource[] = ["requests", "metrics", "logs", "spans"];

interface Slot {
  second: number;
  requests: number;
  failures: number;
  latency: ExponentialHistogram | undefined;
}

/** Counts by arrival: a ring of seconds in front of a sum. */
export class StripCounter {
  requests = 0;
  failures = 0;
  lastUnixMs = 0;
  readonly #slots: Slot[] = Array.from({ length: RECENT_SECONDS }, () => ({ second: -1, requests: 0, failures: 0, latency: undefined }));
  readonly #older = latencyHistogram();

  add(nowMs: number, count: number, isFailed: boolean): void {
    const slot = this.#slotOf(nowMs);
    slot.requests += count;
    this.requests += count;
    if (!isFailed) return;
    slot.failures += count;
    this.failures += count;
  }

  addDuration(nowMs: number, ms: number): void {
    const slot = this.#slotOf(nowMs);
    slot.latency ??= latencyHistogram();
    slot.latency.record(ms);
  }

  addLatency(nowMs: number, latency: HistogramView): void {
    const slot = this.#slotOf(nowMs);
    slot.latency ??= latencyHistogram();
    slot.latency.merge(latency);
  }

  recent(nowMs: number): HopCounts["recent"] {
    const first = Math.floor(nowMs / 1000) - RECENT_SECONDS + 1;
    const slots = this.#slots.filter(({ second }) => second >= first);
    const latency = latencyHistogram();
    for (const slot of slots) if (slot.latency !== undefined) latency.merge(slot.latency);
    return {
      requests: slots.reduce((sum, slot) => sum + slot.requests, 0),
      failures: slots.reduce((sum, slot) => sum + slot.failures, 0),
      ...quantiles(latency),
    };
  }

  whole(): Pick<HopCounts, "p50Ms" | "p95Ms"> {
    const latency = this.#older.copy();
    for (const slot of this.#slots) if (slot.latency !== undefined) latency.merge(slot.latency);
    return quantiles(latency);
  }

  #slotOf(nowMs: number): Slot {
    this.lastUnixMs = nowMs;
    const second = Math.floor(nowMs / 1000);
    const slot = this.#slots[second % RECENT_SECONDS] as Slot;
    if (slot.second !== second) {
      if (slot.latency !== undefined) this.#older.merge(slot.latency);
      Object.assign(slot, { second, requests: 0, failures: 0, latency: undefined });
    }
    return slot;
  }
}

/** One counter for each hop and way of counting. */
export class HopStrip {
  readonly #counters = new Map<string, { readonly hop: Hop; readonly source: CountSource; readonly counter: StripCounter }>();

  counter(hop: Hop, source: CountSource): StripCounter {
    const key = `${hop} ${source}`;
    const known = this.#counters.get(key);
    if (known !== undefined) return known.counter;
    const counter = new StripCounter();
    this.#counters.set(key, { hop, source, counter });
    return counter;
  }

  /** In the order of the river, hops that were heard only. */
  counts(nowMs: number): readonly HopCounts[] {
    return HOPS.flatMap((hop) => {
      const heard = SOURCES.flatMap((source) => this.#counters.get(`${hop} ${source}`) ?? []).filter(({ counter }) => counter.requests > 0);
      const best = heard[0];
      if (best === undefined) return [];
      const { source, counter } = best;
      const { requests, failures, lastUnixMs } = counter;
      return [{ hop, source, requests, failures, ...counter.whole(), recent: counter.recent(nowMs), lastUnixMs }];
    });
  }
}

function quantiles(latency: ExponentialHistogram): Pick<HopCounts, "p50Ms" | "p95Ms"> {
  if (latency.count === 0) return { p50Ms: undefined, p95Ms: undefined };
  const order = orderOfHistogram(latency);
  const at = (q: number) => order.at(rankOf(q, order.count)).value;
  return { p50Ms: at(0.5), p95Ms: at(0.95) };
}
