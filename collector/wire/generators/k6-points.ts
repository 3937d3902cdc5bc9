import { Attributes } from "../../model/attributes.ts";
import type { LoadSample } from "../../model/load-record.ts";
import type { UnixNano } from "../../model/time.ts";
import { k6Request } from "./k6-request.ts";
import type { LineAccount } from "./line-account.ts";
import type { Emit } from "./reader.ts";

export interface K6Point {
  readonly metric: string;
  readonly timeUnixNano: UnixNano;
  readonly value: number;
  readonly tags: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** What k6 makes one point each of, for every HTTP request. */
const REQUEST_METRICS = new Set([
  "http_reqs",
  "http_req_duration",
  "http_req_blocked",
  "http_req_connecting",
  "http_req_tls_handshaking",
  "http_req_sending",
  "http_req_waiting",
  "http_req_receiving",
  "http_req_failed",
]);

export interface K6MetricKind {
  readonly type: LoadSample["type"];
  readonly unit: string;
}

const counter: K6MetricKind = { type: "delta", unit: "" };
const trend: K6MetricKind = { type: "trend", unit: "ms" };
const gauge: K6MetricKind = { type: "gauge", unit: "" };

/** k6's own metrics that are no requests over HTTP (k6-docs, built-in metrics); those of a script are declared in JSON and unknown in CSV. */
const KNOWN: ReadonlyMap<string, K6MetricKind> = new Map([
  ["iterations", counter],
  ["dropped_iterations", counter],
  ["data_sent", { type: "delta", unit: "By" }],
  ["data_received", { type: "delta", unit: "By" }],
  ["checks", { type: "rate", unit: "" }],
  ["vus", gauge],
  ["vus_max", gauge],
  ["iteration_duration", trend],
  ["group_duration", trend],
  ["ws_connecting", trend],
  ["ws_session_duration", trend],
  ["ws_ping", trend],
  ["ws_sessions", counter],
  ["ws_msgs_sent", counter],
  ["ws_msgs_received", counter],
  ["grpc_req_duration", trend],
]);

const TYPES: Readonly<Record<string, LoadSample["type"]>> = { counter: "delta", gauge: "gauge", rate: "rate", trend: "trend" };
const UNITS: Readonly<Record<string, string>> = { time: "ms", data: "By" };

/** A `Metric` line's `type` and `contains`. */
export function k6MetricKind(type: string, contains: string): K6MetricKind | undefined {
  const known = TYPES[type];
  return known === undefined ? undefined : { type: known, unit: UNITS[contains] ?? "" };
}

/**
 * Puts k6's points back together into requests: the points of one request stand in a row and share time, tags and metadata. A metric that
 * comes again begins the next request, so that requests of the same second stay apart where the file has only seconds.
 */
export class K6Grouper {
  readonly #emit: Emit;
  readonly #account: LineAccount;
  readonly #stampStepMs: number;
  #first: K6Point | undefined;
  #values = new Map<string, number>();
  #firstLine = 0;
  #lineCount = 0;

  constructor(emit: Emit, account: LineAccount, stampStepMs: number) {
    this.#emit = emit;
    this.#account = account;
    this.#stampStepMs = stampStepMs;
  }

  /** Accounts for the line once its request is whole; other points at once. */
  add(point: K6Point, kind: K6MetricKind | undefined, lineCount = 1): "accepted" | "held" {
    if (!REQUEST_METRICS.has(point.metric)) {
      this.#emitSample(point, kind ?? KNOWN.get(point.metric) ?? gauge);
      return "accepted";
    }
    if (this.#first !== undefined && (this.#values.has(point.metric) || !isSameRequest(this.#first, point))) this.flush();
    if (this.#first === undefined) {
      this.#first = point;
      this.#firstLine = this.#account.lines;
    }
    this.#lineCount += lineCount;
    this.#values.set(point.metric, point.value);
    if (this.#values.size === REQUEST_METRICS.size) this.flush();
    return "held";
  }

  /** Gives the request under way, whole or not: the file may have been cut, or be cut open by a bad line. */
  flush(): void {
    const first = this.#first;
    if (first === undefined) return;
    const values = this.#values;
    const lineCount = this.#lineCount;
    this.#lineCount = 0;
    this.#first = undefined;
    this.#values = new Map();
    if (values.has("http_reqs") || values.has("http_req_duration")) {
      this.#account.accepted += lineCount;
      this.#emit(k6Request({ ...first, stampStepMs: this.#stampStepMs, values }));
    } else this.#account.reject("missing_field", this.#firstLine, lineCount);
  }

  #emitSample({ metric, timeUnixNano, value, tags }: K6Point, { type, unit }: K6MetricKind): void {
    const attributes = Attributes.of([...tags].map(([key, text]) => [key, { kind: "string", value: text }] as const));
    this.#emit({ kind: "sample", name: metric, type, unit, timeUnixNano, value, tags: attributes });
  }
}

function isSameRequest(a: K6Point, b: K6Point): boolean {
  return a.timeUnixNano === b.timeUnixNano && isSameMap(a.tags, b.tags) && isSameMap(a.metadata, b.metadata);
}

function isSameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (b.get(key) !== value) return false;
  return true;
}
