/** Metadata of the family that a series belongs to; one object per family, compared by identity. */
export interface WriteMetadata {
  /** Family name as in a TYPE line of the text format: a counter's with `_total`, a histogram's without `_bucket`. */
  readonly family: string;
  readonly type: "counter" | "gauge" | "histogram" | "summary" | "info" | "unknown";
  readonly help: string;
  /** Words, as in a UNIT line; "" = none. */
  readonly unit: string;
}

/** One series as remote write knows it. Made once and kept: encoders cache its bytes by identity. */
export interface WriteSeries {
  /** With `__name__` (and `le`, `quantile`); sorted by name in byte order, names unique, no empty value. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly metadata: WriteMetadata;
}

/** Buckets next to one another: `counts[i]` belongs to index `offset + i` (P §1.4: OTLP's index + 1). */
export interface NativeBuckets {
  readonly offset: number;
  /** Absolute, not yet deltas. */
  readonly counts: ArrayLike<number>;
}

/** A native histogram with integer counts (prometheus: model/histogram). */
export interface NativeHistogram {
  /** -4 … 8, or -53 with custom bounds (remote write 2.0 only). */
  readonly schema: number;
  readonly count: number;
  /** A stale marker is a histogram whose sum is StaleNaN, with nothing else in it. */
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: NativeBuckets;
  readonly negative: NativeBuckets;
  /** Upper bounds without +Inf; schema -53 only. */
  readonly customBounds?: ArrayLike<number>;
}

export interface WriteExemplar {
  readonly series: WriteSeries;
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly value: number;
  readonly timestampMs: number;
}

/**
 * What one remote write request carries, in columns: sample `i` is `series[i]` at `timestampsMs[i]`. Per series in rising time; the same
 * series may come several times. A series has samples or histograms, never both (remote_write_spec_2_0.md).
 */
export interface WriteBatch {
  readonly length: number;
  readonly series: readonly WriteSeries[];
  readonly timestampsMs: Float64Array;
  /** A stale marker is `STALE_NAN`'s bits (P §1.4): Float64Array keeps them if they are written through a BigUint64Array view. */
  readonly values: Float64Array;
  /** 0 = unknown. Remote write 2.0 only. */
  readonly startsMs: Float64Array;
  readonly histograms: readonly {
    readonly series: WriteSeries;
    readonly timestampMs: number;
    readonly startMs: number;
    readonly histogram: NativeHistogram;
  }[];
  readonly exemplars: readonly WriteExemplar[];
}

/**
 * Makes final request bodies (protobuf, snappy block format) of one protocol version. It may keep what it learns (label bytes, whole
 * pre-compressed bodies for batches whose series come again in the same order) up to a bounded size.
 */
export interface WriteEncoder {
  /** The body is the caller's to keep: later calls do not change it. */
  encode(batch: WriteBatch): Uint8Array;
}

/** prometheus: model/value/value.go StaleNaN. */
export const STALE_NAN_BITS = 0x7ff0_0000_0000_0002n;
