import { setMaxListeners } from "node:events";

/** 10 s: what a supervisor commonly grants between SIGTERM and SIGKILL (Docker's default). */
export const SHUTDOWN_TIMEOUT_MS = 10_000;

/** The two moments of an orderly end. Owned by the graph; exporters' queues and retries watch it. */
export interface Shutdown {
  /** The end has begun: what waits for its next attempt makes it now. */
  readonly closing: AbortSignal;
  /** The time for draining is over: what is still held is counted as `shutdown`. */
  readonly outOfTime: AbortSignal;
}

export class ShutdownClock implements Shutdown {
  readonly #closing = new AbortController();
  readonly #outOfTime = new AbortController();
  readonly #timeoutMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    setMaxListeners(0, this.closing, this.outOfTime);
  }

  get closing(): AbortSignal {
    return this.#closing.signal;
  }
  get outOfTime(): AbortSignal {
    return this.#outOfTime.signal;
  }

  begin(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#outOfTime.abort(), this.#timeoutMs);
    this.#closing.abort();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** The promise, or `late()` when the signal aborts first; the promise's own end is then ignored. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal, late: () => T | Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      signal.removeEventListener("abort", onAbort);
      try {
        resolve(late());
      } catch (error) {
        reject(error);
      }
    };
    const settled = (): void => signal.removeEventListener("abort", onAbort);
    promise.then(resolve, reject).finally(settled);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
  });
}
