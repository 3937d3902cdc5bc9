import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadConfig } from "../../../config/load.ts";
import { type Preset, renderPreset } from "../../../config/presets.ts";
import { registry } from "../../../config/registry.ts";
import { LoadError } from "../../model/errors.ts";
import { foreignCollector, runForeignCollector } from "../foreign-collector.ts";
import { type LogLevel, openLog } from "../open-log.ts";
import { runCollector } from "../run-collector.ts";
import { StopSignals } from "../stop-signals.ts";
import type { Terminal } from "../terminal.ts";
import type { ConfigOptions, OutputOptions } from "./options.ts";

export interface StartOptions extends ConfigOptions, OutputOptions {
  readonly preset?: Preset;
}

const RIDER_NOTE =
  "Rider listens on a random port unless its fixed OTLP server port is set (Settings ▸ OpenTelemetry); RIDER_OTLP_GRPC_ENDPOINT must name that port.";

/** `pitwall start`: resolves with the exit code. */
export async function start(options: StartOptions, terminal: Terminal, forceExit: (code: number) => void): Promise<number> {
  const foreign = options.preset === undefined ? undefined : foreignCollector(terminal.env);
  const presetFile = options.preset === undefined ? undefined : writePreset(options.preset, foreign === undefined, terminal);
  const sources = [...(presetFile === undefined ? [] : [presetFile]), ...(options.config ?? [])];
  if (sources.length === 0) throw new LoadError("E_USAGE", "no configuration: give --config FILE, or --preset debug");
  if (foreign !== undefined) return await runForeignCollector(foreign, sources, options.set ?? [], terminal);

  const load = () => loadConfig({ sources, sets: options.set ?? [], env: terminal.env, catalogue: registry });
  const loaded = await load();
  const format = options.logFormat === "auto" ? loaded.config.service.telemetry.logs.encoding : options.logFormat;
  const level: LogLevel = options.logLevel ?? (options.quiet ? "warn" : loaded.config.service.telemetry.logs.level);
  using signals = new StopSignals(forceExit);
  let first: typeof loaded | undefined = loaded;
  await runCollector({
    load: () => {
      const ready = first === undefined ? load() : Promise.resolve(first);
      first = undefined;
      return ready;
    },
    log: openLog({ format, level, terminal }),
    announcements: openLog({ format, level: "info", terminal }),
    terminal,
    signals,
    format,
    quiet: options.quiet ?? false,
    notes: options.preset === "rider" ? [RIDER_NOTE] : [],
  });
  return 0;
}

function writePreset(preset: Preset, own: boolean, terminal: Terminal): string {
  const file = join(".pitwall", "otelcol", `${preset}.yaml`);
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, renderPreset(preset, terminal.env, { own }));
  } catch (error) {
    throw new LoadError("E_FILE", `${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
  return file;
}
