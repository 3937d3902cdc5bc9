import { ApiFault } from "./api-fault.ts";

/** Waiting for more than so many means that somebody asks in a loop. */
const MAX_WAITING = 8;

/** Work that is heavy for the process that also records: one after another, and not without end. Throws: ApiFault 503. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  async run<T>(work: () => Promise<T> | T): Promise<T> {
    if (this.#waiting >= MAX_WAITING) {
      throw new ApiFault(503, "busy", "too many reports or copies are being made", {
        hint: "Ask again in a moment.",
        headers: { "Retry-After": "5" },
      });
    }
    this.#waiting++;
    const turn = this.#last.then(work, work);
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#waiting--;
    }
  }
}
