import type { Batch, ItemsOf, Signal } from "../model/batch.ts";
import type { BadId } from "./json-error.ts";
import { jsonPathAt } from "./json-path.ts";
import { JsonTranscoder } from "./json-transcoder.ts";
import { encodedBatch } from "./otlp-batch.ts";
import { groupedBy } from "./otlp-envelope.ts";
import { formatLogRecord, formatResource, formatScope, formatSpan, list, member, object, text } from "./otlp-json-format.ts";
import { formatMetric } from "./otlp-json-format-metrics.ts";
import { REQUESTS } from "./otlp-json-messages.ts";
import { describe, forget, logColumns, metricColumns, traceColumns } from "./scan-batch.ts";
import { WireNotes } from "./wire-notes.ts";

/** Items of a request that were not taken, while their neighbours were. */
export interface Rejection {
  /** For the loss ledger. */
  readonly reason: "bad_id";
  readonly items: number;
  /** For the sender: the first of them with its place. */
  readonly message: string;
}

export interface OtlpJson {
  readonly batch: Batch;
  readonly rejected: readonly Rejection[];
  readonly notes: WireNotes;
}

/**
 * One OTLP/JSON request. It is written as protobuf, which is then what the batch holds and has scanned: sinks that ask for columns in the
 * same turn get that very scan. Ids of the wrong length cost their span or log record, not the request; a link or exemplar with such an id
 * is left away and counted in the notes.
 *
 * Throws: JsonError (E_JSON) with the path where the text is not JSON, or a value not of its field's type.
 * Source: opentelemetry-proto: docs/specification.md, "JSON Protobuf Encoding"
 */
export function readOtlpJson(signal: Signal, bytes: Uint8Array): OtlpJson {
  const notes = new WireNotes();
  const rejections = new Rejections(signal);
  const encoded = new JsonTranscoder(bytes, notes, (bad) => rejections.add(bad)).transcode(REQUESTS[signal]);
  return { batch: scannedBatch(signal, encoded), rejected: rejections.list(bytes), notes };
}

/** The scan counts the items, and leaves its columns to the sinks. */
function scannedBatch(signal: Signal, bytes: Uint8Array): Batch {
  forget(signal);
  const columns = signal === "traces" ? traceColumns : signal === "metrics" ? metricColumns : logColumns;
  columns.scan(bytes);
  const batch = encodedBatch(signal, [bytes], columns.items, { owned: true });
  describe(batch);
  return batch;
}

/**
 * A batch as OTLP/JSON: the same text for the same items, without white space. Fields at their default are left out; 64-bit integers are
 * strings, ids hex, enums numbers.
 * Source: opentelemetry-proto: docs/specification.md, "JSON Protobuf Encoding"
 */
export function formatOtlpJson(batch: Batch): string {
  switch (batch.signal) {
    case "traces":
      return formatRequest(MESSAGES.traces, batch.items, formatSpan);
    case "metrics":
      return formatRequest(MESSAGES.metrics, batch.items, formatMetric);
    case "logs":
      return formatRequest(MESSAGES.logs, batch.items, formatLogRecord);
  }
}

function formatRequest<T extends ItemsOf[Signal]>(of: JsonEnvelope, items: readonly T[], format: (item: T) => string): string {
  const resources: string[] = [];
  for (const [resource, ofResource] of groupedBy(items, (item) => item.resource)) {
    const scopes: string[] = [];
    for (const [scope, ofScope] of groupedBy(ofResource, (item) => item.scope)) {
      scopes.push(object(member("scope", formatScope(scope)), list(of.items, ofScope, format), text("schemaUrl", scope.schemaUrl)));
    }
    resources.push(
      object(member("resource", formatResource(resource)), `"${of.scopes}":[${scopes.join(",")}]`, text("schemaUrl", resource.schemaUrl)),
    );
  }
  return `{"${of.resources}":[${resources.join(",")}]}`;
}

/** The field names of one signal's envelope; the layout is the one of otlp-envelope.ts. */
interface JsonEnvelope {
  readonly resources: string;
  readonly scopes: string;
  readonly items: string;
}

const MESSAGES: Readonly<Record<Signal, JsonEnvelope>> = {
  traces: { resources: "resourceSpans", scopes: "scopeSpans", items: "spans" },
  metrics: { resources: "resourceMetrics", scopes: "scopeMetrics", items: "metrics" },
  logs: { resources: "resourceLogs", scopes: "scopeLogs", items: "logRecords" },
};

/** Gathered by the kind of mistake: a request of ten thousand bad ids has two entries at most. */
class Rejections {
  readonly #signal: Signal;
  readonly #kinds = new Map<boolean, { readonly first: BadId; items: number }>();

  constructor(signal: Signal) {
    this.#signal = signal;
  }

  add(bad: BadId): void {
    const kind = this.#kinds.get(bad.looksLikeBase64);
    if (kind === undefined) this.#kinds.set(bad.looksLikeBase64, { first: bad, items: 1 });
    else kind.items++;
  }

  list(bytes: Uint8Array): Rejection[] {
    return [...this.#kinds.values()].map(({ first, items }) => {
      const others = items === 1 ? "" : ` (${items} ${this.#signal === "traces" ? "spans" : "log records"} in all)`;
      return { reason: "bad_id", items, message: `${jsonPathAt(bytes, first.offset)}: ${first.problem}${others}` };
    });
  }
}
