import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { Signal } from "../../model/batch.ts";
import { encodeExportResponse, formatExportResponse } from "../../wire/otlp-status.ts";
import { encodeRpcStatus, formatRpcStatus, type RpcStatus } from "../../wire/rpc-status.ts";
import { formatRetryAfter, GRPC, grpcCodeOf, httpStatusOf } from "../../wire/status-codes.ts";
import { MEDIA_TYPES } from "./http-routes.ts";
import type { Answer, Format } from "./intake.ts";

export type HttpResponse = ServerResponse | Http2ServerResponse;

/** An answer ready to be written: status, headers, body. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array | string;
}

const NOTHING = new Uint8Array(0);

/** Full success: an unset `partial_success` (B-01, B-02), ready made because nearly every answer is one of these. */
const FULL_SUCCESS: Readonly<Record<Format, HttpAnswer>> = {
  protobuf: { status: 200, headers: { "content-type": MEDIA_TYPES.protobuf, "content-length": "0" }, body: NOTHING },
  json: { status: 200, headers: { "content-type": MEDIA_TYPES.json, "content-length": "2" }, body: "{}" },
};

/** In the request's own type, as OTLP demands of success and failure (H-10, E-01). */
export function httpAnswer(answer: Answer, signal: Signal, format: Format): HttpAnswer {
  switch (answer.kind) {
    case "accepted":
      return answer.warning === "" ? FULL_SUCCESS[format] : partialAnswer(signal, format, 0, answer.warning);
    case "partial":
      return partialAnswer(signal, format, answer.rejected, answer.message);
    case "refused": {
      const code = answer.overload ? GRPC.resourceExhausted : GRPC.unavailable;
      const status = statusAnswer(httpStatusOf(code), format, { code, message: answer.message, retryDelayMs: answer.retryAfterMs });
      return { ...status, headers: { ...status.headers, "retry-after": formatRetryAfter(answer.retryAfterMs) } };
    }
    case "malformed":
      return statusAnswer(400, format, { code: GRPC.invalidArgument, message: answer.message, fieldViolations: answer.violations });
    case "failed":
      return statusAnswer(500, format, { code: GRPC.internal, message: answer.message });
  }
}

function partialAnswer(signal: Signal, format: Format, rejectedItems: number, errorMessage: string): HttpAnswer {
  const partial = { rejectedItems, errorMessage };
  return withBody(200, format, format === "json" ? formatExportResponse(signal, partial) : encodeExportResponse(partial));
}

/** `format` undefined: the request's type is unknown, and JSON is what people can read. */
export function statusAnswer(status: number, format: Format | undefined, rpcStatus: RpcStatus): HttpAnswer {
  return withBody(status, format ?? "json", format === "protobuf" ? encodeRpcStatus(rpcStatus) : formatRpcStatus(rpcStatus));
}

/** An error that HTTP alone found; its gRPC code follows from the status. */
export function errorAnswer(status: number, format: Format | undefined, message: string, headers: OutgoingHttpHeaders = {}): HttpAnswer {
  const answer = statusAnswer(status, format, { code: codeOf(status), message });
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function codeOf(status: number): number {
  switch (status) {
    case 405:
      return GRPC.unimplemented;
    case 413:
      return GRPC.resourceExhausted;
    case 415:
      return GRPC.invalidArgument;
    case 408:
      return GRPC.deadlineExceeded;
    default:
      return status === 500 ? GRPC.internal : grpcCodeOf(status);
  }
}

function withBody(status: number, format: Format, body: Uint8Array | string): HttpAnswer {
  return { status, headers: { "content-type": MEDIA_TYPES[format], "content-length": String(Buffer.byteLength(body)) }, body };
}
