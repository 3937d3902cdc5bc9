import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { LoadError } from "../../model/errors.ts";
import { NO_CONDITIONS, type Run } from "../../model/run.ts";
import { unixNanoFromMs } from "../../model/time.ts";
import type { LedgerFile } from "../../run/ledger/open-ledger-file.ts";
import { readLedger } from "../../run/ledger/read-ledger.ts";
import { findRunFile, runFile } from "../../run/ledger/run-files.ts";
import { Recorder } from "../../run/recorder/recorder.ts";
import { formatRunId } from "../../run/run-keeper/run-id.ts";
import { type ImportedFile, importFiles } from "../load-import/import-files.ts";
import { type OpenedFile, openLoadFile } from "../load-import/load-file.ts";
import { readMapping } from "../load-import/read-mapping.ts";
import { writeStagedLedger } from "../load-import/staged-ledger.ts";
import type { ImportWindow } from "../load-import/told-window.ts";
import { gatesOf } from "../load-run/gates-of.ts";
import { labelsOf } from "../load-run/labels-of.ts";
import type { Terminal } from "../terminal.ts";

export interface ImportOptions {
  readonly new?: boolean;
  readonly format?: string;
  readonly mapping?: string;
  /** When the load began, for files that hold only times since then: RFC 3339. */
  readonly began?: number;
  readonly label?: readonly string[];
  readonly threshold?: readonly string[];
  readonly thresholds?: string;
  readonly preset?: string;
  readonly dataset?: string;
  readonly target?: string;
  readonly runsDir: string;
}

/** Requests that wait for what another file tells of them: some 200 MB of memory. */
const MAX_PENDING_JOINS = 200_000;

/**
 * `pitwall import RUN FILE…`: adds recorded files to a run, or with `--new` makes one of them. Where something goes wrong the run stays as it was, or
 * is not made. Throws: E_USAGE, E_RUN_NOT_FOUND, E_IMPORT, E_FILE, E_LEDGER.
 */
export async function importRun(word: string, paths: readonly string[], options: ImportOptions, terminal: Terminal): Promise<number> {
  const isNew = options.new === true;
  if (!isNew) refuseOptionsOfNew(options);
  const { run, file } = isNew ? newRun(word, options) : knownRun(word, options.runsDir);
  const files = await openAll(paths, options);
  const imported = await writeStagedLedger(file, { isNew }, (writer) => fill(writer, run, files, options));
  for (const one of imported) terminal.writeError(`${formatImported(one)}\n`);
  terminal.writeError(`run ${run.id}: \`pitwall report ${run.id}\` shows it\n`);
  await terminal.writeOut(`${run.id}\n`);
  return 0;
}

async function fill(writer: LedgerFile, run: Run, files: readonly OpenedFile[], options: ImportOptions): Promise<readonly ImportedFile[]> {
  writer.saveRun(run);
  let clockMs = 0;
  using recorder = new Recorder({
    writer,
    runId: run.id,
    startUnixMs: 0,
    nowMs: () => clockMs,
    // Files of one witness may come long after those of another.
    limits: { pendingJoins: MAX_PENDING_JOINS, joinWaitMs: Number.POSITIVE_INFINITY },
  });
  const clock = (unixMs: number): void => {
    clockMs = Math.max(clockMs, unixMs);
  };
  const read = await importFiles({ recorder, runId: run.id, files, clock });
  if (read.files.every(({ items }) => items === 0)) {
    const told = read.files.map((one) => `  ${formatImported(one)}`).join("\n");
    throw new LoadError("E_IMPORT", `nothing in these files could be read:\n${told}`, { hint: "Is it the right --format, or the right --mapping?" });
  }
  recorder.losses(lossesOf(read.files));
  recorder.close();
  writer.saveRun(closed(run, read, options));
  return read.files;
}

/** What a run is made with is said when it is made. */
function refuseOptionsOfNew({ label, dataset, target, threshold, thresholds, preset }: ImportOptions): void {
  const given = { label, dataset, target, threshold, thresholds, preset };
  const [option] = Object.entries(given).find(([, value]) => value !== undefined) ?? [];
  if (option === undefined) return;
  const hint = { hint: "`pitwall report RUN --threshold …` judges a run by other thresholds." };
  throw new LoadError("E_USAGE", `--${option} is of a new run: give --new, or leave it out`, /threshold|preset/.test(option) ? hint : {});
}

async function openAll(paths: readonly string[], { format, mapping, began }: ImportOptions): Promise<readonly OpenedFile[]> {
  const shared = {
    format,
    mapping: mapping === undefined ? undefined : readMapping(mapping),
    beganUnixNano: began === undefined ? undefined : unixNanoFromMs(began),
  };
  const files: OpenedFile[] = [];
  for (const path of paths) files.push(await openLoadFile(path, shared));
  return files;
}

function newRun(name: string, options: ImportOptions): { readonly run: Run; readonly file: string } {
  const nowMs = Date.now();
  const run: Run = {
    id: formatRunId(name, nowMs, randomBytes(2).toString("hex")),
    name,
    labels: labelsOf(options.label ?? []),
    state: "open",
    startUnixMs: nowMs,
    endUnixMs: undefined,
    loadStartUnixMs: undefined,
    loadEndUnixMs: undefined,
    conditions: { ...NO_CONDITIONS, dataset: options.dataset ?? "", target: options.target ?? "" },
    gates: gatesOf(options),
    exit: undefined,
  };
  return { run, file: runFile(options.runsDir, run.id) };
}

function knownRun(word: string, runsFolder: string): { readonly run: Run; readonly file: string } {
  const file = findRunFile(runsFolder, word);
  const { run } = readLedger(file);
  if (run.state === "open") {
    throw new LoadError("E_IMPORT", `run ${run.id} is still being recorded`, { hint: "Import when it has ended, or end it first." });
  }
  return { run, file };
}

/** The load of a run that is made of files alone is what they tell of; where they tell no time, it ended now. */
function closed(run: Run, { startUnixMs, endUnixMs, durationMs }: ImportWindow, options: ImportOptions): Run {
  if (options.new !== true) return run;
  const begin = startUnixMs ?? options.began ?? Date.now() - durationMs;
  const end = Math.max(endUnixMs ?? begin + durationMs, begin);
  const isKnown = end > begin || startUnixMs !== undefined;
  const load = isKnown ? { loadStartUnixMs: begin, loadEndUnixMs: end } : {};
  return { ...run, state: "closed", startUnixMs: begin, endUnixMs: end, ...load };
}

function lossesOf(files: readonly ImportedFile[]) {
  return files.flatMap(({ path, rejected }) =>
    [...rejected].map(([reason, items]) => ({ component: `import ${basename(path)}`, signal: "lines" as const, reason, items })),
  );
}

function formatImported({ path, format, items, requests, rejected }: ImportedFile): string {
  const lost = [...rejected].map(([reason, count]) => `${count} ${reason}`).join(", ");
  const what = requests > 0 ? `${requests} requests, ${items - requests} other items` : `${items} items`;
  return `${path}  ${format}  ${what}${lost === "" ? "" : `; not understood: ${lost}`}`;
}
