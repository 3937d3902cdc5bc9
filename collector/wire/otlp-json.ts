import type { Batch, ItemsOf, Signal } from "../model/batch.ts";
import type { Resource, Scope } from "../model/resource.ts";
import { OPEN_OBJECT } from "./json-bytes.ts";
import { BadId, JsonError } from "./json-error.ts";
import { JsonReader } from "./json-reader.ts";
import { batchOf } from "./otlp-batch.ts";
import { newResource, newScope } from "./otlp-common.ts";
import { groupedBy } from "./otlp-envelope.ts";
import { readJsonResource, readJsonScope } from "./otlp-json-common.ts";
import { formatLogRecord, formatResource, formatScope, formatSpan, list, member, object, text } from "./otlp-json-format.ts";
import { formatMetric } from "./otlp-json-format-metrics.ts";
import { readJsonLogRecord } from "./otlp-json-logs.ts";
import { readJsonMetric } from "./otlp-json-metrics.ts";
import { readJsonSpan } from "./otlp-json-traces.ts";
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
 * One OTLP/JSON request. Ids of the wrong length cost their span or log record, not the request; a link or exemplar with such an id is
 * left away and counted in the notes.
 *
 * Throws: JsonError (E_JSON) with the path where the text is not JSON, or a value not of its field's type.
 * Source: opentelemetry-proto: docs/specification.md, "JSON Protobuf Encoding"
 */
export function readOtlpJson(signal: Signal, bytes: Uint8Array): OtlpJson {
  const notes = new WireNotes();
  const reader = new JsonReader(bytes, notes);
  const first = reader.peek();
  if (first === undefined) throw new JsonError("", "empty JSON body");
  if (first !== OPEN_OBJECT) throw reader.error("an object expected at the top", reader.offset);
  const rejections = new Rejections(signal);
  const items = readRequest(MESSAGES[signal], reader, rejections);
  reader.finish();
  return { batch: batchOf(signal, items), rejected: rejections.list(reader), notes };
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
  readonly word: string;
  readonly resources: string;
  readonly scopes: string;
  readonly oldScopes: string;
  readonly items: string;
  readonly read: (reader: JsonReader, resource: Resource, scope: Scope) => ItemsOf[Signal] | BadId;
}

const MESSAGES: Readonly<Record<Signal, JsonEnvelope>> = {
  traces: {
    word: "Spans",
    resources: "resourceSpans",
    scopes: "scopeSpans",
    oldScopes: "instrumentationLibrarySpans",
    items: "spans",
    read: readJsonSpan,
  },
  metrics: {
    word: "Metrics",
    resources: "resourceMetrics",
    scopes: "scopeMetrics",
    oldScopes: "instrumentationLibraryMetrics",
    items: "metrics",
    read: readJsonMetric,
  },
  logs: {
    word: "Logs",
    resources: "resourceLogs",
    scopes: "scopeLogs",
    oldScopes: "instrumentationLibraryLogs",
    items: "logRecords",
    read: readJsonLogRecord,
  },
};

function readRequest(of: JsonEnvelope, reader: JsonReader, rejections: Rejections): ItemsOf[Signal][] {
  const items: ItemsOf[Signal][] = [];
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    if (key !== of.resources) {
      reader.unknown(`Export${of.word}ServiceRequest`, key);
      continue;
    }
    for (let more = reader.firstItem(); more; more = reader.nextItem()) readResourceItems(of, reader, items, rejections);
  }
  return items;
}

function readResourceItems(of: JsonEnvelope, reader: JsonReader, items: ItemsOf[Signal][], rejections: Rejections): void {
  const resource = newResource();
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    if (key === "resource") readJsonResource(reader, resource);
    else if (key === of.scopes || key === of.oldScopes) {
      for (let more = reader.firstItem(); more; more = reader.nextItem()) readScopeItems(of, reader, resource, items, rejections);
    } else if (key === "schemaUrl") resource.schemaUrl = reader.string();
    else reader.unknown(`Resource${of.word}`, key);
  }
}

function readScopeItems(of: JsonEnvelope, reader: JsonReader, resource: Resource, items: ItemsOf[Signal][], rejections: Rejections): void {
  const scope = newScope();
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    if (key === "scope" || key === "instrumentationLibrary") readJsonScope(reader, scope);
    else if (key === of.items) {
      for (let more = reader.firstItem(); more; more = reader.nextItem()) {
        if (reader.isNull()) continue;
        const item = of.read(reader, resource, scope);
        if (item instanceof BadId) rejections.add(item);
        else items.push(item);
      }
    } else if (key === "schemaUrl") scope.schemaUrl = reader.string();
    else reader.unknown(`Scope${of.word}`, key);
  }
}

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

  list(reader: JsonReader): Rejection[] {
    return [...this.#kinds.values()].map(({ first, items }) => {
      const others = items === 1 ? "" : ` (${items} ${this.#signal === "traces" ? "spans" : "log records"} in all)`;
      return { reason: "bad_id", items, message: `${reader.pathAt(first.offset)}: ${first.problem}${others}` };
    });
  }
}
