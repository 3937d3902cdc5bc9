import { Attributes } from "../../model/attributes.ts";
import { BLANK_AGGREGATE, type LatencyView, type LoadAggregate, type LoadSample } from "../../model/load-record.ts";
import { endpointOfK6Tags, k6Trend, parseK6MetricName } from "./k6-metric-name.ts";
import { amountOf, type JsonObject } from "./parse-number.ts";
import type { Emit } from "./reader.ts";

/** One metric or sub-metric of an end-of-test summary, whichever of the three forms it came in. */
export interface K6SummaryMetric {
  readonly name: string;
  readonly values: JsonObject;
}

/** What is said of requests under one set of tags. */
interface Part {
  readonly tags: ReadonlyMap<string, string>;
  readonly latencies: LatencyView[];
  count: number | undefined;
  failed: number | undefined;
}

const COUNTERS: Readonly<Record<string, LoadSample["unit"]>> = { iterations: "", dropped_iterations: "", data_sent: "By", data_received: "By" };
const GAUGES = new Set(["vus", "vus_max"]);

/**
 * Gives the metrics of a summary as aggregates, one for all requests and one for each set of tags that a threshold names. Whole-run figures
 * with failed requests among them: zeros of refused connections lower every quantile.
 */
export function emitK6Summary(metrics: readonly K6SummaryMetric[], durationSeconds: number | undefined, emit: Emit): void {
  const parts = new Map<string, Part>();
  for (const { name, values } of metrics) {
    const { metric, tags } = parseK6MetricName(name);
    if (metric.startsWith("http_req")) collect(partOf(parts, tags), metric, values);
    else emitSample(metric, tags, values, emit);
  }
  for (const part of parts.values()) emit(aggregateOf(part, durationSeconds));
  if (hasRefused(parts)) {
    emit({
      kind: "note",
      code: "k6_zeros_in_quantiles",
      text: "k6 counts requests without a connection as 0 ms; quantiles of this summary are too low by them.",
    });
  }
}

function partOf(parts: Map<string, Part>, tags: ReadonlyMap<string, string>): Part {
  const key = JSON.stringify([...tags]);
  const known = parts.get(key) ?? { tags, latencies: [], count: undefined, failed: undefined };
  parts.set(key, known);
  return known;
}

function collect(part: Part, metric: string, values: JsonObject): void {
  if (metric === "http_reqs") part.count = amountOf(values["count"]);
  else if (metric === "http_req_failed") {
    // Of this rate, what "passes" is a failed request; `matches` is the newer word for it.
    part.failed = amountOf(values["passes"]) ?? amountOf(values["matches"]);
    part.count ??= amountOf(values["total"]) ?? sumOf(part.failed, amountOf(values["fails"]));
  } else {
    const latency = k6Trend(metric, values);
    if (latency !== undefined) part.latencies.push(latency);
  }
}

function sumOf(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

function hasRefused(parts: ReadonlyMap<string, Part>): boolean {
  return [...parts.values()].some(({ latencies }) => latencies.some(({ of, minMs }) => of === "duration" && minMs === 0));
}

function aggregateOf({ tags, latencies, count, failed }: Part, durationSeconds: number | undefined): LoadAggregate {
  return {
    ...BLANK_AGGREGATE,
    isTotal: tags.size === 0,
    endpoint: endpointOfK6Tags(tags),
    durationSeconds,
    count: count ?? latencies.find(({ of }) => of === "duration")?.count,
    // The summary does not say how they failed.
    outcomes: failed === undefined || count === undefined ? {} : { ok: count - failed, unknown: failed },
    latencies,
    tags: attributesOf(tags),
  };
}

function emitSample(metric: string, tags: ReadonlyMap<string, string>, values: JsonObject, emit: Emit): void {
  const trend = k6Trend(metric, values);
  if (trend !== undefined) {
    emit({
      ...BLANK_AGGREGATE,
      isTotal: tags.size === 0,
      endpoint: endpointOfK6Tags(tags),
      count: trend.count,
      latencies: [trend],
      tags: attributesOf(tags),
    });
    return;
  }
  const passes = amountOf(values["passes"]) ?? amountOf(values["matches"]);
  const sample = { kind: "sample", name: metric, timeUnixNano: undefined, tags: attributesOf(tags) } as const;
  const count = amountOf(values["count"]);
  if (passes !== undefined) {
    const total = amountOf(values["total"]) ?? sumOf(passes, amountOf(values["fails"]));
    emit({ ...sample, name: `${metric}.passes`, type: "total", unit: "", value: passes });
    if (total !== undefined) emit({ ...sample, name: `${metric}.total`, type: "total", unit: "", value: total });
  } else if (count !== undefined) emit({ ...sample, type: "total", unit: COUNTERS[metric] ?? "", value: count });
  else if (GAUGES.has(metric) || values["value"] !== undefined) {
    const value = amountOf(values["value"]);
    const max = amountOf(values["max"]);
    if (value !== undefined) emit({ ...sample, type: "gauge", unit: "", value });
    if (max !== undefined) emit({ ...sample, name: `${metric}.max`, type: "gauge", unit: "", value: max });
  }
}

function attributesOf(tags: ReadonlyMap<string, string>): Attributes {
  return Attributes.of([...tags].map(([key, value]) => [key, { kind: "string", value }] as const));
}
