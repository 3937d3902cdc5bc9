import { Attributes } from "../model/attributes.ts";
import type { Metric, MetricData } from "../model/metric.ts";
import type { Resource, Scope } from "../model/resource.ts";
import type { JsonReader } from "./json-reader.ts";
import type { Mutable } from "./otlp-common.ts";
import { enumNames, readJsonAttributes } from "./otlp-json-common.ts";
import { readJsonExponentialHistogramPoint, readJsonHistogramPoint, readJsonNumberPoint, readJsonSummaryPoint } from "./otlp-json-metrics-points.ts";
import { EMPTY_DATA, metricData } from "./otlp-metrics.ts";

const TEMPORALITIES = enumNames("AGGREGATION_TEMPORALITY_", ["UNSPECIFIED", "DELTA", "CUMULATIVE"]);

/** Fields: the table of `Metric` in otlp-metrics.ts. */
export function readJsonMetric(reader: JsonReader, resource: Resource, scope: Scope): Metric {
  const metric: Mutable<Metric> = { resource, scope, name: "", description: "", unit: "", metadata: Attributes.EMPTY, data: EMPTY_DATA };
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    switch (key) {
      case "name":
        metric.name = reader.string();
        break;
      case "description":
        metric.description = reader.string();
        break;
      case "unit":
        metric.unit = reader.string();
        break;
      case "metadata":
        metric.metadata = readJsonAttributes(reader);
        break;
      case "gauge":
        metric.data = readData(reader, "gauge", readJsonNumberPoint);
        break;
      case "sum":
        metric.data = readData(reader, "sum", readJsonNumberPoint);
        break;
      case "histogram":
        metric.data = readData(reader, "histogram", readJsonHistogramPoint);
        break;
      case "exponentialHistogram":
        metric.data = readData(reader, "exponential_histogram", readJsonExponentialHistogramPoint);
        break;
      case "summary":
        metric.data = readData(reader, "summary", readJsonSummaryPoint);
        break;
      default:
        reader.unknown("Metric", key);
    }
  }
  return metric;
}

function readData(reader: JsonReader, type: MetricData["type"], readPoint: (reader: JsonReader) => MetricData["points"][number]): MetricData {
  const points: MetricData["points"][number][] = [];
  let temporality = 0;
  let isMonotonic = false;
  for (let key = reader.firstKey(); key !== undefined; key = reader.nextKey()) {
    if (key === "dataPoints") {
      for (let more = reader.firstItem(); more; more = reader.nextItem()) if (!reader.isNull()) points.push(readPoint(reader));
    } else if (key === "aggregationTemporality" && type !== "gauge" && type !== "summary") temporality = reader.enumeration(TEMPORALITIES);
    else if (key === "isMonotonic" && type === "sum") isMonotonic = reader.bool();
    else reader.unknown(type, key);
  }
  return metricData(type, points, temporality, isMonotonic);
}
