import type { Matcher } from "./label-matcher.ts";
import { type LabelSet, METRIC_NAME } from "./label-set.ts";
import { type SampleSeries, type SampleSource, writeStale } from "./sample-source.ts";

const FIRST_CAPACITY = 8;
/** Of a series' objects, besides its labels and samples. */
const SERIES_BYTES = 256;
const SAMPLE_BYTES = 16;

/** A series of a `SampleWindow`; whoever writes to it often keeps it. */
export interface WindowSeries {
  readonly labels: LabelSet;
  /** Older samples than this are forgotten. */
  readonly retentionMs: number;
  /** Of the newest sample; -Infinity before the first. */
  readonly lastMs: number;
}

/** Every raw sample of the last minutes, bounded in time per series and in bytes altogether. */
export class SampleWindow implements SampleSource {
  readonly #byName = new Map<string, Map<string, Series>>();
  readonly #maxBytes: number;
  #sizeBytes = 0;
  #count = 0;

  constructor(options: { readonly maxBytes: number }) {
    this.#maxBytes = options.maxBytes;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get seriesCount(): number {
    return this.#count;
  }

  find(labels: LabelSet): WindowSeries | undefined {
    return this.#byName.get(labels.get(METRIC_NAME))?.get(labels.key);
  }

  /** The series with these labels, new if need be; undefined where there is no room for it. */
  series(labels: LabelSet, retentionMs: number): WindowSeries | undefined {
    const name = labels.get(METRIC_NAME);
    const known = this.#byName.get(name);
    const found = known?.get(labels.key);
    if (found !== undefined) return found;
    const series = new Series(labels, retentionMs);
    if (this.#sizeBytes + series.sizeBytes > this.#maxBytes) return undefined;
    if (known === undefined) this.#byName.set(name, new Map([[labels.key, series]]));
    else known.set(labels.key, series);
    this.#count++;
    this.#sizeBytes += series.sizeBytes;
    return series;
  }

  /** False: there is no room. A sample that is not newer than the last one is put a millisecond after it: no point is lost, and time rises. */
  append(series: WindowSeries, timeMs: number, value: number): boolean {
    return this.#append(series as Series, timeMs, value);
  }

  /** The series has no value from this time on. */
  end(series: WindowSeries, timeMs: number): boolean {
    return this.#append(series as Series, timeMs, undefined);
  }

  select(matchers: readonly Matcher[], fromMs: number, toMs: number): readonly SampleSeries[] {
    const found: SampleSeries[] = [];
    const name = matchers.find((one) => one.name === METRIC_NAME && one.operator === "=")?.value;
    const buckets = name === undefined ? this.#byName.values() : [this.#byName.get(name) ?? NOTHING];
    for (const bucket of buckets) {
      for (const series of bucket.values()) {
        if (!matchers.every((one) => one.matches(series.labels.get(one.name)))) continue;
        const inside = series.between(fromMs, toMs);
        if (inside !== undefined) found.push(inside);
      }
    }
    return found;
  }

  /** Forgets what no series needs any more, and series of which nothing is left. */
  trim(nowMs: number): void {
    for (const [name, bucket] of this.#byName) {
      for (const [key, series] of bucket) {
        const before = series.sizeBytes;
        series.forgetBefore(nowMs - series.retentionMs);
        this.#sizeBytes += series.sizeBytes - before;
        if (!series.isEmpty) continue;
        bucket.delete(key);
        this.#count--;
        this.#sizeBytes -= series.sizeBytes;
        series.isForgotten = true;
      }
      if (bucket.size === 0) this.#byName.delete(name);
    }
  }

  /** A series that `trim` has forgotten is not written to any more: ask for it again. */
  isForgotten(series: WindowSeries): boolean {
    return (series as Series).isForgotten;
  }

  #append(series: Series, timeMs: number, value: number | undefined): boolean {
    const before = series.sizeBytes;
    if (series.mustGrow && this.#sizeBytes + series.growthBytes > this.#maxBytes) return false;
    series.append(Math.max(timeMs, series.lastMs + 1), value);
    this.#sizeBytes += series.sizeBytes - before;
    return true;
  }
}

const NOTHING: ReadonlyMap<string, Series> = new Map();

class Series implements WindowSeries {
  readonly labels: LabelSet;
  readonly retentionMs: number;
  readonly #labelBytes: number;
  isForgotten = false;
  #timestampsMs = new Float64Array(FIRST_CAPACITY);
  #values = new Float64Array(FIRST_CAPACITY);
  #start = 0;
  #end = 0;

  constructor(labels: LabelSet, retentionMs: number) {
    this.labels = labels;
    this.retentionMs = retentionMs;
    this.#labelBytes = SERIES_BYTES + labels.key.length * 4;
  }

  get lastMs(): number {
    return this.isEmpty ? -Infinity : (this.#timestampsMs[this.#end - 1] as number);
  }

  get isEmpty(): boolean {
    return this.#start === this.#end;
  }

  /** The next sample needs more memory. */
  get mustGrow(): boolean {
    return this.#end === this.#values.length && this.#start * 2 < this.#values.length;
  }

  get sizeBytes(): number {
    return this.#labelBytes + this.#values.length * SAMPLE_BYTES;
  }

  get growthBytes(): number {
    return this.#values.length * SAMPLE_BYTES;
  }

  append(timeMs: number, value: number | undefined): void {
    if (this.#end === this.#values.length) this.#makeRoom();
    this.#timestampsMs[this.#end] = timeMs;
    if (value === undefined) writeStale(this.#values, this.#end);
    else this.#values[this.#end] = value;
    this.#end++;
  }

  forgetBefore(timeMs: number): void {
    while (this.#start < this.#end && (this.#timestampsMs[this.#start] as number) < timeMs) this.#start++;
    const kept = this.#end - this.#start;
    if (kept * 4 < this.#values.length && this.#values.length > FIRST_CAPACITY) this.#move(Math.max(FIRST_CAPACITY, this.#values.length / 2));
  }

  between(fromMs: number, toMs: number): SampleSeries | undefined {
    let end = this.#end;
    while (end > this.#start && (this.#timestampsMs[end - 1] as number) > toMs) end--;
    let start = end;
    while (start > this.#start && (this.#timestampsMs[start - 1] as number) >= fromMs) start--;
    if (start === end) return undefined;
    return { labels: this.labels, timestampsMs: this.#timestampsMs.subarray(start, end), values: this.#values.subarray(start, end) };
  }

  /** Typed arrays are copied as bytes, so stale markers stay what they are. */
  #makeRoom(): void {
    if (this.#start * 2 >= this.#values.length) {
      this.#timestampsMs.copyWithin(0, this.#start, this.#end);
      this.#values.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    } else this.#move(this.#values.length * 2);
  }

  #move(capacity: number): void {
    const timestampsMs = new Float64Array(capacity);
    const values = new Float64Array(capacity);
    timestampsMs.set(this.#timestampsMs.subarray(this.#start, this.#end));
    values.set(this.#values.subarray(this.#start, this.#end));
    this.#timestampsMs = timestampsMs;
    this.#values = values;
    this.#end -= this.#start;
    this.#start = 0;
  }
}
