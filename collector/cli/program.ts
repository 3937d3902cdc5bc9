import { Argument, Command, Option } from "commander";
import { PRESETS } from "../../config/presets.ts";
import { nearest } from "../../config/suggest.ts";
import { LoadError } from "../model/errors.ts";
import { SHELLS, type Shell } from "./commands/completion.ts";
import { addConfigOptions, addOutputOptions, examples } from "./commands/options.ts";
import type { PrintConfigOptions } from "./commands/print-config.ts";
import { registerDashboards } from "./commands/register-dashboards.ts";
import { registerRuns } from "./commands/register-runs.ts";
import { registerReplay } from "./commands/replay.ts";
import type { StartOptions } from "./commands/start.ts";
import type { ValidateOptions } from "./commands/validate.ts";
import type { Terminal } from "./terminal.ts";
import { VERSION } from "./version.ts";

export interface ProgramSurroundings {
  readonly terminal: Terminal;
  readonly forceExit: (code: number) => void;
  /** Told what a finished command says its exit code is. */
  readonly finished: (code: number) => void;
}

/** The command line. Commands load what they need when they are called: `--version` and usage errors answer at once. */
export function buildProgram({ terminal, forceExit, finished }: ProgramSurroundings): Command {
  const program = new Command("pitwall")
    .description("An OpenTelemetry collector made for load tests.")
    .version(`pitwall ${VERSION} (node ${process.version})`, "-v, --version")
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false })
    .configureOutput({ writeOut: (text) => void terminal.writeOut(text).catch(() => {}), writeErr: (text) => terminal.writeError(text) });

  const start = program
    .command("start", { isDefault: true })
    .description("Run the collector (the default: `pitwall --config FILE` is enough).")
    .addOption(
      new Option("--preset <name>", "a ready-made configuration from the environment; runs OTELCOL_BIN instead of Pitwall where that is set").choices(
        [...PRESETS],
      ),
    )
    .action(async (options: StartOptions) => finished(await (await import("./commands/start.ts")).start(options, terminal, forceExit)));
  addOutputOptions(addConfigOptions(start));
  examples(start, ["pitwall start --preset debug", "pitwall start --config collector.yaml --set service.telemetry.metrics.level=none"]);

  const validate = program
    .command("validate")
    .description("Check a configuration and tell every mistake in it, with its line.")
    .option("--translate <file>", "show what the metrics of a recording (the file exporter's) are called in Prometheus")
    .option("--json", "with --translate: the table as JSON")
    .action(async (options: ValidateOptions) => finished(await (await import("./commands/validate.ts")).validate(options, terminal)));
  addOutputOptions(addConfigOptions(validate));
  examples(validate, [
    "pitwall validate --config collector.yaml",
    "pitwall validate --config base.yaml --config site.yaml",
    "pitwall validate --config collector.yaml --translate metrics.json",
  ]);

  const components = program
    .command("components")
    .description("List the components that a configuration may name.")
    .option("--json", "as JSON")
    .action(async (options: { json?: boolean }) => finished(await (await import("./commands/components.ts")).components(options, terminal)));
  examples(components, ["pitwall components", "pitwall components --json"]);

  const printConfig = program
    .command("print-config")
    .description("Print the configuration after merging and expanding, secrets hidden.")
    .addOption(new Option("--mode <mode>", "whether secrets are shown").choices(["redacted", "unredacted"]).default("redacted"))
    .addOption(new Option("--format <format>", "form of the output").choices(["yaml", "json"]).default("yaml"))
    .action(async (options: PrintConfigOptions) => finished(await (await import("./commands/print-config.ts")).printConfig(options, terminal)));
  addConfigOptions(printConfig);
  examples(printConfig, ["pitwall print-config --config collector.yaml", "pitwall print-config --config base.yaml --config site.yaml --format json"]);

  registerRuns(program, { terminal, forceExit, finished });
  registerReplay(program, { terminal, finished });
  registerDashboards(program, { terminal, finished });

  const completion = program
    .command("completion")
    .description("Print a completion script for a shell.")
    .addArgument(new Argument("<shell>", "which shell").choices(SHELLS))
    .action(async (shell: Shell) => {
      const { renderCompletion } = await import("./commands/completion.ts");
      await terminal.writeOut(renderCompletion(program, shell));
      finished(0);
    });
  examples(completion, ['eval "$(pitwall completion bash)"', "pitwall completion fish | source"]);
  return program;
}

/** The default command would take a misspelt one for its argument. Throws: E_USAGE. */
export function refuseUnknownCommand(program: Command, word: string | undefined): void {
  if (word === undefined || word.startsWith("-")) return;
  const names = [...program.commands.map((command) => command.name()), "help"];
  if (names.includes(word)) return;
  const near = nearest(word, names);
  throw new LoadError("E_USAGE", `there is no command "${word}"`, {
    hint: near === undefined ? `Commands: ${names.join(", ")}.` : `Did you mean "${near}"?`,
  });
}
