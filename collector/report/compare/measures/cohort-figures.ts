import { cellsOf, countCells, latencyOfCells } from "../../../diagnose/rules/cell-facts.ts";
import { outermostOf } from "../../../diagnose/rules/stream-facts.ts";
import type { LedgerCell } from "../../../model/ledger.ts";
import type { LoadAggregate } from "../../../model/load-record.ts";
import { orderOfHistogram } from "../../../stats/histogram-order.ts";
import { quantileEstimate } from "../../../stats/quantile-interval.ts";
import type { ComparedRun } from "../compared-run.ts";
import { figure, type RunFigure } from "./run-figure.ts";

const QUANTILES = [
  ["cohort_p50", 0.5],
  ["cohort_p95", 0.95],
  ["cohort_p99", 0.99],
] as const;
/** All requests together, beside which cohorts stand. */
export const EVERYONE = "all";
/** More values of a label than this are no cohorts. */
const MOST_COHORTS = 12;

/**
 * Quantiles of successes by cohort: tag `cohort` where the generator gave only sums, else scenario or instance, whichever there are several of.
 * That of all (`all`) is there for runs without cohorts too.
 */
export function cohortFigures(run: ComparedRun): readonly RunFigure[] {
  return run.ledger.cells.some(({ hop }) => hop === "client") || run.ledger.aggregates.length === 0 ? cellFigures(run) : aggregateFigures(run);
}

/** `end_to_end: fast`. */
function aggregateFigures({ ledger }: ComparedRun): readonly RunFigure[] {
  const seen = new Set<string>();
  return ledger.aggregates.flatMap(({ item }) => {
    if (item.scope === "period") return [];
    return item.latencies.flatMap(({ of, quantiles }) => {
      const cohort = `${of === "duration" ? "" : `${of}: `}${cohortOf(item)}`;
      if (seen.has(cohort) || quantiles.length === 0) return [];
      seen.add(cohort);
      return QUANTILES.flatMap(([id, q]) => figure(id, cohort, quantiles.find((one) => Math.abs(one.q - q) < 1e-9)?.ms));
    });
  });
}

function cohortOf({ tags, endpoint }: LoadAggregate): string {
  const cohort = tags.getString("cohort") ?? "";
  const name = endpoint.name === "" ? "" : `${endpoint.method} ${endpoint.name} `.trimStart();
  return `${name}${cohort === "" ? EVERYONE : cohort}`;
}

function cellFigures({ ledger, load }: ComparedRun): readonly RunFigure[] {
  const stream = outermostOf(load.total);
  if (stream === undefined) return [];
  const cells = cellsOf(ledger, load.scope, stream);
  const cohorts = [({ scenario }: LedgerCell) => scenario, ({ instance }: LedgerCell) => instance]
    .map((labelled) => Map.groupBy(cells, labelled))
    .find((groups) => groups.size > 1 && groups.size <= MOST_COHORTS);
  return [
    ...quantileFigures(EVERYONE, cells),
    ...[...(cohorts ?? [])].flatMap(([cohort, own]) => (cohort === "" ? [] : quantileFigures(cohort, own))),
  ];
}

/** Where so many failed that a quantile of all lies among them, there is none. */
function quantileFigures(cohort: string, cells: readonly LedgerCell[]): readonly RunFigure[] {
  const ok = cells.filter(({ outcome }) => outcome === "ok");
  const latency = latencyOfCells(ok);
  if (latency === undefined) return [];
  const order = orderOfHistogram(latency);
  const failing = 1 - countCells(ok) / countCells(cells);
  return QUANTILES.flatMap(([id, q]) => {
    const estimate = quantileEstimate(order, q);
    return figure(id, cohort, estimate.isStated && failing <= 1 - q ? estimate.value : undefined);
  });
}
