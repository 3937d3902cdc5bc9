import { METRICS } from "../model/catalog.ts";
import { METRIC_KIND } from "../wire/scan-metric-rows.ts";

/** What a metric is taken for in place of what it says. */
export const OVERRIDE_INSTRUMENTS = ["counter", "gauge", "updowncounter"] as const;
export type OverrideInstrument = (typeof OVERRIDE_INSTRUMENTS)[number];

/** One row of the config's table: what is stated here takes the place of what the sender states, before the metric is named. */
export interface MetricOverride {
  /** OTLP name; `*` stands for any characters. */
  readonly metric: string;
  readonly name?: string | undefined;
  /** UCUM; "" = none. */
  readonly unit?: string | undefined;
  /** Numbers only; a histogram or summary stays what it is. */
  readonly instrument?: OverrideInstrument | undefined;
}

/**
 * Rows for senders whose metrics would get misleading names. `genarrative`: permits and bodies are counted, not ratios (a gauge of unit `1`
 * would become `…_available_ratio`), and a name that ends in `duration_ms` needs no `_milliseconds` behind it.
 */
export const OVERRIDE_PRESETS = {
  none: [],
  genarrative: [
    { metric: "genarrative.http.server.request_permits.*", unit: "{permit}" },
    { metric: "genarrative.http.server.response_bodies.in_flight", unit: "{body}" },
    { metric: "*.duration_ms", unit: "" },
  ],
} as const satisfies Readonly<Record<string, readonly MetricOverride[]>>;
export type OverridePreset = keyof typeof OVERRIDE_PRESETS;

/** The table, ready for use. */
export type MetricOverrides = readonly { readonly pattern: RegExp; readonly override: MetricOverride }[];

/** The user's rows come before those of the preset: of several rows for a metric the first that states a field wins. */
export function metricOverrides(rows: readonly MetricOverride[], preset: OverridePreset = "none"): MetricOverrides {
  return [...rows, ...OVERRIDE_PRESETS[preset]].map((override) => ({ pattern: globPattern(override.metric), override }));
}

/** What is stated for this metric, all matching rows together. */
export function overrideOf(metric: string, overrides: MetricOverrides): Omit<MetricOverride, "metric"> {
  let found: Omit<MetricOverride, "metric"> = {};
  for (const { pattern, override } of overrides) {
    if (!pattern.test(metric)) continue;
    found = {
      name: found.name ?? override.name,
      unit: found.unit ?? override.unit,
      instrument: found.instrument ?? override.instrument,
    };
  }
  return found;
}

/** Whole texts that the glob stands for; `*` is any characters, also none. */
export function globPattern(glob: string): RegExp {
  return new RegExp(`^${glob.split("*").map(RegExp.escape).join(".*")}$`, "su");
}

/** Why a row cannot be meant, if it cannot. */
export function overrideProblem({ metric, name, unit, instrument }: MetricOverride): string | undefined {
  if (name === undefined && unit === undefined && instrument === undefined) return "says nothing: give name, unit or instrument";
  if (name !== undefined && metric.includes("*")) return "gives one name to whatever the pattern matches; name a single metric";
  const known = Object.values(METRICS).find((one) => one.name === metric);
  if (instrument !== undefined && known?.instrument === "histogram") return `${metric} is a histogram and cannot become a ${instrument}`;
  return undefined;
}

/** Whether points of this kind (METRIC_KIND) are single numbers, which alone can change their instrument. */
export function isNumberKind(kind: number): boolean {
  return kind === METRIC_KIND.gauge || kind === METRIC_KIND.sum;
}
