import { STALE_NAN_BITS, type WriteBatch, type WriteExemplar, type WriteSeries } from "../../collector/wire/remote-write-batch.ts";

export type HistogramEntry = WriteBatch["histograms"][number];

/** Bytes that one sample, native histogram or exemplar keeps occupied here, about. */
const SAMPLE_BYTES = 32;
const HISTOGRAM_BYTES = 320;
const EXEMPLAR_BYTES = 320;

/**
 * Samples on their way into a request, in columns. They come in units that are never cut apart: all series of one OTLP point, or a sample
 * that belongs to no point (a known zero, a stale marker, `target_info`).
 */
export class WriteColumns implements WriteBatch {
  length = 0;
  readonly series: WriteSeries[] = [];
  readonly histograms: HistogramEntry[] = [];
  readonly exemplars: WriteExemplar[] = [];
  timestampsMs: Float64Array;
  values: Float64Array;
  startsMs: Float64Array;
  /** Units, and of them those that are OTLP points. */
  units = 0;
  points = 0;
  /** Of the protobuf message, about, as the series' labels have it. */
  wireBytes = 0;
  #bits: BigUint64Array;
  /** Per unit: ends in each of the three columns, and whether it is a point. */
  #marks = new Uint32Array(256 * MARK.stride);

  constructor(capacity = 512) {
    this.timestampsMs = new Float64Array(capacity);
    this.values = new Float64Array(capacity);
    this.#bits = new BigUint64Array(this.values.buffer);
    this.startsMs = new Float64Array(capacity);
  }

  /** Of a request that was read back: each sample and histogram is a unit, and the first of them stand for its points. */
  static of(batch: WriteBatch, points: number): WriteColumns {
    const columns = new WriteColumns(Math.max(batch.length, 16));
    const exemplars = Map.groupBy(batch.exemplars, ({ series }) => series);
    const end = (series: WriteSeries): void => {
      for (const exemplar of exemplars.get(series) ?? []) columns.addExemplar(exemplar);
      exemplars.delete(series);
      columns.endUnit(columns.points < points, 0);
    };
    for (let index = 0; index < batch.length; index++) {
      columns.copySample(batch, index, batch.series[index] as WriteSeries);
      end(batch.series[index] as WriteSeries);
    }
    for (const entry of batch.histograms) {
      columns.addHistogram(entry);
      end(entry.series);
    }
    return columns;
  }

  /** Samples and native histograms: what a receiver's limit counts. */
  get size(): number {
    return this.length + this.histograms.length;
  }

  get sizeBytes(): number {
    return this.length * SAMPLE_BYTES + this.histograms.length * HISTOGRAM_BYTES + this.exemplars.length * EXEMPLAR_BYTES;
  }

  addSample(series: WriteSeries, timestampMs: number, value: number, startMs: number): void {
    const index = this.#next(series, timestampMs, startMs);
    this.values[index] = value;
  }

  addStale(series: WriteSeries, timestampMs: number): void {
    this.#bits[this.#next(series, timestampMs, 0)] = STALE_NAN_BITS;
  }

  /** The value as it is, whichever NaN that may be. */
  copySample(from: WriteBatch, index: number, series: WriteSeries): void {
    const to = this.#next(series, from.timestampsMs[index] as number, from.startsMs[index] as number);
    this.#bits[to] = new BigUint64Array(from.values.buffer, from.values.byteOffset, from.values.length)[index] as bigint;
  }

  addHistogram(entry: HistogramEntry): void {
    this.histograms.push(entry);
  }

  addExemplar(exemplar: WriteExemplar): void {
    this.exemplars.push(exemplar);
  }

  /** Everything added since the last call is one unit. */
  endUnit(isPoint: boolean, wireBytes: number): void {
    const at = this.units++ * MARK.stride;
    if (at === this.#marks.length) this.#marks = grown(this.#marks);
    this.#marks[at + MARK.samples] = this.length;
    this.#marks[at + MARK.histograms] = this.histograms.length;
    this.#marks[at + MARK.exemplars] = this.exemplars.length;
    this.#marks[at + MARK.isPoint] = isPoint ? 1 : 0;
    if (isPoint) this.points++;
    this.wireBytes += wireBytes;
  }

  /** The same in two, one unit at least in each. */
  halves(): readonly [WriteColumns, WriteColumns] {
    const middle = this.units >> 1;
    return [this.#part(0, middle), this.#part(middle, this.units)];
  }

  #part(from: number, to: number): WriteColumns {
    const start = (column: number): number => (from === 0 ? 0 : (this.#marks[(from - 1) * MARK.stride + column] as number));
    const part = new WriteColumns(16);
    let [sample, histogram, exemplar] = [start(MARK.samples), start(MARK.histograms), start(MARK.exemplars)];
    for (let unit = from; unit < to; unit++) {
      const at = unit * MARK.stride;
      for (; sample < (this.#marks[at + MARK.samples] as number); sample++) part.copySample(this, sample, this.series[sample] as WriteSeries);
      for (; histogram < (this.#marks[at + MARK.histograms] as number); histogram++)
        part.histograms.push(this.histograms[histogram] as HistogramEntry);
      for (; exemplar < (this.#marks[at + MARK.exemplars] as number); exemplar++) part.exemplars.push(this.exemplars[exemplar] as WriteExemplar);
      part.endUnit(this.#marks[at + MARK.isPoint] === 1, this.wireBytes / this.units);
    }
    return part;
  }

  #next(series: WriteSeries, timestampMs: number, startMs: number): number {
    const index = this.length++;
    if (index === this.timestampsMs.length) {
      this.timestampsMs = grown(this.timestampsMs);
      this.values = grown(this.values);
      this.#bits = new BigUint64Array(this.values.buffer);
      this.startsMs = grown(this.startsMs);
    }
    this.series.push(series);
    this.timestampsMs[index] = timestampMs;
    this.startsMs[index] = startMs;
    return index;
  }
}

const MARK = { samples: 0, histograms: 1, exemplars: 2, isPoint: 3, stride: 4 } as const;

function grown<T extends Uint32Array | Float64Array>(array: T): T {
  const larger = new (array.constructor as new (length: number) => T)(array.length * 2);
  larger.set(array as never);
  return larger;
}
