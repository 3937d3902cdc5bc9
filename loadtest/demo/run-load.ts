import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ChildFailed } from "./child.ts";
import { launcher } from "./parts.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface LoadRunOptions {
  /** `host:port` of the run API and of OTLP/HTTP. */
  readonly api: string;
  readonly otlp: string;
  readonly runsFolder: string;
  /** What the driver asks: the proxy where there is one, else the server. */
  readonly baseUrl: string;
  /** The proxy's log; undefined: there is no proxy. */
  readonly accessLog: string | undefined;
  readonly seconds: number;
  readonly peakPerSecond: number;
  readonly signal: AbortSignal;
}

export interface LoadRunResult {
  /** As `pitwall run` ends: 0 passed, 99 failed. */
  readonly code: number;
  /** What it printed: the report, and in its last line where the files are. "" where a signal came before there was anything. */
  readonly text: string;
}

/** What the run must hold: the acceptance of the works lists, and permits left over. */
const GATES = ["http_req_failed < 1%", "p95 < 2000ms", "dropped_iterations == 0", "min(permits) > 0"];

/** Runs the load inside a load run, as anybody would: `pitwall run -- COMMAND`. Throws `ChildFailed`. */
export async function runLoad(options: LoadRunOptions): Promise<LoadRunResult> {
  const { api, otlp, runsFolder, baseUrl, accessLog, seconds, peakPerSecond, signal } = options;
  const command = [process.execPath, join(ROOT, "loadtest/demo/demo-load.ts"), "--base-url", baseUrl, "--seconds", String(seconds)];
  const child = spawn(
    process.execPath,
    [
      launcher(),
      ...["run", "--name", "demo", "--label", "scenario=spike", "--dataset", "sample-81", "--target", baseUrl],
      ...["--api", api, "--otlp", otlp, "--runs-dir", runsFolder, "--before", "2s", "--after", "4s", "--settle", "15s", "--quiet"],
      ...[...GATES, ...(accessLog === undefined ? [] : ["proxy 502 == 0"])].flatMap((gate) => ["--threshold", gate]),
      ...(accessLog === undefined ? [] : ["--nginx-log", accessLog]),
      ...["--", ...command, "--rate", String(peakPerSecond)],
    ],
    // A group of its own, away from the terminal: Ctrl-C reaches only us, and we end the parts in order.
    { stdio: ["ignore", "pipe", "pipe"], detached: process.platform !== "win32" },
  );
  child.stderr.pipe(process.stderr, { end: false });
  const stop = (): boolean => child.kill("SIGINT");
  const kill = (): boolean => child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  process.once("exit", kill);
  try {
    const result = await resultOf(child);
    if (result.text === "" && !signal.aborted) throw new ChildFailed(`\`pitwall run\` ended with ${result.code} and without a report`);
    return result;
  } finally {
    signal.removeEventListener("abort", stop);
    process.off("exit", kill);
  }
}

async function resultOf(child: ChildProcess): Promise<LoadRunResult> {
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(new ChildFailed(`\`pitwall run\` could not be started: ${error.message}`)));
    child.once("close", (ended, signal) => resolve(ended ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
  return { code, text };
}
