import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** One JSON line of a child's log. */
export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

export class ChildFailed extends Error {
  override readonly name = "ChildFailed";
}

export interface ChildOptions {
  /** In messages: "collector". */
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** With an IPC channel the child learns that its parent is gone. */
  readonly hasIpc?: boolean;
}

/** How many of a child's last lines are shown when it fails. */
const LINES_KEPT = 20;

/** A Node process that logs JSON lines on stderr. Disposing it kills it, if it still runs, and so does the end of this process. */
export class Child implements Disposable {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #lines = new Map<string, LogLine>();
  readonly #waiting = new Map<string, (line: LogLine) => void>();
  readonly #lastText: string[] = [];
  /** When the process has ended and its output is read to the end. */
  readonly ended: Promise<void>;
  #hasEnded = false;

  constructor({ name, args, env, hasIpc = false }: ChildOptions) {
    this.name = name;
    this.#process = spawn(process.execPath, [...args], {
      env: { ...process.env, ...env },
      stdio: ["ignore", "ignore", "pipe", ...(hasIpc ? (["ipc"] as const) : [])],
      // A group of its own: Ctrl-C reaches only us, and we end the children in order (first who sends, then who receives).
      detached: process.platform !== "win32",
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    const kill = () => this.#process.kill("SIGKILL");
    process.once("exit", kill);
    this.ended = promise.then(() => {
      this.#hasEnded = true;
      process.off("exit", kill);
    });
    this.#process.once("close", () => resolve());
    this.#process.once("error", (error) => {
      this.#lastText.push(error.message);
      resolve();
    });
    if (this.#process.stderr !== null) createInterface({ input: this.#process.stderr }).on("line", (text) => this.#take(text));
  }

  /** The newest line with this `msg`, if there was one. */
  line(msg: string): LogLine | undefined {
    return this.#lines.get(msg);
  }

  /** Waits for a line with this `msg`. Rejects with `ChildFailed`, and the child's last words, where it ends before or takes too long. */
  async waitFor(msg: string, timeoutMs: number): Promise<LogLine> {
    const known = this.#lines.get(msg);
    if (known !== undefined) return known;
    const { promise, resolve, reject } = Promise.withResolvers<LogLine>();
    this.#waiting.set(msg, resolve);
    const timer = setTimeout(() => reject(this.#failure(`said no "${msg}" within ${timeoutMs / 1000} s`)), timeoutMs);
    void this.ended.then(() => reject(this.#failure(`ended before it said "${msg}"`)));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Asks it to end and waits; kills it where it takes too long. True = it ended by itself. */
  async stop(timeoutMs: number): Promise<boolean> {
    let isKilled = false;
    const timer = setTimeout(() => {
      isKilled = true;
      this.#process.kill("SIGKILL");
    }, timeoutMs);
    if (!this.#hasEnded) this.#process.kill("SIGTERM");
    await this.ended;
    clearTimeout(timer);
    return !isKilled;
  }

  [Symbol.dispose](): void {
    if (!this.#hasEnded) this.#process.kill("SIGKILL");
  }

  #take(text: string): void {
    this.#lastText.push(text);
    if (this.#lastText.length > LINES_KEPT) this.#lastText.shift();
    const line = parseLine(text);
    if (line === undefined) return;
    this.#lines.set(line.msg, line);
    this.#waiting.get(line.msg)?.(line);
    this.#waiting.delete(line.msg);
  }

  #failure(what: string): ChildFailed {
    const words = this.#lastText.map((text) => `  ${humanText(text).replaceAll("\n", "\n  ")}`).join("\n");
    return new ChildFailed(`the ${this.name} ${what}${words === "" ? "" : `; its last lines:\n${words}`}`);
  }
}

/** A log line's sentence and hint; other text as it is. */
function humanText(text: string): string {
  const line = parseLine(text);
  if (line === undefined) return text;
  return typeof line["hint"] === "string" ? `${line.msg}\n${line["hint"]}` : line.msg;
}

function parseLine(text: string): LogLine | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === "object" && parsed !== null && "msg" in parsed && typeof parsed.msg === "string"
      ? { ...parsed, msg: parsed.msg }
      : undefined;
  } catch {
    return undefined;
  }
}
