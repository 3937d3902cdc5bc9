import { Attributes } from "../model/attributes.ts";
import type { Scope } from "../model/resource.ts";
import { type LabelRules, SPEC_LABEL_RULES } from "../wire/prometheus-label.ts";
import { allowsUtf8, isLegacyName, metricName, type TranslationStrategy } from "../wire/prometheus-name.ts";
import { escapeLabelValue } from "../wire/prometheus-text.ts";
import { type UnitSpelling, unitName } from "../wire/prometheus-unit.ts";
import { METRIC_KIND } from "../wire/scan-metric-rows.ts";
import type { FamilyType } from "./families.ts";
import { attributeLabels, identityOf, type LabelSet, type OnLabelCollision, scopeLabels } from "./labels.ts";
import { isNumberKind, type MetricOverrides, overrideOf } from "./metric-overrides.ts";

/** Which resource attributes become labels of every series: all, none, or those with such a key. */
export type ResourcePromotion = boolean | ((key: string) => boolean);

/** What the config says about names and labels (translation-settings.ts). What is optional is the specification's way where absent. */
export interface Translation {
  readonly strategy: TranslationStrategy;
  /** Before every metric name, `target_info` excepted. */
  readonly namespace: string;
  /** Labels of every series whose names nothing else has taken; names as they are. */
  readonly constLabels: Readonly<Record<string, string>>;
  readonly promoteResource: ResourcePromotion;
  /** `otel_scope_…` labels. */
  readonly scopeInfo: boolean;
  /** How label names are escaped; `utf8` is the strategy's. */
  readonly labelRules?: LabelRules;
  readonly unitSpelling?: UnitSpelling;
  readonly overrides?: MetricOverrides;
  /** `target_info` has service.name and its like besides job and instance. */
  readonly keepIdentifying?: boolean;
  /** Points that are deltas are not added up but counted as lost, as Prometheus' own receiver turns them down. */
  readonly dropDeltas?: boolean;
}

/** What a metric says about itself, decoded. */
export interface MetricHeader {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly metadata: Attributes;
  /** METRIC_KIND. */
  readonly kind: number;
  /** 0 unspecified, 1 delta, 2 cumulative. */
  readonly temporality: number;
  readonly isMonotonic: boolean;
}

export interface FamilyHeader {
  readonly name: string;
  readonly type: FamilyType;
  readonly help: string;
  readonly unit: string;
}

/** How label names are escaped; by the strategy alone it is the specification's way. */
export function labelRules(of: TranslationStrategy | Pick<Translation, "strategy" | "labelRules">): LabelRules {
  const { strategy, labelRules: rules }: Pick<Translation, "strategy" | "labelRules"> = typeof of === "string" ? { strategy: of } : of;
  return { ...(rules ?? SPEC_LABEL_RULES), utf8: allowsUtf8(strategy) };
}

/** UTF-16 units of a HELP text: it is sent with every scrape, and a hostile one may be megabytes long. */
const MAX_HELP_LENGTH = 4096;

/** The family that a metric belongs to; undefined where its name comes to nothing. */
export function familyHeader(metric: MetricHeader, translation: Translation): FamilyHeader | undefined {
  const { strategy, namespace, unitSpelling = "prometheus", overrides = [] } = translation;
  const override = overrideOf(metric.name, overrides);
  const unit = override.unit ?? metric.unit;
  const instrument = isNumberKind(metric.kind) ? override.instrument : undefined;
  const type = instrument === undefined ? familyType(metric) : instrument === "counter" ? "counter" : "gauge";
  const isGauge = instrument === undefined ? metric.kind === METRIC_KIND.gauge : instrument === "gauge";
  const isCounter = type === "counter";
  const name = metricName({ name: override.name ?? metric.name, unit, isCounter, isGauge, namespace, unitSpelling }, strategy);
  if (name === undefined) return undefined;
  const help =
    metric.kind === METRIC_KIND.exponentialHistogram
      ? `${metric.description} (exponential histogram; its classic buckets end at powers of two)`
      : metric.description;
  return { name, type, help: help.slice(0, MAX_HELP_LENGTH).trim(), unit: unitName(unit, allowsUtf8(strategy), unitSpelling) };
}

function familyType({ kind, isMonotonic, metadata }: MetricHeader): FamilyType {
  switch (kind) {
    case METRIC_KIND.sum:
      return isMonotonic ? "counter" : "gauge";
    case METRIC_KIND.histogram:
    case METRIC_KIND.exponentialHistogram:
      return "histogram";
    case METRIC_KIND.summary:
      return "summary";
    default:
      return metadata.getString("prometheus.type") === "unknown" ? "unknown" : "gauge";
  }
}

/**
 * All labels of one series. A point's attribute wins over promoted resource attributes and constant labels, and loses to job, instance
 * and scope; `le` and `quantile`, which histograms and summaries need for themselves, become `exported_…`.
 */
export function seriesLabels(
  point: Attributes,
  type: FamilyType,
  fixed: LabelSet,
  fallback: LabelSet,
  rules: LabelRules,
  onCollision?: OnLabelCollision,
): LabelSet {
  const taken = type === "histogram" ? "le" : type === "summary" ? "quantile" : undefined;
  const rename = (name: string) => (fixed.has(name) ? undefined : name === taken ? `exported_${name}` : name);
  const labels = attributeLabels(point, rules, rename, { onCollision });
  for (const [name, value] of fixed) labels.set(name, value);
  for (const [name, value] of fallback) if (!labels.has(name) && name !== taken) labels.set(name, value);
  return labels;
}

/** What all series of a scope have in common: job, instance and the scope's own labels, which nothing overwrites. */
export function fixedLabels(resource: Attributes, scope: Scope, translation: Translation): LabelSet {
  const labels: LabelSet = translation.scopeInfo ? scopeLabels(scope, labelRules(translation)) : new Map();
  const { job, instance } = identityOf(resource);
  if (job !== "") labels.set("job", job);
  if (instance !== "") labels.set("instance", instance);
  return labels;
}

/** The labels that only fill up what is not there: resource attributes where they are promoted, then constant ones. */
export function fallbackLabels(resource: Attributes, translation: Translation): LabelSet {
  const { constLabels, promoteResource } = translation;
  const isPromoted = typeof promoteResource === "function" ? promoteResource : () => promoteResource;
  const promoted = Attributes.of([...resource].filter(([key]) => isPromoted(key)));
  const labels = attributeLabels(promoted, labelRules(translation), (name) => name);
  for (const [name, value] of Object.entries(constLabels)) if (value !== "" && !labels.has(name)) labels.set(name, value);
  return labels;
}

/** What stands before the labels of a sample line: `name{`, or `{"na.me",` where the name must be quoted. */
export function lineHead(sample: string): string {
  return isLegacyName(sample) ? `${sample}{` : `{"${escapeLabelValue(sample)}",`;
}

/** A whole line head with labels: `name{a="b"} `, and `name ` without any. */
export function lineStart(sample: string, labels: string): string {
  const head = lineHead(sample);
  if (labels !== "") return `${head}${labels}} `;
  return isLegacyName(sample) ? `${sample} ` : `${head.slice(0, -1)}} `;
}
