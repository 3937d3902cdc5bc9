import { spawn } from "node:child_process";
import { realpathSync, statSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, join } from "node:path";
import { LoadError } from "../model/errors.ts";
import type { Terminal } from "./terminal.ts";

/** The collector that OTELCOL_BIN names, unless it is this very program. */
export function foreignCollector(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env["OTELCOL_BIN"];
  if (named === undefined || named === "") return undefined;
  const self = realPath(process.argv[1] ?? "");
  const found = onPath(named, env);
  return found !== undefined && realPath(found) === self ? undefined : named;
}

/** Runs it on the same configuration, passes signals on, and gives its exit code. Throws: E_OTELCOL_BIN when there is no such program. */
export async function runForeignCollector(binary: string, sources: readonly string[], sets: readonly string[], terminal: Terminal): Promise<number> {
  const args = [...sources.flatMap((source) => ["--config", source]), ...sets.flatMap((set) => ["--set", set])];
  terminal.writeError(`OTELCOL_BIN is set: running ${[binary, ...args].join(" ")}\n`);
  // Listening comes before spawning: a signal in between would end us and leave the child alone.
  const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
  const passOn = (signal: NodeJS.Signals): void => {
    // A terminal sends Ctrl-C to both processes by itself; one that comes from elsewhere reaches only us.
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, passOn);
  const child = spawn(binary, args, { stdio: "inherit", env: terminal.env as NodeJS.ProcessEnv });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once("error", (cause) =>
        reject(new LoadError("E_OTELCOL_BIN", `OTELCOL_BIN names "${binary}", which cannot be run: ${cause.message}`, { cause })),
      );
      child.once("exit", (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  } finally {
    for (const signal of signals) process.off(signal, passOn);
  }
}

function onPath(named: string, env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (/[/\\]/.test(named)) return named;
  const folders = (env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, named)).find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}

function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}
