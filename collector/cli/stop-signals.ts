import { EXIT } from "../model/errors.ts";

export type Wish = "stop" | "reload";

/** npm passes a Ctrl-C on to a child that the terminal has already told (@npmcli/run-script): two signals, a few ms apart, that mean one request. */
const SAME_REQUEST_MS = 300;

/** The process's signals as wishes, in order. The second request to stop ends at once through `forceExit`. */
export class StopSignals implements Disposable {
  readonly #wishes: Wish[] = [];
  readonly #listeners: (readonly [NodeJS.Signals, () => void])[] = [];
  #waiting: ((wish: Wish) => void) | undefined;
  #stopRequestedMs: number | undefined;

  constructor(forceExit: (code: number) => void) {
    const stop = (code: number) => (): void => {
      const nowMs = performance.now();
      if (this.#stopRequestedMs === undefined) {
        this.#stopRequestedMs = nowMs;
        this.#wish("stop");
      } else if (nowMs - this.#stopRequestedMs > SAME_REQUEST_MS) forceExit(code);
    };
    this.#listen("SIGINT", stop(EXIT.sigint));
    this.#listen("SIGTERM", stop(EXIT.sigterm));
    // Windows sends SIGHUP when the console window closes, and has no reload.
    this.#listen("SIGHUP", process.platform === "win32" ? stop(EXIT.sigterm) : () => this.#wish("reload"));
    if (process.platform === "win32") this.#listen("SIGBREAK", stop(EXIT.sigint));
  }

  next(): Promise<Wish> {
    const wish = this.#wishes.shift();
    if (wish !== undefined) return Promise.resolve(wish);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) process.off(signal, listener);
  }

  #listen(signal: NodeJS.Signals, listener: () => void): void {
    process.on(signal, listener);
    this.#listeners.push([signal, listener]);
  }

  #wish(wish: Wish): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) waiting(wish);
    // Several reloads in a row are one.
    else if (this.#wishes.at(-1) !== wish) this.#wishes.push(wish);
  }
}
