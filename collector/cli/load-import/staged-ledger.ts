import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { LoadError } from "../../model/errors.ts";
import { type LedgerFile, openLedgerFile } from "../../run/ledger/open-ledger-file.ts";
import { copyLedger } from "../../run/run-keeper/copy-ledger.ts";

/** SQLite's companions of a database file. */
const COMPANIONS = ["-wal", "-shm", "-journal"];

/**
 * Writes a ledger aside and puts it in its place when all of it is written: work that throws leaves the place as it was, and neither readers nor
 * `pitwall runs` ever see half of it. `isNew`: there is none to begin with. Throws: E_LEDGER, and what `work` throws.
 */
export async function writeStagedLedger<Result>(
  file: string,
  { isNew }: { readonly isNew: boolean },
  work: (writer: LedgerFile) => Promise<Result>,
): Promise<Result> {
  // No name that is taken for a run (`ID.sqlite`).
  const staged = `${file}.import-${process.pid}`;
  const discard = (): void => remove(staged);
  process.once("exit", discard);
  try {
    if (!isNew) await copied(file, staged);
    const result = await written(staged, work);
    put(staged, file);
    return result;
  } finally {
    discard();
    process.off("exit", discard);
  }
}

async function written<Result>(path: string, work: (writer: LedgerFile) => Promise<Result>): Promise<Result> {
  using writer = openLedgerFile(path);
  return await work(writer);
}

async function copied(from: string, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  // A run that broke off may have part of itself in its log.
  if (COMPANIONS.some((companion) => existsSync(`${from}${companion}`))) await copyLedger(from, to);
  else
    attempt(to, () => {
      copyFileSync(from, to);
    });
}

function put(staged: string, file: string): void {
  attempt(file, () => {
    renameSync(staged, file);
    // Of the file that was there: they must not be taken for parts of the new one.
    for (const companion of COMPANIONS) rmSync(`${file}${companion}`, { force: true });
  });
}

function attempt(path: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new LoadError("E_LEDGER", `${path} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

function remove(path: string): void {
  for (const companion of ["", ...COMPANIONS]) rmSync(`${path}${companion}`, { force: true });
}
