import type { Log } from "../../pipeline/define.ts";

/** Senders that are remembered; beyond it the oldest is forgotten and may be told again. */
const MAX_REMEMBERED = 1000;

/**
 * Says a mistake of a sender in the log once for each remote address, not once for each of its requests.
 */
export class SenderHints {
  readonly #log: Log;
  readonly #told = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** `kind` keeps different mistakes of one sender apart. */
  tell(remoteAddress: string | undefined, kind: string, sentence: string): void {
    const key = `${kind} ${remoteAddress}`;
    if (this.#told.has(key)) return;
    if (this.#told.size >= MAX_REMEMBERED) {
      for (const oldest of this.#told) {
        this.#told.delete(oldest);
        break;
      }
    }
    this.#told.add(key);
    this.#log.warn({ remote: remoteAddress ?? "unix socket" }, sentence);
  }
}
