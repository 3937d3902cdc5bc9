import type {
  Exemplar,
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  Metric,
  MetricData,
  NumberPoint,
  NumberValue,
  SummaryPoint,
} from "../model/metric.ts";
import { attributesMember, formatDouble, int, int64, list, object, text } from "./otlp-json-format.ts";

export function formatMetric(metric: Metric): string {
  return object(
    text("name", metric.name),
    text("description", metric.description),
    text("unit", metric.unit),
    formatData(metric.data),
    attributesMember("metadata", metric.metadata),
  );
}

/** The member of the oneof, present even without points: it says the type. */
function formatData(data: MetricData): string {
  switch (data.type) {
    case "empty":
      return "";
    case "gauge":
      return `"gauge":${object(list("dataPoints", data.points, formatNumberPoint))}`;
    case "sum": {
      const monotonic = data.isMonotonic ? '"isMonotonic":true' : "";
      return `"sum":${object(list("dataPoints", data.points, formatNumberPoint), temporality(data.temporality), monotonic)}`;
    }
    case "histogram":
      return `"histogram":${object(list("dataPoints", data.points, formatHistogramPoint), temporality(data.temporality))}`;
    case "exponential_histogram":
      return `"exponentialHistogram":${object(list("dataPoints", data.points, formatExponentialHistogramPoint), temporality(data.temporality))}`;
    case "summary":
      return `"summary":${object(list("dataPoints", data.points, formatSummaryPoint))}`;
  }
}

function temporality(value: number): string {
  return int("aggregationTemporality", value);
}

function pointMembers(point: NumberPoint | HistogramPoint | ExponentialHistogramPoint | SummaryPoint): string[] {
  return [
    attributesMember("attributes", point.attributes),
    int64("startTimeUnixNano", point.startUnixNano),
    int64("timeUnixNano", point.timeUnixNano),
    int("flags", point.flags),
  ];
}

function formatNumberPoint(point: NumberPoint): string {
  return object(...pointMembers(point), formatNumber(point.number), list("exemplars", point.exemplars, formatExemplar));
}

function formatHistogramPoint(point: HistogramPoint): string {
  return object(
    ...pointMembers(point),
    int64("count", point.count),
    double("sum", point.sum),
    counts(point.bucketCounts),
    list("explicitBounds", point.explicitBounds, formatDouble),
    double("min", point.min),
    double("max", point.max),
    list("exemplars", point.exemplars, formatExemplar),
  );
}

function formatExponentialHistogramPoint(point: ExponentialHistogramPoint): string {
  return object(
    ...pointMembers(point),
    int64("count", point.count),
    double("sum", point.sum),
    int("scale", point.scale),
    int64("zeroCount", point.zeroCount),
    Object.is(point.zeroThreshold, 0) ? "" : double("zeroThreshold", point.zeroThreshold),
    buckets("positive", point.positive),
    buckets("negative", point.negative),
    double("min", point.min),
    double("max", point.max),
    list("exemplars", point.exemplars, formatExemplar),
  );
}

function formatSummaryPoint(point: SummaryPoint): string {
  return object(
    ...pointMembers(point),
    int64("count", point.count),
    double("sum", point.sum),
    list("quantileValues", point.quantiles, (at) => object(double("quantile", at.quantile), double("value", at.value))),
  );
}

function formatExemplar(exemplar: Exemplar): string {
  return object(
    attributesMember("filteredAttributes", exemplar.filteredAttributes),
    int64("timeUnixNano", exemplar.timeUnixNano),
    formatNumber(exemplar.number),
    text("spanId", exemplar.spanId),
    text("traceId", exemplar.traceId),
  );
}

function formatNumber(number: NumberValue): string {
  if (number.kind === "int") return `"asInt":"${number.value}"`;
  return number.kind === "double" ? `"asDouble":${formatDouble(number.value)}` : "";
}

function double(name: string, value: number | undefined): string {
  return value === undefined ? "" : `"${name}":${formatDouble(value)}`;
}

function counts(values: readonly bigint[]): string {
  return list("bucketCounts", values, (value) => `"${value}"`);
}

function buckets(name: string, value: ExponentialBuckets | undefined): string {
  return value === undefined ? "" : `"${name}":${object(int("offset", value.offset), counts(value.bucketCounts))}`;
}
