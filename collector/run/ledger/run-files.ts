import { globSync, statSync } from "node:fs";
import { basename, join, resolve, sep } from "node:path";
import { isLoadError, LoadError } from "../../model/errors.ts";
import type { Run } from "../../model/run.ts";
import { isRunId } from "../run-keeper/run-id.ts";
import { nearWords } from "./near-words.ts";
import { readRun } from "./read-run.ts";

const SUFFIX = ".sqlite";
/** More are not told of at once. */
const MOST_NAMED = 5;

export interface StoredRunFile {
  readonly run: Run;
  readonly path: string;
}

export interface BrokenRunFile {
  readonly path: string;
  /** A sentence with the path in it. */
  readonly reason: string;
}

/** Where the run of this id is, or would be: `ID.sqlite`. Never outside the folder. Throws: E_RUN_NOT_FOUND for what cannot be an id. */
export function runFile(directory: string, id: string): string {
  if (isRunId(id)) return join(directory, `${id}${SUFFIX}`);
  throw new LoadError("E_RUN_NOT_FOUND", `"${id}" is no id of a run: those are of a-z, 0-9, "-", "_" and "."`);
}

/** The runs of a folder, newest first, and the files in it that look like a run but cannot be read. A folder that is not there has none. */
export function listRunFiles(directory: string): { readonly runs: readonly StoredRunFile[]; readonly broken: readonly BrokenRunFile[] } {
  const runs: StoredRunFile[] = [];
  const broken: BrokenRunFile[] = [];
  for (const name of globSync(`*${SUFFIX}`, { cwd: directory })) {
    const path = join(directory, name);
    try {
      runs.push({ run: readRun(path), path });
    } catch (error) {
      if (!isLoadError(error)) throw error;
      broken.push({ path, reason: error.message });
    }
  }
  runs.sort((a, b) => b.run.startUnixMs - a.run.startUnixMs || (a.run.id < b.run.id ? 1 : -1));
  return { runs, broken: broken.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** Newest first; files that cannot be read are left out (`listRunFiles` names them). */
export function listRuns(directory: string): readonly Run[] {
  return listRunFiles(directory).runs.map(({ run }) => run);
}

/**
 * The file of the run that a person means: `latest`, an id, the beginning of only one id, a name (the newest run of it), or the path of a file. Not
 * for words that come from elsewhere: those may not name any path (`runFile`). Throws: E_RUN_NOT_FOUND, naming what comes near.
 */
export function findRunFile(directory: string, word: string): string {
  const exact = isRunId(word) ? runFile(directory, word) : undefined;
  if (exact !== undefined && isFile(exact)) return exact;
  const { runs, broken } = listRunFiles(directory);
  const [newest] = runs;
  if (word === "latest" && newest !== undefined) return newest.path;
  const begun = word === "" ? [] : runs.filter(({ run }) => run.id.startsWith(word));
  const named = runs.find(({ run }) => run.name === word);
  const found = begun.length === 1 ? begun[0] : named;
  if (found !== undefined) return found.path;
  if (isFile(word)) return resolve(word);
  throw notFound(directory, word, begun, runs, broken);
}

function notFound(
  directory: string,
  word: string,
  begun: readonly StoredRunFile[],
  runs: readonly StoredRunFile[],
  broken: readonly BrokenRunFile[],
): LoadError {
  if (begun.length > 1) {
    return new LoadError("E_RUN_NOT_FOUND", `"${word}" begins the ids of ${begun.length} runs: ${idsOf(begun)}`, { hint: "Give more of the id." });
  }
  const unread =
    broken.length === 0
      ? ""
      : `; ${broken.length} files could not be read: ${broken
          .slice(0, MOST_NAMED)
          .map(({ path }) => basename(path))
          .join(", ")}`;
  if (runs.length === 0) {
    return new LoadError("E_RUN_NOT_FOUND", `there is no run "${word}": no runs are in ${directory}${unread}`, {
      hint: "`pitwall run --name smoke -- COMMAND` makes one; --runs-dir names another folder.",
    });
  }
  const near = nearWords(word, new Set(runs.flatMap(({ run }) => [run.name, run.id]))).slice(0, MOST_NAMED);
  const offer = near.length > 0 ? `did you mean ${near.map((one) => `"${one}"`).join(" or ")}?` : `the newest are ${idsOf(runs)}`;
  return new LoadError("E_RUN_NOT_FOUND", `there is no run "${word}" in ${directory}: ${offer}${unread}`);
}

function idsOf(files: readonly StoredRunFile[]): string {
  const rest = files.length > MOST_NAMED ? ` and ${files.length - MOST_NAMED} more` : "";
  return `${files
    .slice(0, MOST_NAMED)
    .map(({ run }) => run.id)
    .join(", ")}${rest}`;
}

function isFile(path: string): boolean {
  return path !== "" && !path.endsWith(sep) && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
