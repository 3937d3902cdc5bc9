import { Attributes } from "../../model/attributes.ts";
import type { ErrorKind } from "../../model/load-outcome.ts";
import { BLANK_AGGREGATE, BLANK_LATENCY } from "../../model/load-record.ts";
import { errorKindOfText, statusInText } from "./error-text.ts";
import { openDocument } from "./open-lines.ts";
import { amountOf, objectOf, parseJson, textOf } from "./parse-number.ts";
import { parseRfc3339 } from "./parse-time.ts";
import type { Emit, FormatFacts, LoadFormat } from "./reader.ts";
import { Tally } from "./tally.ts";
import { VEGETA_JSON_FACTS } from "./vegeta-results.ts";

export const VEGETA_REPORT_FACTS: FormatFacts = {
  ...VEGETA_JSON_FACTS,
  format: "vegeta-report",
  title: "JSON of `vegeta report -type=json`.",
  gives: ["run", "aggregate", "note"],
  endpoint: "None: all targets together.",
  time: "Start of the first and of the last request, end of the last.",
  errorKinds: ["http_4xx", "http_429", "http_5xx"],
  limits: [
    "Errors are a list of different texts without counts: how many failed without an answer is known, why is not, unless there is one reason only.",
    "Latencies hold failed requests, timeouts with the time until they were given up.",
  ],
};

const QUANTILES = [
  ["50th", 0.5],
  ["90th", 0.9],
  ["95th", 0.95],
  ["99th", 0.99],
] as const;

/** tsenart/vegeta lib/metrics.go; ns. */
export const vegetaReport: LoadFormat = {
  facts: VEGETA_REPORT_FACTS,
  detect: ({ json }) => json !== undefined && objectOf(json["latencies"]) !== undefined && "status_codes" in json && "success" in json,
  open: ({ emit }) =>
    openDocument((text) => {
      const report = objectOf(parseJson(text));
      if (report === undefined) return "bad_json";
      const latencies = objectOf(report["latencies"]);
      const count = amountOf(report["requests"]);
      if (latencies === undefined || count === undefined) return "unknown_shape";
      const startUnixNano = parseRfc3339(textOf(report["earliest"]));
      const endUnixNano = parseRfc3339(textOf(report["end"]));
      const durationSeconds = ((amountOf(report["duration"]) ?? 0) + (amountOf(report["wait"]) ?? 0)) / 1e9;
      const basis = { startUnixNano, endUnixNano, durationSeconds };
      emit({ ...basis, kind: "run", generator: "vegeta", version: "", concurrency: undefined, target: "", tags: Attributes.EMPTY });
      const ms = (key: string) => {
        const ns = amountOf(latencies[key]);
        return ns === undefined ? undefined : ns / 1e6;
      };
      const latency = {
        ...BLANK_LATENCY,
        means: "start_to_last_byte",
        count,
        minMs: ms("min"),
        meanMs: ms("mean"),
        maxMs: ms("max"),
        quantiles: QUANTILES.flatMap(([key, q]) => (ms(key) === undefined ? [] : [{ q, ms: ms(key) as number }])),
        correction: "not_needed",
        survivorsOnly: false,
      } as const;
      emit({
        ...BLANK_AGGREGATE,
        ...basis,
        ...tallyOf(objectOf(report["status_codes"]) ?? {}, report["errors"], emit).counts,
        count,
        latencies: count === 0 ? [] : [latency],
        responseBytes: amountOf(objectOf(report["bytes_in"])?.["total"]),
      });
      return "accepted";
    }),
};

function tallyOf(statuses: Readonly<Record<string, unknown>>, errors: unknown, emit: Emit): Tally {
  const tally = new Tally();
  for (const [code, value] of Object.entries(statuses)) {
    const count = amountOf(value) ?? 0;
    const status = amountOf(code) ?? 0;
    if (status > 0) tally.status(status, count);
    else if (count > 0) {
      const texts = Array.isArray(errors) ? errors.map(textOf).filter((text) => statusInText(text) === undefined) : [];
      const kinds = new Set<ErrorKind>(texts.map(errorKindOfText));
      const [only] = kinds;
      if (kinds.size === 1 && only !== undefined) tally.kind(only, count);
      else {
        tally.outcome("unknown", count);
        emit({
          kind: "note",
          code: "vegeta_mixed_errors",
          text: `${count} requests got no answer, for ${kinds.size} different reasons: ${[...kinds].sort().join(", ")}.`,
        });
      }
    }
  }
  return tally;
}
