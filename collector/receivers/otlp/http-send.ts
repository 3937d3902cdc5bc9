import type { ServerResponse } from "node:http";
import { stopSending } from "./grpc-answers.ts";
import type { HttpAnswer, HttpResponse } from "./http-answers.ts";
import { announcedBytes, type HttpRequest } from "./http-body.ts";

/** How answers are written on this port. */
export interface SendRules {
  /** False: the connection ends with this answer. */
  readonly keepAlive: () => boolean;
  /** Ms until a client that does not read its answer is cut off; 0 = no limit. */
  readonly writeTimeoutMs: number;
}

/** Bytes of an unread body that is read to its end after all, to keep the connection (as Go's net/http does). */
const MAX_DISCARDED_BYTES = 262_144;
/** How long a refused sender may go on sending before its connection is cut: closing at once would make it lose the answer (RFC 9112 §9.6). */
const LINGER_MS = 1000;

export function sendAnswer(rules: SendRules, response: HttpResponse, answer: HttpAnswer): void {
  if (response.destroyed) return;
  if (isHttp1(response) && !rules.keepAlive()) response.shouldKeepAlive = false;
  limitWriting(rules, response);
  writeHead(response, answer);
  // Without a body the head goes out by itself: one write instead of a gathered one.
  if (answer.body.length === 0) response.end();
  else response.end(answer.body);
}

/** Answers while the body is still on its way: a short one is passed over, with a longer one the connection ends. */
export function sendUnread(rules: SendRules, request: HttpRequest, response: HttpResponse, answer: HttpAnswer, awaitsContinue: boolean): void {
  if (!isHttp1(response)) {
    sendAnswer(rules, response, answer);
    stopSending(response.stream);
    return;
  }
  const isShort = request.headers["transfer-encoding"] === undefined && (announcedBytes(request) ?? 0) <= MAX_DISCARDED_BYTES;
  if (request.complete || (isShort && !awaitsContinue)) sendAnswer(rules, response, answer);
  else sendAndLinger(rules, request, response, answer);
}

function sendAndLinger(rules: SendRules, request: HttpRequest, response: ServerResponse, answer: HttpAnswer): void {
  if (response.destroyed) return;
  response.shouldKeepAlive = false;
  limitWriting(rules, response);
  writeHead(response, answer);
  // All of it, but not ended: ending closes the socket under a client that is still sending.
  response.write(answer.body);
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS).unref();
  request.on("error", () => {});
  request.once("end", end);
  request.once("close", end);
  request.resume();
}

function writeHead(response: HttpResponse, { status, headers }: HttpAnswer): void {
  if (isHttp1(response)) response.writeHead(status, headers);
  else response.writeHead(status, headers);
}

function limitWriting(rules: SendRules, response: HttpResponse): void {
  if (rules.writeTimeoutMs <= 0) return;
  const timer = setTimeout(() => response.destroy(), rules.writeTimeoutMs).unref();
  response.once("close", () => clearTimeout(timer));
}

function isHttp1(response: HttpResponse): response is ServerResponse {
  return !("stream" in response);
}
