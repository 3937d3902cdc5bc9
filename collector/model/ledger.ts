import type { Hop } from "./catalog.ts";
import type { ErrorKind, Outcome } from "./load-outcome.ts";
import type { EndpointSource, LoadAggregate, LoadNote, LoadRunFacts, LoadThreshold } from "./load-record.ts";
import type { Mark, Run, RunPhase, UnixMs } from "./run.ts";

/**
 * How something was counted. `requests`: every single one was seen (k6's NDJSON, an access log). `metrics`: the witness counted itself and sent
 * counters or histograms. `logs`: one record a request. `spans`: may be sampled, so never a count to rely on.
 */
export type CountSource = "requests" | "metrics" | "logs" | "spans";

/**
 * What is added up per cell, each with the number of requests that told it: sums of ms (times), of bytes, or of how often something was so.
 * - times of a client: `blocked`, `connect`, `tls`, `send`, `wait`, `recv` (`blocked` contains connect and tls)
 * - times of a proxy: `upstream_connect`, `upstream_header`, `upstream_response` (nginx's uct, uht, urt; of all tries of a request together)
 * - `tries`: upstream tries; `failed_connects`: tries that did not reach the upstream; `incomplete`: answers not handed over to their last byte;
 *   `local`: the proxy answered by itself; `new_connection`: a connection was made for it
 */
export const SUM_KEYS = [
  "blocked",
  "connect",
  "tls",
  "send",
  "wait",
  "recv",
  "upstream_connect",
  "upstream_header",
  "upstream_response",
  "tries",
  "failed_connects",
  "incomplete",
  "local",
  "new_connection",
  "request_bytes",
  "response_bytes",
] as const;
export type SumKey = (typeof SUM_KEYS)[number];

/** `n` requests told it; `sum` of what they told. A mean is sum / n, and means over the same requests may be added up. */
export interface CountedSum {
  readonly n: number;
  readonly sum: number;
}

/** Requests of one stream that ENDED within one second. Rows with equal keys occur more than once; readers add them up. */
export interface LedgerCell {
  /** Unix seconds. */
  readonly second: number;
  readonly hop: Hop;
  readonly source: CountSource;
  /** Who saw it: `k6`, `nginx`, the `service.name` of a server. Of a store call: the service that made it. */
  readonly witness: string;
  /** `service.instance.id`, upstream address or host; "" when unknown. */
  readonly instance: string;
  /** Index into `RunLedger.endpoints`. Of a store call: the endpoint of the request that it served is unknown here (see joins); this is the operation. */
  readonly endpoint: number;
  readonly scenario: string;
  readonly outcome: Outcome;
  readonly errorKind: ErrorKind | undefined;
  /** HTTP status; 0 = no answer; undefined = the witness does not say. */
  readonly status: number | undefined;
  readonly count: number;
  /** Duration in ms as the witness means it, as `encodeHistogram` of collector/stats writes it. Requests without a duration are not in it; undefined: none has one. */
  readonly latency: Uint8Array | undefined;
  readonly sums: { readonly [key in SumKey]?: CountedSum };
}

/** An endpoint in the words of a witness, and what all witnesses together call it. */
export interface LedgerEndpoint {
  readonly method: string;
  /** Route, name tag or path with the parts that look like ids replaced by `{id}`. */
  readonly name: string;
  readonly source: EndpointSource;
  /** `GET /api/works/{id}`: the same for all witnesses. */
  readonly canonical: string;
  /**
   * What made it the same: `route` = its own http.route; `rule` = of the configuration; `name` = the script's own name tag; `joined` = requests with
   * one trace id at both witnesses; `matched` = its path fits a known route; `template` = ids recognised by their form; `none` = as it came.
   */
  readonly by: "route" | "rule" | "name" | "joined" | "matched" | "template" | "none";
}

/**
 * Parts of the time of requests that were seen by more than one witness (same trace id or request id), summed per second and endpoint.
 * Times in ms. `n` requests told this part. See `JOIN_PARTS`.
 */
export interface LedgerJoin {
  readonly second: number;
  /** Index of the client's endpoint, or of the proxy's where the client has no part in it. */
  readonly endpoint: number;
  /** `trace`: one trace id. `request`: one request id. */
  readonly by: "trace" | "request";
  readonly parts: { readonly [part in JoinPart]?: CountedSum };
  readonly count: number;
  /**
   * True: requests that failed, as the outermost hop that told of them saw it. A timeout's whole is how long somebody had patience, so their parts
   * stand in rows of their own and in no mean. Absent: they ended well, or nobody says how.
   */
  readonly failed?: boolean;
}

/**
 * Per request, in ms: the client's `client_total`, `client_blocked`, `client_send`, `client_wait`, `client_recv`; the proxy's `proxy_total` (rt), `proxy_connect`
 * (uct), `proxy_header` (uht), `proxy_upstream` (urt); the application's server span `app`, its children on the critical path `app_children`, the
 * store's share of those `store`, wait for a permit `permit_wait`. Residuals, only where both sides of the difference are of the same request:
 * `r1_network` = client_wait − proxy_header (without a proxy: − app); `r2_egress` = proxy_total − proxy_upstream; `r3_app_queue` = proxy_header − app
 * (from the upstream's connection to its first byte, less the span); `r4_app_self` = app − app_children.
 */
export const JOIN_PARTS = [
  "client_total",
  "client_blocked",
  "client_send",
  "client_wait",
  "client_recv",
  "proxy_total",
  "proxy_connect",
  "proxy_header",
  "proxy_upstream",
  "app",
  "app_children",
  "store",
  "store_calls",
  "permit_wait",
  "r1_network",
  "r2_egress",
  "r3_app_queue",
  "r4_app_self",
] as const;
export type JoinPart = (typeof JOIN_PARTS)[number];

/** One request by two clocks; for the interval of their offset. Times in ms since 1970 with fractions. */
export interface ClockPair {
  readonly outer: Hop;
  readonly inner: Hop;
  readonly outerStartMs: number;
  readonly outerEndMs: number;
  readonly innerStartMs: number;
  readonly innerEndMs: number;
}

export interface GaugePoint {
  readonly second: number;
  /** gauge: smallest, largest and last of the second. counter: `sum` is the increase. histogram: `n` values with their `sum`. */
  readonly min: number;
  readonly max: number;
  readonly last: number;
  readonly sum: number;
  readonly n: number;
}

/** One series of whatever is not a request: permits, memory, descriptors, sockets, cache hits, virtual users. */
export interface GaugeSeries {
  readonly name: string;
  readonly unit: string;
  readonly kind: "gauge" | "counter" | "histogram";
  /** undefined where the catalogue does not know the metric and its sender is no witness. */
  readonly hop: Hop | undefined;
  readonly witness: string;
  readonly instance: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Rising in `second`. */
  readonly points: readonly GaugePoint[];
}

/** One span of a sampled request, its witness's or an application's own. */
export interface SampledSpan {
  readonly hop: Hop;
  readonly witness: string;
  readonly name: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly startUnixMs: UnixMs;
  readonly endUnixMs: UnixMs;
  readonly failed: boolean;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A request that is kept whole. `slow` and `failed` are chosen, so never averaged; `sample` is an unbiased reservoir per endpoint. */
export interface SampledTrace {
  readonly why: "slow" | "failed" | "sample";
  readonly endpoint: number;
  readonly traceId: string;
  readonly durationMs: number;
  readonly outcome: Outcome;
  readonly errorKind: ErrorKind | undefined;
  readonly spans: readonly SampledSpan[];
}

/** A log record of a failed request, or of severity WARN and above. */
export interface KeptLog {
  readonly timeUnixMs: UnixMs;
  readonly witness: string;
  readonly severity: string;
  readonly body: string;
  readonly traceId: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Something that was not recorded, and how much of it. */
export interface LedgerLoss {
  /** `otlp`, `prometheus`, … of the collector's own loss ledger; `recorder` for what the recorder had no room for; `k6 file:` … for witness files. */
  readonly component: string;
  readonly signal: "traces" | "metrics" | "logs" | "requests" | "lines" | "series" | "samples";
  readonly reason: string;
  readonly items: number;
  /**
   * What is wrong because of it. Absent: numbers of the run may be short. `detail`: the numbers are whole, but a part is kept less exactly (names folded
   * into one, requests not joined, log records left out). `elsewhere`: lost beside the ledger or after it, as by an exporter: this run has it all.
   */
  readonly concerns?: "detail" | "elsewhere";
}

/** Who told something of this run, and what kind of telling it was. */
export interface LedgerWitness {
  readonly hop: Hop | "host";
  readonly name: string;
  readonly sources: readonly CountSource[];
  /** The format's name for files (`k6-json`, `nginx-timing`), `otlp` for telemetry. */
  readonly format: string;
  readonly firstUnixMs: UnixMs;
  readonly lastUnixMs: UnixMs;
  /** Requests, points or records it told. */
  readonly items: number;
  /** What its durations mean, whether they are corrected and hold survivors only: as its format says. "" / "unknown" where not known. */
  readonly durationMeans: string;
  readonly correction: string;
  readonly survivorsOnly: "yes" | "no" | "unknown";
  /** What it cannot show, one sentence each. */
  readonly limits: readonly string[];
}

/** All that is known of one run. Plain data: made from a file, or written out by a test. */
export interface RunLedger {
  readonly run: Run;
  readonly phases: readonly RunPhase[];
  readonly marks: readonly Mark[];
  readonly witnesses: readonly LedgerWitness[];
  readonly endpoints: readonly LedgerEndpoint[];
  /** Rising in `second`. */
  readonly cells: readonly LedgerCell[];
  readonly joins: readonly LedgerJoin[];
  readonly clockPairs: readonly ClockPair[];
  readonly gauges: readonly GaugeSeries[];
  readonly traces: readonly SampledTrace[];
  readonly logs: readonly KeptLog[];
  readonly losses: readonly LedgerLoss[];
  /** Of generators that give no single requests, as they gave them, with the name of who did. */
  readonly aggregates: readonly { readonly witness: string; readonly item: LoadAggregate }[];
  readonly thresholds: readonly LoadThreshold[];
  readonly facts: readonly LoadRunFacts[];
  readonly notes: readonly LoadNote[];
}
