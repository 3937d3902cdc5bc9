import { type ErrorCode, LoadError } from "../collector/model/errors.ts";

/** Where a piece of configuration was written. `line` and `column` count from 1; both are 0 where there is no text (`--set`, `env:`). */
export interface Place {
  /** As the user named it: `collector.yaml`, `env:CONFIG`, `--set service.telemetry.metrics.level`. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** How many characters the caret underlines; at least 1. */
  readonly length: number;
  /** The whole line of text, without its end. */
  readonly sourceLine: string;
}

export interface Problem {
  readonly code: Extract<ErrorCode, `E_CONFIG_${string}` | "E_PLUGIN">;
  readonly place: Place;
  /** otelcol's notation: `receivers::otlp::protocols`. Empty for the file itself. */
  readonly path: string;
  readonly message: string;
  /** What to do, or the nearest valid word. */
  readonly suggestion?: string;
}

/** All that is wrong with a configuration, told at once. `message` is the text for people, `problems` the same for machines. */
export class ConfigError extends LoadError {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(commonCode(problems), formatProblems(problems));
    this.problems = problems;
  }
}

function commonCode(problems: readonly Problem[]): ErrorCode {
  const codes = new Set(problems.map((problem) => problem.code));
  return codes.size === 1 ? ([...codes][0] as ErrorCode) : "E_CONFIG_INVALID";
}

/** The form of compilers: `file:line:column  path  message`, the line, a caret below it, what to do; at the end how many. */
export function formatProblems(problems: readonly Problem[]): string {
  const blocks = problems.map(formatProblem);
  return [...blocks, problems.length === 1 ? "1 problem" : `${problems.length} problems`].join("\n");
}

export function formatProblem({ place, path, message, suggestion }: Problem): string {
  const lines = [[formatPlace(place), path, message].filter((part) => part !== "").join("  ")];
  const gutter = place.line > 0 ? `${place.line}`.padStart(5) : "     ";
  if (place.sourceLine !== "") {
    lines.push(`${gutter} | ${shown(place.sourceLine)}`);
    const before = shown(place.sourceLine.slice(0, Math.max(0, place.column - 1))).length;
    if (place.column > 0) lines.push(`      | ${" ".repeat(before)}${"^".repeat(Math.max(1, place.length))}`);
  }
  if (suggestion !== undefined) lines.push(`      = ${suggestion}`);
  return lines.join("\n");
}

export function formatPlace(place: Place): string {
  return place.line > 0 ? `${place.file}:${place.line}:${place.column}` : place.file;
}

/** Tabs would put the caret in the wrong column. */
function shown(text: string): string {
  return text.replaceAll("\t", "→");
}
