import { isLoadError, LoadError } from "../../model/errors.ts";

/** What SQLite's primary result codes mean to people (https://www.sqlite.org/rescode.html). */
const SQLITE_WORDS: ReadonlyMap<number, string> = new Map([
  [5, "another process holds it"],
  [6, "another process holds it"],
  [8, "it may not be written: the file or its folder is read-only"],
  [10, "reading or writing failed: the disk is full, gone, or has a fault"],
  [11, "it is damaged"],
  [13, "the disk is full"],
  [14, "it cannot be opened: its folder is not there, may not be written, or the path is a folder itself"],
  [19, "a row does not fit to the others: it is damaged, or this is a fault in Pitwall"],
  [23, "access was refused"],
  [26, "it is no ledger of a run, or it is damaged"],
]);
const DAMAGED = new Set([11, 26]);
const DAMAGED_HINT = "Take the file from where it was copied from, or record the run again; nothing that is left of it can be trusted.";

const SYSTEM_WORDS: Readonly<Record<string, string>> = {
  EACCES: "access was refused",
  EPERM: "access was refused",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  ENOTDIR: "a part of its path is a file, not a folder",
  EEXIST: "a part of its path is a file, not a folder",
  EISDIR: "it is a folder",
  ENOENT: "there is no such file",
};

/** That a ledger cannot be used, in words, with its path. */
export function ledgerFault(path: string, words: string, options: { readonly hint?: string; readonly cause?: unknown } = {}): LoadError {
  return new LoadError("E_LEDGER", `The ledger ${path}: ${words}.`, options);
}

/** Faults of SQLite and of the file system become `E_LEDGER`; any other error is given back as it came. */
export function ledgerError(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof LoadError) return error;
  if ("errcode" in error && typeof error.errcode === "number") {
    const code = error.errcode & 0xff;
    const words = SQLITE_WORDS.get(code);
    const told = words === undefined ? error.message : `${words} (SQLite: ${error.message})`;
    return ledgerFault(path, told, DAMAGED.has(code) ? { cause: error, hint: DAMAGED_HINT } : { cause: error });
  }
  if ("syscall" in error && "code" in error && typeof error.code === "string") {
    return ledgerFault(path, `${SYSTEM_WORDS[error.code] ?? error.message} (${error.code})`, { cause: error });
  }
  return error;
}

/** As `ledgerError`, where a file is read: text and bytes that their decoders refuse are damage of the file, whatever the decoder calls them. */
export function readFault(path: string, error: unknown): unknown {
  const known = ledgerError(path, error);
  if (isLoadError(known) && known.code === "E_LEDGER") return known;
  return damagedLedger(path, error instanceof Error ? error.message : String(error), error);
}

/** What the bytes of a file that opened well turned out not to be. */
export function damagedLedger(path: string, what: string, cause?: unknown): LoadError {
  return ledgerFault(path, `it is damaged: ${what}`, cause === undefined ? { hint: DAMAGED_HINT } : { hint: DAMAGED_HINT, cause });
}
