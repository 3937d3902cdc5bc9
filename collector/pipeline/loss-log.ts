import type { Log } from "./define.ts";

/** 10 s: a target that refuses every request must not fill the log; what was held back is added up. */
const EVERY_MS = 10_000;

/** Tells of losses, per reason at most once in ten seconds. The ledger has them all; this is the sentence with the cause. */
export class LossLog {
  readonly #log: Log;
  readonly #nowMs: () => number;
  readonly #byReason = new Map<string, { quietUntilMs: number; items: number }>();

  constructor(log: Log, nowMs: () => number = () => performance.now()) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  lost(reason: string, signal: string, items: number, why: string): void {
    if (items === 0) return;
    const nowMs = this.#nowMs();
    const state = this.#byReason.get(reason) ?? { quietUntilMs: -Infinity, items: 0 };
    state.items += items;
    this.#byReason.set(reason, state);
    if (nowMs < state.quietUntilMs) return;
    this.#log.warn({ reason, signal, items: state.items }, `lost items: ${why}`);
    state.quietUntilMs = nowMs + EVERY_MS;
    state.items = 0;
  }
}
