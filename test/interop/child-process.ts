import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";

const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;
/** What a failed start shows of the output. */
const SHOWN_CHARACTERS = 4000;

export interface ProcessOptions {
  readonly file: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly stdinFile?: string;
  /** Pins the process to these cores (`taskset -c`). */
  readonly cores?: string;
  /** Output that nobody reads: straight to /dev/null, where it costs the reader nothing. */
  readonly discardStdout?: boolean;
  readonly discardStderr?: boolean;
}

/** Another program, started by a test and ended by it. */
export class Process implements AsyncDisposable {
  readonly child: ChildProcess;
  readonly pid: number;
  stdout = "";
  stderr = "";
  readonly #name: string;
  readonly #closed: Promise<unknown>;
  readonly #listeners = new Set<() => void>();

  constructor(options: ProcessOptions) {
    const command = [options.file, ...options.arguments];
    if (options.cores !== undefined) command.unshift("taskset", "-c", options.cores);
    this.#name = options.file;
    const stdin = options.stdinFile === undefined ? "ignore" : openSync(options.stdinFile, "r");
    this.child = spawn(command[0] as string, command.slice(1), {
      cwd: options.folder,
      env: { ...process.env, ...options.environment },
      stdio: [stdin, options.discardStdout === true ? "ignore" : "pipe", options.discardStderr === true ? "ignore" : "pipe"],
    });
    if (typeof stdin === "number") closeSync(stdin);
    this.#closed = once(this.child, "close");
    // Whoever awaits `closed` hears of a failed spawn; nobody else must be struck by it.
    this.#closed.catch(() => {});
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#heard("stdout", text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#heard("stderr", text));
    this.child.on("close", () => this.#notify());
    if (this.child.pid === undefined) throw new Error(`${options.file} could not be started`);
    this.pid = this.child.pid;
  }

  /** Waits until `find` gives something from the output so far. Rejects where the process ends first, or after 30 s. */
  async waitFor<Found>(what: string, find: () => Found | undefined): Promise<Found> {
    const deadline = AbortSignal.timeout(READY_TIMEOUT_MS);
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      if (this.ended) throw new Error(`${this.#name} ended (${this.child.exitCode ?? this.child.signalCode}) before ${what}:\n${this.#shown()}`);
      if (deadline.aborted) throw new Error(`${this.#name}: no ${what} within ${READY_TIMEOUT_MS} ms:\n${this.#shown()}`);
      await this.#next(deadline);
    }
  }

  get ended(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Asks it to end (SIGTERM), waits for that, and gives its exit code; null where a signal ended it. */
  async stop(): Promise<number | null> {
    if (!this.ended) {
      this.child.kill("SIGTERM");
      const kill = setTimeout(() => this.child.kill("SIGKILL"), STOP_TIMEOUT_MS);
      await this.#closed;
      clearTimeout(kill);
    }
    return this.child.exitCode;
  }

  /** Waits until it ends by itself. */
  async end(): Promise<number | null> {
    await this.#closed;
    return this.child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #heard(stream: "stdout" | "stderr", text: string): void {
    this[stream] += text;
    this.#notify();
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }

  #next(deadline: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#listeners.add(resolve);
    deadline.addEventListener("abort", () => resolve(), { once: true });
    return promise.finally(() => this.#listeners.delete(resolve));
  }

  #shown(): string {
    return `${this.stdout}${this.stderr}`.slice(-SHOWN_CHARACTERS);
  }
}

/** A port that was free a moment ago, for programs that cannot tell which one they took for 0. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("a listening server has no port");
  return address.port;
}
