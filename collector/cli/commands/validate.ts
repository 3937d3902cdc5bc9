import { loadConfig } from "../../../config/load.ts";
import { formatProblem } from "../../../config/problem.ts";
import { registry } from "../../../config/registry.ts";
import { LoadError } from "../../model/errors.ts";
import type { Terminal } from "../terminal.ts";
import type { ConfigOptions, OutputOptions } from "./options.ts";

/** `pitwall validate`: reads and checks, opens nothing. Throws: ConfigError with all problems. */
export async function validate(options: ConfigOptions & OutputOptions, terminal: Terminal): Promise<number> {
  const sources = options.config ?? [];
  if (sources.length === 0) throw new LoadError("E_USAGE", "no configuration: give --config FILE");
  const { config, files, warnings } = await loadConfig({ sources, sets: options.set ?? [], env: terminal.env, catalogue: registry });
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
