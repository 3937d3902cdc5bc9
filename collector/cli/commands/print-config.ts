import { loadConfig } from "../../../config/load.ts";
import { redacted } from "../../../config/redact.ts";
import { registry } from "../../../config/registry.ts";
import { toPlain } from "../../../config/tree.ts";
import { writeYaml } from "../../../config/write-yaml.ts";
import { LoadError } from "../../model/errors.ts";
import type { Terminal } from "../terminal.ts";
import type { ConfigOptions } from "./options.ts";

export interface PrintConfigOptions extends ConfigOptions {
  readonly mode: "redacted" | "unredacted";
  readonly format: "yaml" | "json";
}

/** `pitwall print-config`: the configuration as it is after merging and expanding, secrets hidden unless asked for. */
export async function printConfig(options: PrintConfigOptions, terminal: Terminal): Promise<number> {
  const sources = options.config ?? [];
  if (sources.length === 0) throw new LoadError("E_USAGE", "no configuration: give --config FILE");
  const loaded = await loadConfig({ sources, sets: options.set ?? [], env: terminal.env, catalogue: registry });
  const tree = options.mode === "unredacted" ? loaded.tree : redacted(loaded);
  await terminal.writeOut(options.format === "json" ? `${JSON.stringify(toPlain(tree), null, 2)}\n` : writeYaml(tree));
  return 0;
}
