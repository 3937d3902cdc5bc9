import { Attributes } from "../../model/attributes.ts";
import { BLANK_AGGREGATE, BLANK_LATENCY, type LatencyView, type Quantile } from "../../model/load-record.ts";
import { errorKindOfText } from "./error-text.ts";
import { openDocument } from "./open-lines.ts";
import { amountOf, type JsonObject, objectOf, parseJson, ratioOfPercent } from "./parse-number.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";
import { Tally } from "./tally.ts";

export const OHA_FACTS: FormatFacts = {
  format: "oha-json",
  generator: "oha",
  title: "JSON of `oha --output-format json` (`-j` before version 1.9).",
  witness: "client",
  gives: ["run", "aggregate", "note"],
  endpoint: "None: one URL, which is not in the file.",
  time: "None.",
  durationMeans: "start_to_last_byte",
  durationUnit: "s",
  phases: ["connect"],
  errorKinds: [
    "dns",
    "dial_refused",
    "dial_timeout",
    "tls",
    "reset",
    "timeout_unknown",
    "http_4xx",
    "http_429",
    "http_5xx",
    "protocol",
    "aborted",
    "other",
  ],
  correction: "unknown",
  survivorsOnly: "yes",
  limits: [
    "Requests that the end of the run cut off (`aborted due to deadline`) are in its errors and outside its success rate.",
    "Whether --latency-correction was on is not in the file.",
    "Latencies are of answered requests.",
  ],
};

/** hatoo/oha src/printer.rs and schema.json; the schema says latencyPercentileSuccessful, the program writes latencyPercentilesSuccessful. */
export const ohaReport: LoadFormat = {
  facts: OHA_FACTS,
  detect: ({ json, text }) =>
    json === undefined
      ? text.trimStart().startsWith("{") && text.includes('"successRate"') && text.includes('"summary"')
      : "summary" in json && ("statusCodeDistribution" in json || "latencyPercentiles" in json),
  open: ({ emit }) =>
    openDocument((text) => {
      const report = objectOf(parseJson(text));
      if (report === undefined) return "bad_json";
      const summary = objectOf(report["summary"]);
      if (summary === undefined) return "unknown_shape";
      const tally = new Tally();
      for (const [status, count] of Object.entries(objectOf(report["statusCodeDistribution"]) ?? {}))
        tally.status(amountOf(status) ?? 0, amountOf(count) ?? 0);
      const answered = tally.count;
      for (const [message, count] of Object.entries(objectOf(report["errorDistribution"]) ?? {})) {
        tally.kind(isDeadline(message) ? "aborted" : errorKindOfText(message), amountOf(count) ?? 0);
      }
      const durationSeconds = amountOf(summary["total"]);
      emit({
        kind: "run",
        generator: "oha",
        version: "",
        startUnixNano: undefined,
        endUnixNano: undefined,
        durationSeconds,
        concurrency: undefined,
        target: "",
        tags: Attributes.EMPTY,
      });
      const responseBytes = amountOf(summary["totalData"]);
      emit({
        ...BLANK_AGGREGATE,
        ...tally.counts,
        durationSeconds,
        count: tally.count,
        latencies: latenciesOf(report, summary, answered),
        responseBytes,
      });
      if (tally.count > answered) {
        emit({
          kind: "note",
          code: "oha_survivors",
          text: `${tally.count - answered} of ${tally.count} requests got no answer and are in none of oha's latencies.`,
        });
      }
      return "accepted";
    }),
};

function isDeadline(message: string): boolean {
  return /deadline/i.test(message);
}

function latenciesOf(report: JsonObject, summary: JsonObject, count: number): readonly LatencyView[] {
  if (count === 0) return [];
  const basis = { ...BLANK_LATENCY, count, correction: "unknown", survivorsOnly: true } as const;
  const quantiles = quantilesOf(report["latencyPercentiles"]);
  const views: LatencyView[] = [
    {
      ...basis,
      means: "start_to_last_byte",
      minMs: msOf(summary["fastest"]),
      meanMs: msOf(summary["average"]),
      maxMs: msOf(summary["slowest"]),
      quantiles,
      histogram: histogramOf(report["responseTimeHistogram"]),
    },
  ];
  const firstByte = quantilesOf(report["firstBytePercentiles"]);
  if (firstByte.length > 0) views.push({ ...basis, of: "first_byte", means: "start_to_first_byte", quantiles: firstByte });
  const dial = objectOf(objectOf(report["details"])?.["DNSDialup"]);
  const meanMs = msOf(dial?.["average"]);
  if (dial !== undefined && meanMs !== undefined) {
    views.push({ ...basis, of: "connect", count: undefined, meanMs, minMs: msOf(dial["fastest"]), maxMs: msOf(dial["slowest"]) });
  }
  return views;
}

/** `p99.9` → 0.999; null where there were too few answers. */
function quantilesOf(value: unknown): Quantile[] {
  return Object.entries(objectOf(value) ?? {})
    .flatMap(([key, seconds]) => {
      const found = /^p(\d{1,2}(?:\.\d{1,4})?)$/.exec(key);
      const ms = msOf(seconds);
      return found === null || ms === undefined ? [] : [{ q: ratioOfPercent(Number(found[1])), ms }];
    })
    .sort((a, b) => a.q - b.q);
}

/** Keyed by the upper bound in seconds. */
function histogramOf(value: unknown): LatencyView["histogram"] {
  return Object.entries(objectOf(value) ?? {})
    .flatMap(([bound, count]) => {
      const [toMs, number] = [msOf(bound), amountOf(count)];
      return toMs === undefined || number === undefined ? [] : [{ toMs, count: number }];
    })
    .sort((a, b) => a.toMs - b.toMs);
}

function msOf(seconds: unknown): number | undefined {
  const value = amountOf(seconds);
  return value === undefined ? undefined : Math.round(value * 1e9) / 1e6;
}
