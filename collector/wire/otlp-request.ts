import type { Batch, ItemsOf, Signal } from "../model/batch.ts";
import { dropBadIds } from "./drop-bad-ids.ts";
import { batchOf, countItems, encodedBatch } from "./otlp-batch.ts";
import type { Rejection } from "./otlp-json.ts";
import { decodeLogs } from "./otlp-logs.ts";
import { decodeMetrics } from "./otlp-metrics.ts";
import { decodeTraces } from "./otlp-traces.ts";
import { describe, forget, logColumns, metricColumns, traceColumns } from "./scan-batch.ts";
import { WireNotes } from "./wire-notes.ts";

/** What was kept of a request, and what was not. */
export interface OtlpRequest {
  readonly batch: Batch;
  /** By reason: items that are not in the batch. */
  readonly rejected: readonly Rejection[];
  readonly notes: WireNotes;
}

/**
 * Reads one `Export…ServiceRequest`. The bytes are checked and counted by a scan that makes no objects; the batch borrows them as they
 * are, and sinks that ask for columns in the same turn get this very scan.
 *
 * Only where something must not go on (ids of the wrong length, values nested too deep, fields that were withdrawn before OTLP 1.0) the
 * items are decoded, put right, and the batch is made of them.
 *
 * Strings are looked at only when items are decoded: what is found then (text that is not UTF-8) is told to `lateNotes`, together with all that
 * the scan has noted already.
 *
 * Throws: E_WIRE_TRUNCATED, E_WIRE_MALFORMED for bytes that are not a request of this signal.
 */
export function readOtlpProtobuf(signal: Signal, bytes: Uint8Array, lateNotes?: WireNotes): OtlpRequest {
  const notes = new WireNotes();
  forget(signal);
  if (!scan(signal, bytes, notes)) return repaired(signal, bytes, notes);
  const batch = encodedBatch(signal, [bytes], columnsOf(signal).items, lateNotes === undefined ? {} : { notes: lateNotes });
  describe(batch);
  return { batch, rejected: [], notes };
}

/** False where the bytes must not go on as they are. */
function scan(signal: Signal, bytes: Uint8Array, notes: WireNotes): boolean {
  const columns = columnsOf(signal);
  columns.scan(bytes, notes);
  if (columns.badIdItems > 0 || columns.deprecated || notes.tooDeep > 0) return false;
  if (signal === "traces") return traceColumns.badLinks === 0;
  return signal !== "metrics" || metricColumns.points.badExemplars === 0;
}

function columnsOf(signal: Signal): {
  readonly items: number;
  readonly badIdItems: number;
  readonly deprecated: boolean;
  scan: typeof metricColumns.scan;
} {
  if (signal === "traces") return traceColumns;
  return signal === "metrics" ? metricColumns : logColumns;
}

function repaired(signal: Signal, bytes: Uint8Array, notes: WireNotes): OtlpRequest {
  const items = decode(signal, [bytes]);
  const kept = dropBadIds(signal, items, notes);
  const lost = countItems(signal, items) - countItems(signal, kept);
  const message = `${lost} with a trace id that is not 16 bytes long, or a span id that is not 8`;
  return { batch: batchOf(signal, kept), rejected: lost === 0 ? [] : [{ reason: "bad_id", items: lost, message }], notes };
}

function decode(signal: Signal, pieces: readonly Uint8Array[]): readonly ItemsOf[Signal][] {
  if (signal === "traces") return decodeTraces(pieces);
  return signal === "metrics" ? decodeMetrics(pieces) : decodeLogs(pieces);
}
