import type { Attributes } from "./attributes.ts";
import type { Resource, Scope } from "./resource.ts";
import type { UnixNano } from "./time.ts";

/** opentelemetry/proto/metrics/v1/metrics.proto `Metric`. A batch counts its data points, not its metrics. */
export interface Metric {
  readonly resource: Resource;
  readonly scope: Scope;
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly metadata: Attributes;
  readonly data: MetricData;
}

/** 0 unspecified, 1 delta, 2 cumulative; future numbers are kept. */
export type Temporality = number;

export type MetricData =
  | { readonly type: "empty"; readonly points: readonly [] }
  | { readonly type: "gauge"; readonly points: readonly NumberPoint[] }
  | { readonly type: "sum"; readonly points: readonly NumberPoint[]; readonly temporality: Temporality; readonly isMonotonic: boolean }
  | { readonly type: "histogram"; readonly points: readonly HistogramPoint[]; readonly temporality: Temporality }
  | { readonly type: "exponential_histogram"; readonly points: readonly ExponentialHistogramPoint[]; readonly temporality: Temporality }
  | { readonly type: "summary"; readonly points: readonly SummaryPoint[] };

interface Point {
  readonly attributes: Attributes;
  readonly startUnixNano: UnixNano;
  readonly timeUnixNano: UnixNano;
  /** Bit 0: no recorded value. */
  readonly flags: number;
}

/** A number as the wire had it: int64 as a safe number or bigint, double, or not set at all. */
export type NumberValue =
  | { readonly kind: "int"; readonly value: number | bigint }
  | { readonly kind: "double"; readonly value: number }
  | { readonly kind: "empty"; readonly value: null };

export interface NumberPoint extends Point {
  readonly number: NumberValue;
  readonly exemplars: readonly Exemplar[];
}

export interface HistogramPoint extends Point {
  readonly count: bigint;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly bucketCounts: readonly bigint[];
  readonly explicitBounds: readonly number[];
  readonly exemplars: readonly Exemplar[];
}

export interface ExponentialBuckets {
  readonly offset: number;
  readonly bucketCounts: readonly bigint[];
}

export interface ExponentialHistogramPoint extends Point {
  readonly count: bigint;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly scale: number;
  readonly zeroCount: bigint;
  readonly zeroThreshold: number;
  /** Undefined where the message was absent (kept apart from an empty one for a lossless round trip). */
  readonly positive: ExponentialBuckets | undefined;
  readonly negative: ExponentialBuckets | undefined;
  readonly exemplars: readonly Exemplar[];
}

export interface SummaryPoint extends Point {
  readonly count: bigint;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
}

export interface Exemplar {
  readonly filteredAttributes: Attributes;
  readonly timeUnixNano: UnixNano;
  readonly number: NumberValue;
  readonly traceId: string;
  readonly spanId: string;
}
