import type { Signal } from "../../collector/model/batch.ts";

/**
 * `sampling_initial` and `sampling_thereafter` as zap reads them: of each signal, per second, the first `initial` batches are shown and then
 * every `thereafter`-th (0: none). 1 shows all. What is hidden is counted, so that the next shown text can say so.
 */
export class Sampler {
  readonly #initial: number;
  readonly #thereafter: number;
  readonly #seen = new Map<Signal, { second: number; batches: number }>();
  #hidden = 0;

  constructor(initial: number, thereafter: number) {
    this.#initial = initial;
    this.#thereafter = thereafter;
  }

  shows(signal: Signal, nowMs: number): boolean {
    if (this.#thereafter === 1) return true;
    const second = Math.floor(nowMs / 1000);
    const seen = this.#seen.get(signal);
    const batches = seen?.second === second ? seen.batches + 1 : 1;
    this.#seen.set(signal, { second, batches });
    if (batches <= this.#initial) return true;
    if (this.#thereafter > 1 && (batches - this.#initial) % this.#thereafter === 0) return true;
    this.#hidden++;
    return false;
  }

  /** How many were hidden since the last asking. */
  takeHidden(): number {
    const hidden = this.#hidden;
    this.#hidden = 0;
    return hidden;
  }
}

/** "" where nothing was hidden. */
export function hiddenLine(batches: number): string {
  return batches === 0 ? "" : `… ${batches.toLocaleString("en-US")} ${batches === 1 ? "batch" : "batches"} not shown (sampling)\n`;
}
