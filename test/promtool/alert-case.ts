import type { AlertStrategy } from "../../collector/alerts/alert-options.ts";
import { familyName } from "../../collector/alerts/alert-options.ts";
import type { CatalogMetric } from "../../collector/model/catalog.ts";

/** What was measured, and which alerts are firing at which moments of it. */
export interface AlertCase {
  readonly name: string;
  /** Series in PromQL's notation → values every 5 s in promtool's (`0+10x12`, `_`, `stale`). */
  readonly series: Readonly<Record<string, string>>;
  readonly expect: readonly ExpectedAlert[];
  /** Only where the names of one strategy make a difference. */
  readonly only?: AlertStrategy;
}

export interface ExpectedAlert {
  readonly alert: string;
  /** Since the first sample, as promtool writes durations. */
  readonly at: string;
  /** Empty = it does not fire. */
  readonly fires: readonly {
    /** Besides severity, layer and what else the rule itself gives. */
    readonly labels: Readonly<Record<string, string>>;
    readonly summary: string;
    readonly description: string;
  }[];
}

/** Cases are written once; the strategy decides over the names. */
export type AlertCases = (nameOf: (metric: CatalogMetric) => string) => readonly AlertCase[];

export function casesFor(strategy: AlertStrategy, cases: readonly AlertCases[]): readonly AlertCase[] {
  return cases.flatMap((make) => make((metric) => familyName(metric, strategy))).filter(({ only }) => only === undefined || only === strategy);
}

/** The labels of the one process that most cases have. */
export const API = 'job="api",instance="i"';
export const API_LABELS = { job: "api", instance: "i" };
