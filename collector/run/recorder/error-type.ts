import { type ErrorKind, errorKindOfStatus, type Outcome, outcomeOf } from "../../model/load-outcome.ts";
import { errorKindOfText } from "../../wire/generators/error-text.ts";
import { type CellFate, cellStatus } from "./cell-table.ts";

/** nginx's and our own server's status for a client that left before its answer was complete. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * How a request ended by what telemetry says of it: the status where there is one, else the `error.type`, else whether its span was marked as failed.
 */
export function fateOf(status: number | undefined, errorType: string, isMarkedFailed: boolean): CellFate {
  const known = cellStatus(status);
  const errorKind = kindOf(known, errorType, isMarkedFailed);
  return { outcome: outcomeOf(errorKind), errorKind, status: known };
}

function kindOf(status: number | undefined, errorType: string, isMarkedFailed: boolean): ErrorKind | undefined {
  if (status === CLIENT_CLOSED_REQUEST) return "aborted";
  if (status !== undefined && status > 0)
    return errorKindOfStatus(status) ?? (isMarkedFailed && errorType !== "" ? errorKindOfText(errorType) : undefined);
  if (errorType !== "") return errorKindOfType(errorType);
  return isMarkedFailed ? "other" : undefined;
}

/** `error.type` of the semantic conventions: a status, an exception's name, or a word of the instrumentation. */
export function errorKindOfType(errorType: string): ErrorKind {
  const status = /^\d{3}$/.test(errorType) ? Number(errorType) : undefined;
  if (status !== undefined) return errorKindOfStatus(status) ?? "other";
  return errorType === "client_closed_request" ? "aborted" : errorKindOfText(errorType);
}

/** Words of our own driver (loadtest/driver/outcome.ts). */
const DRIVER_KINDS: Readonly<Record<string, ErrorKind>> = {
  http_429: "http_429",
  http_4xx: "http_4xx",
  http_5xx: "http_5xx",
  refused: "dial_refused",
  reset: "reset",
  timeout: "timeout_unknown",
  error: "other",
};

export function fateOfDriver(outcome: string): CellFate {
  const errorKind = Object.hasOwn(DRIVER_KINDS, outcome) ? DRIVER_KINDS[outcome] : undefined;
  const isKnown = errorKind !== undefined || outcome === "ok";
  const told: Outcome = isKnown ? outcomeOf(errorKind) : "unknown";
  return { outcome: told, errorKind, status: undefined };
}
