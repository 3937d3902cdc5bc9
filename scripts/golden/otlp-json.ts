import { METRIC_KIND } from "../../collector/wire/scan-metric-rows.ts";
import { type Fields, isFields } from "./read-cases.ts";

/** When the points of a case happened that does not say it. */
const TIME_UNIX_NANO = "1700000000000000000";

const VALUE_KEYS = ["stringValue", "boolValue", "intValue", "doubleValue", "bytesValue", "arrayValue", "kvlistValue"];

/** A plain JSON value, or one that is an AnyValue already. */
export function anyValueJson(value: unknown): unknown {
  if (value === null || value === undefined) return {};
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "number") return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValueJson) } };
  if (!isFields(value)) throw new TypeError(`${typeof value} is no attribute value`);
  const keys = Object.keys(value);
  if (keys.length === 0 || (keys.length === 1 && VALUE_KEYS.includes(keys[0] as string))) return value;
  return { kvlistValue: { values: attributesJson(value) } };
}

/** `{key: value}` or a list of OTLP's own `{key, value}`. */
export function attributesJson(attributes: unknown): readonly unknown[] {
  if (Array.isArray(attributes)) return attributes;
  return Object.entries(isFields(attributes) ? attributes : {}).map(([key, value]) => ({ key, value: anyValueJson(value) }));
}

export interface ScopedMetric {
  readonly scope: unknown;
  readonly metric: unknown;
}

/** An OTLP/JSON request of one resource; each metric under a scope of its own. */
export function requestJson(resource: unknown, metrics: readonly ScopedMetric[]): Uint8Array {
  const scopeMetrics = metrics.map(({ scope, metric }) => {
    const { name = "", version = "", schemaUrl = "", attributes = {} } = isFields(scope) ? scope : {};
    return { scope: { name, version, attributes: attributesJson(attributes) }, schemaUrl, metrics: [metricJson(metric)] };
  });
  return Buffer.from(JSON.stringify({ resourceMetrics: [{ resource: { attributes: attributesJson(resource) }, scopeMetrics }] }));
}

const DATA_KEYS = ["gauge", "sum", "histogram", "exponentialHistogram", "summary"];

/** As OTLP/JSON has it, but that attributes may be plain objects. */
function metricJson(metric: unknown): unknown {
  if (!isFields(metric)) return {};
  const own = Object.entries(metric).map(([key, value]) => {
    if (key === "metadata") return [key, attributesJson(value)];
    if (!DATA_KEYS.includes(key) || !isFields(value)) return [key, value];
    const { dataPoints } = value;
    return [key, { ...value, ...(Array.isArray(dataPoints) ? { dataPoints: dataPoints.map(pointJson) } : {}) }];
  });
  return Object.fromEntries(own);
}

/** Completed by a time, as the scan of a point without one is another story. */
export function pointJson(point: unknown): unknown {
  if (!isFields(point)) return {};
  const { attributes = {}, exemplars, ...rest } = point;
  return {
    timeUnixNano: TIME_UNIX_NANO,
    ...rest,
    attributes: attributesJson(attributes),
    ...(Array.isArray(exemplars) ? { exemplars: exemplars.map(exemplarJson) } : {}),
  };
}

export function exemplarJson(exemplar: unknown): unknown {
  if (!isFields(exemplar)) return {};
  const { filteredAttributes, ...rest } = exemplar;
  return { ...rest, ...(filteredAttributes === undefined ? {} : { filteredAttributes: attributesJson(filteredAttributes) }) };
}

/** The words of `type` in cases of the kinds `name` and `metric`. */
export const METRIC_TYPES: Readonly<Record<string, { readonly kind: number; readonly isMonotonic: boolean }>> = {
  gauge: { kind: METRIC_KIND.gauge, isMonotonic: false },
  counter: { kind: METRIC_KIND.sum, isMonotonic: true },
  sum_monotonic: { kind: METRIC_KIND.sum, isMonotonic: true },
  updowncounter: { kind: METRIC_KIND.sum, isMonotonic: false },
  sum_nonmonotonic: { kind: METRIC_KIND.sum, isMonotonic: false },
  histogram: { kind: METRIC_KIND.histogram, isMonotonic: false },
  exponential_histogram: { kind: METRIC_KIND.exponentialHistogram, isMonotonic: false },
  summary: { kind: METRIC_KIND.summary, isMonotonic: false },
  unknown: { kind: METRIC_KIND.none, isMonotonic: false },
};

/** A metric with one point, of a type given by word. */
export function metricOfType({ name = "", type = "gauge", help = "", unit = "", value = 1 }: Fields): unknown {
  const point = { asDouble: Number(value), timeUnixNano: TIME_UNIX_NANO };
  const own = { name, unit, description: help };
  const buckets = { timeUnixNano: TIME_UNIX_NANO, count: "1", sum: 1, bucketCounts: ["1", "0"], explicitBounds: [1] };
  switch (METRIC_TYPES[String(type)]?.kind) {
    case METRIC_KIND.gauge:
      return { ...own, gauge: { dataPoints: [point] } };
    case METRIC_KIND.sum:
      return { ...own, sum: { aggregationTemporality: 2, isMonotonic: METRIC_TYPES[String(type)]?.isMonotonic, dataPoints: [point] } };
    case METRIC_KIND.histogram:
      return { ...own, histogram: { aggregationTemporality: 2, dataPoints: [buckets] } };
    case METRIC_KIND.exponentialHistogram: {
      const { bucketCounts, ...rest } = { ...buckets, explicitBounds: undefined, scale: 0, positive: { offset: 0, bucketCounts: ["1"] } };
      return { ...own, exponentialHistogram: { aggregationTemporality: 2, dataPoints: [rest] } };
    }
    case METRIC_KIND.summary:
      return {
        ...own,
        summary: { dataPoints: [{ timeUnixNano: TIME_UNIX_NANO, count: "1", sum: 1, quantileValues: [{ quantile: 0.5, value: 1 }] }] },
      };
    default:
      throw new TypeError(`unknown metric type ${JSON.stringify(type)}`);
  }
}
