import { K6Grouper, type K6MetricKind, k6MetricKind } from "./k6-points.ts";
import type { LineFate } from "./open-lines.ts";
import { openLines } from "./open-lines.ts";
import { type JsonObject, numberOf, objectOf, parseJson, textOf } from "./parse-number.ts";
import { parseRfc3339 } from "./parse-time.ts";
import type { FormatFacts, LoadFormat } from "./reader.ts";

export const K6_JSON_FACTS: FormatFacts = {
  format: "k6-json",
  generator: "k6",
  title: "NDJSON that `k6 run --out json=FILE` writes.",
  witness: "client",
  gives: ["request", "sample"],
  endpoint: "Each request, by its tag `name`; by its URL where the script sets none.",
  time: "End of the request, to the nanosecond, with offset.",
  durationMeans: "send_to_last_byte",
  durationUnit: "ms",
  phases: ["blocked", "connect", "tls", "send", "wait", "recv"],
  errorKinds: [
    "dns",
    "blocked",
    "dial_refused",
    "dial_timeout",
    "tls",
    "reset",
    "broken_pipe",
    "timeout_wait",
    "timeout_recv",
    "timeout_unknown",
    "http_4xx",
    "http_429",
    "http_5xx",
    "body_check",
    "protocol",
    "other",
  ],
  correction: "not_needed",
  survivorsOnly: "no",
  limits: [
    "Requests that were under way when the run ended are not in it (k6 #898, #652).",
    "k6 writes 0 for all phases of a request that got no connection; their durations are left out here.",
    "Latencies need no correction under arrival-rate executors only; with constant virtual users a slow server lowers the rate.",
    "`dropped_iterations` is there only when some were dropped: its absence means none.",
  ],
};

/** grafana/k6 internal/output/json. Keys come in another order from version to version. */
export const k6Json: LoadFormat = {
  facts: K6_JSON_FACTS,
  detect({ firstLine }) {
    const line = objectOf(parseJson(firstLine));
    return line !== undefined && typeof line["metric"] === "string" && (line["type"] === "Metric" || line["type"] === "Point");
  },
  open({ emit }) {
    const kinds = new Map<string, K6MetricKind>();
    let grouper: K6Grouper | undefined;
    return openLines(
      (line, account) => {
        grouper ??= new K6Grouper(emit, account, 0);
        const object = objectOf(parseJson(line));
        if (object === undefined) return "bad_json";
        const data = objectOf(object["data"]);
        const metric = textOf(object["metric"]);
        if (data === undefined || metric === "") return "unknown_shape";
        if (object["type"] === "Metric") return declare(kinds, metric, data);
        return object["type"] === "Point" ? addPoint(grouper, metric, data, kinds.get(metric)) : "unknown_shape";
      },
      () => grouper?.flush(),
    );
  },
};

function declare(kinds: Map<string, K6MetricKind>, metric: string, data: JsonObject): LineFate {
  const kind = k6MetricKind(textOf(data["type"]), textOf(data["contains"]));
  // The names of a script's metrics are few; a file that declares more is none of k6's.
  if (kind === undefined || kinds.size > 10_000) return "unknown_shape";
  kinds.set(metric, kind);
  return "skipped";
}

function addPoint(grouper: K6Grouper, metric: string, data: JsonObject, kind: K6MetricKind | undefined): LineFate {
  const value = numberOf(data["value"]);
  if (value === undefined) return "bad_number";
  const timeUnixNano = parseRfc3339(textOf(data["time"]));
  if (timeUnixNano === undefined) return "bad_time";
  return grouper.add({ metric, timeUnixNano, value, tags: textsOf(data["tags"]), metadata: textsOf(data["metadata"]) }, kind);
}

function textsOf(value: unknown): ReadonlyMap<string, string> {
  const object = objectOf(value);
  return object === undefined ? NO_TEXTS : new Map(Object.entries(object).map(([key, text]) => [key, textOf(text)]));
}

const NO_TEXTS: ReadonlyMap<string, string> = new Map();
