import { expect, test } from "vitest";
import { errorKindOfStatus, outcomeOf } from "../../../../collector/model/load-outcome.ts";
import { boundedText, errorKindOfText, statusInText } from "../../../../collector/wire/generators/error-text.ts";

test.each([
  ['Get "http://x": dial tcp: lookup no.such.host: no such host', "dns"],
  ["getaddrinfo ENOTFOUND no.such.host", "dns"],
  ['Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused', "dial_refused"],
  ["connect ECONNREFUSED 127.0.0.1:8082", "dial_refused"],
  ["No connection could be made because the target machine actively refused it", "dial_refused"],
  ["dial tcp 10.0.0.1:80: i/o timeout", "dial_timeout"],
  ["ConnectTimeoutError: Connect Timeout Error", "dial_timeout"],
  ["x509: certificate signed by unknown authority", "tls"],
  ["write EPROTO SSL routines: wrong version number", "tls"],
  ["context deadline exceeded (Client.Timeout exceeded while awaiting headers)", "timeout_wait"],
  ['ReadTimeout(ReadTimeoutError("HTTPConnectionPool: Read timed out. (read timeout=1)"))', "timeout_wait"],
  ["net/http: request canceled (Client.Timeout or context cancellation while reading body)", "timeout_recv"],
  ["ETIMEDOUT", "timeout_unknown"],
  ["context deadline exceeded", "timeout_unknown"],
  ["write: broken pipe", "broken_pipe"],
  ["read ECONNRESET", "reset"],
  ["socket hang up", "reset"],
  ["RemoteDisconnected('Remote end closed connection without response')", "reset"],
  ["unexpected EOF", "protocol"],
  ["http2: server sent GOAWAY and closed the connection", "protocol"],
  ["operation was cancelled", "aborted"],
  ["status.find.is(200), but actually found 503", "http_5xx"],
  ["429 Too Many Requests", "http_429"],
  ["HTTPError('404 Client Error: Not Found for url: /a')", "http_4xx"],
  ["Failed capture or match", "body_check"],
  ["substring(none such).find.exists, found nothing", "body_check"],
  ["status.find.in([200, 209], 304), found 429", "http_429"],
  ["j.i.IOException: Premature close", "reset"],
  ["something else", "other"],
  ["", "other"],
])("%j is %s", (text, kind) => {
  expect(errorKindOfText(text)).toBe(kind);
});

test("the status is the one that was found, not the one that was wanted", () => {
  expect(statusInText("status.find.is(200), but actually found 503")).toBe(503);
  expect(statusInText("took 500 ms")).toBeUndefined();
});

test("texts are kept to a bounded length", () => {
  expect(boundedText("x".repeat(10_000)).length).toBeLessThan(600);
});

test("a status below 400 is no error, 429 has a word of its own", () => {
  expect([100, 200, 304, 399].map(errorKindOfStatus)).toEqual([undefined, undefined, undefined, undefined]);
  expect([404, 429, 499, 503].map(errorKindOfStatus)).toEqual(["http_4xx", "http_429", "http_4xx", "http_5xx"]);
});

test("what never left the client is told from what may have arrived", () => {
  expect((["dial_refused", "tls", "dns"] as const).map(outcomeOf)).toEqual(["connection_error", "connection_error", "connection_error"]);
  expect((["reset", "protocol"] as const).map(outcomeOf)).toEqual(["transfer_error", "transfer_error"]);
  expect(outcomeOf(undefined)).toBe("ok");
});
