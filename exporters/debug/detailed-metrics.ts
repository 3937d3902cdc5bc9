import type { Metric, MetricData } from "../../collector/model/metric.ts";
import { attributesText, NESTED } from "./attributes-text.ts";
import { detailedHeaders } from "./detailed-headers.ts";
import { exponentialPointText, histogramPointText, numberPointText, summaryPointText } from "./detailed-points.ts";
import { Groups } from "./groups.ts";

const TYPE_WORDS: Readonly<Record<MetricData["type"], string>> = {
  empty: "Empty",
  gauge: "Gauge",
  sum: "Sum",
  histogram: "Histogram",
  exponential_histogram: "ExponentialHistogram",
  summary: "Summary",
};
const TEMPORALITY_WORDS = ["Unspecified", "Delta", "Cumulative"];

const HEADERS = detailedHeaders("metrics");

/** Metrics as otelcol's debug exporter prints them at `verbosity: detailed` (exporter/debugexporter/internal/otlptext, v0.159.0). */
export function detailedMetrics(metrics: readonly Metric[]): string {
  const groups = new Groups(HEADERS);
  let out = "";
  for (const metric of metrics) {
    out += groups.enter(metric.resource, metric.scope);
    out +=
      `Metric #${groups.itemIndex}\nDescriptor:\n     -> Name: ${metric.name}\n     -> Description: ${metric.description}\n` +
      `     -> Unit: ${metric.unit}\n     -> DataType: ${TYPE_WORDS[metric.data.type]}\n` +
      attributesText("     -> Metadata:\n", NESTED, metric.metadata) +
      dataText(metric.data);
  }
  return out;
}

function dataText(data: MetricData): string {
  switch (data.type) {
    case "empty":
      return "";
    case "gauge":
      return pointsText(data.points, numberPointText);
    case "sum":
      return `     -> IsMonotonic: ${data.isMonotonic}\n${temporalityText(data.temporality)}${pointsText(data.points, numberPointText)}`;
    case "histogram":
      return temporalityText(data.temporality) + pointsText(data.points, histogramPointText);
    case "exponential_histogram":
      return temporalityText(data.temporality) + pointsText(data.points, exponentialPointText);
    case "summary":
      return pointsText(data.points, summaryPointText);
  }
}

function temporalityText(temporality: number): string {
  return `     -> AggregationTemporality: ${TEMPORALITY_WORDS[temporality] ?? ""}\n`;
}

function pointsText<Point>(points: readonly Point[], text: (point: Point, index: number) => string): string {
  let out = "";
  for (let index = 0; index < points.length; index++) out += text(points[index] as Point, index);
  return out;
}
