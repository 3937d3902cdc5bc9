import { spawn } from "node:child_process";
import { constants } from "node:os";
import { LoadError } from "../../model/errors.ts";
import type { GeneratorCommand } from "./generator-command.ts";

export interface LoadExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** The load generator while it runs; its input and output are the terminal's. */
export interface LoadProcess {
  readonly ended: Promise<LoadExit>;
  kill(signal: NodeJS.Signals): void;
}

/** It ends with this process at the latest, unless that is killed. Throws: E_COMMAND where it cannot be started. */
export async function startLoad(command: GeneratorCommand, env: Readonly<Record<string, string | undefined>>): Promise<LoadProcess> {
  const child = spawnedProcess(command, env);
  const killed = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", killed);
  const ended = new Promise<LoadExit>((resolve) =>
    child.once("exit", (code, signal) => {
      process.off("exit", killed);
      resolve({ code, signal });
    }),
  );
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause: NodeJS.ErrnoException) => {
      process.off("exit", killed);
      reject(cannotRun(command.file, cause));
    });
  });
  return {
    ended,
    kill: (signal) => {
      child.kill(signal);
    },
  };
}

function spawnedProcess(command: GeneratorCommand, env: Readonly<Record<string, string | undefined>>) {
  try {
    return spawn(command.file, [...command.args], { stdio: "inherit", env: { ...env, ...command.env } as NodeJS.ProcessEnv });
  } catch (error) {
    // A NUL in a word, say: told at once, not by an event.
    throw cannotRun(command.file, error as NodeJS.ErrnoException);
  }
}

function cannotRun(file: string, cause: NodeJS.ErrnoException): LoadError {
  const why = cause.code === "ENOENT" ? "there is no such program" : cause.code === "EACCES" ? "it may not be executed" : cause.message;
  return new LoadError("E_COMMAND", `"${file}" cannot be run: ${why}`, { cause });
}

/** As a shell tells it: the code, or 128 + the signal's number. */
export function exitCodeOfLoad({ code, signal }: LoadExit): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal as NodeJS.Signals]);
}
