import type { Command } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** A completion script made from the commands and options themselves. */
export function renderCompletion(program: Command, shell: Shell): string {
  const commands = program.commands.map((command) => ({
    name: command.name(),
    about: command.description(),
    options: command.options.map((option) => ({ flag: option.long ?? option.short ?? "", about: option.description })),
  }));
  const names = commands.map(({ name }) => name).join(" ");
  const flagsOf = ({ options }: (typeof commands)[number]): string => options.map(({ flag }) => flag).join(" ");
  switch (shell) {
    case "bash":
      return `# eval "$(pitwall completion bash)"
_pitwall() {
  local word="\${COMP_WORDS[COMP_CWORD]}" last="\${COMP_WORDS[COMP_CWORD-1]}" words
  if [ "$last" = "--config" ] || [ "$last" = "-c" ]; then COMPREPLY=($(compgen -f -- "$word")); return; fi
  case "\${COMP_WORDS[1]}" in
${commands.map((command) => `    ${command.name}) words="${flagsOf(command)}" ;;`).join("\n")}
    *) words="${names} --version --help" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -f -- "$word"))
}
complete -F _pitwall pitwall
`;
    case "zsh":
      return `#compdef pitwall
# eval "$(pitwall completion zsh)"
_pitwall() {
  if (( CURRENT == 2 )); then
    _values command ${commands.map(({ name, about }) => quoted(`${name}[${about.replaceAll(/[[\]:]/g, " ")}]`)).join(" ")}
    return
  fi
  case "\${words[2]}" in
${commands.map((command) => `    ${command.name}) compadd -- ${flagsOf(command)}; _files ;;`).join("\n")}
  esac
}
compdef _pitwall pitwall
`;
    case "fish":
      return `# pitwall completion fish | source
${commands
  .flatMap(({ name, about, options }) => [
    `complete -c pitwall -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`,
    ...options.map(
      ({ flag, about: text }) => `complete -c pitwall -n "__fish_seen_subcommand_from ${name}" -l ${flag.replace(/^--?/, "")} -d ${quoted(text)}`,
    ),
  ])
  .join("\n")}
`;
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
