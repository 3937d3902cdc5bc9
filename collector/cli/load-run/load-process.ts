import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { LoadError } from "../../model/errors.ts";
import type { GeneratorCommand } from "./generator-command.ts";

export interface LoadExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The load generator while it runs; its output is the terminal's. */
export interface LoadProcess {
  readonly ended: Promise<LoadExit>;
  kill(signal: NodeJS.Signals): void;
}

/** Throws: E_COMMAND where there is no such program. */
export async function startLoad(command: GeneratorCommand, env: Readonly<Record<string, string | undefined>>): Promise<LoadProcess> {
  const child: ChildProcess = spawn(command.file, [...command.args], { stdio: "inherit", env: { ...env, ...command.env } });
  const ended = new Promise<LoadExit>((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "ENOENT" ? "there is no such program on the PATH" : cause.message;
      reject(new LoadError("E_COMMAND", `"${command.file}" cannot be run: ${why}`, { cause }));
    });
  });
  return {
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
  };
}

/** As a shell tells it: the code, or 128 + the signal's number. */
export function exitCodeOfLoad({ code, signal }: LoadExit): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal as NodeJS.Signals]);
}
