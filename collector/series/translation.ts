import { Attributes } from "../model/attributes.ts";
import { type LabelRules, SPEC_LABEL_RULES } from "../wire/prometheus-label.ts";
import { allowsUtf8, isLegacyName, metricName, type TranslationStrategy } from "../wire/prometheus-name.ts";
import { escapeLabelValue } from "../wire/prometheus-text.ts";
import { unitName } from "../wire/prometheus-unit.ts";
import { METRIC_KIND } from "../wire/scan-metric-rows.ts";
import type { FamilyType } from "./families.ts";
import { attributeLabels, type LabelSet } from "./labels.ts";

/** What the config says about names and labels. */
export interface Translation {
  readonly strategy: TranslationStrategy;
  readonly namespace: string;
  readonly constLabels: Readonly<Record<string, string>>;
  /** Resource attributes as labels of every series. */
  readonly promoteResource: boolean;
  readonly scopeInfo: boolean;
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

export function labelRules(strategy: TranslationStrategy): LabelRules {
  return { ...SPEC_LABEL_RULES, utf8: allowsUtf8(strategy) };
}

/** UTF-16 units of a HELP text: it is sent with every scrape, and a hostile one may be megabytes long. */
const MAX_HELP_LENGTH = 4096;

/** The family that a metric belongs to; undefined where its name comes to nothing. */
export function familyHeader(metric: MetricHeader, { strategy, namespace }: Translation): FamilyHeader | undefined {
  const type = familyType(metric);
  const isGauge = metric.kind === METRIC_KIND.gauge;
  const name = metricName({ name: metric.name, unit: metric.unit, isCounter: type === "counter", isGauge, namespace }, strategy);
  if (name === undefined) return undefined;
  const help =
    metric.kind === METRIC_KIND.exponentialHistogram
      ? `${metric.description} (exponential histogram, shown in power-of-two buckets)`
      : metric.description;
  return { name, type, help: help.slice(0, MAX_HELP_LENGTH).trim(), unit: unitName(metric.unit, allowsUtf8(strategy)) };
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
export function seriesLabels(point: Attributes, type: FamilyType, fixed: LabelSet, fallback: LabelSet, rules: LabelRules): LabelSet {
  const taken = type === "histogram" ? "le" : type === "summary" ? "quantile" : undefined;
  const labels = attributeLabels(point, rules, (name) => (fixed.has(name) ? undefined : name === taken ? `exported_${name}` : name));
  for (const [name, value] of fixed) labels.set(name, value);
  for (const [name, value] of fallback) if (!labels.has(name) && name !== taken) labels.set(name, value);
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

/** The labels that only fill up what is not there: constant ones, and resource attributes where they are promoted. */
export function fallbackLabels(resource: Attributes, { constLabels, promoteResource, strategy }: Translation): LabelSet {
  const rules = labelRules(strategy);
  const labels = attributeLabels(Attributes.from(constLabels), rules, (name) => name);
  if (!promoteResource) return labels;
  const promoted = attributeLabels(resource, rules, (name) => name);
  for (const [name, value] of labels) if (!promoted.has(name)) promoted.set(name, value);
  return promoted;
}
