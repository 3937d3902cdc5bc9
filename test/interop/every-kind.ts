import { counter, exponential, gauge, histogram, type MetricAt, type Plain, summary, upDownCounter } from "./otlp-metrics.ts";

/** One metric of each kind, and what a server has to answer when it is asked for them. */

export const RESOURCE: Plain = {
  "service.namespace": "shop",
  "service.name": "api",
  "service.instance.id": "api-1",
  "service.version": "1.4.2",
};

export const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
export const SLOW_TRACE_ID = "0af7651916cd43dd8448eb211c80319c";

/** Exemplars lie 1 s before `timeMs`, when the points are of. */
export function everyKind(timeMs: number): readonly MetricAt[] {
  const exemplar = (value: number, traceId: string) => ({ value, timeMs: timeMs - 1000, traceId });
  return [
    counter(
      "app.requests",
      [
        { value: 9320, attributes: { "http.route": "/works" }, exemplars: [exemplar(1, TRACE_ID)] },
        { value: 80.5, attributes: { "http.route": "/ünï → 压测" } },
      ],
      { unit: "{request}", description: 'All "requests"\nand more \\ less' },
    ),
    counter("app.sent", [{ value: 9_007_199_254_740_991 }], { unit: "By" }),
    upDownCounter("app.queue.depth", [{ value: 17 }]),
    gauge("app.temperature", [{ value: -1.5 }], { unit: "Cel" }),
    histogram(
      "app.latency",
      [{ bounds: [0.1, 0.5, 2], counts: [5, 3, 2, 1], sum: 7.25, exemplars: [exemplar(0.25, TRACE_ID), exemplar(1.5, SLOW_TRACE_ID)] }],
      { unit: "s" },
    ),
    // Finer than Prometheus' finest schema: 4 buckets become one, and the first of them is not whole.
    exponential("app.size", [{ scale: 10, positive: [4097, [1, 2, 3, 4, 5, 6, 7]], sum: 470 }], { unit: "By" }),
    exponential("app.balance", [{ scale: 0, zeroCount: 2, positive: [0, [1, 0, 4]], negative: [1, [3]], sum: 20 }]),
    summary("app.rpc", [{ count: 40, sum: 12.5, quantiles: { 0.5: 0.25, 0.99: 2 } }], { unit: "s" }),
  ];
}

export const POINTS_OF_EVERY_KIND = 9;

/** A query and its only value; `{}` in it stands for the matchers of the series that are meant. */
export type Answers = readonly (readonly [query: string, value: number])[];

export const NUMBERS: Answers = [
  ['app_requests_total{http_route="/works",{}}', 9320],
  ['app_requests_total{http_route="/ünï → 压测",{}}', 80.5],
  ["app_sent_bytes_total{{}}", 9_007_199_254_740_991],
  ["app_queue_depth{{}}", 17],
  ["app_temperature_celsius{{}}", -1.5],
];

export const CLASSIC: Answers = [
  ['app_latency_seconds_bucket{le="0.1",{}}', 5],
  ['app_latency_seconds_bucket{le="0.5",{}}', 8],
  ['app_latency_seconds_bucket{le="2.0",{}}', 10],
  ['app_latency_seconds_bucket{le="+Inf",{}}', 11],
  ["app_latency_seconds_sum{{}}", 7.25],
  ["app_latency_seconds_count{{}}", 11],
  ["histogram_quantile(0.5, app_latency_seconds_bucket{{}})", 0.1 + (0.4 * 0.5) / 3],
];

export const SUMMARY: Answers = [
  ['app_rpc_seconds{quantile="0.5",{}}', 0.25],
  ['app_rpc_seconds{quantile="0.99",{}}', 2],
  ["app_rpc_seconds_sum{{}}", 12.5],
  ["app_rpc_seconds_count{{}}", 40],
];

export const TARGET: Answers = [["app_queue_depth{{}} * on(job, instance) group_left(service_version) target_info{{}}", 17]];

/** Schema 8: bucket 1025 (above 16) has 1 + 2 + 3, bucket 1026 the rest. */
export const NATIVE: Answers = [
  ["histogram_count(app_size_bytes{{}})", 28],
  ["histogram_sum(app_size_bytes{{}})", 470],
  ["histogram_quantile(1, app_size_bytes{{}})", 2 ** (1026 / 256)],
  [`histogram_fraction(0, ${2 ** (1025 / 256)}, app_size_bytes{{}})`, 6 / 28],
  ["histogram_count(app_balance{{}})", 10],
  ["histogram_sum(app_balance{{}})", 20],
  ["histogram_quantile(1, app_balance{{}})", 8],
  ["histogram_quantile(0, app_balance{{}})", -4],
  ["histogram_fraction(-4, -2, app_balance{{}})", 0.3],
  ["histogram_fraction(4, 8, app_balance{{}})", 0.4],
];

/** The same exponential histograms where only classic buckets are possible: bounds are powers of two, and those are exact. */
export const NATIVE_AS_CLASSIC: Answers = [
  ['app_size_bytes_bucket{le="32.0",{}}', 28],
  ['app_size_bytes_bucket{le="+Inf",{}}', 28],
  ["app_size_bytes_sum{{}}", 470],
  ["app_size_bytes_count{{}}", 28],
  ['app_balance_bucket{le="-2.0",{}}', 3],
  ['app_balance_bucket{le="2.0",{}}', 6],
  ['app_balance_bucket{le="8.0",{}}', 10],
  // OpenMetrics has neither sum nor count of a histogram with negative bounds.
  ['app_balance_bucket{le="+Inf",{}}', 10],
];

/** Classic histograms as native ones with custom buckets. */
export const CUSTOM_BUCKETS: Answers = [
  ["histogram_count(app_latency_seconds{{}})", 11],
  ["histogram_sum(app_latency_seconds{{}})", 7.25],
  ["histogram_fraction(-Inf, 0.5, app_latency_seconds{{}})", 8 / 11],
  ["histogram_fraction(0.5, 2, app_latency_seconds{{}})", 2 / 11],
];

/** With NoTranslation, as Prometheus 3 is asked for it. */
export const UTF8: Answers = [
  ['{"app.requests","http.route"="/works",{}}', 9320],
  ['{"app.sent",{}}', 9_007_199_254_740_991],
  ['{"app.temperature",{}}', -1.5],
  ['{"app.latency_bucket",le="2.0",{}}', 10],
  ['{"app.latency_count",{}}', 11],
  ['{"app.rpc",quantile="0.99",{}}', 2],
  ['{"app.queue.depth",{}} * on(job, instance) group_left("service.version") {"target_info",{}}', 17],
];

/** The same for whom dots are not allowed: escaped, with no suffix added. */
export const UTF8_ESCAPED: Answers = [
  ['app_requests{http_route="/works",{}}', 9320],
  ["app_sent{{}}", 9_007_199_254_740_991],
  ["app_temperature{{}}", -1.5],
  ['app_latency_bucket{le="2.0",{}}', 10],
  ["app_latency_count{{}}", 11],
  ['app_rpc{quantile="0.99",{}}', 2],
  ["app_queue_depth{{}} * on(job, instance) group_left(service_version) target_info{{}}", 17],
];
