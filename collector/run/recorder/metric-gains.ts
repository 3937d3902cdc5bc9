import type { ExponentialHistogramPoint, HistogramPoint, NumberPoint, NumberValue, SummaryPoint } from "../../model/metric.ts";
import { ExponentialHistogram } from "../../stats/exponential-histogram.ts";
import { histogramDifference } from "../../stats/histogram-difference.ts";
import { histogramFromExplicit } from "../../stats/histogram-from-explicit.ts";
import { histogramFromPoint } from "../../stats/histogram-from-point.ts";
import type { LossTally } from "./loss-tally.ts";

/** A stream is remembered by its whole identity: that of a metric with very long attributes would cost more than it tells. */
const MAX_KEY_CHARACTERS = 4096;
/** Of an explicit histogram; SDKs have 16 or so. */
const MAX_BUCKETS = 1000;

export const DELTA = 1;
export const CUMULATIVE = 2;

/** What a histogram gained, in the unit of its points. */
export interface HistogramGain {
  readonly count: number;
  /** undefined where the source does not tell it. */
  readonly sum: number | undefined;
  /** Of `count`, how many were 0 or less; undefined where the buckets do not tell. */
  readonly zeros: number | undefined;
  /** undefined where the point contradicts itself. */
  readonly histogram: ExponentialHistogram | undefined;
}

/** Counts of an explicit histogram, as numbers. */
interface ExplicitState {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
}

type State = number | ExplicitState | ExponentialHistogram;

interface Stream {
  timeUnixNano: bigint;
  state: State;
}

interface Begin {
  readonly timeUnixNano: bigint;
}

/** Which stream a point belongs to, and what became of it so far. */
export interface PointOrigin {
  /** Sender, scope and metric. */
  readonly metric: string;
  /** The rest of the stream's identity. */
  readonly attributes: string;
  readonly temporality: number;
  /** Told when the first point of a stream is only what to count from. */
  readonly isBaseline: () => void;
}

interface Timed {
  readonly startUnixNano: bigint;
  readonly timeUnixNano: bigint;
  readonly flags: number;
}

/**
 * What cumulative points gained since the point before; delta points as they are.
 *
 * A stream whose start lies before the run has counted things that are not of the run: its first point counts nothing. A stream of that start
 * that appears later was empty till then, since senders repeat all their streams in every export, and counts from 0. A new start is a new
 * stream, so two processes under one name do not look like resets of one another. Source: OTLP data model, "Resets and gaps".
 */
export class MetricGains {
  readonly #runStartNano: bigint;
  readonly #limit: number;
  readonly #losses: LossTally;
  readonly #streams = new Map<string, Stream>();
  readonly #begins = new Map<string, Begin>();

  constructor(runStartNano: bigint, limit: number, losses: LossTally) {
    this.#runStartNano = runStartNano;
    this.#limit = limit;
    this.#losses = losses;
  }

  /** undefined: nothing to count. */
  ofNumber(origin: PointOrigin, point: NumberPoint): number | undefined {
    const value = numberOf(point.number);
    if (value === undefined || hasNoValue(point)) return undefined;
    if (origin.temporality === DELTA) return value;
    const previous = this.#swap(origin, point, value);
    if (typeof previous !== "number") return previous === "zero" ? value : undefined;
    return value >= previous ? value - previous : value;
  }

  ofHistogram(origin: PointOrigin, point: HistogramPoint | ExponentialHistogramPoint): HistogramGain | undefined {
    if (hasNoValue(point)) return undefined;
    return "scale" in point ? this.#ofExponential(origin, point) : this.#ofExplicit(origin, point);
  }

  ofSummary(origin: PointOrigin, point: SummaryPoint): { readonly count: number; readonly sum: number } | undefined {
    if (hasNoValue(point)) return undefined;
    const now: ExplicitState = { bounds: [], counts: [], count: Number(point.count), sum: point.sum, min: undefined, max: undefined };
    const previous = this.#swap(origin, point, now);
    if (previous === "none") return undefined;
    if (typeof previous !== "object" || !("counts" in previous) || now.count < previous.count) return { count: now.count, sum: point.sum };
    return { count: now.count - previous.count, sum: point.sum - (previous.sum ?? 0) };
  }

  #ofExplicit(origin: PointOrigin, point: HistogramPoint): HistogramGain | undefined {
    if (point.bucketCounts.length > MAX_BUCKETS) {
      this.#losses.add("metrics", `histogram points of more than ${MAX_BUCKETS} buckets`);
      return undefined;
    }
    const now = explicitState(point);
    if (now === undefined) {
      this.#losses.add("metrics", "histogram points that contradict themselves");
      return undefined;
    }
    if (origin.temporality === DELTA) return gainOfExplicit(now);
    const previous = this.#swap(origin, point, now);
    if (previous === "none") return undefined;
    const isExplicit = typeof previous === "object" && "counts" in previous;
    return gainOfExplicit(isExplicit ? (explicitDifference(now, previous) ?? now) : now);
  }

  #ofExponential(origin: PointOrigin, point: ExponentialHistogramPoint): HistogramGain | undefined {
    const now = histogramFromPoint(point);
    if (now === undefined) {
      this.#losses.add("metrics", "histogram points that contradict themselves");
      return undefined;
    }
    const previous = origin.temporality === DELTA ? "zero" : this.#swap(origin, point, now);
    if (previous === "none") return undefined;
    const gained = previous instanceof ExponentialHistogram ? (histogramDifference(now, previous) ?? now) : now;
    return { count: gained.count, sum: gained.sum, zeros: gained.zeroCount, histogram: gained };
  }

  /** Remembers the point. What it is to be held against: the state before, `zero` where that was nothing, `none` where nobody can tell. */
  #swap(origin: PointOrigin, { startUnixNano, timeUnixNano }: Timed, state: State): State | "zero" | "none" {
    if (origin.metric.length + origin.attributes.length > MAX_KEY_CHARACTERS) {
      this.#losses.add("metrics", "points of cumulative streams whose attributes are too long to be remembered");
      return "none";
    }
    const beginKey = `${origin.metric}\n${startUnixNano}`;
    const key = `${beginKey}\n${origin.attributes}`;
    const stream = this.#streams.get(key);
    if (stream !== undefined) {
      if (timeUnixNano <= stream.timeUnixNano) return "none";
      const previous = stream.state;
      stream.state = state;
      stream.timeUnixNano = timeUnixNano;
      return previous;
    }
    if (this.#streams.size >= this.#limit) {
      this.#losses.add("metrics", `points of cumulative streams beyond the ${this.#limit} that are remembered`);
      return "none";
    }
    this.#streams.set(key, { timeUnixNano, state });
    const begin = this.#begins.get(beginKey);
    if (begin === undefined) this.#begins.set(beginKey, { timeUnixNano });
    if (startUnixNano >= this.#runStartNano) return "zero";
    if (startUnixNano > 0n && begin !== undefined && timeUnixNano > begin.timeUnixNano) return "zero";
    origin.isBaseline();
    return "none";
  }
}

/** OTLP: FLAG_NO_RECORDED_VALUE. */
function hasNoValue({ flags }: Timed): boolean {
  return (flags & 1) !== 0;
}

export function numberOf(number: NumberValue): number | undefined {
  if (number.kind === "empty") return undefined;
  const value = Number(number.value);
  return Number.isFinite(value) ? value : undefined;
}

function explicitState({ bucketCounts, explicitBounds, count, sum, min, max }: HistogramPoint): ExplicitState | undefined {
  const all = Number(count);
  // Without buckets (metrics.proto allows it) count and sum are all that is known.
  const counts = bucketCounts.length === 0 ? [all] : bucketCounts.map(Number);
  const bounds = bucketCounts.length === 0 ? [] : explicitBounds;
  if (counts.length !== bounds.length + 1 || counts.reduce((total, one) => total + one, 0) !== all) return undefined;
  return { bounds, counts, count: all, sum, min, max };
}

/**
 * Bucket by bucket, before they are spread: the difference of two spread histograms would not be one. undefined where a count fell or the bounds
 * are others: the source began anew.
 */
function explicitDifference(now: ExplicitState, then: ExplicitState): ExplicitState | undefined {
  if (now.bounds.length !== then.bounds.length || !now.bounds.every((bound, index) => bound === then.bounds[index])) return undefined;
  const counts = now.counts.map((count, index) => count - (then.counts[index] as number));
  if (counts.some((count) => count < 0)) return undefined;
  return {
    bounds: now.bounds,
    counts,
    count: now.count - then.count,
    sum: now.sum === undefined || then.sum === undefined ? undefined : now.sum - then.sum,
    // Smallest and largest since the start: of the gain only where they moved.
    min: then.count === 0 || now.min !== then.min ? now.min : undefined,
    max: then.count === 0 || now.max !== then.max ? now.max : undefined,
  };
}

function gainOfExplicit({ bounds, counts, count, sum, min, max }: ExplicitState): HistogramGain {
  const zeros = bounds[0] === 0 ? counts[0] : undefined;
  return { count, sum, zeros, histogram: histogramFromExplicit({ bounds, counts, sum, min, max }) };
}
