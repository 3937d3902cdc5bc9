import {
  type ClockPair,
  type CountedSum,
  JOIN_PARTS,
  type KeptLog,
  type LedgerCell,
  type LedgerJoin,
  type SampledTrace,
  SUM_KEYS,
} from "../../../../collector/model/ledger.ts";
import type { GaugeIdentity, LedgerRows, LedgerWriter } from "../../../../collector/run/ledger-writer.ts";
import { ExponentialHistogram } from "../../../../collector/stats/exponential-histogram.ts";
import { encodeHistogram } from "../../../../collector/stats/histogram-bytes.ts";
import { type Random, seededRandom } from "../../../../collector/stats/seeded-random.ts";
import { START_MS } from "./sample-run.ts";

const HOPS = ["client", "proxy", "application", "store"] as const;
const ENDPOINTS = [
  { method: "GET", name: "/api/works", source: "route" },
  { method: "GET", name: "/api/works/{id}", source: "route" },
] as const;
/** Share of the requests of an endpoint. */
const ENDS = [
  { outcome: "ok", errorKind: undefined, status: 200, share: 0.9 },
  { outcome: "http_error", errorKind: "http_429", status: 429, share: 0.06 },
  { outcome: "timeout", errorKind: "timeout_wait", status: 0, share: 0.04 },
] as const;
const SERIES = 60;
const TRACES = 300;
const SPANS = 4;
const CLOCK_PAIRS = 5000;
const LOGS = 2000;

export interface LoadShape {
  readonly seconds: number;
  readonly requestsPerSecond: number;
}

/**
 * What the recorder hands over in a second of a load of two endpoints that are seen at four hops, with all histograms, sums, gauges, joins and
 * sampled requests that it may keep. The same at every call.
 */
export class SimulatedLoad {
  readonly #random: Random = seededRandom(45_100);
  readonly #writer: LedgerWriter;
  readonly #shape: LoadShape;
  readonly #endpoints: readonly number[];
  readonly #series: readonly number[];
  #traces: readonly SampledTrace[] = [];

  constructor(writer: LedgerWriter, shape: LoadShape) {
    this.#writer = writer;
    this.#shape = shape;
    this.#endpoints = ENDPOINTS.map((endpoint) => writer.endpoint(endpoint));
    this.#series = Array.from({ length: SERIES }, (_, index) => writer.series(seriesIdentity(index)));
  }

  /** The rows of one second, made beforehand so that making them is not measured. */
  rowsOf(second: number): LedgerRows {
    const unixSecond = START_MS / 1000 + second;
    return {
      cells: HOPS.flatMap((hop) => this.#endpoints.flatMap((endpoint) => ENDS.map((end) => this.#cell(unixSecond, hop, endpoint, end)))),
      joins: this.#endpoints.map((endpoint) => this.#join(unixSecond, endpoint)),
      points: this.#series.map((series) => ({ series, point: this.#point(unixSecond, series) })),
      clockPairs: Array.from({ length: this.#shareOf(CLOCK_PAIRS, second) }, () => this.#clockPair(unixSecond)),
      logs: Array.from({ length: this.#shareOf(LOGS, second) }, () => this.#log(unixSecond)),
    };
  }

  /** What is kept of single requests by now: it fills up, and then one in a while takes the place of another. */
  tracesOf(second: number): readonly SampledTrace[] {
    const wanted = Math.min(TRACES, (second + 1) * 20);
    const made = Array.from({ length: wanted }, (_, slot) => this.#traces[slot] ?? this.#trace(second, slot));
    const replaced = Math.floor(this.#random.next() * wanted);
    this.#traces = made.with(replaced, this.#trace(second, replaced));
    return this.#traces;
  }

  write(second: number, rows: LedgerRows, traces: readonly SampledTrace[]): void {
    this.#writer.write(rows);
    this.#writer.saveTraces(traces);
    for (const endpoint of this.#endpoints) this.#writer.vote(endpoint, endpoint, second + 1);
  }

  #cell(second: number, hop: LedgerCell["hop"], endpoint: number, end: (typeof ENDS)[number]): LedgerCell {
    const count = Math.round((this.#shape.requestsPerSecond / ENDPOINTS.length) * end.share);
    const latency = new ExponentialHistogram(160, 5);
    for (let request = 0; request < count; request++) latency.record(this.#latencyMs());
    const keys = hop === "client" ? SUM_KEYS.slice(0, 6) : hop === "proxy" ? SUM_KEYS.slice(6) : [];
    return {
      second,
      hop,
      source: "requests",
      witness: hop === "client" ? "k6" : hop === "proxy" ? "nginx" : "works-api",
      instance: "10.0.0.7:8080",
      endpoint,
      scenario: hop === "client" ? "spike" : "",
      outcome: end.outcome,
      errorKind: end.errorKind,
      status: end.status,
      count,
      latency: encodeHistogram(latency),
      sums: this.#sums(keys, count),
    };
  }

  #join(second: number, endpoint: number): LedgerJoin {
    return { second, endpoint, by: "trace", parts: this.#sums(JOIN_PARTS, this.#shape.requestsPerSecond / ENDPOINTS.length), count: 500 };
  }

  #sums<Key extends string>(keys: readonly Key[], n: number): { readonly [key in Key]?: CountedSum } {
    return Object.fromEntries(keys.map((key) => [key, { n, sum: this.#latencyMs() * n }])) as { readonly [key in Key]?: CountedSum };
  }

  #point(second: number, series: number) {
    const value = this.#random.next() * 10 ** (series % 9);
    return { second, min: value, max: value * 1.1, last: value, sum: value * 5, n: 5 };
  }

  #clockPair(second: number): ClockPair {
    const startMs = second * 1000 + this.#random.next() * 1000;
    return {
      outer: "client",
      inner: "application",
      outerStartMs: startMs,
      outerEndMs: startMs + 40,
      innerStartMs: startMs + 2.25,
      innerEndMs: startMs + 37.5,
    };
  }

  #log(second: number): KeptLog {
    return {
      timeUnixMs: second * 1000 + this.#random.next() * 1000,
      witness: "works-api",
      severity: "WARN",
      body: `no permit within 5000 ms for GET /api/works/${Math.floor(this.#random.next() * 1e6)}: 64 of 64 in use, 117 waiting`,
      traceId: this.#hex(32),
      attributes: { "http.route": "/api/works/{id}", "thread.name": "http-nio-8080-exec-14" },
    };
  }

  #trace(second: number, slot: number): SampledTrace {
    const startUnixMs = START_MS + second * 1000 + this.#random.next() * 1000;
    return {
      why: slot % 3 === 0 ? "slow" : slot % 3 === 1 ? "failed" : "sample",
      endpoint: slot % ENDPOINTS.length,
      traceId: this.#hex(32),
      durationMs: this.#latencyMs(),
      outcome: "ok",
      errorKind: undefined,
      spans: Array.from({ length: SPANS }, (_, depth) => ({
        hop: HOPS[depth] ?? "store",
        witness: "works-api",
        name: "GET /api/works/{id}",
        spanId: this.#hex(16),
        parentSpanId: this.#hex(16),
        startUnixMs: startUnixMs + depth,
        endUnixMs: startUnixMs + 20 - depth,
        failed: false,
        attributes: { "http.request.method": "GET", "http.response.status_code": "200", "url.path": "/api/works/4711", "server.address": "10.0.0.7" },
      })),
    };
  }

  /** Log-normal around 40 ms, a tenth of it thirty times slower: 2 ms to some seconds. */
  #latencyMs(): number {
    const { next } = this.#random;
    const normal = Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    return 40 * Math.exp(normal * 0.6) * (next() < 0.1 ? 30 : 1);
  }

  #hex(digits: number): string {
    return Array.from({ length: digits }, () => Math.floor(this.#random.next() * 16).toString(16)).join("");
  }

  /** So many a second that they are all there at the end. */
  #shareOf(total: number, second: number): number {
    const { seconds } = this.#shape;
    return Math.floor((total * (second + 1)) / seconds) - Math.floor((total * second) / seconds);
  }
}

function seriesIdentity(index: number): GaugeIdentity {
  return {
    name: `process.value.${index % 20}`,
    unit: "By",
    kind: index % 3 === 0 ? "counter" : "gauge",
    hop: "application",
    witness: "works-api",
    instance: `10.0.0.${index % 3}:8080`,
    attributes: { pool: "db", state: index % 2 === 0 ? "used" : "idle" },
  };
}
