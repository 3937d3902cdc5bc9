import { Attributes } from "../../model/attributes.ts";
import { BLANK_AGGREGATE, BLANK_LATENCY, type LatencyView, type Quantile } from "../../model/load-record.ts";
import { openDocument } from "./open-lines.ts";
import { amountOf, type JsonObject, objectOf, parseJson, ratioOfPercent, textOf } from "./parse-number.ts";
import { parseRfc3339 } from "./parse-time.ts";
import type { Emit, FormatFacts, LoadFormat } from "./reader.ts";
import { Tally } from "./tally.ts";

export const AUTOCANNON_FACTS: FormatFacts = {
  format: "autocannon-json",
  generator: "autocannon",
  title: "JSON of `autocannon -j`.",
  witness: "client",
  gives: ["run", "aggregate", "note"],
  endpoint: "The one URL of the command.",
  time: "Start and end of the run.",
  durationMeans: "start_to_last_byte",
  durationUnit: "ms",
  phases: [],
  errorKinds: ["timeout_unknown", "http_4xx", "http_429", "http_5xx", "other"],
  correction: "raw",
  survivorsOnly: "yes",
  limits: [
    "With -R and without -C its correction for coordinated omission takes a rate for milliseconds and invents samples: such quantiles are left out. It shows in more samples than answers.",
    "Latencies are of answered requests; with none answered they are printed as 0 and are left out.",
    "Requests on connections that the server closed are neither answers nor errors.",
    "Why requests failed is not in it, but for timeouts. No p95. Whole milliseconds.",
  ],
};

/** mcollina/autocannon lib/aggregateResult.js. */
export const autocannonReport: LoadFormat = {
  facts: AUTOCANNON_FACTS,
  detect: ({ json }) => json !== undefined && "latency" in json && "non2xx" in json && "mismatches" in json,
  open: ({ emit }) =>
    openDocument((text) => {
      const report = objectOf(parseJson(text));
      if (report === undefined) return "bad_json";
      const [latency, requests] = [objectOf(report["latency"]), objectOf(report["requests"])];
      if (latency === undefined || requests === undefined) return "unknown_shape";
      emitReport(report, latency, requests, emit);
      return "accepted";
    }),
};

function emitReport(report: JsonObject, latency: JsonObject, requests: JsonObject, emit: Emit): void {
  const basis = {
    startUnixNano: parseRfc3339(textOf(report["start"])),
    endUnixNano: parseRfc3339(textOf(report["finish"])),
    durationSeconds: amountOf(report["duration"]),
  };
  const url = textOf(report["url"]);
  const concurrency = amountOf(report["connections"]);
  emit({ ...basis, kind: "run", generator: "autocannon", version: "", concurrency, target: url, tags: Attributes.EMPTY });
  const tally = tallyOf(report);
  const answered = amountOf(requests["total"]) ?? 0;
  const sent = amountOf(requests["sent"]) ?? tally.count;
  const open = Math.max(0, sent - tally.count);
  // At the end each connection may have as many requests under way as are pipelined; what is missing beyond that, the server has cut off.
  const atWork = Math.min(open, (concurrency ?? 0) * (amountOf(report["pipelining"]) ?? 1));
  tally.outcome("cut", atWork);
  tally.outcome("unknown", open - atWork);
  const samples = amountOf(latency["totalCount"]) ?? 0;
  const isInvented = samples > answered;
  emit({
    ...BLANK_AGGREGATE,
    ...tally.counts,
    ...basis,
    isTotal: false,
    endpoint: { method: "", name: url, url: "", source: url === "" ? "none" : "url" },
    count: Math.max(sent, tally.count),
    latencies: samples === 0 ? [] : [viewOf(latency, answered, isInvented)],
    responseBytes: amountOf(objectOf(report["throughput"])?.["total"]),
  });
  if (isInvented) {
    const text = `${samples} latencies for ${answered} answers: autocannon's correction for -R is wrong by its unit; its quantiles were left out (use -C).`;
    emit({ kind: "note", code: "autocannon_broken_correction", text });
  }
  if (samples === 0 && sent > 0)
    emit({ kind: "note", code: "autocannon_no_answers", text: "No request was answered; autocannon prints latencies of 0, which are none." });
  if (open > atWork) {
    emit({
      kind: "note",
      code: "autocannon_lost",
      text: `${open - atWork} requests are neither answers nor errors: their connections were probably closed by the server.`,
    });
  }
}

function tallyOf(report: JsonObject): Tally {
  const tally = new Tally();
  const byStatus = Object.entries(objectOf(report["statusCodeStats"]) ?? {});
  for (const [status, value] of byStatus) tally.status(amountOf(status) ?? 0, amountOf(objectOf(value)?.["count"]) ?? 0);
  if (byStatus.length === 0) for (const digit of [1, 2, 3, 4, 5]) tally.status(digit * 100, amountOf(report[`${digit}xx`]) ?? 0);
  const [errors, timeouts] = [amountOf(report["errors"]) ?? 0, amountOf(report["timeouts"]) ?? 0];
  tally.kind("timeout_unknown", timeouts);
  tally.kind("other", errors - timeouts);
  return tally;
}

function viewOf(latency: JsonObject, answered: number, isInvented: boolean): LatencyView {
  const view = { ...BLANK_LATENCY, means: "start_to_last_byte", survivorsOnly: true } as const;
  if (isInvented) return { ...view, correction: "broken", count: answered, maxMs: amountOf(latency["max"]) };
  const [meanMs, maxMs, deviationMs] = ["mean", "max", "stddev"].map((key) => amountOf(latency[key]));
  return {
    ...view,
    correction: "raw",
    count: answered,
    minMs: amountOf(latency["min"]),
    meanMs,
    maxMs,
    deviationMs,
    quantiles: quantilesOf(latency),
  };
}

/** `p97_5` → 0.975. */
function quantilesOf(latency: JsonObject): Quantile[] {
  return Object.entries(latency)
    .flatMap(([key, value]) => {
      const found = /^p(\d{1,2})(?:_(\d{1,3}))?$/.exec(key);
      const ms = amountOf(value);
      return found === null || ms === undefined ? [] : [{ q: ratioOfPercent(Number(`${found[1]}.${found[2] ?? "0"}`)), ms }];
    })
    .sort((a, b) => a.q - b.q);
}
