import type { Hop } from "../../model/catalog.ts";
import type { CountSource } from "../../model/ledger.ts";

/** What bears on which source of a hop is counted by. */
export interface SourceQuestion {
  readonly hop: Hop;
  /** Requests by source within the scope. */
  readonly counts: ReadonlyMap<CountSource, number>;
  /** The same over the whole load: a source that lost records there loses them in every phase. */
  readonly loadCounts: ReadonlyMap<CountSource, number>;
  readonly isWholeLoad: boolean;
}

const ORDER: Readonly<Record<Hop, readonly CountSource[]>> = {
  client: ["requests", "metrics", "logs", "spans"],
  network: ["requests", "metrics", "logs", "spans"],
  proxy: ["requests", "logs", "metrics", "spans"],
  application: ["requests", "metrics", "logs", "spans"],
  store: ["metrics", "requests", "logs", "spans"],
};

/** Up to this share logs may be fewer than metrics and still be all of them: the edges of the window. */
const SAME = 0.01;

/**
 * Sources of a hop in the order in which they are believed; the first is counted by, and two are never added up.
 *
 * An application's metrics and its request logs count the same requests and err in different ways, always downwards: a counter first seen in
 * mid-run lacks what came before it, a log queue drops records. So over the whole load the larger of the two is taken, metrics when equal.
 * Increases of a counter are known only when they are exported, so within a phase logs are finer, and are taken unless they lost records.
 */
export function sourcesInOrder({ hop, counts, loadCounts, isWholeLoad }: SourceQuestion): readonly CountSource[] {
  const known = ORDER[hop].filter((source) => (counts.get(source) ?? 0) > 0);
  if (hop !== "application" || !known.includes("metrics") || !known.includes("logs")) return known;
  const [metrics, logs] = [loadCounts.get("metrics") ?? 0, loadCounts.get("logs") ?? 0];
  const areLogsBetter = isWholeLoad ? logs > metrics : logs >= metrics * (1 - SAME);
  if (!areLogsBetter) return known;
  const pair = new Set<CountSource>(["metrics", "logs"]);
  const swapped: CountSource[] = ["logs", "metrics"];
  return known.map((source) => (pair.has(source) ? (swapped.shift() as CountSource) : source));
}
