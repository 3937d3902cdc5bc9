import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const SOURCES = resolve("collector/cli/main.ts");
export const LAUNCHER = resolve("bin/pitwall.cjs");

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** The file that Node runs; default: the sources. */
  readonly entry?: string;
  /** What it reads from stdin; default: nothing. */
  readonly input?: string;
}

/** A Pitwall process and what it has said so far. */
export class PitwallProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #ended: Promise<Ended>;
  readonly #watchers = new Set<() => void>();

  constructor(args: readonly string[], { env = {}, cwd, entry = SOURCES, input }: SpawnOptions = {}) {
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(OTEL|K6_|PITWALL_|GITHUB_|RIDER_|NO_COLOR|FORCE_COLOR|NODE_OPTIONS|VITEST)/.test(name)),
    );
    this.child = spawn(process.execPath, [entry, ...args], {
      env: { ...clean, ...env },
      cwd,
      stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    });
    this.child.stdin?.end(input);
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => this.#heard("stdout", text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#heard("stderr", text));
    this.#ended = once(this.child, "close").then(([code]) => {
      for (const watcher of this.#watchers) watcher();
      return { code: code as number | null, stdout: this.stdout, stderr: this.stderr };
    });
  }

  /** Waits until what was said gives something other than undefined; fails when the process ends before. */
  until<T>(find: (said: { readonly stdout: string; readonly stderr: string }) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find(this);
        if (found !== undefined) resolve(found);
        else if (this.child.exitCode === null && this.child.signalCode === null) return;
        else reject(new Error(`the process ended before\n${this.stderr}\n${this.stdout}`));
        this.#watchers.delete(look);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** The endpoints of the nth ready line (`--log-format json`). */
  async ready(nth = 1): Promise<Readonly<Record<string, string>>> {
    const line = await this.until(() => jsonLines(this.stderr).filter(({ msg }) => msg === "ready")[nth - 1]);
    return line["endpoints"] as Record<string, string>;
  }

  ended(): Promise<Ended> {
    return this.#ended;
  }

  stop(signal: NodeJS.Signals = "SIGINT"): Promise<Ended> {
    this.child.kill(signal);
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#ended;
  }

  #heard(stream: "stdout" | "stderr", text: string): void {
    this[stream] += text;
    for (const watcher of this.#watchers) watcher();
  }
}

export function runPitwall(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
  return new PitwallProcess(args, options).ended();
}

export function jsonLines(text: string): readonly Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("{") && line.endsWith("}"))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** An empty folder that goes away with the test. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const path = mkdtempSync(join(tmpdir(), "pitwall-e2e-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** One span of a service, as OTLP/JSON. */
export function oneSpan(service: string): string {
  const span = {
    traceId: "0102030405060708090a0b0c0d0e0f10",
    spanId: "0102030405060708",
    name: "GET /works",
    startTimeUnixNano: "1",
    endTimeUnixNano: "2",
  };
  const resource = { attributes: [{ key: "service.name", value: { stringValue: service } }] };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] });
}

export function postTraces(address: string, body: string): Promise<Response> {
  return fetch(`http://${address}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body });
}

/** Everything on free ports, no self metrics: other processes of the tests run at the same time. */
export const FREE_PORTS = [
  "--set",
  "receivers.otlp.protocols.http.endpoint=127.0.0.1:0",
  "--set",
  "receivers.otlp.protocols.grpc.endpoint=127.0.0.1:0",
  "--set",
  "service.telemetry.metrics.address=127.0.0.1:0",
];
