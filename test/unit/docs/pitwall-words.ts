import { type Command, CommanderError } from "commander";
import { buildProgram } from "../../../collector/cli/program.ts";
import type { Terminal } from "../../../collector/cli/terminal.ts";

/** The real program with commands that do nothing. */
export function idleProgram(): { readonly program: Command; readonly said: () => string } {
  let said = "";
  const terminal = {
    env: {},
    writeOut: async (text: string) => {
      said += text;
    },
    writeError: (text: string) => {
      said += text;
    },
    style: (_: unknown, text: string) => text,
  } as unknown as Terminal;
  const program = buildProgram({ terminal, forceExit: () => {}, finished: () => {} });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: (text) => (said += text), writeErr: (text) => (said += text) });
    if (command !== program) command.action(() => {});
  }
  return { program, said: () => said };
}

/** undefined where the words after `pitwall` are understood, else what the program says of them. */
export async function mistakeOf(words: readonly string[]): Promise<string | undefined> {
  const { program, said } = idleProgram();
  const [command] = words;
  if (command !== undefined && !command.startsWith("-") && !["help", ...program.commands.map((one) => one.name())].includes(command))
    return `there is no command "${command}"`;
  try {
    await program.parseAsync([...words], { from: "user" });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? undefined : said() || error.message;
  }
}

/** Long options of all commands, or of one. */
export function knownOptions(name?: string): ReadonlySet<string> {
  const { program } = idleProgram();
  const commands = name === undefined ? [program, ...program.commands] : program.commands.filter((command) => command.name() === name);
  const own = commands.flatMap((command) => command.options.flatMap(({ long }) => (long == null ? [] : [long])));
  return new Set(name === undefined ? [...own, "--help", "--version"] : own);
}
