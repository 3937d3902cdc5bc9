import type { Batch } from "../../collector/model/batch.ts";
import { ITEM_WORDS } from "../../collector/model/batch.ts";
import { Refused, Rejected } from "../../collector/pipeline/define.ts";
import { decodeExportResponse } from "../../collector/wire/otlp-status.ts";
import { decodeRpcStatus } from "../../collector/wire/rpc-status.ts";
import { GRPC, grpcCodeName, isRetryableGrpc } from "../../collector/wire/status-codes.ts";

/** How a failed call ended; `details` are the bytes of `grpc-status-details-bin`. */
export interface CallFailure {
  readonly code: number;
  readonly message: string;
  readonly details: Uint8Array | undefined;
}

/** What grpc-go ("received message larger than max"), grpc-js ("Received message larger than max") and others say of size. */
const TOO_LARGE = /larger than|too large|max_recv_msg|maximum message size/i;

/**
 * The error for a failed call: Refused for the codes that OTLP calls retryable (RESOURCE_EXHAUSTED only with RetryInfo), else Rejected,
 * `too_large` where the server says that the size is the matter (the batch may be split), `send_failed` for the rest.
 *
 * Source: opentelemetry-proto docs/specification.md, OTLP/gRPC Response, Failures.
 */
export function failureError(batch: Pick<Batch, "count">, { code, message, details }: CallFailure): Refused | Rejected {
  const retryAfterMs = details === undefined ? undefined : decodeRpcStatus(details)?.retryDelayMs;
  const said = withoutBalancerWords(message);
  const words = `${grpcCodeName(code)}${said === "" ? "" : `: ${said}`}`;
  if (isRetryableGrpc(code, retryAfterMs !== undefined)) {
    return new Refused(words, { retryAfterMs: retryAfterMs ?? 0, overload: code === GRPC.resourceExhausted });
  }
  const isTooLarge = code === GRPC.resourceExhausted && TOO_LARGE.test(message);
  return new Rejected(words, { items: batch.count, reason: isTooLarge ? "too_large" : "send_failed" });
}

/** grpc-js wraps what went wrong with a connection in the words of its balancer, sometimes twice, and in an empty note. */
function withoutBalancerWords(message: string): string {
  return /^.*No connection established\. Last error: (?:Error: )?(.+?)\. Resolution note: *$/s.exec(message)?.[1] ?? message;
}

/** The server's warning ("" mostly) where all was taken. Throws: Rejected `partial_success`, capped by what was sent. */
export function judgeResponse({ signal, count }: Pick<Batch, "signal" | "count">, response: Uint8Array): string {
  const { rejectedItems, errorMessage } = decodeExportResponse(response);
  const items = Math.min(rejectedItems, count);
  if (items === 0) return errorMessage;
  const words = errorMessage === "" ? "" : `: ${errorMessage}`;
  throw new Rejected(`the server rejected ${items} of ${count} ${ITEM_WORDS[signal]}${words}`, { items, reason: "partial_success" });
}
