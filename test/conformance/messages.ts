import root from "@opentelemetry/otlp-transformer/build/src/generated/root.js";
import protobufjs from "protobufjs";

/*
 * What is sent and what comes back is written and read by code that is not ours: the protobufjs classes generated from the .proto files,
 * and protobufjs' reflection for google.rpc.Status.
 */
interface MessageType {
  fromObject(object: Record<string, unknown>): unknown;
  encode(message: unknown): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  toObject(message: unknown, options?: object): unknown;
}
type Service<Name extends string> = Record<`Export${Name}ServiceRequest` | `Export${Name}ServiceResponse`, MessageType>;
/** Only what is used here of the generated module, whose own declaration is an untyped protobufjs root. */
const { collector } = (
  root as unknown as {
    opentelemetry: { proto: { collector: { trace: { v1: Service<"Trace"> }; metrics: { v1: Service<"Metrics"> }; logs: { v1: Service<"Logs"> } } } };
  }
).opentelemetry.proto;

export const oracle = {
  traces: { request: collector.trace.v1.ExportTraceServiceRequest, response: collector.trace.v1.ExportTraceServiceResponse },
  metrics: { request: collector.metrics.v1.ExportMetricsServiceRequest, response: collector.metrics.v1.ExportMetricsServiceResponse },
  logs: { request: collector.logs.v1.ExportLogsServiceRequest, response: collector.logs.v1.ExportLogsServiceResponse },
} as const;

const rpc = protobufjs.parse(`
  syntax = "proto3";
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message RetryInfo { Duration retry_delay = 1; }
`).root;
const statusType = rpc.lookupType("Status");
const retryInfoType = rpc.lookupType("RetryInfo");

export interface OracleStatus {
  readonly code: number;
  readonly message: string;
  /** Of RetryInfo; undefined where there is none. */
  readonly retrySeconds: number | undefined;
}

export function readStatus(bytes: Uint8Array): OracleStatus {
  const status = statusType.toObject(statusType.decode(bytes), { defaults: true }) as {
    code: number;
    message: string;
    details?: { typeUrl: string; value: Uint8Array }[];
  };
  const info = status.details?.find(({ typeUrl }) => typeUrl === "type.googleapis.com/google.rpc.RetryInfo");
  if (info === undefined) return { code: status.code, message: status.message, retrySeconds: undefined };
  const decoded = retryInfoType.toObject(retryInfoType.decode(info.value), { longs: Number, defaults: true }) as {
    retryDelay: { seconds: number; nanos: number };
  };
  return { code: status.code, message: status.message, retrySeconds: decoded.retryDelay.seconds + decoded.retryDelay.nanos / 1e9 };
}

export const TRACE_ID = "5b8efff798038103d269b633813fc60c";
export const SPAN_ID = "eee19b7ec3c1b174";
const hex = (digits: string) => Buffer.from(digits, "hex");
const NOW = "1700000000000000000";
const service = { attributes: [{ key: "service.name", value: { stringValue: "api-server" } }] };

export function span(overrides: object = {}): object {
  return { traceId: hex(TRACE_ID), spanId: hex(SPAN_ID), name: "GET /", kind: 2, startTimeUnixNano: NOW, endTimeUnixNano: NOW, ...overrides };
}

export function encodeTraces(spans: readonly object[]): Uint8Array {
  return encode(oracle.traces.request, { resourceSpans: [{ resource: service, scopeSpans: [{ scope: { name: "test" }, spans }] }] });
}

export const spans = (count: number): Uint8Array => encodeTraces(Array.from({ length: count }, () => span()));

export function points(count: number): Uint8Array {
  const dataPoints = Array.from({ length: count }, (_, index) => ({ timeUnixNano: NOW, asInt: index }));
  return encode(oracle.metrics.request, {
    resourceMetrics: [{ resource: service, scopeMetrics: [{ scope: { name: "test" }, metrics: [{ name: "hits", gauge: { dataPoints } }] }] }],
  });
}

export function logs(count: number): Uint8Array {
  const logRecords = Array.from({ length: count }, () => ({ timeUnixNano: NOW, severityNumber: 9, body: { stringValue: "hello" } }));
  return encode(oracle.logs.request, { resourceLogs: [{ resource: service, scopeLogs: [{ scope: { name: "test" }, logRecords }] }] });
}

export function encode(type: MessageType, object: object): Uint8Array {
  return type.encode(type.fromObject(object as Record<string, unknown>)).finish();
}

/** As plain values: int64 as strings, enums as numbers, bytes in hex. */
export function decode(type: MessageType, bytes: Uint8Array): unknown {
  return type.toObject(type.decode(bytes), { longs: String, enums: Number, bytes: String });
}

/** OTLP/JSON with ids in hex. */
export function jsonTraces(spanObjects: readonly object[]): string {
  return JSON.stringify({ resourceSpans: [{ resource: service, scopeSpans: [{ scope: { name: "test" }, spans: spanObjects }] }] });
}

export function jsonSpan(overrides: object = {}): object {
  return { traceId: TRACE_ID, spanId: SPAN_ID, name: "GET /", kind: 2, startTimeUnixNano: NOW, endTimeUnixNano: NOW, ...overrides };
}

export const jsonSpans = (count: number): string => jsonTraces(Array.from({ length: count }, () => jsonSpan()));
