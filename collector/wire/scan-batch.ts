import type { Batch, LogsBatch, MetricsBatch, Signal, TracesBatch } from "../model/batch.ts";
import { batchOf } from "./otlp-batch.ts";
import { LogColumns } from "./scan-logs.ts";
import { MetricColumns } from "./scan-metrics.ts";
import { TraceColumns } from "./scan-traces.ts";

/**
 * The columns that all consumers of a process share, one set per signal: what the receiver's scan has found is there for every sink
 * that asks in the same turn, without a second scan. They are overwritten by the next scan of the signal: use them at once, or note
 * `generation` and ask again when it has changed.
 */
export const metricColumns = new MetricColumns();
export const traceColumns = new TraceColumns();
export const logColumns = new LogColumns();

/** The batch that each set describes now. */
const described: { [S in Signal]: Batch | undefined } = { traces: undefined, metrics: undefined, logs: undefined };

/** Says that the last scan of the signal was of the batch's own bytes. */
export function describe(batch: Batch): void {
  described[batch.signal] = batch;
}

/** Before a scan of bytes that belong to no batch yet. */
export function forget(signal: Signal): void {
  described[signal] = undefined;
}

/** Columns of the batch, never scattered: a layout that ranges cannot describe is decoded and encoded again first. */
export function metricColumnsOf(batch: MetricsBatch): MetricColumns {
  return columnsOf(metricColumns, batch);
}

export function traceColumnsOf(batch: TracesBatch): TraceColumns {
  return columnsOf(traceColumns, batch);
}

export function logColumnsOf(batch: LogsBatch): LogColumns {
  return columnsOf(logColumns, batch);
}

function columnsOf<Columns extends MetricColumns | TraceColumns | LogColumns>(columns: Columns, batch: Batch): Columns {
  if (described[batch.signal] === batch && !needsAgain(columns)) return columns;
  forget(batch.signal);
  columns.scan(oneRequest(batch.signal, batch.encoded));
  if (columns.scattered) columns.scan(oneRequest(batch.signal, batchOf(batch.signal, batch.items).encoded));
  describe(batch);
  return columns;
}

/** A key was asked for after the scan. */
function needsAgain(columns: MetricColumns | TraceColumns | LogColumns): boolean {
  return columns instanceof TraceColumns && columns.isOutdated;
}

const joined: { [S in Signal]: Uint8Array } = { traces: new Uint8Array(0), metrics: new Uint8Array(0), logs: new Uint8Array(0) };

/** Requests in a row are one request: protobuf merges repeated fields by concatenation. */
function oneRequest(signal: Signal, pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0] as Uint8Array;
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (joined[signal].length < size || joined[signal].length > MAX_JOINED_BYTES) joined[signal] = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    joined[signal].set(piece, at);
    at += piece.length;
  }
  return joined[signal].subarray(0, size);
}

/** A larger buffer is not kept for the next time. */
const MAX_JOINED_BYTES = 8 * 1024 * 1024;
