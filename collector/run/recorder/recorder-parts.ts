import type { LedgerCell } from "../../model/ledger.ts";
import type { HistogramView } from "../../stats/exponential-histogram.ts";
import type { CellFate, CellSource, CellTable } from "./cell-table.ts";
import type { EndpointIndex } from "./endpoint-index.ts";
import type { GaugeTable } from "./gauge-table.ts";
import type { GuardedWriter } from "./guarded-writer.ts";
import type { LossTally } from "./loss-tally.ts";
import type { OpenCell } from "./open-cell.ts";
import type { WitnessRecord } from "./witness-table.ts";

/** What the readers of the single kinds of telemetry write to. */
export interface RecorderParts {
  readonly writer: GuardedWriter;
  readonly losses: LossTally;
  readonly cells: CellTable;
  readonly endpoints: EndpointIndex;
  readonly gauges: GaugeTable;
  /** When the batch at hand arrived. */
  readonly arrivedMs: () => number;
  /** A time further ahead of that is a wrong clock. */
  readonly aheadMs: number;
}

export type TimedParts = Pick<RecorderParts, "writer" | "arrivedMs" | "aheadMs">;

/** The second that a finite time lies in; of one that cannot have been yet, the second of its arrival, which is told once for each sender. */
export function secondAt({ writer, arrivedMs, aheadMs }: TimedParts, timeMs: number, who: string): number {
  const nowMs = arrivedMs();
  if (timeMs - nowMs <= aheadMs) return Math.floor(timeMs / 1000);
  writer.note(
    "clock_ahead",
    who,
    `some of its times lie more than ${Math.round(aheadMs / 1000)} s ahead of this machine's clock: what they were told of is counted in the second of its arrival`,
  );
  return Math.floor(nowMs / 1000);
}

export interface Counted {
  readonly second: number;
  readonly source: CellSource;
  readonly instance: string;
  readonly scenario: string;
  readonly endpoint: number;
  readonly fate: CellFate;
  readonly witness: WitnessRecord;
}

/** One request, or several that a witness counted itself. undefined, and counted as lost, where the ledger takes no endpoint or the number is none. */
export function countRequests(parts: RecorderParts, counted: Counted, count: number): OpenCell | undefined {
  const { second, source, instance, scenario, endpoint, fate, witness } = counted;
  if (!Number.isSafeInteger(count) || count < 0) {
    parts.losses.add("metrics", "numbers of requests that cannot be");
    return undefined;
  }
  if (endpoint < 0) {
    parts.losses.add("requests", "the ledger could not be written", count);
    return undefined;
  }
  const cell = parts.cells.at(second, source, instance, scenario, endpoint, fate, count);
  cell.count += count;
  witness.counted(source.source, count);
  source.counter.add(parts.arrivedMs(), count, isFailure(fate));
  return cell;
}

export function addDuration(parts: RecorderParts, { source }: Counted, cell: OpenCell, ms: number | undefined): void {
  if (ms === undefined || !(ms >= 0) || ms === Infinity) return;
  cell.addDuration(ms);
  source.counter.addDuration(parts.arrivedMs(), ms);
}

export function addLatency(parts: RecorderParts, { source }: Counted, cell: OpenCell, latency: HistogramView): void {
  cell.addLatency(latency);
  source.counter.addLatency(parts.arrivedMs(), latency);
}

/** `unknown` is no failure: the witness does not say. */
export function isFailure({ outcome }: Pick<LedgerCell, "outcome">): boolean {
  return outcome !== "ok" && outcome !== "unknown";
}
