import { join } from "node:path";
import { Process } from "../../interop/child-process.ts";
import { PROJECT_FOLDER } from "../../peers/peers.ts";
import type { SeriesCost } from "../fill-series.ts";
import { median } from "../rounds.ts";
import type { Bench, Row } from "../row.ts";

const SERIES = 1_000_000;
/** prom-client takes 10 to 20 s for it. */
const FILL_TIMEOUT_MS = 180_000;
const MAX_ROUNDS = 3;

/** B10: what a million series cost to hold, in bytes and in the pause of a full garbage collection. */
export const seriesStateBench: Bench = {
  id: "B10",
  title: "a million series: memory and a full garbage collection",
  async run(options) {
    const ours: SeriesCost[] = [];
    const theirs: SeriesCost[] = [];
    for (let round = 0; round < Math.min(options.rounds, MAX_ROUNDS); round++) {
      ours.push(await costOf("ours"));
      theirs.push(await costOf("prom-client"));
    }
    const middle = (costs: readonly SeriesCost[], of: (cost: SeriesCost) => number) => median(costs.map(of));
    const row = (what: string, unit: string, of: (cost: SeriesCost) => number, atMost: number): Row => ({
      bench: "B10",
      what,
      unit,
      ours: middle(ours, of),
      peer: { name: "prom-client", value: middle(theirs, of) },
      must: { of: "ratio", atMost },
    });
    return [
      row("resident memory per series", "B", ({ residentBytes, series }) => residentBytes / series, 1 / 3),
      row("forced full garbage collection", "ms", ({ fullGcMs }) => fullGcMs, 1 / 30),
    ];
  },
};

async function costOf(what: "ours" | "prom-client"): Promise<SeriesCost> {
  const script = join(PROJECT_FOLDER, "test/bench/fill-series.ts");
  const nodeArguments = ["--expose-gc", "--max-old-space-size=4096", "--disable-warning=ExperimentalWarning"];
  await using child = new Process({ file: process.execPath, arguments: [...nodeArguments, script, what, `${SERIES}`] });
  const deadlineMs = Date.now() + FILL_TIMEOUT_MS;
  const line = await untilPrinted(child, deadlineMs);
  const cost = JSON.parse(line) as SeriesCost;
  if (cost.series < SERIES) throw new Error(`${what} holds ${cost.series} series, not ${SERIES}`);
  return cost;
}

/** `waitFor` gives up after 30 s, which is too soon here. */
async function untilPrinted(child: Process, deadlineMs: number): Promise<string> {
  for (;;) {
    const end = child.stdout.indexOf("\n");
    if (end >= 0) return child.stdout.slice(0, end);
    if (child.ended || Date.now() > deadlineMs) throw new Error(`the series were not filled in: ${child.stderr.slice(-2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
