import type { Hop } from "../../model/catalog.ts";
import type { CountSource, LedgerCell, RunLedger } from "../../model/ledger.ts";
import { clientSeries } from "../digest/gauge-sums.ts";
import type { LoadWindow } from "../digest/scopes.ts";

const PREFERRED: readonly CountSource[] = ["requests", "metrics", "logs", "spans"];

/**
 * Requests per second that were offered from the start to the end of the load: those that ended at the client, and those that were due and not sent. Where the
 * client gives no counts by time, what arrived at the next hop that does. undefined: nobody tells.
 *
 * Counters are exported every few seconds; their increases are spread over the time since the export before.
 */
export function offeredRate(ledger: RunLedger, { startSecond, endSecond }: LoadWindow): Float64Array | undefined {
  const length = endSecond - startSecond;
  if (length <= 0) return undefined;
  for (const hop of ["client", "proxy", "application"] as const) {
    const cells = bestCells(ledger.cells, hop);
    const stamps = cells.length > 0 ? countsOf(cells) : hop === "client" ? periodsOf(ledger) : new Map<number, number>();
    if (stamps.size === 0) continue;
    const rate = new Float64Array(length);
    addSpread(rate, stamps, startSecond, cells[0]?.source === "requests" || cells[0]?.source === "logs");
    if (hop === "client" && cells.length > 0) addDropped(rate, ledger, startSecond, cells);
    return rate;
  }
  return undefined;
}

function bestCells(cells: readonly LedgerCell[], hop: Hop): readonly LedgerCell[] {
  const source = PREFERRED.find((candidate) => cells.some((cell) => cell.hop === hop && cell.source === candidate));
  return cells.filter((cell) => cell.hop === hop && cell.source === source);
}

function countsOf(cells: readonly LedgerCell[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { second, count } of cells) counts.set(second, (counts.get(second) ?? 0) + count);
  return counts;
}

/** Sums over periods, stamped at their ends. */
function periodsOf({ aggregates }: RunLedger): Map<number, number> {
  const periods = aggregates.filter(({ item }) => item.scope === "period" && item.endUnixNano !== undefined && item.count !== undefined);
  const counts = new Map<number, number>();
  const areTotal = periods.some(({ item }) => item.isTotal);
  for (const { item } of periods) {
    if (item.isTotal !== areTotal) continue;
    const second = Number(((item.endUnixNano as bigint) - 1n) / 1_000_000_000n);
    counts.set(second, (counts.get(second) ?? 0) + (item.count as number));
  }
  return counts;
}

function addDropped(rate: Float64Array, ledger: RunLedger, startSecond: number, cells: readonly LedgerCell[]): void {
  const sent = cells.reduce((sum, { count }) => sum + count, 0);
  const totalOf = (name: string) => sumOf(stampsOf(ledger, name));
  const iterations = totalOf("iterations");
  addSpread(rate, scaled(stampsOf(ledger, "dropped_iterations"), iterations > 0 ? sent / iterations : 1), startSecond, false);
  addSpread(rate, stampsOf(ledger, "loadtest.client.requests.dropped"), startSecond, false);
}

function stampsOf(ledger: RunLedger, name: string): Map<number, number> {
  const stamps = new Map<number, number>();
  for (const { points } of clientSeries(ledger, name)) for (const { second, sum } of points) stamps.set(second, (stamps.get(second) ?? 0) + sum);
  return stamps;
}

function scaled(stamps: ReadonlyMap<number, number>, factor: number): Map<number, number> {
  return new Map([...stamps].map(([second, count]) => [second, count * factor] as const));
}

function sumOf(stamps: ReadonlyMap<number, number>): number {
  return [...stamps.values()].reduce((sum, count) => sum + count, 0);
}

/** A count stamped at second t is of the seconds since the stamp before it, t included; of the first one, of as many as usual. */
function addSpread(rate: Float64Array, stamps: ReadonlyMap<number, number>, startSecond: number, isExact: boolean): void {
  const seconds = [...stamps.keys()].sort((a, b) => a - b);
  const gaps = seconds.slice(1).map((second, index) => second - (seconds[index] as number));
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? 1;
  seconds.forEach((second, index) => {
    // A longer silence than usual is a silence, not one long interval.
    const gap = isExact ? 1 : Math.min(gaps[index - 1] ?? usual, 2 * usual);
    const share = (stamps.get(second) as number) / gap;
    for (let back = 0; back < gap; back++) {
      const at = second - back - startSecond;
      if (at >= 0 && at < rate.length) rate[at] = (rate[at] as number) + share;
    }
  });
}
