import type { CollectorProcess } from "./collector-process.ts";

/** Metrics requests in OTLP/JSON, written as short as a test wants to read them. */

export type Plain = Readonly<Record<string, string>>;

/** Times are Unix ms. */
export interface PointTimes {
  readonly timeMs: number;
  readonly startMs?: number;
}

interface PointFields {
  readonly attributes?: Plain;
  readonly exemplars?: readonly { readonly value: number; readonly timeMs: number; readonly traceId: string }[];
}

export interface NumberFields extends PointFields {
  readonly value: number;
}

export interface HistogramFields extends PointFields {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

export interface ExponentialFields extends PointFields {
  readonly scale: number;
  readonly zeroCount?: number;
  readonly positive?: readonly [offset: number, counts: readonly number[]];
  readonly negative?: readonly [offset: number, counts: readonly number[]];
  readonly sum: number;
}

export interface SummaryFields extends PointFields {
  readonly count: number;
  readonly sum: number;
  readonly quantiles: Readonly<Record<string, number>>;
}

/** A metric whose points get their times when the request is made. */
export interface MetricAt {
  readonly name: string;
  readonly points: number;
  at(times: PointTimes): object;
}

interface Described {
  readonly unit?: string;
  readonly description?: string;
}

export function counter(name: string, points: readonly NumberFields[], described: Described = {}): MetricAt {
  return metric(name, described, points, "sum", { aggregationTemporality: 2, isMonotonic: true }, numberBody);
}

export function upDownCounter(name: string, points: readonly NumberFields[], described: Described = {}): MetricAt {
  return metric(name, described, points, "sum", { aggregationTemporality: 2 }, numberBody);
}

export function gauge(name: string, points: readonly NumberFields[], described: Described = {}): MetricAt {
  return metric(name, described, points, "gauge", {}, numberBody);
}

export function histogram(name: string, points: readonly HistogramFields[], described: Described = {}): MetricAt {
  return metric(name, described, points, "histogram", { aggregationTemporality: 2 }, ({ bounds, counts, sum }) => ({
    explicitBounds: bounds,
    bucketCounts: counts.map(String),
    count: String(total(counts)),
    sum,
  }));
}

export function exponential(name: string, points: readonly ExponentialFields[], described: Described = {}): MetricAt {
  return metric(name, described, points, "exponentialHistogram", { aggregationTemporality: 2 }, (point) => {
    const { scale, zeroCount = 0, positive = [0, []], negative = [0, []], sum } = point;
    const side = ([offset, counts]: readonly [number, readonly number[]]) => ({ offset, bucketCounts: counts.map(String) });
    const count = zeroCount + total(positive[1]) + total(negative[1]);
    return { scale, zeroCount: String(zeroCount), positive: side(positive), negative: side(negative), count: String(count), sum };
  });
}

export function summary(name: string, points: readonly SummaryFields[], described: Described = {}): MetricAt {
  return metric(name, described, points, "summary", {}, ({ count, sum, quantiles }) => ({
    count: String(count),
    sum,
    quantileValues: Object.entries(quantiles).map(([quantile, value]) => ({ quantile: Number(quantile), value })),
  }));
}

function metric<Fields extends PointFields>(
  name: string,
  described: Described,
  points: readonly Fields[],
  kind: string,
  head: object,
  body: (point: Fields) => object,
): MetricAt {
  return {
    name,
    points: points.length,
    at: ({ timeMs, startMs }) => ({
      name,
      ...described,
      [kind]: {
        ...head,
        dataPoints: points.map((point) => ({
          attributes: keyValues(point.attributes ?? {}),
          timeUnixNano: nanos(timeMs),
          ...(startMs === undefined ? {} : { startTimeUnixNano: nanos(startMs) }),
          ...body(point),
          exemplars: (point.exemplars ?? []).map((one) => ({
            timeUnixNano: nanos(one.timeMs),
            asDouble: one.value,
            traceId: one.traceId,
            spanId: "00f067aa0ba902b7",
          })),
        })),
      },
    }),
  };
}

const numberBody = ({ value }: NumberFields) => (Number.isInteger(value) ? { asInt: String(value) } : { asDouble: value });
const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
const nanos = (ms: number) => String(BigInt(ms) * 1_000_000n);
const keyValues = (record: Plain) => Object.entries(record).map(([key, value]) => ({ key, value: { stringValue: value } }));

/** Sends one request of one resource, and throws unless all of it was accepted. How many points that were. */
export async function sendMetrics(
  collector: Pick<CollectorProcess, "endpoint">,
  resource: Plain,
  metrics: readonly MetricAt[],
  times: PointTimes,
): Promise<number> {
  const request = {
    resourceMetrics: [
      {
        resource: { attributes: keyValues(resource) },
        scopeMetrics: [{ scope: { name: "lib", version: "1.2" }, metrics: metrics.map((one) => one.at(times)) }],
      },
    ],
  };
  const response = await fetch(`http://${collector.endpoint("otlp.http")}/v1/metrics`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  const answer = await response.text();
  if (response.status !== 200 || answer.includes("rejected")) throw new Error(`not accepted: ${response.status} ${answer}`);
  return metrics.reduce((sum, one) => sum + one.points, 0);
}
