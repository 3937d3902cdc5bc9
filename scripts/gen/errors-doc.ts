import { ERRORS, EXIT } from "../../collector/model/errors.ts";

const EXIT_WORDS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: "all went well",
  usage: "the command line is wrong",
  inconclusive: "a run's data are too few for a verdict (`--require-verdict`)",
  unavailable: "a port, file, program or target is not available",
  internal: "a fault in Pitwall",
  config: "the configuration is wrong",
  verdict: "a verdict or threshold failed (as k6)",
  sigint: "stopped at once by a second Ctrl-C",
  sigterm: "stopped at once by a second SIGTERM",
};

/** `docs/errors.md`: the exit codes and the error table. Ends with a newline. */
export function renderErrorsDoc(): string {
  const exits = Object.entries(EXIT).map(([name, code]) => `| ${code} | ${EXIT_WORDS[name as keyof typeof EXIT]} |`);
  const errors = Object.entries(ERRORS).map(
    ([code, { exitCode, hint }]) => `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${exitCode} | ${hint.replaceAll("|", "\\|")} |`,
  );
  return `# Exit codes and errors

Made by \`npm run gen\` from \`collector/model/errors.ts\`. Codes are never renamed.

An error is printed on stderr as \`error CODE  what and where\` with what to do below it; with \`--log-format json\` as one line with \`code\`, \`msg\`, \`hint\` and \`exitCode\`.
Mistakes in a configuration are all told at once, each as \`file:line:column  path  message\` with the line, a caret, and the nearest valid word.

## Exit codes

| code | meaning |
|---|---|
${exits.join("\n")}

A child process's own exit code (\`OTELCOL_BIN\`) passes through.

## Errors

| error | exit code | what to do |
|---|---|---|
${errors.join("\n")}
`;
}
