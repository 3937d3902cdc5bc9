import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Signal } from "../../model/batch.ts";
import { isLoadError } from "../../model/errors.ts";
import type { ComponentContext } from "../../pipeline/define.ts";
import type { Counter } from "../../pipeline/meter.ts";
import { parseGrpcTimeoutMs } from "../../wire/grpc-frame.ts";
import { GRPC } from "../../wire/status-codes.ts";
import type { AuthGate } from "./auth-gate.ts";
import { BodyAborted, BodyTooLarge } from "./body.ts";
import { BadCompression, decompress, type Encoding } from "./decompress.ts";
import { endCall, type GrpcAnswer, grpcAnswer, stopSending } from "./grpc-answers.ts";
import type { GrpcHealth } from "./grpc-health.ts";
import { GrpcCallError, type GrpcRequest, readUnary } from "./grpc-message.ts";
import { findMethod, type GrpcMethod } from "./grpc-methods.ts";
import { type InFlight, type Lease, NoRoom, RETRY_WHEN_FULL_MS } from "./in-flight.ts";
import { type Intake, messageOf } from "./intake.ts";

export interface CallParts {
  readonly intake: Intake;
  readonly signals: ReadonlySet<Signal>;
  readonly auth: AuthGate | undefined;
  readonly health: GrpcHealth;
  readonly inFlight: InFlight;
  readonly log: ComponentContext["log"];
  readonly limitBytes: number;
  /** Calls whose client had given up before the pipeline took the data. */
  readonly deadlineExceeded: Counter;
  readonly aborted: Counter;
  /** Calls that found no room. */
  readonly turnedAway: Counter;
  /** How long a call may stand still while its message is on the way. */
  readonly stallTimeoutMs: number;
}

interface Call {
  readonly method: GrpcMethod;
  readonly encoding: Encoding;
  /** Ms from now; undefined: the client set none. */
  readonly timeoutMs: number | undefined;
}

/** Ms; a longer timer would go off at once (25 days: as good as no deadline). */
const MAX_TIMER_MS = 2_147_483_647;

const ENCODINGS: Readonly<Record<string, Encoding>> = { identity: "identity", gzip: "gzip", deflate: "deflate", zstd: "zstd", snappy: "snappy" };
const ACCEPTED_ENCODINGS = Object.keys(ENCODINGS).join(",");

/** One gRPC call over a raw HTTP/2 stream: unary Export for each signal, and health. Nothing that a client sends makes it throw. */
export function openCalls(parts: CallParts): (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void {
  return (stream, headers) => {
    stream.on("error", () => {});
    let judged: Judged;
    try {
      judged = judge(parts, headers);
    } catch (error) {
      fail(parts, stream, error);
      return;
    }
    if ("http" in judged) {
      stream.respond({ ":status": judged.http, "content-type": "text/plain; charset=utf-8", ...judged.headers });
      stream.end(judged.words);
      stopSending(stream);
      return;
    }
    if ("status" in judged) {
      endCall(stream, judged);
      return;
    }
    stream.setTimeout(parts.stallTimeoutMs, () =>
      endCall(stream, { status: { code: GRPC.deadlineExceeded, message: `nothing arrived for ${parts.stallTimeoutMs} ms` } }),
    );
    serve(parts, stream, judged).catch((error: unknown) => {
      parts.log.error({ err: error }, "a gRPC call could not be answered");
      stream.destroy();
    });
  };
}

type Judged =
  | Call
  | Extract<GrpcAnswer, { status: unknown }>
  | { readonly http: number; readonly words: string; readonly headers?: Readonly<Record<string, string>> };

/** All that the headers alone decide (HTTP/2 and gRPC rules: grpc doc/PROTOCOL-HTTP2.md, "Requests" and "Responses"). */
function judge(parts: CallParts, headers: IncomingHttpHeaders): Judged {
  if (headers[":method"] !== "POST") return { http: 405, words: GRPC_PORT_WORDS, headers: { allow: "POST" } };
  const contentType = headers["content-type"];
  if (contentType === undefined || !/^application\/grpc(\+proto)?(;|$)/.test(contentType)) return { http: 415, words: GRPC_PORT_WORDS };
  const path = headers[":path"] ?? "";
  const denial = parts.auth?.(headers, path);
  if (denial !== undefined) return { status: { code: GRPC.unauthenticated, message: denial.message } };
  const method = findMethod(path);
  if (method === undefined) return { status: { code: GRPC.unimplemented, message: `unknown method ${path}` } };
  if (method.kind === "export" && !parts.signals.has(method.signal)) {
    return { status: { code: GRPC.unimplemented, message: `no ${method.signal} pipeline has this receiver: ${method.signal} are not taken here` } };
  }
  const encodingName = headers["grpc-encoding"] ?? "identity";
  const encoding = typeof encodingName === "string" ? ENCODINGS[encodingName] : undefined;
  if (encoding === undefined) {
    const status = { code: GRPC.unimplemented, message: `grpc-encoding "${encodingName}" is not supported; supported: ${ACCEPTED_ENCODINGS}` };
    return { status, headers: { "grpc-accept-encoding": ACCEPTED_ENCODINGS } };
  }
  const timeout = headers["grpc-timeout"];
  if (timeout === undefined) return { method, encoding, timeoutMs: undefined };
  const timeoutMs = parseGrpcTimeoutMs(String(timeout));
  if (timeoutMs === undefined) return { status: { code: GRPC.invalidArgument, message: `malformed grpc-timeout "${timeout}"` } };
  return { method, encoding, timeoutMs };
}

export const GRPC_PORT_WORDS = "this is the gRPC port: it takes OTLP/gRPC only; send OTLP/HTTP to the HTTP port (:4318 by default)\n";

async function serve(parts: CallParts, stream: ServerHttp2Stream, { method, encoding, timeoutMs }: Call): Promise<void> {
  const deadline = timeoutMs === undefined || timeoutMs > MAX_TIMER_MS ? undefined : setTimeout(() => expire(parts, stream), timeoutMs);
  using lease = parts.inFlight.open();
  try {
    const sent = await readUnary(stream, parts.limitBytes, lease);
    stream.setTimeout(0);
    try {
      const expanded = sent.compressed ? await expand(sent, encoding, parts, lease) : undefined;
      const bytes = expanded?.bytes ?? sent.bytes;
      try {
        if (method.kind === "export") endCall(stream, grpcAnswer(await parts.intake.take(method.signal, "protobuf", bytes)));
        else if (method.watch) parts.health.watch(stream, bytes);
        else parts.health.check(stream, bytes);
      } finally {
        expanded?.release();
      }
    } finally {
      sent.release();
    }
  } catch (error) {
    fail(parts, stream, error);
  } finally {
    clearTimeout(deadline);
  }
}

function expand(sent: GrpcRequest, encoding: Encoding, parts: CallParts, lease: Lease): ReturnType<typeof decompress> {
  // grpc: doc/compression.md: a compressed flag without an encoding is an INTERNAL error.
  if (encoding === "identity") throw new GrpcCallError(GRPC.internal, "compressed flag set, but no grpc-encoding given");
  return decompress(encoding, sent.bytes, parts.limitBytes, lease);
}

function expire(parts: CallParts, stream: ServerHttp2Stream): void {
  if (stream.headersSent || stream.destroyed) return;
  parts.deadlineExceeded.add(1);
  endCall(stream, { status: { code: GRPC.deadlineExceeded, message: "the deadline passed before the pipeline took the data" } });
}

function fail(parts: CallParts, stream: ServerHttp2Stream, error: unknown): void {
  if (error instanceof BodyAborted) {
    // The deadline's own answer closes the stream as well: that is not the client's doing.
    if (!stream.headersSent) parts.aborted.add(1);
  } else if (error instanceof GrpcCallError) endCall(stream, { status: { code: error.code, message: error.message } });
  else if (error instanceof NoRoom) {
    parts.turnedAway.add(1);
    endCall(stream, { status: { code: GRPC.resourceExhausted, message: error.message, retryDelayMs: RETRY_WHEN_FULL_MS } });
  } else if (error instanceof BodyTooLarge)
    endCall(stream, { status: { code: GRPC.resourceExhausted, message: `${error.message} (max_recv_msg_size_mib)` } });
  else if (error instanceof BadCompression || isLoadError(error)) endCall(stream, { status: { code: GRPC.invalidArgument, message: error.message } });
  else {
    parts.log.error({ err: error }, "answering a gRPC call failed");
    endCall(stream, { status: { code: GRPC.internal, message: messageOf(error) } });
  }
}
