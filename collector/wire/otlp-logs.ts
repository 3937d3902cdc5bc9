import { type AnyValue, EMPTY_VALUE } from "../model/attributes.ts";
import type { LogRecord } from "../model/log-record.ts";
import type { Resource, Scope } from "../model/resource.ts";
import { type AttributeList, finishAttributes, readAnyValue, readKeyValue } from "./otlp-common.ts";
import { writeAnyValue, writeAttributes } from "./otlp-common-writer.ts";
import { type EnvelopeOf, readEnvelope, writeEnvelope } from "./otlp-envelope.ts";
import type { Reader } from "./protobuf.ts";
import type { Writer } from "./protobuf-writer.ts";
import type { WireNotes } from "./wire-notes.ts";

/**
 * The records of one or more `ExportLogsServiceRequest`s in a row. Ids are hex of what was sent, whatever its length.
 * Throws: E_WIRE_TRUNCATED, E_WIRE_MALFORMED.
 */
export function decodeLogs(pieces: readonly Uint8Array[], notes?: WireNotes): LogRecord[] {
  return readEnvelope(LOGS, pieces, notes);
}

export function encodeLogs(records: readonly LogRecord[]): Uint8Array {
  return writeEnvelope(LOGS, records);
}

/*
 * LogRecord (opentelemetry-proto: opentelemetry/proto/logs/v1/logs.proto; 4 was name, withdrawn before 1.0)
 *    1 time_unix_nano            fixed64
 *    2 severity_number           varint (enum SeverityNumber)
 *    3 severity_text             string
 *    5 body                      message AnyValue
 *    6 attributes                repeated message KeyValue
 *    7 dropped_attributes_count  varint (uint32)
 *    8 flags                     fixed32
 *    9 trace_id                  bytes (16 or 0)
 *   10 span_id                   bytes (8 or 0)
 *   11 observed_time_unix_nano   fixed64
 *   12 event_name                string
 */
function readLogRecord(reader: Reader, resource: Resource, scope: Scope): LogRecord {
  const outer = reader.open();
  let timeUnixNano = 0n;
  let observedUnixNano = 0n;
  let severityNumber = 0;
  let severityText = "";
  let eventName = "";
  let body: AnyValue = EMPTY_VALUE;
  let attributes: AttributeList | undefined;
  let droppedAttributesCount = 0;
  let flags = 0;
  let traceId = "";
  let spanId = "";
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    switch (tag) {
      case 9:
        timeUnixNano = reader.fixed64();
        break;
      case 16:
        severityNumber = reader.int32();
        break;
      case 26:
        severityText = reader.string();
        break;
      case 42:
        body = readAnyValue(reader);
        break;
      case 50:
        attributes = readKeyValue(reader, attributes);
        break;
      case 56:
        droppedAttributesCount = reader.varint32();
        break;
      case 69:
        flags = reader.fixed32();
        break;
      case 74:
        traceId = reader.hex();
        break;
      case 82:
        spanId = reader.hex();
        break;
      case 89:
        observedUnixNano = reader.fixed64();
        break;
      case 98:
        eventName = reader.string();
        break;
      default:
        reader.unknown("LogRecord", tag);
    }
  }
  reader.close(outer);
  return {
    resource,
    scope,
    timeUnixNano,
    observedUnixNano,
    severityNumber,
    severityText,
    eventName,
    body,
    attributes: finishAttributes(reader, attributes),
    droppedAttributesCount,
    flags,
    traceId,
    spanId,
  };
}

/** Field table: `readLogRecord`. */
function writeLogRecord(writer: Writer, record: LogRecord): void {
  const before = writer.size;
  writer.optionalString(98, record.eventName);
  writer.optionalFixed64(89, record.observedUnixNano);
  writer.optionalHex(82, record.spanId);
  writer.optionalHex(74, record.traceId);
  writer.optionalFixed32(69, record.flags);
  writer.optionalInt(56, record.droppedAttributesCount);
  writeAttributes(writer, 50, record.attributes);
  if (record.body.kind !== "empty") writeAnyValue(writer, 42, record.body);
  writer.optionalString(26, record.severityText);
  writer.optionalInt(16, record.severityNumber);
  writer.optionalFixed64(9, record.timeUnixNano);
  writer.message(18, before);
}

const LOGS: EnvelopeOf<LogRecord> = { word: "Logs", read: readLogRecord, write: writeLogRecord };
