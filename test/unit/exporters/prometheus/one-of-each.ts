import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Exemplar, ExponentialHistogramPoint, Metric } from "../../../../collector/model/metric.ts";
import { at, buckets, counter, gauge, histogram, metric, number, resource } from "./lab.ts";

export const EXEMPLAR = {
  filteredAttributes: Attributes.from({ user: "u-1" }),
  timeUnixNano: at(3.5),
  number: { kind: "double", value: 0.67 },
  traceId: "0123456789abcdef0123456789abcdef",
  spanId: "0123456789abcdef",
} as const satisfies Exemplar;

export function exponential(fields: Partial<ExponentialHistogramPoint>): ExponentialHistogramPoint {
  return {
    attributes: Attributes.EMPTY,
    timeUnixNano: at(10),
    startUnixNano: at(0),
    flags: 0,
    count: 0n,
    sum: 3,
    min: undefined,
    max: undefined,
    scale: 0,
    zeroCount: 0n,
    zeroThreshold: 0,
    positive: undefined,
    negative: undefined,
    exemplars: [],
    ...fields,
  };
}

/** One of each kind, as an api-server sends them. */
export const ONE_OF_EACH: readonly Metric[] = [
  metric(
    "http.server.request.duration",
    histogram(buckets([1, 2, 3], [0.5, 1], { attributes: { "http.route": "/api/:id" }, exemplars: [EXEMPLAR] })),
    {
      unit: "s",
      description: 'Duration of "requests"\nin seconds \\ all of them',
    },
  ),
  metric("cache.hits", counter(number(9320, { exemplars: [EXEMPLAR, { ...EXEMPLAR, timeUnixNano: at(1), traceId: "" }] })), { unit: "{hit}" }),
  metric("process.memory.usage", gauge(number(123456789)), { unit: "By", description: "Memory" }),
  metric("quantiles", {
    type: "summary",
    points: [
      {
        attributes: Attributes.EMPTY,
        timeUnixNano: at(10),
        startUnixNano: at(0),
        flags: 0,
        count: 2n,
        sum: 3,
        quantiles: [{ quantile: 0.99, value: 2 }],
      },
    ],
  }),
  metric("odd", gauge(number(1)), { metadata: Attributes.from({ "prometheus.type": "unknown" }) }),
].map((one) => ({ ...one, resource: resource({ "service.name": "api", "service.instance.id": "i-1", "service.version": "1.2" }) }));

/** 16 observations at scale 1, one of them 0 and five negative. */
export const EXPONENTIAL: Metric = metric(
  "e",
  {
    type: "exponential_histogram",
    temporality: 2,
    points: [
      exponential({
        count: 16n,
        scale: 1,
        zeroCount: 1n,
        positive: { offset: 1, bucketCounts: [4n, 3n, 2n, 1n] },
        negative: { offset: 0, bucketCounts: [5n] },
        exemplars: [EXEMPLAR],
      }),
    ],
  },
  { description: "Latency" },
);
