import { EXIT, isLoadError } from "../model/errors.ts";
import type { Terminal } from "./terminal.ts";

export interface FailureFields {
  readonly level: "error";
  readonly msg: string;
  readonly code: string;
  readonly hint?: string;
  readonly exitCode: number;
  readonly problems?: unknown;
}

/** What went wrong, for people: the code and what, then what to do. Only a fault of our own shows its stack. */
export function formatFailure(error: unknown, terminal: Terminal): string {
  const title = (code: string): string => terminal.style("red", `error ${code}`);
  if (!isLoadError(error)) return `${title("E_INTERNAL")}  this is a fault in Pitwall, please report it:\n${stackOf(error)}\n`;
  return "problems" in error ? `${title(error.code)}\n${error.message}\n` : `${title(error.code)}  ${error.message}\n  ${error.hint}\n`;
}

/** The same for machines, one JSON line. */
export function failureFields(error: unknown): FailureFields {
  if (!isLoadError(error)) return { level: "error", msg: stackOf(error), code: "E_INTERNAL", exitCode: EXIT.internal };
  const { code, hint, exitCode } = error;
  return { level: "error", msg: error.message, code, hint, exitCode, ...("problems" in error ? { problems: error.problems } : {}) };
}

export function exitCodeOf(error: unknown): number {
  return isLoadError(error) ? error.exitCode : EXIT.internal;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
