import type { RuleGroup } from "../../alerts/rule.ts";
import { Attributes } from "../../model/attributes.ts";
import { type CatalogMetric, METRICS } from "../../model/catalog.ts";
import { CLIENT_METRICS, K6_METRICS, RUN_METRICS, SPAN_METRICS } from "../../model/catalog-run.ts";
import { familyHeader, type Translation } from "../../series/translation.ts";
import { METRIC_KIND } from "../../wire/scan-metric-rows.ts";

const CATALOGUE: readonly CatalogMetric[] = Object.values({ ...METRICS, ...RUN_METRICS, ...CLIENT_METRICS, ...K6_METRICS, ...SPAN_METRICS });
const KINDS = { counter: METRIC_KIND.sum, updowncounter: METRIC_KIND.sum, gauge: METRIC_KIND.gauge, histogram: METRIC_KIND.histogram } as const;
/** What K6_OTEL_METRIC_PREFIX usually is, and what the rules ask for as well. */
const K6_PREFIX = "k6_";
/** With suffixes, the name of a gauge of unit `1`: what a server sends that does not know better. */
const RATIO = { suffix: "_ratio", unit: "1" } as const;

/** Names in the shipped queries → names that the configuration gives the same metrics. Families, without `_bucket` and the like. */
export interface RenamedMetrics {
  readonly numbers: ReadonlyMap<string, string>;
  readonly histograms: ReadonlyMap<string, string>;
}

/** What the user's translation calls differently from the catalogue. Empty where nothing is. */
export function renamedMetrics(naming: "suffixed" | "plain", translation: Translation): RenamedMetrics {
  const numbers = new Map<string, string>();
  const histograms = new Map<string, string>();
  for (const metric of CATALOGUE) {
    const shipped = metric.prometheus[naming];
    const renamed = metric.instrument === "histogram" ? histograms : numbers;
    const note = (before: string, sent: CatalogMetric): void => {
      const now = familyName(sent, translation);
      if (now !== undefined && now !== before) renamed.set(before, now);
    };
    note(shipped, metric);
    if (metric.source === "k6") note(`${K6_PREFIX}${shipped}`, { ...metric, name: `${K6_PREFIX}${metric.name}` });
    if (naming === "suffixed" && metric.unit.startsWith("{") && metric.instrument !== "counter") {
      note(`${shipped}${RATIO.suffix}`, { ...metric, unit: RATIO.unit, instrument: "gauge" });
    }
  }
  return { numbers, histograms };
}

function familyName({ name, unit, instrument }: CatalogMetric, translation: Translation): string | undefined {
  const isMonotonic = instrument === "counter";
  const sent = { name, unit, description: "", metadata: Attributes.EMPTY, kind: KINDS[instrument], temporality: 2, isMonotonic };
  return familyHeader(sent, translation)?.name;
}

/** Texts and labels are passed over; what is left are names of metrics, functions and groupings. */
const WORDS = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\{(?:"(?:[^"\\]|\\.)*"|[^"}])*\}|(?<![\w:$])[A-Za-z_:][\w:]*/g;
const SUFFIXED = /^(.+)(_bucket|_sum|_count|_min|_max)$/;

/** A query (PromQL, or Grafana's `label_values(…)` around it) with its metrics under their new names: whole words only, each replaced once. */
export function renameQuery(query: string, { numbers, histograms }: RenamedMetrics): string {
  return query.replaceAll(WORDS, (word) => {
    const whole = numbers.get(word);
    if (whole !== undefined) return whole;
    const [, family = "", suffix = ""] = SUFFIXED.exec(word) ?? [];
    const now = histograms.get(family);
    return now === undefined ? word : `${now}${suffix}`;
  });
}

/** Where a dashboard's JSON model has queries: of panels and annotations, and of variables. */
const QUERY_KEYS: ReadonlySet<string> = new Set(["expr", "query", "definition"]);

/** The text of a dashboard's JSON file with its queries renamed; nothing else of it changes. */
export function renameDashboard(text: string, renamed: RenamedMetrics): string {
  const model: unknown = JSON.parse(text, (key, value: unknown) =>
    QUERY_KEYS.has(key) && typeof value === "string" ? renameQuery(value, renamed) : value,
  );
  return `${JSON.stringify(model, null, 2)}\n`;
}

export function renameRules(groups: readonly RuleGroup[], renamed: RenamedMetrics): readonly RuleGroup[] {
  return groups.map((group) => ({ ...group, rules: group.rules.map((rule) => ({ ...rule, expr: renameQuery(rule.expr, renamed) })) }));
}
