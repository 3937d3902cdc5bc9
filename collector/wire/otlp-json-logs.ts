import { Attributes, EMPTY_VALUE } from "../model/attributes.ts";
import type { LogRecord } from "../model/log-record.ts";
import type { Resource, Scope } from "../model/resource.ts";
import type { BadId } from "./json-error.ts";
import type { JsonReader } from "./json-reader.ts";
import type { Mutable } from "./otlp-common.ts";
import { enumNames, JsonIds, readJsonAnyValue, readJsonAttributes } from "./otlp-json-common.ts";

const SEVERITIES = enumNames("SEVERITY_NUMBER_", [
  "UNSPECIFIED",
  ...["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].flatMap((name) => [name, `${name}2`, `${name}3`, `${name}4`]),
]);

/** Fields: the table of `LogRecord` in otlp-logs.ts. */
export function readJsonLogRecord(reader: JsonReader, resource: Resource, scope: Scope): LogRecord | BadId {
  const ids = new JsonIds();
  const record: Mutable<LogRecord> = {
    resource,
    scope,
    timeUnixNano: 0n,
    observedUnixNano: 0n,
    severityNumber: 0,
    severityText: "",
    eventName: "",
    body: EMPTY_VALUE,
    attributes: Attributes.EMPTY,
    droppedAttributesCount: 0,
    flags: 0,
    traceId: "",
    spanId: "",
  };
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    switch (key) {
      case "timeUnixNano":
        record.timeUnixNano = reader.uint64();
        break;
      case "observedTimeUnixNano":
        record.observedUnixNano = reader.uint64();
        break;
      case "severityNumber":
        record.severityNumber = reader.enumeration(SEVERITIES);
        break;
      case "severityText":
        record.severityText = reader.string();
        break;
      case "eventName":
        record.eventName = reader.string();
        break;
      case "body":
        record.body = readJsonAnyValue(reader);
        break;
      case "attributes":
        record.attributes = readJsonAttributes(reader);
        break;
      case "droppedAttributesCount":
        record.droppedAttributesCount = reader.uint32();
        break;
      case "flags":
        record.flags = reader.uint32();
        break;
      case "traceId":
        record.traceId = ids.traceId(reader);
        break;
      case "spanId":
        record.spanId = ids.spanId(reader);
        break;
      default:
        reader.unknown("LogRecord", key);
    }
  }
  return ids.bad ?? record;
}
