/** npm passes on to a child a Ctrl-C that the terminal has already told it of: two signals a few ms apart that mean one request. */
const SAME_REQUEST_MS = 300;

/** Ctrl-C while a run is on: the first ends the load, the second the waiting after it, the third everything. */
export class RunSignals implements Disposable {
  readonly #stopLoad = new AbortController();
  readonly #hurry = new AbortController();
  readonly #listeners: (readonly [NodeJS.Signals, () => void])[] = [];
  #count = 0;
  #lastMs = Number.NEGATIVE_INFINITY;
  #first: "SIGINT" | "SIGTERM" | undefined;

  /** `forceExit` ends the process at once. */
  constructor(forceExit: (code: number) => void) {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      const listener = (): void => this.#take(signal, forceExit);
      process.on(signal, listener);
      this.#listeners.push([signal, listener]);
    }
  }

  /** Aborted by the first signal. */
  get stopLoad(): AbortSignal {
    return this.#stopLoad.signal;
  }

  /** Aborted by the second. */
  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  /** The first signal; undefined where none came. */
  get first(): "SIGINT" | "SIGTERM" | undefined {
    return this.#first;
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }

  #take(signal: "SIGINT" | "SIGTERM", forceExit: (code: number) => void): void {
    const nowMs = performance.now();
    if (nowMs - this.#lastMs < SAME_REQUEST_MS) return;
    this.#lastMs = nowMs;
    this.#count++;
    this.#first ??= signal;
    if (this.#count === 1) this.#stopLoad.abort();
    else if (this.#count === 2) this.#hurry.abort();
    else forceExit(signal === "SIGINT" ? 130 : 143);
  }
}
