import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLedgerFile } from "../../../collector/run/ledger/open-ledger-file.ts";
import { readLedger } from "../../../collector/run/ledger/read-ledger.ts";
import { Recorder } from "../../../collector/run/recorder/recorder.ts";
import { START_MS, sampleRun } from "../../unit/run/ledger/sample-run.ts";
import type { LedgerCost } from "./ledger-load.ts";
import { Traffic } from "./ledger-traffic.ts";

/**
 * `node ledger-recorder.ts SECONDS REQUESTS_PER_SECOND`: gives a recorder what arrives in a load and lets it write the ledger, second by second of a
 * simulated clock; prints the cost of both as one line of JSON. Making the telemetry is not counted, decoding the application's is.
 */

const [seconds, requestsPerSecond] = process.argv.slice(2).map(Number) as [number, number];
const folder = mkdtempSync(join(tmpdir(), "pitwall-bench-recorder-"));
const cost = measure(join(folder, "run.sqlite"));
// Before it is told: whoever reads it ends this process.
rmSync(folder, { recursive: true });
process.stdout.write(`${JSON.stringify(cost)}\n`);

function measure(path: string): LedgerCost {
  const run = sampleRun();
  const traffic = new Traffic(run.id, requestsPerSecond);
  const writer = openLedgerFile(path);
  writer.saveRun(run);
  let nowMs = START_MS;
  const onFault = (error: unknown) => {
    throw error;
  };
  const recorder = new Recorder({ writer, runId: run.id, nowMs: () => nowMs, startUnixMs: START_MS, onFault });
  let cpuMs = 0;
  let worstMs = 0;
  for (let second = 0; second < seconds; second++) {
    const batches = traffic.batchesOf(nowMs);
    const before = process.cpuUsage();
    for (const batch of batches) {
      nowMs += 1000 / batches.length;
      recorder.push(batch);
    }
    const startMs = performance.now();
    nowMs = START_MS + (second + 1) * 1000;
    recorder.flush();
    worstMs = Math.max(worstMs, performance.now() - startMs);
    const { user, system } = process.cpuUsage(before);
    cpuMs += (user + system) / 1000;
  }
  recorder.close();
  const lost = recorder.ownLosses();
  writer[Symbol.dispose]();
  const startMs = performance.now();
  const { cells } = readLedger(path);
  const readMs = performance.now() - startMs;
  for (const hop of ["client", "proxy", "application", "store"] as const) {
    const requests = cells.filter((cell) => cell.hop === hop).reduce((sum, { count }) => sum + count, 0);
    if (requests !== seconds * requestsPerSecond) throw new Error(`${requests} requests at hop ${hop}; lost: ${JSON.stringify(lost)}`);
  }
  return { cpuMsPerSecond: cpuMs / seconds, worstMs, fileBytes: statSync(path).size, readMs };
}
