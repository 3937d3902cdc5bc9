import { METRICS } from "../collector/model/catalog.ts";
import { CLIENT_METRICS, K6_METRICS, RUN_METRICS, SPAN_METRICS } from "../collector/model/catalog-run.ts";

/** `suffixed` = UnderscoreEscapingWithSuffixes (the default of Prometheus and of our exporters), `plain` = UnderscoreEscapingWithoutSuffixes. */
export const NAMING_STRATEGIES = ["suffixed", "plain"] as const;
export type NamingStrategy = (typeof NAMING_STRATEGIES)[number];

/** Every metric that a query may name, by the key that code uses for it. */
export const QUERIED_METRICS = { ...METRICS, ...RUN_METRICS, ...CLIENT_METRICS, ...K6_METRICS, ...SPAN_METRICS } as const;
export type QueriedKey = keyof typeof QUERIED_METRICS;

/** The family name of a metric in the chosen strategy; of a histogram without `_bucket`, `_sum`, `_count`. */
export type Names = (key: QueriedKey) => string;

/**
 * `genarrative` = the series passed through the collector's overrides of that name, which take the unit away from metrics whose name already has it:
 * `…duration_ms` then gets no second suffix.
 */
export type NamePreset = "genarrative";

const UNIT_IS_IN_THE_NAME: readonly QueriedKey[] = ["spacetimeReadDurationMs"];

export function namesOf(strategy: NamingStrategy, preset?: NamePreset): Names {
  return (key) => {
    const isOverridden = preset === "genarrative" && UNIT_IS_IN_THE_NAME.includes(key);
    return QUERIED_METRICS[key].prometheus[isOverridden ? "plain" : strategy];
  };
}
