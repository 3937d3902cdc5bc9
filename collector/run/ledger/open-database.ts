import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { damagedLedger, ledgerError, ledgerFault } from "./ledger-error.ts";
import { LATER_COLUMNS, LEDGER_APPLICATION_ID, LEDGER_SCHEMA, LEDGER_VERSION } from "./ledger-schema.ts";

/** How long a reader waits for a lock; a writer holds it for a few milliseconds. */
const READ_BUSY_MS = 2000;
/** How long the writer, and all that its process does, waits for a lock: nobody else should have one. */
const WRITE_BUSY_MS = 500;
/** How long a reader is waited for at the end, so that the log can go. */
const CLOSE_BUSY_MS = 300;
const SQLITE_READONLY = 8;

/**
 * Makes the folder, the file and its tables where they are not there. A write-ahead log lets others read while we write, and makes a crash
 * cost nothing that was committed; it is gone again after `closeDatabase`. Throws: E_LEDGER.
 */
export function openToWrite(path: string): DatabaseSync {
  return opened(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    const database = new DatabaseSync(path, { timeout: WRITE_BUSY_MS });
    return closedOnError(database, () => {
      const isNew = isEmpty(database);
      // Before anything is changed: the file may be somebody else's.
      if (!isNew) checkForm(database, path);
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
      if (isNew) makeTables(database, path);
      else addLaterColumns(database);
    });
  });
}

/** Throws: E_LEDGER, also where there is no such file. */
export function openToRead(path: string): DatabaseSync {
  return opened(path, () => {
    if (!existsSync(path)) throw ledgerFault(path, "there is no such file", { hint: "`pitwall runs` lists the runs that there are." });
    return openReadable(path, true);
  });
}

/** The file alone then holds the run, unless somebody reads it at this moment. */
export function closeDatabase(database: DatabaseSync): void {
  try {
    database.exec(`PRAGMA busy_timeout = ${CLOSE_BUSY_MS}`);
    database.exec("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;");
  } catch {
    // Readers hold the log, or the disk is full: what is in the log is committed, and belongs to the file as long as both lie side by side.
  }
  database.close();
}

/** A writer that died in the one moment when there is no log leaves a journal, which only one who may write can roll back. */
function openReadable(path: string, readOnly: boolean): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly, timeout: READ_BUSY_MS });
  try {
    return closedOnError(database, () => checkForm(database, path));
  } catch (error) {
    if (readOnly && error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === SQLITE_READONLY)
      return openReadable(path, false);
    throw error;
  }
}

function opened(path: string, open: () => DatabaseSync): DatabaseSync {
  try {
    return open();
  } catch (error) {
    throw ledgerError(path, error);
  }
}

function closedOnError(database: DatabaseSync, work: () => void): DatabaseSync {
  try {
    work();
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function isEmpty(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
}

function makeTables(database: DatabaseSync, path: string): void {
  database.exec("BEGIN IMMEDIATE");
  // Whoever came first may have made them since.
  if (isEmpty(database)) {
    database.exec(`PRAGMA application_id = ${LEDGER_APPLICATION_ID};${LEDGER_SCHEMA}`);
    database.prepare("INSERT INTO meta VALUES ('version', ?)").run(`${LEDGER_VERSION}`);
  } else checkForm(database, path);
  database.exec("COMMIT");
}

function addLaterColumns(database: DatabaseSync): void {
  for (const [table, column, type] of LATER_COLUMNS) {
    const columns = database.prepare(`PRAGMA table_info(${table})`).all();
    if (columns.some(({ name }) => name === column)) continue;
    database.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
  }
}

function checkForm(database: DatabaseSync, path: string): void {
  if (isEmpty(database)) throw ledgerFault(path, "it is empty: no run was ever recorded in it");
  const application = database.prepare("PRAGMA application_id").get()?.["application_id"];
  if (application !== LEDGER_APPLICATION_ID) throw ledgerFault(path, "it is a database of another program, not a run", { hint: "Check the path." });
  const text = database.prepare("SELECT value FROM meta WHERE key = 'version'").get()?.["value"];
  const version = Number(text);
  if (text === undefined || !Number.isInteger(version) || version < 1) throw damagedLedger(path, "it has no version");
  if (version > LEDGER_VERSION) {
    throw ledgerFault(path, `it was written by a newer Pitwall (its form is ${version}, this one knows ${LEDGER_VERSION})`, {
      hint: "Update Pitwall, or read the run with the version that recorded it.",
    });
  }
}
