import type { Batch } from "../model/batch.ts";

/**
 * The one arrow that goes upstream. `push` resolves when the batch is accepted (delivered, or owned by a queue that counts what it loses).
 *
 * It rejects with `Refused` (nothing was taken; try again later: HTTP 429/503, gRPC RESOURCE_EXHAUSTED/UNAVAILABLE with RetryInfo) or with
 * `Rejected` (`items` of it are lost for good, the rest was taken: partial success). Any other error is a fault and counts as a rejection of all.
 * The batch's bytes are borrowed until the promise settles: whoever keeps it longer calls `batch.retain()`.
 */
export interface Sink {
  push(batch: Batch): Promise<void>;
}

/** Opened by `open()`, closed in reverse order by an AsyncDisposableStack. Disposing twice is allowed. */
export type Running = AsyncDisposable;

/** For sinks that accept at once: spares a promise per push. */
export const ACCEPTED: Promise<void> = Promise.resolve();

/** Nothing was taken. `overload` marks our own fullness (429 / RESOURCE_EXHAUSTED) against a target that is away (503 / UNAVAILABLE). */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code = "REFUSED";
  /** How long the sender should wait, in ms; 0 = no hint (back off as you like). */
  readonly retryAfterMs: number;
  readonly overload: boolean;
  constructor(message: string, options: { readonly retryAfterMs: number; readonly overload: boolean; readonly cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
    this.overload = options.overload;
  }
}

/**
 * `items` of the batch are lost for good, the others were accepted.
 * Whoever throws it has NOT counted the loss in the ledger: the wrapper that the graph puts round every component does, with `reason`.
 */
export class Rejected extends Error {
  override readonly name = "Rejected";
  readonly code = "REJECTED";
  readonly items: number;
  /** A word for the ledger: lower_snake_case, stable, e.g. `bad_id`, `send_failed`, `series_limit`. */
  readonly reason: string;
  /** Where the loss has several reasons: how `items` divides. Undefined: all of it is `reason`. */
  readonly parts: readonly RejectedPart[] | undefined;
  constructor(
    message: string,
    options: { readonly items: number; readonly reason: string; readonly parts?: readonly RejectedPart[]; readonly cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.items = options.items;
    this.reason = options.reason;
    this.parts = options.parts;
  }
}

export interface RejectedPart {
  readonly reason: string;
  readonly items: number;
}

/** The loss by reason; a plugin's own copy of the class may know no parts. */
export function rejectedParts(error: Rejected): readonly RejectedPart[] {
  return error.parts ?? [{ reason: error.reason, items: error.items }];
}

/** By shape, so that a plugin's own copy of the class counts. */
export function isRefused(error: unknown): error is Refused {
  return error instanceof Error && "code" in error && error.code === "REFUSED" && "retryAfterMs" in error;
}

export function isRejected(error: unknown): error is Rejected {
  return error instanceof Error && "code" in error && error.code === "REJECTED" && "items" in error;
}
