import { CommanderError } from "commander";
import { EXIT } from "../model/errors.ts";
import { exitCodeOf, failureFields, formatFailure } from "./failure.ts";
import { buildProgram, refuseUnknownCommand } from "./program.ts";
import { flushed, processTerminal } from "./terminal.ts";

/** The command line's entry: the only place where the process ends. */
const wantsJson = /--log-format[= ]json/.test(process.argv.join(" "));
if (process.argv.includes("--no-color")) process.env["NO_COLOR"] = "1";
const terminal = processTerminal();

function report(error: unknown): number {
  terminal.writeError(wantsJson ? `${JSON.stringify(failureFields(error))}\n` : formatFailure(error, terminal));
  return exitCodeOf(error);
}

async function end(code: number): Promise<never> {
  await flushed();
  process.exit(code);
}

for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (error: unknown) => {
    report(error);
    void end(EXIT.internal);
  });
}

async function main(): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = buildProgram({
    terminal,
    forceExit: (code) => process.exit(code),
    finished: (code) => {
      exitCode = code;
    },
  });
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    refuseUnknownCommand(program, process.argv[2]);
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    // Commander has already said what is wrong, or printed what was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return report(error);
  }
}

void main().then(end);
