import { METRICS } from "../collector/model/catalog.ts";
import { CLIENT_METRICS, K6_METRICS, RUN_METRICS, SPAN_METRICS } from "../collector/model/catalog-run.ts";

/** `suffixed` = UnderscoreEscapingWithSuffixes (the default of Prometheus and of our exporters), `plain` = UnderscoreEscapingWithoutSuffixes. */
export const NAMING_STRATEGIES = ["suffixed", "plain"] as const;
export type NamingStrategy = (typeof NAMING_STRATEGIES)[number];

/** Every metric that a query may name, by the key that code uses for it. */
export const QUERIED_METRICS = { ...METRICS, ...RUN_METRICS, ...CLIENT_METRICS, ...K6_METRICS, ...SPAN_METRICS } as const;
export type QueriedKey = keyof typeof QUERIED_METRICS;

/** The family name of a metric in the chosen strategy; of a histogram without `_bucket`, `_sum`, `_count`. */
export interface Names {
  (key: QueriedKey): string;
  /**
   * All names that a count may have, the catalogue's first: a server that sends it as a gauge of unit `1` gets `_ratio` behind it, with suffixes.
   * Source: prometheus/otlptranslator metric_namer.go
   */
  readonly ofCount: (key: QueriedKey) => readonly string[];
}

/**
 * `genarrative` = the series passed through the collector's overrides of that name, which take the unit away from metrics whose name already has it:
 * `…duration_ms` then gets no second suffix.
 */
export type NamePreset = "genarrative";

const UNIT_IS_IN_THE_NAME: readonly QueriedKey[] = ["spacetimeReadDurationMs"];

export function namesOf(strategy: NamingStrategy, preset?: NamePreset): Names {
  const name = (key: QueriedKey): string => {
    const isOverridden = preset === "genarrative" && UNIT_IS_IN_THE_NAME.includes(key);
    return QUERIED_METRICS[key].prometheus[isOverridden ? "plain" : strategy];
  };
  // The preset gives permits and bodies the unit that they should have.
  const hasRatio = strategy === "suffixed" && preset !== "genarrative";
  return Object.assign(name, { ofCount: (key: QueriedKey) => (hasRatio ? [name(key), `${name(key)}_ratio`] : [name(key)]) });
}
