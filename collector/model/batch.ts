import type { LogRecord } from "./log-record.ts";
import type { Metric } from "./metric.ts";
import type { Span } from "./span.ts";

export type Signal = "traces" | "metrics" | "logs";
export const SIGNALS: readonly Signal[] = ["traces", "metrics", "logs"];

/** What the items of a signal are called in self metrics, partial success and messages. */
export const ITEM_WORDS: Readonly<Record<Signal, string>> = { traces: "spans", metrics: "metric_points", logs: "log_records" };

interface BatchBase {
  /** Spans, data points or log records; validated when the batch was made. */
  readonly count: number;
  /** Bytes of `encoded` (0 while a batch made from items has not been encoded yet). */
  readonly sizeBytes: number;
  /**
   * One OTLP `Export…ServiceRequest` (the field layout of TracesData/MetricsData/LogsData), in pieces: protobuf merges repeated
   * fields by concatenation, so pieces of several requests in a row are again one valid request. As received where nothing changed.
   *
   * Borrowed: a receiver reuses the memory once the promise of `push` settles. Who keeps the bytes longer calls `retain` first.
   */
  readonly encoded: readonly Uint8Array[];
  /** This batch, or a copy that owns its bytes. Cheap when it owns them already; asked twice it gives the same copy. */
  retain(): Batch;
  /** This batch followed by others of the same signal, without decoding where all are encoded. */
  concat(others: readonly Batch[]): Batch;
  /** In order, pieces of at most `maxItems` items each (a metric is cut between its points). */
  split(maxItems: number): readonly Batch[];
}

export interface TracesBatch extends BatchBase {
  readonly signal: "traces";
  /** Decoded on first use; immutable; flat, grouped by identity of `resource` and `scope`. */
  readonly items: readonly Span[];
}
export interface MetricsBatch extends BatchBase {
  readonly signal: "metrics";
  readonly items: readonly Metric[];
}
export interface LogsBatch extends BatchBase {
  readonly signal: "logs";
  readonly items: readonly LogRecord[];
}

/** What flows through the river: one union for all signals. Immutable. */
export type Batch = TracesBatch | MetricsBatch | LogsBatch;

export interface ItemsOf {
  readonly traces: Span;
  readonly metrics: Metric;
  readonly logs: LogRecord;
}
