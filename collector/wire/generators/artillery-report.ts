import { Attributes } from "../../model/attributes.ts";
import { BLANK_AGGREGATE, BLANK_LATENCY, type LatencyView, type LoadAggregate, NO_ENDPOINT, type Quantile } from "../../model/load-record.ts";
import { type ArtilleryEndpoint, parseArtilleryMetric } from "./artillery-metric.ts";
import { errorKindOfText } from "./error-text.ts";
import { openDocument } from "./open-lines.ts";
import { amountOf, type JsonObject, objectOf, parseJson } from "./parse-number.ts";
import { nanosOfMs } from "./parse-time.ts";
import type { Emit, FormatFacts, LoadFormat } from "./reader.ts";
import { Tally } from "./tally.ts";

export const ARTILLERY_FACTS: FormatFacts = {
  format: "artillery-json",
  generator: "artillery",
  title: "JSON of `artillery run -o FILE`.",
  witness: "client",
  gives: ["run", "aggregate", "sample", "note"],
  endpoint: "None; path and name with the plugin metrics-by-endpoint.",
  time: "First and last metric of each period of ten seconds.",
  durationMeans: "start_to_first_byte",
  durationUnit: "ms",
  phases: [],
  errorKinds: ["dns", "dial_refused", "reset", "timeout_unknown", "http_4xx", "http_429", "http_5xx", "body_check", "other"],
  correction: "not_needed",
  survivorsOnly: "yes",
  limits: [
    "`http.response_time` ends with the first byte; the whole answer is in `http.total`, with extendedMetrics only.",
    "Latencies are of answered requests: 1002 ms at p95 was printed over 444 answers while 184 279 requests timed out (artillery #1556).",
    "Requests without answer or error at the end were cut off.",
  ],
};

/** artilleryio/artillery packages/core lib/ssms.js; times are ms, in `intermediate` some of them as text. */
export const artilleryReport: LoadFormat = {
  facts: ARTILLERY_FACTS,
  detect: ({ json, text }) =>
    json === undefined ? /^\s*\{\s*"aggregate":\s*\{/.test(text) : objectOf(json["aggregate"]) !== undefined && Array.isArray(json["intermediate"]),
  open: ({ emit }) =>
    openDocument((text) => {
      const report = objectOf(parseJson(text));
      if (report === undefined) return "bad_json";
      const whole = objectOf(report["aggregate"]);
      if (whole === undefined || objectOf(whole["counters"]) === undefined) return "unknown_shape";
      const window = windowOf(whole);
      emit({ ...window, kind: "run", generator: "artillery", version: "", concurrency: undefined, target: "", tags: Attributes.EMPTY });
      emitPeriod(whole, "run", window, emit);
      const periods = Array.isArray(report["intermediate"]) ? report["intermediate"] : [];
      for (const value of periods) {
        const period = objectOf(value);
        if (period !== undefined) emitPeriod(period, "period", windowOf(period), emit);
      }
      return "accepted";
    }),
};

type Window = Pick<LoadAggregate, "startUnixNano" | "endUnixNano" | "durationSeconds">;

function windowOf(period: JsonObject): Window {
  const [first, last] = [amountOf(period["firstMetricAt"]), amountOf(period["lastMetricAt"])];
  return {
    startUnixNano: first === undefined ? undefined : nanosOfMs(first),
    endUnixNano: last === undefined ? undefined : nanosOfMs(last),
    durationSeconds: first === undefined || last === undefined ? undefined : Math.max(0, last - first) / 1000,
  };
}

interface Part {
  readonly endpoint: LoadAggregate["endpoint"];
  readonly tally: Tally;
  readonly latencies: LatencyView[];
}

function emitPeriod(period: JsonObject, scope: "run" | "period", window: Window, emit: Emit): void {
  const total: Part = { endpoint: NO_ENDPOINT, tally: new Tally(), latencies: [] };
  const parts = new Map<string, Part>();
  const partOf = (endpoint: ArtilleryEndpoint | undefined): Part => {
    if (endpoint === undefined) return total;
    const known = parts.get(endpoint.key) ?? { endpoint: endpoint.endpoint, tally: new Tally(), latencies: [] };
    parts.set(endpoint.key, known);
    return known;
  };
  let requests: number | undefined;
  let responseBytes: number | undefined;
  for (const [key, value] of Object.entries(objectOf(period["counters"]) ?? {})) {
    const count = amountOf(value);
    const metric = parseArtilleryMetric(key);
    if (count === undefined) continue;
    if (metric.kind === "code") partOf(metric.endpoint).tally.status(metric.status, count);
    else if (metric.kind === "error") partOf(metric.endpoint).tally.kind(errorKindOfText(metric.error), count);
    else if (key === "http.requests") requests = count;
    else if (key === "http.downloaded_bytes") responseBytes = count;
    else if (key.startsWith("vusers.")) {
      const type = scope === "run" ? "total" : "delta";
      emit({ kind: "sample", name: key, type, unit: "", timeUnixNano: window.endUnixNano, value: count, tags: Attributes.EMPTY });
    }
  }
  for (const [key, value] of Object.entries(objectOf(period["summaries"]) ?? {})) {
    const metric = parseArtilleryMetric(key);
    const summary = objectOf(value);
    if (summary !== undefined && metric.kind === "latency") partOf(metric.endpoint).latencies.push(viewOf(metric.of, summary));
  }
  const ended = total.tally.count;
  if (requests !== undefined && scope === "run") total.tally.outcome("cut", requests - ended);
  const basis = { ...BLANK_AGGREGATE, ...window, scope };
  emit({ ...basis, ...total.tally.counts, count: requests ?? ended, latencies: total.latencies, responseBytes });
  for (const { endpoint, tally, latencies } of parts.values()) {
    emit({ ...basis, ...tally.counts, isTotal: false, endpoint, count: tally.count, latencies });
  }
  if (scope === "run") noteSurvivors(requests ?? ended, total.latencies, emit);
}

function noteSurvivors(requests: number, latencies: readonly LatencyView[], emit: Emit): void {
  const answered = latencies.find(({ of }) => of === "first_byte")?.count ?? 0;
  if (answered >= requests) return;
  const text = `Artillery's latencies are of ${answered} answers; ${requests - answered} of ${requests} requests got none and are in none of them.`;
  emit({ kind: "note", code: "artillery_survivors", text });
}

function viewOf(of: string, summary: JsonObject): LatencyView {
  const quantiles: Quantile[] = Object.entries(summary)
    .flatMap(([key, value]) => {
      const found = /^p(\d{2})(\d?)$/.exec(key);
      const ms = amountOf(value);
      return found === null || ms === undefined ? [] : [{ q: Number(`0.${found[1]}${found[2]}`), ms }];
    })
    .sort((a, b) => a.q - b.q);
  return {
    ...BLANK_LATENCY,
    of,
    means: of === "first_byte" ? "start_to_first_byte" : of === "duration" ? "start_to_last_byte" : "unknown",
    count: amountOf(summary["count"]),
    minMs: amountOf(summary["min"]),
    meanMs: amountOf(summary["mean"]),
    maxMs: amountOf(summary["max"]),
    quantiles,
    correction: "not_needed",
    survivorsOnly: true,
  };
}
