import type { OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { encodeBinHeader, encodeGrpcFrame, encodeGrpcMessage, GRPC_PREFIX_BYTES } from "../../wire/grpc-frame.ts";
import { cappedErrorMessage, encodeExportResponse } from "../../wire/otlp-status.ts";
import { encodeRpcStatus, type RpcStatus } from "../../wire/rpc-status.ts";
import { GRPC } from "../../wire/status-codes.ts";
import type { Answer } from "./intake.ts";

/** What a call ends with: a message and OK, or a status. */
export type GrpcAnswer = { readonly message: Uint8Array } | { readonly status: RpcStatus; readonly headers?: OutgoingHttpHeaders };

const CONTENT_TYPE = "application/grpc";
const OK_HEADERS: OutgoingHttpHeaders = { ":status": 200, "content-type": CONTENT_TYPE };
const OK_TRAILERS: OutgoingHttpHeaders = { "grpc-status": "0" };
const SEND_TRAILERS = { waitForTrailers: true };

/** An empty `Export…ServiceResponse`: `partial_success` unset (G-04). */
const FULL_SUCCESS: GrpcAnswer = { message: new Uint8Array(0) };
const EMPTY_FRAME = new Uint8Array(GRPC_PREFIX_BYTES);

export function grpcAnswer(answer: Answer): GrpcAnswer {
  switch (answer.kind) {
    case "accepted":
      return answer.warning === "" ? FULL_SUCCESS : { message: encodeExportResponse({ rejectedItems: 0, errorMessage: answer.warning }) };
    case "partial":
      return { message: encodeExportResponse({ rejectedItems: answer.rejected, errorMessage: answer.message }) };
    case "refused": {
      const code = answer.overload ? GRPC.resourceExhausted : GRPC.unavailable;
      return { status: { code, message: answer.message, retryDelayMs: answer.retryAfterMs } };
    }
    case "malformed":
      return { status: { code: GRPC.invalidArgument, message: answer.message } };
    case "failed":
      return { status: { code: GRPC.internal, message: answer.message } };
  }
}

/** Ends the call. A client that is still sending is told to stop, after it has its answer (RFC 9113 §8.1: RST_STREAM with NO_ERROR). */
export function endCall(stream: ServerHttp2Stream, answer: GrpcAnswer): void {
  if (stream.destroyed || stream.closed || stream.headersSent) return;
  if ("message" in answer) {
    stream.respond(OK_HEADERS, SEND_TRAILERS);
    stream.once("wantTrailers", () => stream.sendTrailers(OK_TRAILERS));
    stream.end(answer.message.length === 0 ? EMPTY_FRAME : encodeGrpcFrame(answer.message));
    return;
  }
  stream.respond({ ...OK_HEADERS, ...answer.headers, ...statusTrailers(answer.status) }, { endStream: true });
  stopSending(stream);
}

/** Tells a client that is still sending to stop, once its answer is on the way: a stream closed at once would lose the answer. */
export function stopSending(stream: ServerHttp2Stream): void {
  if (stream.readableEnded) return;
  stream.resume();
  setImmediate(() => stream.close());
}

function statusTrailers(status: RpcStatus): OutgoingHttpHeaders {
  const trailers: OutgoingHttpHeaders = { "grpc-status": String(status.code), "grpc-message": encodeGrpcMessage(cappedErrorMessage(status.message)) };
  if (status.retryDelayMs !== undefined) trailers["grpc-status-details-bin"] = encodeBinHeader(encodeRpcStatus(status));
  return trailers;
}
