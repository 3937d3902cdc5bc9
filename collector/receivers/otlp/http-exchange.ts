import type { OutgoingHttpHeaders } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { Signal } from "../../model/batch.ts";
import type { ComponentContext } from "../../pipeline/define.ts";
import type { Counter } from "../../pipeline/meter.ts";
import { encodeGrpcMessage } from "../../wire/grpc-frame.ts";
import { formatRetryAfter, GRPC } from "../../wire/status-codes.ts";
import type { AuthGate } from "./auth-gate.ts";
import { type Body, BodyAborted, BodyTooLarge } from "./body.ts";
import type { CorsRule } from "./cors.ts";
import { BadCompression, decompress, type Encoding } from "./decompress.ts";
import { stopSending } from "./grpc-answers.ts";
import { errorAnswer, type HttpAnswer, type HttpResponse, httpAnswer, statusAnswer } from "./http-answers.ts";
import { announcedBytes, type HttpRequest, readBody } from "./http-body.ts";
import { type EncodingVerdict, formatOf, type Route } from "./http-routes.ts";
import { type SendRules, sendAnswer, sendUnread } from "./http-send.ts";
import { type InFlight, type Lease, NoRoom, RETRY_WHEN_FULL_MS } from "./in-flight.ts";
import { type Format, type Intake, messageOf } from "./intake.ts";
import type { SenderHints } from "./sender-hints.ts";

export interface ExchangeParts {
  readonly intake: Intake;
  readonly route: (url: string) => Route;
  readonly encoding: (contentEncoding: string | undefined) => EncodingVerdict;
  readonly cors: CorsRule | undefined;
  readonly auth: AuthGate | undefined;
  readonly inFlight: InFlight;
  readonly hints: SenderHints;
  readonly log: ComponentContext["log"];
  /** Senders that went away in the middle of a body. */
  readonly aborted: Counter;
  /** Requests that found no room. */
  readonly turnedAway: Counter;
  readonly limitBytes: number;
  /** `response_headers` of the config; undefined where there are none. */
  readonly responseHeaders: OutgoingHttpHeaders | undefined;
  readonly sending: SendRules;
  readonly isClosing: () => boolean;
}

interface Accepted {
  readonly signal: Signal;
  readonly format: Format;
  readonly encoding: Encoding;
}

const RETRY_WHEN_CLOSING_MS = 1000;

/**
 * One OTLP/HTTP request: CORS, auth, route, method, media type and size are judged before a byte of the body is read, then body, decompression, intake.
 * Nothing that a client sends makes it throw.
 */
export function openExchange(parts: ExchangeParts): (request: HttpRequest, response: HttpResponse, awaitsContinue: boolean) => void {
  return (request, response, awaitsContinue) => {
    response.on("error", () => {});
    try {
      answer(parts, request, response, awaitsContinue);
    } catch (error) {
      failSafely(parts, response, () =>
        answerFailure(parts, request, response, formatOf(request.headers["content-type"]), parts.responseHeaders, error),
      );
    }
  };
}

function answer(parts: ExchangeParts, request: HttpRequest, response: HttpResponse, awaitsContinue: boolean): void {
  if (isGrpc(request)) {
    answerGrpc(parts, request, response as Http2ServerResponse);
    return;
  }
  let extra = parts.responseHeaders;
  if (parts.cors !== undefined) {
    const verdict = parts.cors(request.method ?? "", request.headers);
    extra = { ...extra, ...verdict.headers };
    if (verdict.isPreflight) {
      sendAnswer(parts.sending, response, withHeaders({ status: 204, headers: {}, body: "" }, extra));
      return;
    }
  }
  const judged = judge(parts, request);
  if ("status" in judged) {
    sendUnread(parts.sending, request, response, withHeaders(judged, extra), awaitsContinue);
    return;
  }
  if (awaitsContinue) response.writeContinue();
  const lease = parts.inFlight.open();
  readBody(request, parts.limitBytes, lease)
    .then((sent) => answerBody(parts, judged, sent, lease))
    .then((answer) => sendAnswer(parts.sending, response, withHeaders(answer, extra)))
    .catch((error: unknown) => failSafely(parts, response, () => answerFailure(parts, request, response, judged.format, extra, error)))
    .finally(() => lease[Symbol.dispose]());
}

/** The body is given back once the batch made of it has been taken. */
async function answerBody(parts: ExchangeParts, { signal, format, encoding }: Accepted, sent: Body, lease: Lease): Promise<HttpAnswer> {
  try {
    if (encoding === "identity") return httpAnswer(await parts.intake.take(signal, format, sent.bytes), signal, format);
    const expanded = await decompress(encoding, sent.bytes, parts.limitBytes, lease);
    try {
      return httpAnswer(await parts.intake.take(signal, format, expanded.bytes), signal, format);
    } finally {
      expanded.release();
    }
  } finally {
    sent.release();
  }
}

/** An answer that cannot even be written (a header that HTTP does not allow, say) costs its connection, not the process. */
function failSafely(parts: ExchangeParts, response: HttpResponse, fail: () => void): void {
  try {
    fail();
  } catch (error) {
    parts.log.error({ err: error }, "a request could not be answered");
    response.destroy();
  }
}

function answerFailure(
  parts: ExchangeParts,
  request: HttpRequest,
  response: HttpResponse,
  format: Format | undefined,
  extra: OutgoingHttpHeaders | undefined,
  error: unknown,
): void {
  if (error instanceof BodyAborted) {
    parts.aborted.add(1);
  } else if (error instanceof BodyTooLarge) {
    sendUnread(parts.sending, request, response, withHeaders(errorAnswer(413, format, error.message), extra), false);
  } else if (error instanceof NoRoom) {
    sendUnread(parts.sending, request, response, withHeaders(turnedAway(parts, format, error), extra), false);
  } else if (error instanceof BadCompression) {
    sendAnswer(parts.sending, response, withHeaders(errorAnswer(400, format, error.message), extra));
  } else {
    parts.log.error({ err: error }, "answering a request failed");
    if (!response.headersSent) sendAnswer(parts.sending, response, withHeaders(errorAnswer(500, format, messageOf(error)), extra));
  }
}

function withHeaders(answer: HttpAnswer, extra: OutgoingHttpHeaders | undefined): HttpAnswer {
  return extra === undefined ? answer : { ...answer, headers: { ...answer.headers, ...extra } };
}

function judge(parts: ExchangeParts, request: HttpRequest): Accepted | HttpAnswer {
  const { headers } = request;
  const url = request.url ?? "/";
  const format = formatOf(headers["content-type"]);
  const denial = parts.auth?.(headers, url);
  if (denial !== undefined) {
    return errorAnswer(401, format, denial.message, denial.challenge === undefined ? {} : { "www-authenticate": denial.challenge });
  }
  if (parts.isClosing()) return laterAnswer(503, format, "the collector is shutting down", RETRY_WHEN_CLOSING_MS);
  const route = parts.route(url);
  if (route.signal === undefined) {
    if (route.hint !== undefined) parts.hints.tell(remoteOf(request), route.message, route.message);
    return errorAnswer(404, format, route.message);
  }
  if (request.method !== "POST") return errorAnswer(405, format, "405 method not allowed, supported: [POST]", { allow: "POST" });
  if (format === undefined) {
    const message = "415 unsupported media type, supported: [application/json, application/x-protobuf]";
    parts.hints.tell(remoteOf(request), "415", `${message}; got ${headers["content-type"] ?? "no Content-Type"}`);
    return errorAnswer(415, undefined, message);
  }
  const verdict = parts.encoding(headers["content-encoding"]);
  if (verdict.encoding === undefined) return errorAnswer(verdict.status, format, verdict.message);
  const announced = announcedBytes(request) ?? 0;
  if (announced > parts.limitBytes) return errorAnswer(413, format, new BodyTooLarge(parts.limitBytes).message);
  const refusal = parts.inFlight.refusal(announced);
  if (refusal !== undefined) return turnedAway(parts, format, refusal);
  return { signal: route.signal, format, encoding: verdict.encoding };
}

function turnedAway(parts: ExchangeParts, format: Format | undefined, { message }: NoRoom): HttpAnswer {
  parts.turnedAway.add(1);
  return laterAnswer(429, format, message, RETRY_WHEN_FULL_MS);
}

/** The receiver itself cannot take it now: closing (503) or full (429). */
function laterAnswer(status: 429 | 503, format: Format | undefined, message: string, retryDelayMs: number): HttpAnswer {
  const code = status === 429 ? GRPC.resourceExhausted : GRPC.unavailable;
  const answer = statusAnswer(status, format, { code, message, retryDelayMs });
  return { ...answer, headers: { ...answer.headers, "retry-after": formatRetryAfter(retryDelayMs) } };
}

function isGrpc(request: HttpRequest): boolean {
  return request.httpVersionMajor === 2 && request.headers["content-type"]?.startsWith("application/grpc") === true;
}

function answerGrpc(parts: ExchangeParts, request: HttpRequest, response: Http2ServerResponse): void {
  const words = "this is the OTLP/HTTP port: gRPC goes to the gRPC port (4317 by default), or use the http/protobuf protocol here";
  parts.hints.tell(remoteOf(request), "grpc", `a client speaks gRPC: ${words}`);
  response.stream.respond(
    { ":status": 200, "content-type": "application/grpc", "grpc-status": String(GRPC.unimplemented), "grpc-message": encodeGrpcMessage(words) },
    { endStream: true },
  );
  stopSending(response.stream);
}

function remoteOf(request: HttpRequest): string | undefined {
  return request.socket?.remoteAddress;
}
