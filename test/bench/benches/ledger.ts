import { join } from "node:path";
import { Process } from "../../interop/child-process.ts";
import { PROJECT_FOLDER } from "../../peers/peers.ts";
import { SERVER_CORE } from "../load.ts";
import { median } from "../rounds.ts";
import type { Bench, Row } from "../row.ts";
import type { LedgerCost } from "./ledger-load.ts";

const REQUESTS_PER_SECOND = 1000;
const LEDGER_SECONDS = 600;
/** Long enough that compiling the code is a small part of it. */
const RECORDER_SECONDS = 60;
const MAX_ROUNDS = 3;

/** B15: what it costs to keep a run of 1 000 requests a second at four hops. CPU is for each second of the run, in per cent of a core. */
export const ledgerBench: Bench = {
  id: "B15",
  title: "recorder and ledger of a run of 1 000 requests/s",
  async run(options) {
    const ledger: LedgerCost[] = [];
    const recorder: LedgerCost[] = [];
    for (let round = 0; round < Math.min(options.rounds, MAX_ROUNDS); round++) {
      ledger.push(await costOf("ledger-load.ts", LEDGER_SECONDS));
      recorder.push(await costOf("ledger-recorder.ts", RECORDER_SECONDS));
    }
    const row = (what: string, unit: string, ours: number, atMost?: number): Row => ({
      bench: "B15",
      what,
      unit,
      ours,
      ...(atMost === undefined ? {} : { must: { of: "value", atMost } }),
    });
    const middle = (costs: readonly LedgerCost[], of: (cost: LedgerCost) => number) => median(costs.map(of));
    const share = ({ cpuMsPerSecond }: LedgerCost) => cpuMsPerSecond / 10;
    return [
      row("CPU of recorder and ledger", "% of a core", middle(recorder, share), 10),
      row("CPU of writing the ledger alone", "% of a core", middle(ledger, share), 1),
      row(
        "longest pause for one second's rows",
        "ms",
        middle(recorder, ({ worstMs }) => worstMs),
      ),
      row(
        "file of ten minutes",
        "MB",
        middle(ledger, ({ fileBytes }) => fileBytes / 1e6),
        50,
      ),
      row(
        "reading ten minutes",
        "ms",
        middle(ledger, ({ readMs }) => readMs),
      ),
    ];
  },
};

async function costOf(script: string, seconds: number): Promise<LedgerCost> {
  const path = join(PROJECT_FOLDER, "test/bench/benches", script);
  await using child = new Process({ file: process.execPath, arguments: [path, `${seconds}`, `${REQUESTS_PER_SECOND}`], cores: SERVER_CORE });
  const line = await child.waitFor("its cost", () => (child.stdout.includes("\n") ? child.stdout : undefined));
  return JSON.parse(line) as LedgerCost;
}
