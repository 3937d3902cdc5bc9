/**
 * Writes a `RunLedger` in few words, for tests of whatever reads one.
 *
 *   const ledger = ledgerOf({ loadSeconds: 60, beforeSeconds: 20, afterSeconds: 60 })
 *     .client("GET /a", { ok: 100, timeout_recv: 5, dial_refused: 2 }, { ms: { ok: 20 }, scenario: "spike" })
 *     .proxy("GET /a", { 200: 105, 502: 1 }, { each: { tries: 1, response_bytes: 4000 }, total: { incomplete: 5 } })
 *     .application("GET /a", { ok: 105 }, { source: "metrics", instance: "a-1" })
 *     .store("list_works", { ok: 105 })
 *     .gauge("genarrative.http.server.request_permits.available", { hop: "application", values: (second) => 64 - second })
 *     .counter("iterations", { hop: "client", values: 10 })
 *     .joins("GET /a", 100, { client_total: 25, client_wait: 20, proxy_total: 18, app: 12 })
 *     .phase("hold", "hold", 10, 50)
 *     .ledger();
 *
 * - Seconds are counted from the start of the load (`T0`, 2026-05-12 04:50:00 UTC+8); requests are spread evenly over the load unless `at` says
 *   a second or `[from, to)`.
 * - Counts go by outcome (`ok`, `timeout`, `cut` …), by error kind (`timeout_recv`, `http_429` …) or by status (200, 502).
 * - `ms` is the duration of every request or of those under a key; by default 20 for whatever was answered, `timeoutMs` (30 000) for timeouts, none
 *   for connection errors.
 * - `each` is told by every request of the call, `total` is spread over them all; both become `sums`.
 * - `name` gives the witness's own name for the endpoint; the one in front is the canonical.
 * - A witness is entered for whoever counts; `.witness({...})` changes what is said of it.
 * - `with({...})` replaces or adds to any part of the ledger as it stands.
 */
import type { Hop } from "../../../collector/model/catalog.ts";
import type {
  ClockPair,
  CountedSum,
  CountSource,
  GaugeSeries,
  JoinPart,
  LedgerCell,
  LedgerEndpoint,
  LedgerJoin,
  LedgerWitness,
  RunLedger,
  SumKey,
} from "../../../collector/model/ledger.ts";
import type { ErrorKind, Outcome } from "../../../collector/model/load-outcome.ts";
import { ERROR_KINDS, errorKindOfStatus, OUTCOMES, outcomeOf } from "../../../collector/model/load-outcome.ts";
import type { LoadAggregate } from "../../../collector/model/load-record.ts";
import { BLANK_AGGREGATE } from "../../../collector/model/load-record.ts";
import type { Mark, PhaseKind, Run, RunPhase } from "../../../collector/model/run.ts";
import { NO_CONDITIONS } from "../../../collector/model/run.ts";
import { ExponentialHistogram } from "../../../collector/stats/exponential-histogram.ts";
import { encodeHistogram } from "../../../collector/stats/histogram-bytes.ts";

/** Unix second at which the load of every built run begins. */
export const T0 = 1_778_532_600;

const TIMEOUT_MS = 30_000;

export interface LedgerShape {
  readonly loadSeconds?: number;
  readonly beforeSeconds?: number;
  readonly afterSeconds?: number;
  /** False: nobody said when the generator ran. */
  readonly saysLoad?: boolean;
  readonly run?: Partial<Run>;
}

/** By outcome, error kind or status. */
export type Counts = { readonly [key in Outcome | ErrorKind]?: number } & Readonly<Record<number, number>>;

export interface RequestsShape {
  readonly witness?: string;
  readonly instance?: string;
  readonly source?: CountSource;
  readonly scenario?: string;
  readonly name?: string;
  readonly at?: number | readonly [from: number, to: number];
  readonly ms?: number | { readonly [key in Outcome | ErrorKind]?: number } | ((index: number) => number);
  readonly timeoutMs?: number;
  readonly each?: { readonly [key in SumKey]?: number };
  readonly total?: { readonly [key in SumKey]?: number };
  /** Of all requests of the call, whatever their key stands for: a proxy's cut-off answers have 200. */
  readonly status?: number;
  /** False: the witness does not say statuses. */
  readonly saysStatus?: boolean;
  /** True: no request of the call has a duration. */
  readonly isUntimed?: boolean;
}

export interface SeriesShape extends Partial<Omit<GaugeSeries, "name" | "points">> {
  /** Of every second, one for each, or by second; a hole is undefined. Of a counter: the increase. */
  readonly values: number | readonly (number | undefined)[] | ((second: number) => number | undefined);
  readonly at?: readonly [from: number, to: number];
  /** Seconds between points. */
  readonly every?: number;
}

const WITNESS_OF: Readonly<Record<Hop, string>> = { client: "k6", network: "host", proxy: "nginx", application: "api-server", store: "api-server" };
const SOURCE_OF: Readonly<Record<Hop, CountSource>> = {
  client: "requests",
  network: "metrics",
  proxy: "requests",
  application: "logs",
  store: "spans",
};
const MEANS_OF: Readonly<Record<Hop, string>> = {
  client: "send_to_last_byte",
  network: "unknown",
  proxy: "first_byte_in_to_last_byte_out",
  application: "first_byte_in_to_last_byte_out",
  store: "unknown",
};

export function ledgerOf(shape: LedgerShape = {}): LedgerBuilder {
  return new LedgerBuilder(shape);
}

/** An endpoint as all witnesses call it by default: `GET /a`. */
export function endpointOf(canonical: string, name?: string): LedgerEndpoint {
  const space = canonical.indexOf(" ");
  const method = space < 0 ? "" : canonical.slice(0, space);
  const path = space < 0 ? canonical : canonical.slice(space + 1);
  return name === undefined
    ? { method, name: path, source: "route", canonical, by: "route" }
    : { method, name, source: "name", canonical, by: "joined" };
}

/** A histogram in the ledger's form: `n` values, the same or by index. */
export function latencyOf(n: number, ms: number | ((index: number) => number)): Uint8Array {
  const histogram = new ExponentialHistogram(160, 5);
  if (typeof ms === "number") histogram.record(ms, n);
  else for (let index = 0; index < n; index++) histogram.record(ms(index));
  return encodeHistogram(histogram);
}

export class LedgerBuilder {
  readonly #loadSeconds: number;
  readonly #run: Run;
  readonly #endpoints: LedgerEndpoint[] = [];
  readonly #cells: LedgerCell[] = [];
  readonly #joins: LedgerJoin[] = [];
  readonly #pairs: ClockPair[] = [];
  readonly #gauges: GaugeSeries[] = [];
  readonly #phases: RunPhase[] = [];
  readonly #marks: Mark[] = [];
  readonly #aggregates: { readonly witness: string; readonly item: LoadAggregate }[] = [];
  readonly #witnesses = new Map<string, LedgerWitness>();
  #extra: Partial<RunLedger> = {};

  constructor({ loadSeconds = 60, beforeSeconds = 0, afterSeconds = 0, saysLoad = true, run = {} }: LedgerShape) {
    this.#loadSeconds = loadSeconds;
    this.#run = {
      id: "20260512-045000-test-0001",
      name: "test",
      labels: {},
      state: "closed",
      startUnixMs: (T0 - beforeSeconds) * 1000,
      endUnixMs: (T0 + loadSeconds + afterSeconds) * 1000,
      loadStartUnixMs: saysLoad ? T0 * 1000 : undefined,
      loadEndUnixMs: saysLoad ? (T0 + loadSeconds) * 1000 : undefined,
      conditions: { ...NO_CONDITIONS, generator: "k6 2.2.0", command: ["k6", "run", "works.js"] },
      gates: [],
      exit: { code: 0, signal: null },
      ...run,
    };
  }

  client(endpoint: string, counts: Counts, shape: RequestsShape = {}): this {
    return this.requests("client", endpoint, counts, shape);
  }

  proxy(endpoint: string, counts: Counts, shape: RequestsShape = {}): this {
    return this.requests("proxy", endpoint, counts, shape);
  }

  application(endpoint: string, counts: Counts, shape: RequestsShape = {}): this {
    return this.requests("application", endpoint, counts, shape);
  }

  /** Calls of one operation; their endpoint is the operation's name. */
  store(operation: string, counts: Counts, shape: RequestsShape = {}): this {
    return this.requests("store", operation, counts, shape);
  }

  requests(hop: Hop, endpoint: string, counts: Counts, shape: RequestsShape): this {
    const witness = shape.witness ?? WITNESS_OF[hop];
    const source = shape.source ?? SOURCE_OF[hop];
    const index = this.#endpoint(endpointOf(endpoint, shape.name));
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    for (const [key, count] of Object.entries(counts)) {
      if (count > 0) this.#spread(hop, witness, source, index, key, count, total, shape);
    }
    this.#heardFrom(hop, witness, source, total);
    return this;
  }

  gauge(name: string, shape: SeriesShape): this {
    const { values, at = [0, this.#loadSeconds], every = 1, kind = "gauge", ...rest } = shape;
    const points = [];
    for (let second = at[0]; second < at[1]; second += every) {
      const value = typeof values === "number" ? values : typeof values === "function" ? values(second) : values[(second - at[0]) / every];
      if (value === undefined) continue;
      points.push({ second: T0 + second, min: value, max: value, last: value, sum: value, n: 1 });
    }
    this.#gauges.push({
      name,
      unit: "",
      kind,
      hop: undefined,
      witness: rest.hop === undefined ? "" : WITNESS_OF[rest.hop],
      instance: "",
      attributes: {},
      ...rest,
      points,
    });
    return this;
  }

  counter(name: string, shape: SeriesShape): this {
    return this.gauge(name, { ...shape, kind: "counter" });
  }

  /** `n` requests that were seen by more than one witness, with the mean of each part in ms. */
  joins(endpoint: string, n: number, means: { readonly [part in JoinPart]?: number }, shape: { by?: LedgerJoin["by"]; at?: number } = {}): this {
    const parts = Object.fromEntries(Object.entries(means).map(([part, mean]) => [part, { n, sum: mean * n }]));
    return this.join({ second: T0 + (shape.at ?? 0), endpoint: this.#endpoint(endpointOf(endpoint)), by: shape.by ?? "trace", parts, count: n });
  }

  join(join: LedgerJoin): this {
    this.#joins.push(join);
    return this;
  }

  /** Index of an endpoint, for rows that are written by hand. */
  index(endpoint: string): number {
    return this.#endpoint(endpointOf(endpoint));
  }

  pair(outer: Hop, inner: Hop, times: Omit<ClockPair, "outer" | "inner">): this {
    this.#pairs.push({ outer, inner, ...times });
    return this;
  }

  phase(name: string, kind: PhaseKind, from: number, to: number, source: RunPhase["source"] = "given"): this {
    this.#phases.push({ name, kind, startUnixMs: (T0 + from) * 1000, endUnixMs: (T0 + to) * 1000, source });
    return this;
  }

  mark(text: string, second: number, kind: Mark["kind"] = "user", labels: Mark["labels"] = {}): this {
    this.#marks.push({ timeUnixMs: (T0 + second) * 1000, text, labels, kind });
    return this;
  }

  aggregate(witness: string, item: Partial<LoadAggregate>): this {
    this.#aggregates.push({ witness, item: { ...BLANK_AGGREGATE, ...item } });
    return this;
  }

  /** Changes what is said of a witness, or enters one that counted nothing. */
  witness(witness: Partial<LedgerWitness> & Pick<LedgerWitness, "hop" | "name">): this {
    const key = `${witness.hop} ${witness.name}`;
    this.#witnesses.set(key, { ...(this.#witnesses.get(key) ?? this.#blankWitness(witness.hop, witness.name)), ...witness });
    return this;
  }

  with(parts: Partial<RunLedger>): this {
    this.#extra = { ...this.#extra, ...parts };
    return this;
  }

  ledger(): RunLedger {
    return {
      run: this.#run,
      phases: this.#phases,
      marks: this.#marks,
      witnesses: [...this.#witnesses.values()],
      endpoints: this.#endpoints,
      cells: this.#cells.toSorted((a, b) => a.second - b.second),
      joins: this.#joins.toSorted((a, b) => a.second - b.second),
      clockPairs: this.#pairs,
      gauges: this.#gauges,
      traces: [],
      logs: [],
      losses: [],
      aggregates: this.#aggregates,
      thresholds: [],
      facts: [],
      notes: [],
      ...this.#extra,
    };
  }

  #endpoint(endpoint: LedgerEndpoint): number {
    const at = this.#endpoints.findIndex(
      ({ method, name, canonical }) => method === endpoint.method && name === endpoint.name && canonical === endpoint.canonical,
    );
    return at >= 0 ? at : this.#endpoints.push(endpoint) - 1;
  }

  #spread(hop: Hop, witness: string, source: CountSource, endpoint: number, key: string, count: number, total: number, shape: RequestsShape): void {
    const { outcome, errorKind, status } = resultOf(key);
    const { at = [0, this.#loadSeconds] } = shape;
    const [from, to] = typeof at === "number" ? [at, at + 1] : at;
    let given = 0;
    for (let second = from; second < to; second++) {
      const upTo = Math.round((count * (second + 1 - from)) / (to - from));
      const part = upTo - given;
      if (part === 0) continue;
      this.#cells.push({
        second: T0 + second,
        hop,
        source,
        witness,
        instance: shape.instance ?? "",
        endpoint,
        scenario: shape.scenario ?? "",
        outcome,
        errorKind,
        status: shape.saysStatus === false ? undefined : (shape.status ?? status),
        count: part,
        latency: latency(key, outcome, part, given, shape),
        sums: sums(part, total, shape),
      });
      given = upTo;
    }
  }

  #heardFrom(hop: Hop, name: string, source: CountSource, items: number): void {
    const key = `${hop} ${name}`;
    const known = this.#witnesses.get(key) ?? this.#blankWitness(hop, name);
    const sources = known.sources.includes(source) ? known.sources : [...known.sources, source];
    this.#witnesses.set(key, { ...known, sources, items: known.items + items });
  }

  #blankWitness(hop: LedgerWitness["hop"], name: string): LedgerWitness {
    return {
      hop,
      name,
      sources: [],
      format: hop === "client" ? "k6-json" : hop === "proxy" ? "nginx-timing" : "otlp",
      firstUnixMs: T0 * 1000,
      lastUnixMs: (T0 + this.#loadSeconds) * 1000,
      items: 0,
      durationMeans: hop === "host" ? "" : MEANS_OF[hop],
      correction: hop === "client" ? "raw" : "unknown",
      survivorsOnly: "no",
      limits: [],
    };
  }
}

function resultOf(key: string): Pick<LedgerCell, "outcome" | "errorKind" | "status"> {
  if (/^\d+$/.test(key)) {
    const status = Number(key);
    const errorKind = status === 499 ? "aborted" : errorKindOfStatus(status);
    return { outcome: outcomeOf(errorKind), errorKind, status };
  }
  const errorKind = ERROR_KINDS.find((kind) => kind === key);
  const outcome = errorKind === undefined ? OUTCOMES.find((word) => word === key) : outcomeOf(errorKind);
  if (outcome === undefined) throw new Error(`neither an outcome, an error kind nor a status: ${key}`);
  const status = errorKind === "http_429" ? 429 : errorKind === "http_4xx" ? 404 : outcome === "http_error" ? 500 : isAnswered(outcome) ? 200 : 0;
  return { outcome, errorKind, status };
}

function isAnswered(outcome: Outcome): boolean {
  return outcome === "ok" || outcome === "check_failed" || outcome === "http_error";
}

function latency(key: string, outcome: Outcome, n: number, first: number, shape: RequestsShape): Uint8Array | undefined {
  const { ms, timeoutMs = TIMEOUT_MS } = shape;
  if (shape.isUntimed) return undefined;
  if (typeof ms === "function") return latencyOf(n, (index) => ms(first + index));
  if (typeof ms === "number") return latencyOf(n, ms);
  const told = ms?.[key as Outcome] ?? ms?.[outcome];
  if (told !== undefined) return latencyOf(n, told);
  if (outcome === "timeout") return latencyOf(n, timeoutMs);
  return isAnswered(outcome) ? latencyOf(n, 20) : undefined;
}

function sums(n: number, total: number, { each = {}, total: whole = {} }: RequestsShape): LedgerCell["sums"] {
  const told: { [key in SumKey]?: CountedSum } = {};
  for (const [key, value] of Object.entries(each)) told[key as SumKey] = { n, sum: n * value };
  for (const [key, value] of Object.entries(whole)) told[key as SumKey] = { n, sum: (n * value) / total };
  return told;
}
