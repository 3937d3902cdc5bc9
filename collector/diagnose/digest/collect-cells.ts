import type { Hop } from "../../model/catalog.ts";
import type { CountSource, LedgerCell, RunLedger } from "../../model/ledger.ts";
import type { ExponentialHistogram } from "../../stats/exponential-histogram.ts";
import { decodeHistogram } from "../../stats/histogram-bytes.ts";
import type { Scope } from "../digest-types.ts";
import { Tally } from "./tally.ts";

/** Tallies by hop, then by canonical endpoint, then by source. */
export type Tallies = ReadonlyMap<Hop, ReadonlyMap<string, ReadonlyMap<CountSource, Tally>>>;

type Growing = Map<Hop, Map<string, Map<CountSource, Tally>>>;

/** Increases of counters that are exported less often than this, s, are no longer looked for after the end of the load. */
const LONGEST_STEP_SECONDS = 120;

/**
 * Adds up the cells of each scope. Of the whole load, increases of counters that were exported up to one interval after its end belong to it; of a
 * scenario, only the client's own requests of it, while inner hops cannot tell scenarios apart.
 *
 * One pass: decoding the latencies is most of the work, and scopes overlap.
 */
export function collectCells(ledger: RunLedger, scopes: readonly Scope[], steps: ReadonlyMap<Hop, number>): readonly Tallies[] {
  const all = scopes.map((scope) => ({ scope, seconds: Math.max(0, scope.endSecond - scope.startSecond), found: new Map() as Growing }));
  for (const cell of ledger.cells) {
    const endpoint = ledger.endpoints[cell.endpoint]?.canonical ?? "";
    let latency: ExponentialHistogram | undefined;
    for (const { scope, seconds, found } of all) {
      if (!isWithin(cell, scope, steps)) continue;
      latency ??= cell.latency === undefined ? undefined : decodeHistogram(cell.latency);
      tallyFor(found, cell, endpoint, seconds).add(cell, latency, Math.min(seconds - 1, cell.second - scope.startSecond));
    }
  }
  return all.map(({ found }) => found);
}

function isWithin(
  { hop, source, second, scenario }: LedgerCell,
  { name, phase, startSecond, endSecond }: Scope,
  steps: ReadonlyMap<Hop, number>,
): boolean {
  if (second < startSecond) return false;
  if (second >= endSecond && !(phase === undefined && source === "metrics" && second < endSecond + stepOf(steps, hop))) return false;
  return !(hop === "client" && phase?.kind === "scenario" && scenario !== "" && scenario !== name);
}

/** s between the exports of each hop's counters: the median distance of the seconds that have any; 1 where there are none. */
export function exportSteps({ cells }: RunLedger): ReadonlyMap<Hop, number> {
  const seconds = new Map<Hop, Set<number>>();
  for (const { hop, source, second } of cells) {
    if (source !== "metrics") continue;
    const known = seconds.get(hop) ?? new Set();
    known.add(second);
    seconds.set(hop, known);
  }
  return new Map(
    [...seconds].map(([hop, stamps]) => {
      const sorted = [...stamps].sort((a, b) => a - b);
      const gaps = sorted.slice(1).map((second, index) => second - (sorted[index] as number));
      gaps.sort((a, b) => a - b);
      return [hop, gaps[Math.floor(gaps.length / 2)] ?? 1] as const;
    }),
  );
}

/** s between the stamps of what a hop counted by this source. */
export function stepOf(steps: ReadonlyMap<Hop, number>, hop: Hop): number {
  return Math.min(LONGEST_STEP_SECONDS, steps.get(hop) ?? 1);
}

function tallyFor(found: Growing, { hop, source }: LedgerCell, endpoint: string, seconds: number): Tally {
  const byEndpoint = found.get(hop) ?? new Map<string, Map<CountSource, Tally>>();
  found.set(hop, byEndpoint);
  const bySource = byEndpoint.get(endpoint) ?? new Map<CountSource, Tally>();
  byEndpoint.set(endpoint, bySource);
  const tally = bySource.get(source) ?? new Tally(source, seconds);
  bySource.set(source, tally);
  return tally;
}
