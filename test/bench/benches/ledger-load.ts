import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLedgerFile } from "../../../collector/run/ledger/open-ledger-file.ts";
import { readLedger } from "../../../collector/run/ledger/read-ledger.ts";
import { sampleRun } from "../../unit/run/ledger/sample-run.ts";
import { SimulatedLoad } from "../../unit/run/ledger/simulated-load.ts";

/** `node ledger-load.ts SECONDS REQUESTS_PER_SECOND`: writes a ledger as a recorder does, once a simulated second, and prints its cost as one line of JSON. */

export interface LedgerCost {
  /** CPU, user and system, for each simulated second. */
  readonly cpuMsPerSecond: number;
  /** The longest that one second's rows held up everything else. */
  readonly worstMs: number;
  readonly fileBytes: number;
  readonly readMs: number;
}

const [seconds, requestsPerSecond] = process.argv.slice(2).map(Number) as [number, number];
const folder = mkdtempSync(join(tmpdir(), "pitwall-bench-ledger-"));
const cost = measure(join(folder, "run.sqlite"));
// Before it is told: whoever reads it ends this process.
rmSync(folder, { recursive: true });
process.stdout.write(`${JSON.stringify(cost)}\n`);

function measure(path: string): LedgerCost {
  const writer = openLedgerFile(path);
  writer.saveRun(sampleRun());
  const load = new SimulatedLoad(writer, { seconds, requestsPerSecond });
  let cpuMs = 0;
  let worstMs = 0;
  for (let second = 0; second < seconds; second++) {
    const [rows, traces] = [load.rowsOf(second), load.tracesOf(second)];
    const [before, startMs] = [process.cpuUsage(), performance.now()];
    load.write(second, rows, traces);
    worstMs = Math.max(worstMs, performance.now() - startMs);
    const { user, system } = process.cpuUsage(before);
    cpuMs += (user + system) / 1000;
  }
  writer[Symbol.dispose]();
  const startMs = performance.now();
  const { cells } = readLedger(path);
  const readMs = performance.now() - startMs;
  if (cells.length !== seconds * 24) throw new Error(`${cells.length} cells are in the ledger of ${seconds} seconds`);
  return { cpuMsPerSecond: cpuMs / seconds, worstMs, fileBytes: statSync(path).size, readMs };
}
