import type { RunLedger } from "../../model/ledger.ts";
import { noiseFloor } from "../../stats/run-groups.ts";
import { seededRandom } from "../../stats/seeded-random.ts";
import { changesByRequests } from "./changes-by-requests.ts";
import { type ComparedRun, comparedRun } from "./compared-run.ts";
import type { NoiseFloors } from "./comparison.ts";
import { failedValue, quantileValue } from "./side-value.ts";

const METRICS = ["p50", "p95", "p99"] as const;
const SEED = 20_260_512;

/**
 * How far runs differ that should be alike, per endpoint and quantile, and whether the comparison of one run with one would have called any pair
 * of them different. At least two runs.
 */
export function measureNoise(ledgers: readonly RunLedger[]): NoiseFloors {
  const runs = ledgers.map(comparedRun);
  const names = [...new Set(runs.flatMap((run) => [...run.endpoints.keys()]))];
  let [pairs, called] = [0, 0];
  runs.forEach((first, index) => {
    for (const second of runs.slice(index + 1)) {
      pairs++;
      if (isCalledDifferent(first, second, names)) called++;
    }
  });
  const floors = names.flatMap((endpoint) =>
    METRICS.flatMap((metric) => {
      const values = runs.flatMap((run) => {
        const found = run.endpoints.get(endpoint);
        return found === undefined ? [] : (quantileValue([found], metric).value ?? []);
      });
      const floor = noiseFloor(values);
      return floor === undefined ? [] : [{ endpoint, metric, usual: floor.usual, largest: floor.largest }];
    }),
  );
  return {
    suite: ledgers[0]?.run.name ?? "",
    runs: ledgers.map(({ run }) => run.id),
    pairs,
    pairsCalledDifferent: called,
    floors: [...floors, ...failureFloors(runs, names)],
  };
}

function isCalledDifferent(first: ComparedRun, second: ComparedRun, names: readonly string[]): boolean {
  const pairs = names.flatMap((endpoint) => {
    const [before, after] = [first.endpoints.get(endpoint), second.endpoints.get(endpoint)];
    return before === undefined || after === undefined ? [] : [{ endpoint, before: [before], after: [after] }];
  });
  return changesByRequests(pairs, () => undefined, seededRandom(SEED)).some(({ verdict }) => verdict === "worse" || verdict === "better");
}

/** Shares of failures differ by points, not by ratios. */
function failureFloors(runs: readonly ComparedRun[], names: readonly string[]): NoiseFloors["floors"] {
  return names.flatMap((endpoint) => {
    const shares = runs.flatMap((run) => {
      const found = run.endpoints.get(endpoint);
      return found === undefined ? [] : (failedValue([found]).value ?? []);
    });
    const apart = shares.flatMap((share, index) => shares.slice(index + 1).map((other) => Math.abs(share - other))).sort((a, b) => a - b);
    if (apart.length === 0) return [];
    const usual = apart[Math.min(apart.length - 1, Math.ceil(0.95 * apart.length) - 1)] as number;
    return [{ endpoint, metric: "failed" as const, usual, largest: apart.at(-1) as number }];
  });
}
