import { type Endpoint, type LatencyView, NO_ENDPOINT, type Quantile } from "../../model/load-record.ts";
import { amountOf, type JsonObject, ratioOfPercent } from "./parse-number.ts";

export interface K6MetricName {
  readonly metric: string;
  /** Tags of the sub-metric; empty for the metric itself. */
  readonly tags: ReadonlyMap<string, string>;
}

/** `http_req_duration{name:ok,status:200}`. Values may hold colons, not commas. */
export function parseK6MetricName(text: string): K6MetricName {
  const at = text.indexOf("{");
  if (at < 0 || !text.endsWith("}")) return { metric: text, tags: new Map() };
  const tags = new Map<string, string>();
  for (const part of text.slice(at + 1, -1).split(",")) {
    const colon = part.indexOf(":");
    if (colon > 0) tags.set(part.slice(0, colon).trim(), part.slice(colon + 1).trim());
  }
  return { metric: text.slice(0, at), tags };
}

export function endpointOfK6Tags(tags: ReadonlyMap<string, string>): Endpoint {
  const name = tags.get("name") ?? tags.get("url") ?? "";
  return name === "" ? NO_ENDPOINT : { method: tags.get("method") ?? "", name, url: "", source: tags.has("name") ? "name" : "url" };
}

/** What a trend is called in the record. */
const LATENCY_NAMES: Readonly<Record<string, string>> = {
  http_req_duration: "duration",
  http_req_blocked: "blocked",
  http_req_connecting: "connect",
  http_req_tls_handshaking: "tls",
  http_req_sending: "send",
  http_req_waiting: "wait",
  http_req_receiving: "recv",
};

/** A trend's statistics; quantiles under `p(95)`, `p95` and `med`. Undefined where there is none. */
export function k6Trend(metric: string, values: JsonObject): LatencyView | undefined {
  const quantiles: Quantile[] = [];
  for (const [key, value] of Object.entries(values)) {
    const found = /^p\(?(\d{1,2}(?:\.\d{1,6})?)\)?$/.exec(key);
    const ms = amountOf(value);
    if (ms === undefined) continue;
    if (key === "med") quantiles.push({ q: 0.5, ms });
    else if (found !== null) quantiles.push({ q: ratioOfPercent(Number(found[1])), ms });
  }
  const [minMs, meanMs, maxMs] = [amountOf(values["min"]), amountOf(values["avg"]), amountOf(values["max"])];
  if (quantiles.length === 0 && meanMs === undefined) return undefined;
  return {
    of: LATENCY_NAMES[metric] ?? metric,
    means: metric === "http_req_duration" ? "send_to_last_byte" : "unknown",
    count: amountOf(values["count"]),
    minMs,
    meanMs,
    maxMs,
    deviationMs: undefined,
    quantiles: quantiles.sort((a, b) => a.q - b.q),
    histogram: [],
    correction: "not_needed",
    survivorsOnly: false,
  };
}
