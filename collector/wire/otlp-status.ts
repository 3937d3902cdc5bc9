import type { Signal } from "../model/batch.ts";
import { isLoadError } from "../model/errors.ts";
import { Reader } from "./protobuf.ts";
import { Writer } from "./protobuf-writer.ts";

/** What a server says about a request that it took: how much of it it refused, and why. */
export interface PartialSuccess {
  readonly rejectedItems: number;
  /** With 0 rejected items a mere warning. */
  readonly errorMessage: string;
}

/** Nothing rejected, nothing to say. */
export const FULL_SUCCESS: PartialSuccess = { rejectedItems: 0, errorMessage: "" };

/** Keeps a response far below the 4 MiB that clients read (opentelemetry-proto: docs/specification.md), in UTF-8 bytes. */
export const MAX_ERROR_MESSAGE_BYTES = 1024;

type RejectedName = "rejectedSpans" | "rejectedDataPoints" | "rejectedLogRecords";
const REJECTED_NAMES: Readonly<Record<Signal, RejectedName>> = {
  traces: "rejectedSpans",
  metrics: "rejectedDataPoints",
  logs: "rejectedLogRecords",
};

/*
 * Export{Trace,Metrics,Logs}ServiceResponse (opentelemetry-proto: opentelemetry/proto/collector/{trace,metrics,logs}/v1/*_service.proto)
 *   1 partial_success  message
 *
 * Export{Trace,Metrics,Logs}PartialSuccess
 *   1 rejected_{spans,data_points,log_records}  varint (int64)
 *   2 error_message                             string
 */
/** 0 bytes on full success: the field must be unset then. */
export function encodeExportResponse(partial: PartialSuccess = FULL_SUCCESS): Uint8Array {
  const writer = new Writer();
  const message = cappedErrorMessage(partial.errorMessage);
  if (partial.rejectedItems === 0 && message === "") return writer.finish();
  writer.optionalString(18, message);
  writer.optionalInt(8, partial.rejectedItems);
  writer.message(10, 0);
  return writer.finish();
}

/** The JSON form: "{}" on full success, the count as a decimal string. */
export function formatExportResponse(signal: Signal, partial: PartialSuccess = FULL_SUCCESS): string {
  const errorMessage = cappedErrorMessage(partial.errorMessage);
  const body = {
    ...(partial.rejectedItems > 0 && { [REJECTED_NAMES[signal]]: String(partial.rejectedItems) }),
    ...(errorMessage !== "" && { errorMessage }),
  };
  return JSON.stringify(Object.keys(body).length === 0 ? {} : { partialSuccess: body });
}

/** Of an answer with a 2xx status, which makes it a success whatever its body: an unreadable one counts as full success. */
export function decodeExportResponse(bytes: Uint8Array): PartialSuccess {
  return tolerated(() => {
    let result = FULL_SUCCESS;
    const reader = new Reader(bytes);
    while (reader.pos < reader.end) {
      const tag = reader.tag();
      if (tag === 10) result = readPartialSuccess(reader);
      else reader.skip(tag & 7);
    }
    return result;
  }, FULL_SUCCESS);
}

function readPartialSuccess(reader: Reader): PartialSuccess {
  const outer = reader.open();
  let rejectedItems = 0;
  let errorMessage = "";
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === 8) rejectedItems = Math.max(0, Number(reader.int64()));
    else if (tag === 18) errorMessage = reader.string();
    else reader.skip(tag & 7);
  }
  reader.close(outer);
  return { rejectedItems, errorMessage };
}

/** The JSON counterpart of `decodeExportResponse`, as tolerant. */
export function parseExportResponse(signal: Signal, text: string): PartialSuccess {
  const partial = asObject<"errorMessage" | RejectedName>(asObject<"partialSuccess">(parsedJson(text))?.partialSuccess);
  if (partial === undefined) return FULL_SUCCESS;
  const rejected = Number(partial[REJECTED_NAMES[signal]] ?? 0);
  const { errorMessage } = partial;
  return {
    rejectedItems: Number.isFinite(rejected) && rejected > 0 ? rejected : 0,
    errorMessage: typeof errorMessage === "string" ? errorMessage : "",
  };
}

/** Cut to `MAX_ERROR_MESSAGE_BYTES` between characters, with an ellipsis to show it. */
export function cappedErrorMessage(message: string): string {
  if (message.length * 3 <= MAX_ERROR_MESSAGE_BYTES || Buffer.byteLength(message) <= MAX_ERROR_MESSAGE_BYTES) return message;
  const scratch = new Uint8Array(MAX_ERROR_MESSAGE_BYTES - ELLIPSIS_BYTES);
  const { read } = new TextEncoder().encodeInto(message, scratch);
  return `${message.slice(0, read)}…`;
}

const ELLIPSIS_BYTES = 3;

/** The result of a reader of foreign bytes, or the fallback where they are not what they should be. */
export function tolerated<T>(read: () => T, fallback: T): T {
  try {
    return read();
  } catch (error) {
    if (isLoadError(error)) return fallback;
    throw error;
  }
}

/** Undefined when the text is not JSON. Not for telemetry: large integers lose digits. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The fields asked for, of whatever type they are; undefined when the value is no JSON object. */
export function asObject<K extends string>(value: unknown): { readonly [key in K]?: unknown } | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
}
