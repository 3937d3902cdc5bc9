/** How a request ended. `ok` is any status below 400; 429 stands alone because it means working back-pressure, not an error. */
export const OUTCOMES = ["ok", "http_429", "http_4xx", "http_5xx", "refused", "reset", "timeout", "error"] as const;
export type Outcome = (typeof OUTCOMES)[number];

export function outcomeOfStatus(status: number): Outcome {
  if (status < 400) return "ok";
  if (status === 429) return "http_429";
  return status < 500 ? "http_4xx" : "http_5xx";
}

/** Raised by the driver itself to end a request that takes too long. */
export class RequestTimeout extends Error {
  override readonly name = "RequestTimeout";
}

/** `refused`: nobody listens. `reset`: the connection ended before the response did. `error`: anything else (name not found, bad HTTP). */
export function outcomeOfError(error: unknown): Outcome {
  if (error instanceof RequestTimeout) return "timeout";
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ECONNREFUSED":
      return "refused";
    case "ECONNRESET":
    case "EPIPE":
    case "ECONNABORTED":
      return "reset";
    case "ETIMEDOUT":
      return "timeout";
    default:
      return "error";
  }
}
