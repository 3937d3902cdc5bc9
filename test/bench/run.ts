import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isInstalled, PEER_NAMES, PROJECT_FOLDER } from "../peers/peers.ts";
import { debugTextBench } from "./benches/debug-text.ts";
import { disturbanceBench } from "./benches/disturbance.ts";
import { eventLoopBench } from "./benches/event-loop.ts";
import { expositionBench } from "./benches/exposition.ts";
import { footprintBench } from "./benches/footprint.ts";
import { forwardBench } from "./benches/forward.ts";
import { ingestBenches } from "./benches/ingest.ts";
import { ledgerBench } from "./benches/ledger.ts";
import { remoteWriteBench } from "./benches/remote-write.ts";
import { seriesStateBench } from "./benches/series-state.ts";
import { measureLimits } from "./limits.ts";
import { LOAD_CORE } from "./load.ts";
import { describeMachine } from "./machine.ts";
import { formatRow, type Results, renderResults } from "./render-results.ts";
import { type Bench, type BenchOptions, holds } from "./row.ts";

/**
 * `npm run bench [-- B1 B2 …] [--quick]`. A full run writes `docs/benchmarks.md`; a chosen or quick one only prints.
 * Ends with 1 where a bound is missed or a bench did not finish: the others run all the same.
 */

const BENCHES: readonly Bench[] = [
  ...ingestBenches,
  disturbanceBench,
  expositionBench,
  remoteWriteBench,
  forwardBench,
  footprintBench,
  debugTextBench,
  eventLoopBench,
  seriesStateBench,
  ledgerBench,
];
const NEEDED_PEERS = PEER_NAMES.filter((name) =>
  ["otelcol", "wrk", "h2load", "client-golang", "snappy", "prometheus", "prometheus3", "victoria-metrics"].includes(name),
);

const quick = process.argv.includes("--quick");
const chosen = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const options: BenchOptions = { rounds: quick ? 2 : 7, seconds: 1, say };

process.exitCode = await main();

async function main(): Promise<number> {
  const unknown = chosen.filter((id) => !BENCHES.some((bench) => bench.id === id));
  if (unknown.length > 0) {
    say(`There is no bench ${unknown.join(", ")}. Known: ${BENCHES.map((bench) => bench.id).join(", ")}.`);
    return 64;
  }
  const missing = NEEDED_PEERS.filter((name) => !isInstalled(name));
  if (missing.length > 0) {
    say(`Not installed: ${missing.join(", ")}. Run: npm run peers -- ${missing.join(" ")}`);
    return 69;
  }
  // What is measured is the built form, of the sources as they are.
  execFileSync(process.execPath, ["scripts/build.ts"], { cwd: PROJECT_FOLDER, stdio: ["ignore", "ignore", "inherit"] });
  // Whatever is not pinned elsewhere stays with the load, off the servers' core.
  execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", LOAD_CORE, String(process.pid)], { stdio: "ignore" });

  const finished: Results["benches"][number][] = [];
  for (const bench of BENCHES.filter(({ id }) => chosen.length === 0 || chosen.includes(id))) finished.push(await runBench(bench));
  if (chosen.length === 0) {
    const limits = await measureLimits(options.seconds);
    for (const { what, pointsPerCpuSecond } of limits) say(`limit: ${what}: ${(pointsPerCpuSecond / 1e6).toFixed(2)} M points/cpu-s`);
    if (!quick) await write({ date: new Date().toISOString().slice(0, 10), ...options, machine: await describeMachine(), benches: finished, limits });
  }
  return finished.some(({ failure, rows }) => failure !== undefined || rows.some((row) => holds(row) === false)) ? 1 : 0;
}

async function runBench(bench: Bench): Promise<Results["benches"][number]> {
  say(`${bench.id}: ${bench.title} …`);
  try {
    const rows = await bench.run(options);
    for (const row of rows) say(`  ${formatRow(row)}`);
    return { bench, rows };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    say(`  ${bench.id} did not finish: ${failure}`);
    return { bench, rows: [], failure: failure.split("\n")[0] ?? "" };
  }
}

async function write(results: Results): Promise<void> {
  mkdirSync(join(PROJECT_FOLDER, "docs"), { recursive: true });
  writeFileSync(join(PROJECT_FOLDER, "docs/benchmarks.md"), renderResults(results));
  say("Written: docs/benchmarks.md");
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
