import type { Hop } from "../../model/catalog.ts";
import type { LedgerCell, RunLedger, SumKey } from "../../model/ledger.ts";
import { ExponentialHistogram } from "../../stats/exponential-histogram.ts";
import { decodeHistogram } from "../../stats/histogram-bytes.ts";
import type { Scope, Stream } from "../digest-types.ts";

/**
 * The rows behind a stream, for what its totals do not tell (the proxy's part in those with status 429, say). Rows of another source or
 * witness than the stream's are left out: they tell the same requests again.
 */
export function cellsOf(
  ledger: RunLedger,
  { startSecond, endSecond }: Pick<Scope, "startSecond" | "endSecond">,
  stream: Stream,
  endpoint = "",
): readonly LedgerCell[] {
  const witnesses = new Set(stream.witnesses);
  const { hop, source } = stream;
  return cellsAt(ledger, hop, endpoint).filter(
    (cell) =>
      cell.source === source && cell.second >= startSecond && cell.second < endSecond && (witnesses.size === 0 || witnesses.has(cell.witness)),
  );
}

/** Rows by hop and by hop and endpoint, so that a rule that asks for each endpoint does not go through all rows each time. */
const INDICES = new WeakMap<RunLedger, ReadonlyMap<string, readonly LedgerCell[]>>();

function cellsAt(ledger: RunLedger, hop: Hop, endpoint: string): readonly LedgerCell[] {
  const index = INDICES.get(ledger) ?? indexOf(ledger);
  INDICES.set(ledger, index);
  return index.get(keyOf(hop, endpoint)) ?? [];
}

function indexOf({ cells, endpoints }: RunLedger): ReadonlyMap<string, readonly LedgerCell[]> {
  const index = new Map<string, LedgerCell[]>();
  const add = (key: string, cell: LedgerCell) => {
    const known = index.get(key);
    if (known === undefined) index.set(key, [cell]);
    else known.push(cell);
  };
  for (const cell of cells) {
    add(keyOf(cell.hop, ""), cell);
    const canonical = endpoints[cell.endpoint]?.canonical ?? "";
    if (canonical !== "") add(keyOf(cell.hop, canonical), cell);
  }
  return index;
}

function keyOf(hop: Hop, endpoint: string): string {
  return `${hop}\n${endpoint}`;
}

export function countCells(cells: readonly LedgerCell[]): number {
  return cells.reduce((sum, { count }) => sum + count, 0);
}

/** `n` = requests that told it. */
export function addSums(cells: readonly LedgerCell[], key: SumKey): { readonly n: number; readonly sum: number } {
  return cells.reduce((all, { sums }) => ({ n: all.n + (sums[key]?.n ?? 0), sum: all.sum + (sums[key]?.sum ?? 0) }), { n: 0, sum: 0 });
}

/** ms; undefined where no row has a duration. */
export function latencyOfCells(cells: readonly LedgerCell[]): ExponentialHistogram | undefined {
  const whole = new ExponentialHistogram();
  for (const { latency } of cells) if (latency !== undefined) whole.merge(decodeHistogram(latency));
  return whole.count === 0 ? undefined : whole;
}

/** `GET /api/works` of the client: one number a second of the scope. */
export function perSecond(cells: readonly LedgerCell[], { startSecond, endSecond }: Pick<Scope, "startSecond" | "endSecond">): Float64Array {
  const counts = new Float64Array(Math.max(0, endSecond - startSecond));
  for (const { second, count } of cells) {
    const at = second - startSecond;
    if (at >= 0 && at < counts.length) counts[at] = (counts[at] as number) + count;
  }
  return counts;
}
