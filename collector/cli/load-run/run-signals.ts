import { EXIT } from "../../model/errors.ts";

/** npm passes on to a child a Ctrl-C that the terminal has already told it of: two signals a few ms apart that mean one request. */
const SAME_REQUEST_MS = 300;

export type StopSignal = "SIGINT" | "SIGTERM";

/** What a signal has begun: the load is ended, the waiting after it is. */
export type StopStage = "load" | "wait";

/** Windows tells of Ctrl-Break and of a closed console in words of its own; a terminal that is closed is a wish to end everywhere. */
const MEANINGS: readonly (readonly [NodeJS.Signals, StopSignal])[] = [
  ["SIGINT", "SIGINT"],
  ["SIGTERM", "SIGTERM"],
  ["SIGHUP", "SIGTERM"],
  ...(process.platform === "win32" ? ([["SIGBREAK", "SIGINT"]] as const) : []),
];

/** Ctrl-C while a run is on: the first ends the load, or the waiting after it; the second both; the next one everything. */
export class RunSignals implements Disposable {
  readonly #stopLoad = new AbortController();
  readonly #hurry = new AbortController();
  readonly #listeners: (readonly [NodeJS.Signals, () => void])[] = [];
  readonly #heard: (stage: StopStage) => void;
  #lastMs = Number.NEGATIVE_INFINITY;
  #first: StopSignal | undefined;
  #isLoadOver = false;

  /** `forceExit` ends the process at once; `heard` is told what a signal has begun. */
  constructor(forceExit: (code: number) => void, heard: (stage: StopStage) => void) {
    this.#heard = heard;
    for (const [signal, meaning] of MEANINGS) {
      const listener = (): void => this.#take(meaning, forceExit);
      process.on(signal, listener);
      this.#listeners.push([signal, listener]);
    }
  }

  /** Aborted by the first signal. */
  get stopLoad(): AbortSignal {
    return this.#stopLoad.signal;
  }

  /** Aborted by the second, or by the first after the load. */
  get hurry(): AbortSignal {
    return this.#hurry.signal;
  }

  /** The first signal; undefined where none came. */
  get first(): StopSignal | undefined {
    return this.#first;
  }

  /** What a first signal ends from now on is the waiting. */
  loadIsOver(): void {
    this.#isLoadOver = true;
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }

  #take(signal: StopSignal, forceExit: (code: number) => void): void {
    const nowMs = performance.now();
    if (nowMs - this.#lastMs < SAME_REQUEST_MS) return;
    this.#lastMs = nowMs;
    if (this.#hurry.signal.aborted) {
      forceExit(signal === "SIGINT" ? EXIT.sigint : EXIT.sigterm);
      return;
    }
    const isFirst = this.#first === undefined;
    this.#first ??= signal;
    const stage: StopStage = isFirst && !this.#isLoadOver ? "load" : "wait";
    this.#stopLoad.abort();
    if (stage === "wait") this.#hurry.abort();
    this.#heard(stage);
  }
}
