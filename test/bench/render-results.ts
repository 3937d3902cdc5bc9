import type { Limit } from "./limits.ts";
import type { Machine } from "./machine.ts";
import { type Bench, holds, type Row, ratio } from "./row.ts";

export interface Results {
  readonly date: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly machine: Machine;
  readonly benches: readonly { readonly bench: Bench; readonly rows: readonly Row[]; readonly failure?: string }[];
  readonly limits: readonly Limit[];
}

/** `docs/benchmarks.md`: written by the bench, never by hand. */
export function renderResults(results: Results): string {
  const { machine } = results;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const all = results.benches.flatMap(({ rows }) => rows);
  const kept = all.filter((row) => holds(row) === true).length;
  const missed = all.filter((row) => holds(row) === false).length + results.benches.filter(({ failure }) => failure !== undefined).length;
  return `${[
    "# Benchmarks",
    "",
    "Written by `npm run bench`; do not edit.",
    "",
    `- ${results.date}: ${kept} bounds kept, ${missed} missed.`,
    `- Machine: ${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}.`,
    `- ${versions.join(", ")}.`,
    "",
    "Load on core 0, servers on core 1. Rounds of the two sides in turns: medians of " +
      `${results.rounds} rounds of ${results.seconds} s after one to warm up. CPU is user and system time of the server process (/proc/PID/stat).`,
    "What each side says it accepted is checked against what the load tool says was answered, in every round.",
    "Ours does all the work of a scrapeable state (values, buckets, span metrics); the peer of the ingest rows only decodes.",
    "",
    "| # | work | unit | Pitwall | peer | ratio | must | |",
    "|---|---|---|---:|---:|---:|---|---|",
    ...results.benches.flatMap(({ bench, rows, failure }) => [
      ...rows.map(
        (row) =>
          `| ${bench.id} | ${row.what} | ${row.unit} | ${figure(row.ours)} | ${peerText(row)} | ${ratioText(row)} | ${mustText(row)} | ${verdict(row)} |`,
      ),
      ...(failure === undefined
        ? []
        : [`| ${bench.id} | ${bench.title} | | | | | | **did not finish**: ${failure.replaceAll(/\s+/g, " ").replaceAll("|", "\\|")} |`]),
    ]),
    "",
    "Bounds of the machine and the runtime, for the body of B1:",
    "",
    "| what | points/cpu-s |",
    "|---|---:|",
    ...results.limits.map((limit) => `| ${limit.what} | ${figure(limit.pointsPerCpuSecond)} |`),
  ].join("\n")}\n`;
}

export function formatRow(row: Row): string {
  const peer = row.peer === undefined ? "" : `, ${row.peer.name} ${figure(row.peer.value)}, ratio ${ratioText(row)}`;
  const must = row.must === undefined ? "" : ` (must ${mustText(row)}: ${verdict(row)})`;
  return `${row.bench} ${row.what}: ${figure(row.ours)} ${row.unit}${peer}${must}`;
}

function figure(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (value >= 10_000) return `${(value / 1e3).toFixed(0)} k`;
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

function peerText(row: Row): string {
  return row.peer === undefined ? "" : `${figure(row.peer.value)} (${row.peer.name})`;
}

function ratioText(row: Row): string {
  return ratio(row)?.toFixed(2) ?? "";
}

function mustText(row: Row): string {
  if (row.must === undefined) return "";
  const unit = row.must.of === "ratio" ? "×" : ` ${row.unit}`;
  return row.must.atLeast === undefined ? `≤ ${row.must.atMost}${unit}` : `≥ ${row.must.atLeast}${unit}`;
}

function verdict(row: Row): string {
  const kept = holds(row);
  return kept === undefined ? "" : kept ? "kept" : "**missed**";
}
