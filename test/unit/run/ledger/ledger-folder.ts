import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for the ledgers of one test, gone at its end. */
export class LedgerFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "pitwall-ledger-"));

  file(name = "run.sqlite"): string {
    return join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
