import type { Terminal } from "../terminal.ts";

const EVERY_MS = 1000;
/** Problems told one by one; the others are only counted. */
const MAX_PROBLEMS_TOLD = 20;
/** Back to the line's beginning, and the line emptied. */
const RENEW = "\r\x1b[K";

/** What became of the recording. Items are spans, data points and log records. */
export interface Tally {
  records: number;
  sentItems: number;
  /** The target did not want them, or not all of a batch. */
  refusedItems: number;
  /** Lines and messages that could not be read. */
  failedRecords: number;
}

/** One line that renews itself, on a terminal; the sum at the end, always. */
export class Progress {
  readonly tally: Tally = { records: 0, sentItems: 0, refusedItems: 0, failedRecords: 0 };
  readonly #terminal: Terminal;
  readonly #isLive = process.stderr.isTTY === true;
  #shownMs = performance.now();
  #told = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  tick(): void {
    if (!this.#isLive || performance.now() - this.#shownMs < EVERY_MS) return;
    this.#shownMs = performance.now();
    this.#terminal.writeError(`${RENEW}${this.#sum()}`);
  }

  tell(problem: string): void {
    this.#told++;
    if (this.#told <= MAX_PROBLEMS_TOLD) this.#terminal.writeError(`${this.#isLive ? RENEW : ""}${this.#terminal.style("yellow", problem)}\n`);
  }

  end(): void {
    const more = this.#told - MAX_PROBLEMS_TOLD;
    if (more > 0) this.#terminal.writeError(`${this.#isLive ? RENEW : ""}… and ${more} more like these\n`);
    this.#terminal.writeError(`${this.#isLive ? RENEW : ""}${this.#sum()}\n`);
  }

  #sum(): string {
    const { records, sentItems, refusedItems, failedRecords } = this.tally;
    return `replayed ${records} records: ${sentItems} items sent, ${refusedItems} refused, ${failedRecords} records unreadable`;
  }
}
