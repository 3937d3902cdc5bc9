import type { Resource, Scope } from "../model/resource.ts";
import { newResource, newScope, readResource, readScope } from "./otlp-common.ts";
import { writeResource, writeScope } from "./otlp-common-writer.ts";
import { Reader } from "./protobuf.ts";
import { Writer } from "./protobuf-writer.ts";
import type { WireNotes } from "./wire-notes.ts";

/** What every item of the three signals shares with its neighbours. */
interface Grouped {
  readonly resource: Resource;
  readonly scope: Scope;
}

/** One signal's messages, by which the envelope common to all three is filled. */
export interface EnvelopeOf<T extends Grouped> {
  /** "Spans", "Metrics" or "Logs": how the messages are called. */
  readonly word: string;
  readonly read: (reader: Reader, resource: Resource, scope: Scope) => T;
  /** Writes the item as field 2 of its scope. */
  readonly write: (writer: Writer, item: T) => void;
}

/*
 * TracesData / MetricsData / LogsData and Export…ServiceRequest (opentelemetry/proto/{trace,metrics,logs}/v1/*.proto,
 * opentelemetry/proto/collector/*\/v1/*_service.proto), all of one layout
 *   1 resource_{spans,metrics,logs}  repeated message Resource{Spans,Metrics,Logs}
 *
 * Resource{Spans,Metrics,Logs}
 *      1 resource                                 message Resource
 *      2 scope_{spans,metrics,logs}               repeated message Scope{Spans,Metrics,Logs}
 *      3 schema_url                               string
 *   1000 instrumentation_library_{spans,…}        as field 2; deprecated before 1.0, still sent by old exporters
 *
 * Scope{Spans,Metrics,Logs}
 *      1 scope                        message InstrumentationScope
 *      2 spans, metrics, log_records  repeated message
 *      3 schema_url                   string
 */
/** Each piece holds whole messages of its own; offsets in errors count from the first piece on. */
export function readEnvelope<T extends Grouped>(of: EnvelopeOf<T>, pieces: readonly Uint8Array[], notes: WireNotes | undefined): T[] {
  const items: T[] = [];
  let offset = 0;
  for (const piece of pieces) {
    const reader = new Reader(piece, notes, offset);
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      if (tag === 10) readResourceItems(of, reader, items);
      else reader.unknown(`Export${of.word}ServiceRequest`, tag);
    }
    offset += piece.length;
  }
  return items;
}

function readResourceItems<T extends Grouped>(of: EnvelopeOf<T>, reader: Reader, items: T[]): void {
  const outer = reader.open();
  const resource = newResource();
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) readResource(reader, resource);
    else if (tag === 18 || tag === 8002) readScopeItems(of, reader, resource, items);
    else if (tag === 26) resource.schemaUrl = reader.string();
    else reader.unknown(`Resource${of.word}`, tag);
  }
  reader.close(outer);
}

function readScopeItems<T extends Grouped>(of: EnvelopeOf<T>, reader: Reader, resource: Resource, items: T[]): void {
  const outer = reader.open();
  const scope = newScope();
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 18) items.push(of.read(reader, resource, scope));
    else if (tag === 10) readScope(reader, scope);
    else if (tag === 26) scope.schemaUrl = reader.string();
    else reader.unknown(`Scope${of.word}`, tag);
  }
  reader.close(outer);
}

/** Items are grouped by identity of resource and scope, in the order of first sight. */
export function writeEnvelope<T extends Grouped>(of: EnvelopeOf<T>, items: readonly T[]): Uint8Array {
  const writer = new Writer(64 + items.length * TYPICAL_ITEM_BYTES);
  const resources = [...groupedBy(items, (item) => item.resource)];
  for (const [resource, ofResource] of resources.reverse()) {
    const before = writer.size;
    writer.optionalString(26, resource.schemaUrl);
    const scopes = [...groupedBy(ofResource, (item) => item.scope)];
    for (const [scope, ofScope] of scopes.reverse()) {
      const inner = writer.size;
      writer.optionalString(26, scope.schemaUrl);
      for (let index = ofScope.length - 1; index >= 0; index--) of.write(writer, ofScope[index] as T);
      writeScope(writer, 10, scope);
      writer.message(18, inner);
    }
    writeResource(writer, 10, resource);
    writer.message(10, before);
  }
  return writer.finish();
}

/** Measured on bodies of official SDKs: 300 to 630 bytes an item. */
const TYPICAL_ITEM_BYTES = 512;

/** `Map.groupBy`, but the usual case of one group costs no second array. */
export function groupedBy<K, T>(items: readonly T[], keyOf: (item: T) => K): Map<K, readonly T[]> {
  const [first] = items;
  if (first === undefined) return new Map();
  const key = keyOf(first);
  return items.every((item) => keyOf(item) === key) ? new Map([[key, items]]) : Map.groupBy(items, keyOf);
}
