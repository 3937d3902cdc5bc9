import type { ExponentialHistogramPoint, HistogramPoint, Metric, MetricData, NumberPoint, SummaryPoint } from "../../collector/model/metric.ts";
import { bucketBound, farEndFirst, indexed } from "./exponential-bounds.ts";
import { Groups } from "./groups.ts";
import { normalHeaders, pairsText } from "./normal-headers.ts";
import { fixedText, pointNumberText, shortestText } from "./number-text.ts";

const HEADERS = normalHeaders("metrics");

/** A line for each data point, as otelcol's debug exporter prints at `verbosity: normal` (exporter/debugexporter/internal/normal, v0.159.0). */
export function normalMetrics(metrics: readonly Metric[]): string {
  const groups = new Groups(HEADERS);
  let out = "";
  for (const metric of metrics) {
    out += groups.enter(metric.resource, metric.scope);
    for (const [point, text] of pointTexts(metric.data)) out += `${metric.name}{${pairsText(point.attributes, ",")}} ${text}\n`;
  }
  return out;
}

function pointTexts(data: MetricData): readonly (readonly [MetricData["points"][number], string])[] {
  switch (data.type) {
    case "empty":
      return [];
    case "gauge":
    case "sum":
      return data.points.map((point) => [point, numberText(point)] as const);
    case "histogram":
      return data.points.map((point) => [point, histogramText(point)] as const);
    case "exponential_histogram":
      return data.points.map((point) => [point, exponentialText(point)] as const);
    case "summary":
      return data.points.map((point) => [point, summaryText(point)] as const);
  }
}

function numberText(point: NumberPoint): string {
  return pointNumberText(point.number, shortestText);
}

function totalsText(point: HistogramPoint | ExponentialHistogramPoint): string {
  let out = `count=${point.count}`;
  if (point.sum !== undefined) out += ` sum=${shortestText(point.sum)}`;
  if (point.min !== undefined) out += ` min=${shortestText(point.min)}`;
  if (point.max !== undefined) out += ` max=${shortestText(point.max)}`;
  return out;
}

/** Counts of each bucket alone, not cumulated; the last has no bound. */
function histogramText(point: HistogramPoint): string {
  let out = totalsText(point);
  for (const [at, count] of point.bucketCounts.entries()) {
    const bound = point.explicitBounds[at];
    out += bound === undefined ? ` ${count}` : ` le${shortestText(bound)}=${count}`;
  }
  return out;
}

/** From the far negative end over zero to the far positive end. */
function exponentialText(point: ExponentialHistogramPoint): string {
  const { scale, positive, negative, zeroCount } = point;
  let out = totalsText(point);
  for (const [at, count] of farEndFirst(negative)) out += ` le${shortestText(-bucketBound(at, scale))}=${count}`;
  if (zeroCount !== 0n) out += ` zero=${zeroCount}`;
  for (const [at, count] of indexed(positive)) out += ` le${shortestText(bucketBound(at + 1, scale))}=${count}`;
  return out;
}

function summaryText(point: SummaryPoint): string {
  const quantiles = point.quantiles.map(({ quantile, value }) => ` q${shortestText(quantile)}=${shortestText(value)}`);
  return `count=${point.count} sum=${fixedText(point.sum)}${quantiles.join("")}`;
}
