import { DatabaseSync } from "node:sqlite";
import { openLedgerFile } from "../../../../collector/run/ledger/open-ledger-file.ts";
import { sampleRun } from "./sample-run.ts";
import { SimulatedLoad } from "./simulated-load.ts";

/**
 * Started by tests as a process of its own: `node crashing-writer.ts FILE HOW`.
 * - `endless`: writes a second of load after the other until it is killed, and prints the number of each once it is written
 * - `until_full`: the same, and ends with the error's code and message on stderr
 * - `journal`: dies in the midst of a transaction without write-ahead log, with pages of it already in the file
 */
const [, , path = "", how = ""] = process.argv;
if (how === "journal") dieInTransaction();
else write();

function write(): void {
  const writer = openLedgerFile(path);
  writer.saveRun(sampleRun({ startUnixMs: Date.now() }));
  const load = new SimulatedLoad(writer, { seconds: 600, requestsPerSecond: 1000 });
  for (let second = 0; ; second++) {
    try {
      load.write(second, load.rowsOf(second), load.tracesOf(second));
    } catch (error) {
      process.stderr.write(`${JSON.stringify(error)}\n${(error as Error).message}\n`);
      process.exitCode = 3;
      return;
    }
    process.stdout.write(`${second}\n`);
  }
}

function dieInTransaction(): void {
  const database = new DatabaseSync(path);
  // Two pages of cache: the rest has to go to the file before the commit.
  database.exec("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 2; BEGIN");
  const insert = database.prepare("INSERT INTO marks (body) VALUES (?)");
  for (let row = 0; row < 500; row++) insert.run("x".repeat(1000));
  process.kill(process.pid, "SIGKILL");
}
