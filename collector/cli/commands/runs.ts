import type { Run } from "../../model/run.ts";
import { listRunFiles } from "../../run/ledger/run-files.ts";
import type { Terminal } from "../terminal.ts";

export interface RunsOptions {
  readonly json?: boolean;
  readonly runsDir: string;
}

/** `pitwall runs`: the runs that are kept, newest first. */
export async function runs({ json, runsDir }: RunsOptions, terminal: Terminal): Promise<number> {
  const { runs: files, broken } = listRunFiles(runsDir);
  const found = files.map(({ run }) => run);
  for (const { reason } of broken) terminal.writeError(`left out: ${reason}\n`);
  if (json === true) await terminal.writeOut(`${JSON.stringify(found, null, 2)}\n`);
  else if (found.length === 0) terminal.writeError(`there are no runs in ${runsDir}; \`pitwall run --name smoke -- COMMAND\` makes one\n`);
  else await terminal.writeOut(renderRuns(found));
  return 0;
}

function renderRuns(found: readonly Run[]): string {
  const rows = [["id", "state", "load", "command"], ...found.map(rowOf)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function rowOf({ id, state, loadStartUnixMs, loadEndUnixMs, conditions }: Run): readonly string[] {
  const load = loadStartUnixMs === undefined || loadEndUnixMs === undefined ? "-" : `${Math.round((loadEndUnixMs - loadStartUnixMs) / 1000)} s`;
  // A command may be a script of many lines.
  return [
    id,
    state,
    load,
    conditions.command
      .join(" ")
      .replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, " ")
      .slice(0, 80),
  ];
}
