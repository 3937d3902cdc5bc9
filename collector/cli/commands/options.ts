import { type Command, InvalidArgumentError, Option } from "commander";

/** Options of every command that reads a configuration. */
export interface ConfigOptions {
  readonly config?: readonly string[];
  readonly set?: readonly string[];
}

/** Options of every command that says something to people. */
export interface OutputOptions {
  readonly logFormat: "auto" | "json" | "console";
  readonly logLevel?: "debug" | "info" | "warn" | "error";
  readonly quiet?: boolean;
  readonly color: boolean;
}

/** Commander gives undefined the first time, as there is no default to print. */
const collect = (value: string, previous: readonly string[] | undefined): readonly string[] => [...(previous ?? []), value];

export function addConfigOptions(command: Command): Command {
  return command
    .option("-c, --config <source>", "a path, file:path, env:NAME or yaml:key::key: value; several are merged, the later wins", collect)
    .option("--set <key=value>", "override one value: service.telemetry.metrics.level=none", checkedSet);
}

function checkedSet(value: string, previous: readonly string[] | undefined): readonly string[] {
  if (!/^[^=]+=/.test(value)) throw new InvalidArgumentError("It must be key.key=value.");
  return collect(value, previous);
}

export function addOutputOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--log-format <format>", "lines for people or JSON for machines, on stderr").choices(["auto", "json", "console"]).default("auto"),
    )
    .addOption(
      new Option("--log-level <level>", "least weight of what is logged (default: the configuration's)").choices(["debug", "info", "warn", "error"]),
    )
    .option("-q, --quiet", "no banner; only warnings and errors")
    .option("--no-color", "plain text (also: NO_COLOR=1)");
}

export function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`);
}
