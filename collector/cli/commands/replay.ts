import { type Command, InvalidArgumentError, Option } from "commander";
import { SIGNALS, type Signal } from "../../model/batch.ts";
import type { Pace } from "../../pipeline/backoff.ts";
import { parseDurationMs } from "../../pipeline/settings.ts";
import { processTerminal, type Terminal } from "../terminal.ts";
import { examples } from "./options.ts";

export interface ReplayOptions {
  /** Base URL of the OTLP/HTTP server. */
  readonly to: URL;
  /** Times the pace of the recording; Infinity = as fast as the target takes it. */
  readonly speed: number;
  readonly signal?: Signal;
  /** How long a record is tried that the target does not take, in ms. */
  readonly patience: number;
}

export interface ReplaySurroundings {
  readonly terminal: Terminal;
  readonly finished: (code: number) => void;
  /** Tests give their own time. */
  readonly pace?: Pace;
}

/** Adds `pitwall replay`. What does the work is loaded when it is called. */
export function registerReplay(program: Command, { terminal, finished, pace }: ReplaySurroundings = ofThisProcess()): void {
  const command = program
    .command("replay")
    .description("Send what the file exporter recorded to an OTLP/HTTP endpoint, rotated parts first.")
    .argument("<file...>", "recordings: JSON lines or protobuf, plain or zstd")
    .addOption(new Option("--to <url>", "where to").argParser(httpUrl).makeOptionMandatory())
    .addOption(
      new Option("--speed <factor>", "1: at the recorded pace, 10: ten times that, max: as fast as it goes")
        .argParser(speed)
        .default(Infinity, "max"),
    )
    .addOption(new Option("--signal <signal>", "of protobuf files whose name does not say it").choices(SIGNALS))
    .addOption(new Option("--patience <duration>", "how long to try what the target does not take").argParser(duration).default(30_000, "30s"))
    .action(async (files: readonly string[], options: ReplayOptions) => {
      const { replay } = await import("../replay/replay.ts");
      finished(await replay(files, options, terminal, pace));
    });
  examples(command, ["pitwall replay run.json --to http://127.0.0.1:4318", "pitwall replay run.traces.pb --to http://127.0.0.1:4318 --speed 1"]);
}

function ofThisProcess(): ReplaySurroundings {
  return {
    terminal: processTerminal(),
    finished: (code) => {
      process.exitCode = code;
    },
  };
}

function httpUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw new InvalidArgumentError("It must be a URL like http://127.0.0.1:4318.");
  return url;
}

function speed(text: string): number {
  const factor = text === "max" ? Number.POSITIVE_INFINITY : Number(text);
  if (!(factor > 0)) throw new InvalidArgumentError("It must be a number above 0, or max.");
  return factor;
}

function duration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined || ms < 0) throw new InvalidArgumentError("It must be a duration like 30s.");
  return ms;
}
