import type { Correction } from "../model/load-outcome.ts";
import type { HistogramView } from "./exponential-histogram.ts";
import { ExponentialHistogram } from "./exponential-histogram.ts";
import { orderOfHistogram } from "./histogram-order.ts";
import type { OrderStatistics } from "./order-statistics.ts";
import { rankOf } from "./order-statistics.ts";

/**
 * - `free`: requests were sent when they were due, or were corrected by the generator in a known way
 * - `omits`: requests that were due were not sent, so slow moments are under-represented by at least `omittedShare`
 * - `closed`: no schedule is known; the estimate says what one at the pace of the fast requests would have added
 * - `unusable`: corrected by a rule that is known to be wrong
 * - `unknown`
 */
export type OmissionFlag = "free" | "omits" | "closed" | "unusable" | "unknown";

export interface OmissionInput {
  readonly correction: Correction;
  /** Requests that were due by the schedule, sent or not; undefined where there was none. */
  readonly offered?: number | undefined;
  /** Requests that were sent. */
  readonly sent: number;
  /** Workers that each wait for their answer; undefined where not known. */
  readonly workers?: number | undefined;
}

export interface Omission {
  readonly flag: OmissionFlag;
  /** Requests that should have been measured and were not; undefined where that cannot be told. */
  readonly omitted: number | undefined;
  /** Of those that should have been measured, 0..1. */
  readonly omittedShare: number | undefined;
}

/** Up to this share of the offered requests is the edge of the window. */
const NEGLIGIBLE = 0.005;

/**
 * Whether a latency histogram leaves out what a slow system kept from being sent. To stand beside every histogram.
 * Source: G. Tene, "How NOT to measure latency" (2013).
 */
export function coordinatedOmission(histogram: HistogramView, input: OmissionInput): Omission {
  const { correction, offered, sent, workers } = input;
  if (correction === "broken") return { flag: "unusable", omitted: undefined, omittedShare: undefined };
  if (offered !== undefined && offered > 0) {
    const omitted = Math.max(0, offered - sent);
    const isFree = correction === "corrected" || omitted / offered <= NEGLIGIBLE;
    return { flag: isFree ? "free" : "omits", omitted, omittedShare: omitted / offered };
  }
  if (correction === "corrected" || correction === "not_needed") return { flag: "free", omitted: undefined, omittedShare: undefined };
  if (correction === "unknown" && workers === undefined) return { flag: "unknown", omitted: undefined, omittedShare: undefined };
  if (histogram.count === 0) return { flag: "closed", omitted: undefined, omittedShare: undefined };
  // A worker's own pace while all is well: its median request.
  const pace = orderOfHistogram(histogram).at(rankOf(0.5, histogram.count)).value;
  const corrected = correctedForOmission(histogram, pace);
  const omitted = corrected.count - histogram.count;
  return { flag: "closed", omitted, omittedShare: omitted / corrected.count };
}

/** One answer may stand for at most so many that were not sent; more means that the interval is wrong. */
const MOST_ADDED = 100_000;

/**
 * The histogram with the requests that a worker would have sent at a fixed interval while it waited: for each value v those of v − i, v − 2i, …
 * An opt-in view, never the default: it invents samples. Wrong for a generator that corrected already.
 * Interval in the unit of the values. Source: HdrHistogram, `copyCorrectedForCoordinatedOmission`.
 * Throws: RangeError for an interval that is not positive.
 */
export function correctedForOmission(histogram: HistogramView, interval: number): ExponentialHistogram {
  if (!(interval > 0)) throw new RangeError(`no interval: ${interval}`);
  const corrected = new ExponentialHistogram(histogram.maxSize, histogram.scale);
  corrected.merge(histogram);
  forEachBucket(orderOfHistogram(histogram), histogram, (value, count) => {
    const missing = Math.min(MOST_ADDED, Math.floor(value / interval) - 1);
    for (let step = 1; step <= missing; step++) corrected.record(value - step * interval, count);
  });
  return corrected;
}

function forEachBucket(order: OrderStatistics, histogram: HistogramView, visit: (value: number, count: number) => void): void {
  let rank = histogram.zeroCount;
  for (let index = histogram.positive.low; index <= histogram.positive.high; index++) {
    const count = histogram.positive.at(index);
    if (count === 0) continue;
    visit(order.at(rank + Math.ceil(count / 2)).value, count);
    rank += count;
  }
}
