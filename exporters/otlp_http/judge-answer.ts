import type { Batch } from "../../collector/model/batch.ts";
import { ITEM_WORDS } from "../../collector/model/batch.ts";
import { Refused, Rejected } from "../../collector/pipeline/define.ts";
import { decodeExportResponse, type PartialSuccess, parseExportResponse } from "../../collector/wire/otlp-status.ts";
import { decodeRpcStatus, parseRpcStatus, type RpcStatus } from "../../collector/wire/rpc-status.ts";
import { GRPC, grpcCodeName, grpcCodeOf, isRetryableHttp, parseRetryAfterMs } from "../../collector/wire/status-codes.ts";
import type { HttpAnswer } from "../http-target.ts";

/** otelcol answers 400 for what HTTP calls 413 ("http: request body too large"). */
const TOO_LARGE = /too large/i;

/**
 * What a server's answer means for the batch; returns its warning ("" mostly) where all was taken.
 * Any 2xx is a success whatever its body says or lacks; only a count of rejected items is a loss.
 *
 * Throws: Refused for 429, 502, 503 and 504; Rejected `partial_success`, `too_large` (the batch may be split) or `send_failed`.
 * Source: opentelemetry-proto docs/specification.md, OTLP/HTTP Response.
 */
export function judgeAnswer(batch: Pick<Batch, "signal" | "count">, answer: HttpAnswer, nowMs: number): string {
  const { status } = answer;
  if (status >= 200 && status < 300) return judgeSuccess(batch, partialSuccess(batch, answer));

  const rpc = rpcStatus(answer);
  const code = rpc === undefined || rpc.code === GRPC.ok ? grpcCodeOf(status) : rpc.code;
  const words = rpc?.message ?? plainText(answer);
  const message = `the server answered ${status} (${grpcCodeName(code)})${words === "" ? "" : `: ${words}`}`;
  if (isRetryableHttp(status)) {
    throw new Refused(message, { retryAfterMs: retryAfterMs(answer, rpc, nowMs), overload: status === 429 });
  }
  const isTooLarge = status === 413 || (status === 400 && TOO_LARGE.test(words));
  throw new Rejected(message + redirection(answer), { items: batch.count, reason: isTooLarge ? "too_large" : "send_failed" });
}

/** The count is capped by what was sent: a server that rejects more must not unbalance the ledger. */
function judgeSuccess({ signal, count }: Pick<Batch, "signal" | "count">, { rejectedItems, errorMessage }: PartialSuccess): string {
  const items = Math.min(rejectedItems, count);
  if (items === 0) return errorMessage;
  const words = errorMessage === "" ? "" : `: ${errorMessage}`;
  throw new Rejected(`the server rejected ${items} of ${count} ${ITEM_WORDS[signal]}${words}`, { items, reason: "partial_success" });
}

function partialSuccess({ signal }: Pick<Batch, "signal">, answer: HttpAnswer): PartialSuccess {
  return isJson(answer) ? parseExportResponse(signal, answer.body.toString()) : decodeExportResponse(answer.body);
}

function rpcStatus(answer: HttpAnswer): RpcStatus | undefined {
  if (isJson(answer)) return parseRpcStatus(answer.body.toString());
  return mediaType(answer) === "application/x-protobuf" ? decodeRpcStatus(answer.body) : undefined;
}

/** The larger of what the header and the body ask for. */
function retryAfterMs({ headers }: HttpAnswer, rpc: RpcStatus | undefined, nowMs: number): number {
  const header = headers["retry-after"];
  return Math.max(header === undefined ? 0 : (parseRetryAfterMs(header, nowMs) ?? 0), rpc?.retryDelayMs ?? 0);
}

/** A proxy's page, say: its beginning on one line. */
function plainText({ body }: HttpAnswer): string {
  const text = body.toString().replace(/\s+/g, " ").trim();
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function redirection({ status, headers }: HttpAnswer): string {
  if (status < 300 || status >= 400 || headers.location === undefined) return "";
  return ` (it points to ${headers.location}; redirects are not followed, set the endpoint to where the server is)`;
}

function mediaType({ headers }: HttpAnswer): string {
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function isJson(answer: HttpAnswer): boolean {
  return mediaType(answer) === "application/json";
}
