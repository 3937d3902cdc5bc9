import { asObject, cappedErrorMessage, parsedJson, tolerated } from "./otlp-status.ts";
import { Reader } from "./protobuf.ts";
import { Writer } from "./protobuf-writer.ts";

/** Which field of a request is wrong, by its path, and how (`google.rpc.BadRequest.FieldViolation`). */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** `google.rpc.Status` with the two details that OTLP speaks of. */
export interface RpcStatus {
  /** A gRPC code: see `GRPC`. */
  readonly code: number;
  readonly message: string;
  /** Of the detail `google.rpc.RetryInfo`. */
  readonly retryDelayMs?: number;
  /** Of the detail `google.rpc.BadRequest`. */
  readonly fieldViolations?: readonly FieldViolation[];
}

const RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo";
const BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest";

/*
 * google.rpc.Status (googleapis: google/rpc/status.proto)
 *   1 code     varint (int32)
 *   2 message  string
 *   3 details  repeated message google.protobuf.Any { 1 type_url string, 2 value bytes }
 *
 * google.rpc.RetryInfo (googleapis: google/rpc/error_details.proto)
 *   1 retry_delay  message google.protobuf.Duration { 1 seconds varint (int64), 2 nanos varint (int32) }
 *
 * google.rpc.BadRequest (googleapis: google/rpc/error_details.proto)
 *   1 field_violations  repeated message { 1 field string, 2 description string }
 */
/** The message is capped like that of a partial success. */
export function encodeRpcStatus(status: RpcStatus): Uint8Array {
  const writer = new Writer();
  if (status.fieldViolations !== undefined && status.fieldViolations.length > 0) {
    const before = writer.size;
    for (const violation of status.fieldViolations.toReversed()) {
      const inner = writer.size;
      writer.optionalString(18, cappedErrorMessage(violation.description));
      writer.optionalString(10, cappedErrorMessage(violation.field));
      writer.message(10, inner);
    }
    endDetail(writer, BAD_REQUEST, before);
  }
  if (status.retryDelayMs !== undefined) {
    const { seconds, nanos } = durationOf(status.retryDelayMs);
    const before = writer.size;
    writer.optionalInt(16, nanos);
    writer.optionalInt(8, seconds);
    writer.message(10, before);
    endDetail(writer, RETRY_INFO, before);
  }
  writer.optionalString(18, cappedErrorMessage(status.message));
  writer.optionalInt(8, status.code);
  return writer.finish();
}

/** Wraps what was written since `before` as the value of an `Any` in `details`. */
function endDetail(writer: Writer, typeUrl: string, before: number): void {
  writer.message(18, before);
  writer.stringField(10, typeUrl);
  writer.message(26, before);
}

/** Of an error answer or `grpc-status-details-bin`; undefined when the bytes are no `Status` (a proxy's HTML page, say). */
export function decodeRpcStatus(bytes: Uint8Array): RpcStatus | undefined {
  return tolerated(() => {
    const reader = new Reader(bytes);
    const status: MutableStatus = { code: 0, message: "" };
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      if (tag === 8) status.code = reader.int32();
      else if (tag === 18) status.message = reader.string();
      else if (tag === 26) readDetail(reader, status);
      else reader.skip(tag & 7);
    }
    return status;
  }, undefined);
}

interface MutableStatus {
  code: number;
  message: string;
  retryDelayMs?: number;
  fieldViolations?: readonly FieldViolation[];
}

function readDetail(reader: Reader, status: MutableStatus): void {
  const outer = reader.open();
  let typeUrl = "";
  let value: Uint8Array = new Uint8Array();
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) typeUrl = reader.string();
    else if (tag === 18) value = reader.copyBytes();
    else reader.skip(tag & 7);
  }
  reader.close(outer);
  const detail = new Reader(value);
  if (isType(typeUrl, RETRY_INFO)) status.retryDelayMs = readRetryInfo(detail);
  else if (isType(typeUrl, BAD_REQUEST)) status.fieldViolations = readBadRequest(detail);
}

/** Only what stands behind the last slash names the type (google/protobuf/any.proto). */
function isType(typeUrl: string, known: string): boolean {
  return typeUrl.slice(typeUrl.lastIndexOf("/") + 1) === known.slice(known.lastIndexOf("/") + 1);
}

function readRetryInfo(reader: Reader): number {
  let delayMs = 0;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) {
      const outer = reader.open();
      while (reader.pos < reader.end) {
        const inner = reader.tag();
        if (inner === 8) delayMs += Number(reader.int64()) * 1000;
        else if (inner === 16) delayMs += reader.int32() / 1e6;
        else reader.skip(inner & 7);
      }
      reader.close(outer);
    } else reader.skip(tag & 7);
  }
  return Math.max(0, delayMs);
}

function readBadRequest(reader: Reader): FieldViolation[] {
  const violations: FieldViolation[] = [];
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 10) {
      const outer = reader.open();
      const violation = { field: "", description: "" };
      while (reader.pos < reader.end) {
        const inner = reader.tag();
        if (inner === 10) violation.field = reader.string();
        else if (inner === 18) violation.description = reader.string();
        else reader.skip(inner & 7);
      }
      reader.close(outer);
      violations.push(violation);
    } else reader.skip(tag & 7);
  }
  return violations;
}

/** The JSON form, with details as protojson writes `Any`. */
export function formatRpcStatus(status: RpcStatus): string {
  const details: object[] = [];
  if (status.retryDelayMs !== undefined) details.push({ "@type": RETRY_INFO, retryDelay: formatDuration(status.retryDelayMs) });
  if (status.fieldViolations !== undefined && status.fieldViolations.length > 0) {
    const fieldViolations = status.fieldViolations.map(({ field, description }) => ({
      field: cappedErrorMessage(field),
      description: cappedErrorMessage(description),
    }));
    details.push({ "@type": BAD_REQUEST, fieldViolations });
  }
  return JSON.stringify({ code: status.code, message: cappedErrorMessage(status.message), ...(details.length > 0 && { details }) });
}

/** Undefined when the text is no `Status`. */
export function parseRpcStatus(text: string): RpcStatus | undefined {
  const body = asObject<"code" | "message" | "details">(parsedJson(text));
  if (body === undefined || (body.code === undefined && body.message === undefined)) return undefined;
  const status: MutableStatus = { code: Number(body.code ?? 0) | 0, message: String(body.message ?? "") };
  for (const item of Array.isArray(body.details) ? body.details : []) {
    const detail = asObject<"@type" | "retryDelay" | "fieldViolations">(item);
    const typeUrl = String(detail?.["@type"] ?? "");
    if (isType(typeUrl, RETRY_INFO)) status.retryDelayMs = parseDurationMs(String(detail?.retryDelay ?? "0s"));
    else if (isType(typeUrl, BAD_REQUEST)) status.fieldViolations = violationsOf(detail?.fieldViolations);
  }
  return status;
}

function violationsOf(value: unknown): FieldViolation[] {
  if (!Array.isArray(value)) return [];
  return value
    .map((item) => asObject<"field" | "description">(item))
    .map((item) => ({ field: String(item?.field ?? ""), description: String(item?.description ?? "") }));
}

function durationOf(delayMs: number): { seconds: number; nanos: number } {
  const ms = Math.max(0, delayMs);
  const seconds = Math.floor(ms / 1000);
  return { seconds, nanos: Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6)) };
}

/** protojson's form: "1.500s", with 0, 3, 6 or 9 digits (google/protobuf/duration.proto). */
function formatDuration(delayMs: number): string {
  const { seconds, nanos } = durationOf(delayMs);
  if (nanos === 0) return `${seconds}s`;
  return `${seconds}.${String(nanos)
    .padStart(9, "0")
    .replace(/(000){1,2}$/, "")}s`;
}

function parseDurationMs(text: string): number {
  const [, seconds = "0", fraction = ""] = /^(\d+)(?:\.(\d*))?s$/.exec(text) ?? [];
  // In nanoseconds, as the protobuf form has them: 64.004 × 1000 is not 64 004.
  return Number(seconds) * 1000 + Number(fraction.slice(0, 9).padEnd(9, "0")) / 1e6;
}
