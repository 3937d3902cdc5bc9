import { access, constants } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import type { Signal } from "../../collector/model/batch.ts";
import { LoadError } from "../../collector/model/errors.ts";
import type { Log } from "../../collector/pipeline/define.ts";
import { RotatingFile, type RotatingFileOptions } from "./rotating-file.ts";

/** Files that this process has begun: opened once more (a reload) they are gone on with, or what was exported would be emptied away. */
const BEGUN = new Set<string>();

/** One file for all signals, or one for each, opened when its first batch comes. */
export class SignalFiles implements AsyncDisposable {
  readonly #path: string;
  readonly #isPerSignal: boolean;
  readonly #options: RotatingFileOptions;
  readonly #opened = new Map<string, Promise<RotatingFile>>();
  #isClosed = false;

  constructor(path: string, isPerSignal: boolean, options: RotatingFileOptions) {
    this.#path = path;
    this.#isPerSignal = isPerSignal;
    this.#options = options;
  }

  /** Rejects once disposed: a push that comes too late must not open the file again. */
  of(signal: Signal): Promise<RotatingFile> {
    if (this.#isClosed) return Promise.reject(new Error("the file is closed already"));
    const path = this.#isPerSignal ? signalPath(this.#path, signal) : this.#path;
    let opened = this.#opened.get(path);
    if (opened === undefined) {
      opened = this.#open(path);
      this.#opened.set(path, opened);
      // What did not open is tried again with the next batch.
      opened.catch(() => this.#opened.delete(path));
    }
    return opened;
  }

  async #open(path: string): Promise<RotatingFile> {
    const key = resolve(path);
    const file = await RotatingFile.open(path, { ...this.#options, append: this.#options.append || BEGUN.has(key) });
    BEGUN.add(key);
    return file;
  }

  /** Opens what is known already, so that a wrong path is told at the start. Throws: E_FILE. */
  async check(id: string): Promise<void> {
    try {
      if (this.#isPerSignal) await access(dirname(this.#path), constants.W_OK);
      else await this.of("traces");
    } catch (error) {
      throw new LoadError("E_FILE", `${id}: ${this.#path} cannot be written: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  async sync(log: Log): Promise<void> {
    for (const opened of this.#opened.values()) {
      await opened
        .then((file) => file.sync())
        .catch((error: unknown) => log.error({ err: error, path: this.#path }, "the file could not be flushed"));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const all = [...this.#opened.values()];
    this.#opened.clear();
    await using stack = new AsyncDisposableStack();
    for (const opened of await Promise.allSettled(all)) if (opened.status === "fulfilled") stack.use(opened.value);
  }
}

/** `run.pb` → `run.traces.pb`; where a name has no extension the signal is it. */
function signalPath(path: string, signal: Signal): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}.${signal}${extension}`;
}
