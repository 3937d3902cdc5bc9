import { type DestinationStream, pino } from "pino";
import type { Log } from "../pipeline/define.ts";
import type { Terminal } from "./terminal.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";
export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export interface LogOptions {
  readonly format: "json" | "console";
  readonly level: LogLevel;
  readonly terminal: Terminal;
}

/** The process's log on stderr: JSON lines for machines, or one line each for people. */
export function openLog({ format, level, terminal }: LogOptions): Log {
  const destination: DestinationStream = { write: (line) => terminal.writeError(format === "json" ? line : humanLine(line, terminal)) };
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, destination);
}

const STYLES = { debug: "gray", info: "cyan", warn: "yellow", error: "red" } as const;

/** `12:34:56.789 warn  otlp_http  the sentence  key=value`. */
function humanLine(line: string, terminal: Terminal): string {
  const { level, time, component, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const word = String(level) as LogLevel;
  const extra = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  const cause = typeof err === "object" && err !== null && "message" in err ? [String(err.message)] : [];
  const parts = [
    component === undefined ? "" : String(component),
    String(msg ?? ""),
    ...cause,
    extra.length === 0 ? "" : terminal.style("gray", extra.join(" ")),
  ];
  return `${terminal.style("gray", String(time).slice(11, 23))} ${terminal.style(STYLES[word] ?? "cyan", word.padEnd(5))} ${parts.filter((part) => part !== "").join("  ")}\n`;
}
