import { backup, DatabaseSync } from "node:sqlite";
import { ledgerError } from "../ledger/ledger-error.ts";
import { openToRead } from "../ledger/open-database.ts";

/** More pages than a database can have: in one step, so that a writer cannot make it begin anew. */
const ALL_PAGES = 2 ** 31 - 2;

/** Copies what is committed at this moment, aside of the event loop, into a file that stands by itself. Throws: E_LEDGER. */
export async function copyLedger(path: string, to: string): Promise<void> {
  const source = openToRead(path);
  try {
    await backup(source, to, { rate: ALL_PAGES });
    // The source's write-ahead log is noted in the copy; without it the copy is one file for whoever opens it.
    const copy = new DatabaseSync(to);
    copy.exec("PRAGMA journal_mode = DELETE");
    copy.close();
  } catch (error) {
    throw ledgerError(path, error);
  } finally {
    source.close();
  }
}
