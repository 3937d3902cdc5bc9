import type { Log } from "./define.ts";
import type { Refused } from "./sink.ts";

/** 10 s: how often a target that stays away is spoken of. */
const EVERY_MS = 10_000;

/** Tells when a target stops taking data, at times while it lasts, and when it takes data again. */
export class TargetLog {
  readonly #log: Log;
  readonly #nowMs: () => number;
  #awaySinceMs: number | undefined;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  #hasWarned = false;

  constructor(log: Log, nowMs: () => number) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  refused(error: Refused, waitMs: number): void {
    const nowMs = this.#nowMs();
    this.#awaySinceMs ??= nowMs;
    if (nowMs < this.#quietUntilMs) return;
    this.#quietUntilMs = nowMs + EVERY_MS;
    this.#hasWarned = true;
    this.#log.warn(
      { retryInMs: Math.round(waitMs), awayForMs: Math.round(nowMs - this.#awaySinceMs) },
      `not delivered, trying again: ${error.message}`,
    );
  }

  /** Stays quiet about a target that comes and goes in the meantime. */
  taken(): void {
    if (this.#awaySinceMs === undefined) return;
    if (this.#hasWarned) this.#log.info({ awayForMs: Math.round(this.#nowMs() - this.#awaySinceMs) }, "the target takes data again");
    this.#awaySinceMs = undefined;
    this.#hasWarned = false;
  }
}
