import { loadConfig } from "../../../config/load.ts";
import { formatProblem } from "../../../config/problem.ts";
import { registry } from "../../../config/registry.ts";
import { LoadError } from "../../model/errors.ts";
import type { CollectorConfig } from "../../pipeline/collector-config.ts";
import type { Terminal } from "../terminal.ts";
import type { ConfigOptions, OutputOptions } from "./options.ts";

export interface ValidateOptions extends ConfigOptions, OutputOptions {
  /** A recording whose metrics are shown under their Prometheus names. */
  readonly translate?: string;
  /** The table as JSON. */
  readonly json?: boolean;
}

/** `pitwall validate`: reads and checks, opens nothing. Throws: ConfigError with all problems; E_FILE for what cannot be translated. */
export async function validate(options: ValidateOptions, terminal: Terminal): Promise<number> {
  const sources = options.config ?? [];
  const { translate: file } = options;
  if (options.json && file === undefined) throw new LoadError("E_USAGE", "--json is the form of the table that --translate FILE prints");
  if (sources.length === 0 && file !== undefined) {
    await translated(file, undefined, options, terminal);
    return 0;
  }
  if (sources.length === 0) throw new LoadError("E_USAGE", "no configuration: give --config FILE");
  const { config, files, warnings } = await loadConfig({ sources, sets: options.set ?? [], env: terminal.env, catalogue: registry });
  if (file !== undefined) await translated(file, config, options, terminal);
  const pipelines = config.service.pipelines.map(({ id }) => id);
  if (options.logFormat === "json") {
    terminal.writeError(`${JSON.stringify({ level: "info", msg: "valid", files, pipelines, warnings })}\n`);
    return 0;
  }
  if (options.quiet) return 0;
  for (const warning of warnings) terminal.writeError(`${terminal.style("yellow", "warning")}  ${formatProblem(warning)}\n`);
  const count = pipelines.length === 1 ? "1 pipeline" : `${pipelines.length} pipelines`;
  terminal.writeError(`${files.join(", ") || "the configuration"}: valid, ${count} (${pipelines.join(", ")})\n`);
  return 0;
}

async function translated(file: string, config: CollectorConfig | undefined, options: ValidateOptions, terminal: Terminal): Promise<void> {
  const { translate, translationsOf } = await import("./translate.ts");
  await translate(file, translationsOf(config), { json: options.json === true }, terminal);
}
