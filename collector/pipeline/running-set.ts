import type { Log } from "./define.ts";
import { orAbort } from "./shutdown.ts";
import type { Running } from "./sink.ts";

/** 1 s: what a component still gets to close after the time for draining is over. */
const GRACE_MS = 1000;

/** Components that are closed at the same time. One that fails or hangs is logged and does not keep the others open. */
export class RunningSet implements Running {
  readonly #log: Log;
  readonly #outOfTime: AbortSignal;
  readonly #running: { readonly id: string; readonly component: Running }[] = [];

  constructor(log: Log, outOfTime: AbortSignal) {
    this.#log = log;
    this.#outOfTime = outOfTime;
  }

  add(id: string, component: Running): void {
    this.#running.push({ id, component });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running.splice(0).map((one) => this.#dispose(one.id, one.component)));
  }

  async #dispose(id: string, component: Running): Promise<void> {
    const late = (): Promise<void> =>
      new Promise((resolve) => {
        setTimeout(resolve, GRACE_MS);
      });
    try {
      let isClosed = false;
      const closing = Promise.resolve(component[Symbol.asyncDispose]()).then(() => {
        isClosed = true;
      });
      await orAbort(closing, this.#outOfTime, () => Promise.race([closing, late()]));
      if (!isClosed) this.#log.error({ component: id }, "did not close in time; going on without it");
    } catch (error) {
      this.#log.error({ component: id, code: "E_INTERNAL", err: error }, "failed while closing");
    }
  }
}
