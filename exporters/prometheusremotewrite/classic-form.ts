import type { NativeHistogram, WriteSeries } from "../../collector/wire/remote-write-batch.ts";
import { CUSTOM_SCHEMA } from "./native-histogram.ts";
import type { HistogramEntry, WriteColumns } from "./write-columns.ts";
import { writeSeries } from "./write-series.ts";

/** Powers of two between the lowest and the highest bound that are filled up; a wider span has only the bounds that are needed. */
const MAX_FILLED = 160;
/** Bounds that are remembered: a sender whose zero threshold is another one each time must not add a series with every point. */
const MAX_BOUNDS = 512;

/**
 * One native histogram as the classic one that says the same: of custom buckets the buckets themselves, of exponential ones those that end at
 * powers of two, which is exact for every schema. Bounds that were sent once stay, or a bucket would seem to reset.
 */
export class ClassicForm {
  readonly #name: string;
  readonly #labels: WriteSeries["labels"];
  readonly #metadata: WriteSeries["metadata"];
  readonly #sum: WriteSeries;
  readonly #count: WriteSeries;
  readonly #buckets = new Map<number, WriteSeries>();
  #bounds: readonly number[] = [Infinity];

  constructor(series: WriteSeries) {
    this.#name = series.labels.find(([name]) => name === "__name__")?.[1] ?? "";
    this.#labels = series.labels.filter(([name]) => name !== "__name__");
    this.#metadata = series.metadata;
    this.#sum = writeSeries(`${this.#name}_sum`, this.#labels, this.#metadata);
    this.#count = writeSeries(`${this.#name}_count`, this.#labels, this.#metadata);
  }

  /** Adds the bounds of this histogram to those that are known. */
  learn(histogram: NativeHistogram): void {
    const own = countsByBound(histogram).keys();
    const all = new Set(this.#bounds.length < MAX_BOUNDS ? [...this.#bounds, ...own] : [...own, Infinity]);
    if (histogram.schema !== CUSTOM_SCHEMA) fillGaps(all, histogram.schema);
    if (all.size !== this.#bounds.length || this.#bounds.length >= MAX_BOUNDS) this.#bounds = [...all].sort((a, b) => a - b);
  }

  /** The samples of one histogram, whose bounds were learnt. */
  add(columns: WriteColumns, { timestampMs, startMs, histogram }: HistogramEntry): void {
    const isStale = histogram.count === 0 && Number.isNaN(histogram.sum);
    const put = (series: WriteSeries, value: number): void => {
      if (isStale) columns.addStale(series, timestampMs);
      else columns.addSample(series, timestampMs, value, startMs);
    };
    put(this.#count, histogram.count);
    put(this.#sum, histogram.sum);
    const counts = countsByBound(histogram);
    let below = 0;
    for (const bound of this.#bounds) {
      below += counts.get(bound) ?? 0;
      put(this.#bucket(bound), bound === Infinity ? histogram.count : below);
    }
  }

  bucketOf(value: number): WriteSeries {
    return this.#bucket(this.#bounds.find((bound) => value <= bound) ?? Infinity);
  }

  #bucket(bound: number): WriteSeries {
    let series = this.#buckets.get(bound);
    if (series === undefined) {
      series = writeSeries(`${this.#name}_bucket`, this.#labels, this.#metadata, ["le", bound]);
      this.#buckets.set(bound, series);
    }
    return series;
  }
}

/** By upper bound, not accumulated. */
function countsByBound({ schema, positive, negative, zeroCount, zeroThreshold, customBounds }: NativeHistogram): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  const add = (bound: number, count: number): void => {
    if (count > 0) counts.set(bound, (counts.get(bound) ?? 0) + count);
  };
  if (schema === CUSTOM_SCHEMA) {
    for (let index = 0; index < positive.counts.length; index++) {
      const bound = customBounds?.[positive.offset + index] ?? Infinity;
      counts.set(bound, (counts.get(bound) ?? 0) + (positive.counts[index] as number));
    }
    for (const bound of Array.from(customBounds ?? [])) if (!counts.has(bound)) counts.set(bound, 0);
    return counts;
  }
  // Bucket i reaches from base^(i-1) to base^i; at schema s ≥ 0 each power of two spans 2^s of them and meets one of their edges.
  const power = (index: number): number => (schema >= 0 ? Math.ceil(index / 2 ** schema) : index * 2 ** -schema);
  const powerBelow = (index: number): number => (schema >= 0 ? Math.floor(index / 2 ** schema) : index * 2 ** -schema);
  for (let index = 0; index < positive.counts.length; index++) add(2 ** power(positive.offset + index), positive.counts[index] as number);
  for (let index = 0; index < negative.counts.length; index++)
    add(Math.max(-(2 ** powerBelow(negative.offset + index - 1)), -Number.MAX_VALUE), negative.counts[index] as number);
  add(zeroThreshold, zeroCount);
  return counts;
}

/** A bucket that fills later must not appear out of nothing. */
function fillGaps(bounds: Set<number>, schema: number): void {
  const step = schema < 0 ? 2 ** -schema : 1;
  for (const sign of [1, -1]) {
    const powers = [...bounds]
      .filter((bound) => Number.isFinite(bound) && Math.sign(bound) === sign)
      .map((bound) => Math.log2(Math.abs(bound)))
      .filter((power) => Number.isInteger(power / step));
    if (powers.length < 2) continue;
    const [low, high] = [Math.min(...powers), Math.max(...powers)];
    if ((high - low) / step > MAX_FILLED) continue;
    for (let power = low + step; power < high; power += step) bounds.add(sign * 2 ** power);
  }
}
