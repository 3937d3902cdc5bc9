import { cpSync, readdirSync, statSync } from "node:fs";
import { expect, test } from "vitest";
import { openLedgerFile } from "../../../../collector/run/ledger/open-ledger-file.ts";
import { readLedger } from "../../../../collector/run/ledger/read-ledger.ts";
import { decodeHistogram } from "../../../../collector/stats/histogram-bytes.ts";
import { LedgerFolder } from "./ledger-folder.ts";
import { sampleRun } from "./sample-run.ts";
import { SimulatedLoad } from "./simulated-load.ts";

const SHAPE = { seconds: 600, requestsPerSecond: 1000 };
/** The promise of docs: ten minutes of 1 000 requests a second. */
const MOST_BYTES = 50_000_000;

test("ten minutes of 1 000 requests a second fit in 50 MB, while they are recorded and after, and are all there", { timeout: 60_000 }, () => {
  using folder = new LedgerFolder();
  let mostBytes = 0;
  {
    using writer = openLedgerFile(folder.file());
    writer.saveRun(sampleRun());
    const load = new SimulatedLoad(writer, SHAPE);
    for (let second = 0; second < SHAPE.seconds; second++) {
      load.write(second, load.rowsOf(second), load.tracesOf(second));
      mostBytes = Math.max(mostBytes, writer.sizeBytes);
    }
  }
  expect(mostBytes).toBeLessThan(MOST_BYTES);
  expect(readdirSync(folder.path)).toEqual(["run.sqlite"]);
  expect(statSync(folder.file()).size).toBeLessThan(MOST_BYTES / 2);

  cpSync(folder.file(), folder.file("copy.sqlite"));
  const ledger = readLedger(folder.file("copy.sqlite"));
  const counted = Map.groupBy(ledger.cells, ({ hop }) => hop);
  for (const hop of ["client", "proxy", "application", "store"] as const) {
    const cells = counted.get(hop) ?? [];
    expect(cells.reduce((sum, { count }) => sum + count, 0)).toBe(SHAPE.seconds * SHAPE.requestsPerSecond);
    expect(cells.every(({ latency, count }) => latency !== undefined && decodeHistogram(latency).count === count)).toBe(true);
  }
  expect(ledger.gauges.map(({ points }) => points.length)).toEqual(new Array(60).fill(SHAPE.seconds));
  expect([ledger.traces.length, ledger.clockPairs.length, ledger.logs.length, ledger.joins.length]).toEqual([300, 5000, 2000, 1200]);
});
