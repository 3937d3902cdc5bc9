/** One command of a line of shell: its words without quotes, the assignments before it, and what it is redirected to left out. */
export interface ShellCommand {
  readonly words: readonly string[];
  readonly assigned: readonly string[];
}

/**
 * The commands of a block of shell as documentation has it: several lines, `\` at the end of one, quotes, comments, assignments, `|`, `&&`, `&`, `;`,
 * redirections. Not a shell: nothing is expanded. Throws where a quote is not closed.
 */
export function shellCommands(text: string): readonly ShellCommand[] {
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  const end = () => {
    const first = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
    const assigned = words.slice(0, first < 0 ? words.length : first);
    if (first >= 0) commands.push({ words: withoutRedirections(words.slice(first)), assigned });
    words = [];
  };
  const tokens = /\s*(?:(\\\n)|(\n|&&|\|\||[|;&])|(#[^\n]*)|((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|\d?>&\d|[^\s'"\\|;&])+))/gy;
  for (tokens.lastIndex = 0; /\S/.test(text.slice(tokens.lastIndex)); ) {
    const at = tokens.lastIndex;
    const found = /^[ \t]*\n/.exec(text.slice(at));
    if (found !== null) {
      tokens.lastIndex = at + found[0].length;
      end();
      continue;
    }
    const match = tokens.exec(text);
    if (match === null) throw new Error(`not to be read as shell: ${text.slice(at, at + 60)}`);
    const [, , separator, , word] = match;
    if (separator !== undefined) end();
    else if (word !== undefined) words.push(unquoted(word));
  }
  end();
  return commands;
}

function unquoted(word: string): string {
  return word.replaceAll(
    /'([^']*)'|"((?:\\.|[^"\\])*)"|\\(.)/g,
    (_, single: string | undefined, double: string | undefined, plain: string | undefined) =>
      single ?? double?.replaceAll(/\\(["\\$`])/g, "$1") ?? plain ?? "",
  );
}

function withoutRedirections(words: readonly string[]): readonly string[] {
  const at = words.findIndex((word) => /^\d?>/.test(word));
  return at < 0 ? words : words.slice(0, at);
}
