import type { Hop } from "../../../collector/model/catalog.ts";
import { METRICS } from "../../../collector/model/catalog.ts";
import type {
  GaugePoint,
  GaugeSeries,
  KeptLog,
  LedgerCell,
  LedgerEndpoint,
  RunLedger,
  SampledSpan,
  SampledTrace,
} from "../../../collector/model/ledger.ts";
import { type ErrorKind, outcomeOf } from "../../../collector/model/load-outcome.ts";
import { NO_CONDITIONS, type Run } from "../../../collector/model/run.ts";
import { ExponentialHistogram } from "../../../collector/stats/exponential-histogram.ts";
import { encodeHistogram } from "../../../collector/stats/histogram-bytes.ts";
import { seededRandom } from "../../../collector/stats/seeded-random.ts";

export const START_UNIX_MS = Date.UTC(2026, 4, 12, 4, 51, 0);
export const START_SECOND = START_UNIX_MS / 1000;

export const PUZZLES = "GET /api/works/puzzles";
export const WORLDS = "GET /api/works/custom-worlds";

/** Seconds from the start: rest, then ramp, hold, cool, then rest again. */
export interface SampleShape {
  readonly rest: number;
  readonly ramp: number;
  readonly hold: number;
  readonly cool: number;
  readonly peakPerSecond: number;
  /** The answers of the first endpoint do not get through to the client while it is under full load. */
  readonly egressIsFull: boolean;
  /** How many series of other things there are beside the usual ones, one point a second. */
  readonly moreGauges: number;
}

export const HEALTHY: SampleShape = { rest: 20, ramp: 40, hold: 120, cool: 20, peakPerSecond: 60, egressIsFull: false, moreGauges: 0 };
export const FAILING: SampleShape = { ...HEALTHY, egressIsFull: true };

/** A load run of k6 against nginx, a server and its store, as a recorder would have written it. The same shape gives the same ledger. */
export function sampleLedger(shape: SampleShape): RunLedger {
  const random = seededRandom(7).next;
  const loadSeconds = shape.ramp + shape.hold + shape.cool;
  const cells: LedgerCell[] = [];
  for (let at = 0; at < loadSeconds; at++) {
    for (const endpoint of [0, 1]) cells.push(...secondOf(shape, random, at, endpoint));
  }
  const endSecond = START_SECOND + shape.rest + loadSeconds + shape.rest * 2;
  const phase = (name: string, kind: "before" | "ramp" | "hold" | "cool" | "after", from: number, to: number) => ({
    name,
    kind,
    startUnixMs: START_UNIX_MS + from * 1000,
    endUnixMs: START_UNIX_MS + to * 1000,
    source: "generator" as const,
  });
  const { rest, ramp, hold } = shape;
  const run: Run = {
    id: "20260512-045100-spike-3f2a",
    name: "spike",
    labels: { branch: "main", build: "412" },
    state: "closed",
    startUnixMs: START_UNIX_MS,
    endUnixMs: endSecond * 1000,
    loadStartUnixMs: START_UNIX_MS + rest * 1000,
    loadEndUnixMs: START_UNIX_MS + (rest + loadSeconds) * 1000,
    conditions: {
      ...NO_CONDITIONS,
      command: ["k6", "run", "--out", "json=k6.ndjson", "-e", "PEAK_RPS=60", "works-list.js"],
      generator: "k6 2.2.0",
      target: "http://10.0.0.12",
      scriptHash: "9b1c4e0c6f1f7f9f3d2f0b5a9a6f6f6d1e7c3b2a190807060504030201000000",
      dataset: "80 puzzles, 1 custom world",
      versions: { pitwall: "0.1.0", node: "26.9.0", k6: "2.2.0", nginx: "1.22.1", "api-server": "0.9.3" },
      host: { name: "runner-1", cpus: "2", memory_bytes: "2147483648", os: "linux", kernel: "6.1.0" },
      environment: { SCENARIO: "spike", PEAK_RPS: "60", API_TOKEN: "tok-should-not-be-seen" },
      config: "receivers:\n  otlp:\n    protocols:\n      http:\n      grpc:\n  nginx:\n    path: /var/log/nginx/access.log\n",
    },
    gates: [],
    exit: { code: shape.egressIsFull ? 99 : 0, signal: null },
  };
  return {
    run,
    phases: [
      phase("ramp", "ramp", rest, rest + ramp),
      phase("hold", "hold", rest + ramp, rest + ramp + hold),
      phase("cool", "cool", rest + ramp + hold, rest + loadSeconds),
    ],
    marks: [
      { timeUnixMs: START_UNIX_MS + (rest + ramp + 30) * 1000, text: "cache emptied by hand", labels: {}, kind: "user" },
      ...(shape.egressIsFull
        ? [{ timeUnixMs: START_UNIX_MS + (rest + ramp + 12) * 1000, text: "alert LatencySLOBurning fires", labels: {}, kind: "alert" as const }]
        : []),
    ],
    witnesses: [
      { ...WITNESS, hop: "client", name: "k6", sources: ["requests"], format: "k6-json", items: 16_000, durationMeans: "send_to_last_byte" },
      { ...WITNESS, hop: "proxy", name: "nginx", sources: ["requests"], format: "nginx-timing", items: 16_000 },
      {
        ...WITNESS,
        hop: "application",
        name: "api-server",
        sources: ["metrics", "spans"],
        format: "otlp",
        items: 4210,
        limits: ["Spans are sampled at 10 %; they are not counted."],
      },
    ],
    endpoints: ENDPOINTS,
    cells,
    joins: [],
    clockPairs: [],
    gauges: gaugesOf(shape, random, endSecond),
    traces: tracesOf(shape),
    logs: logsOf(shape),
    losses: shape.egressIsFull ? [{ component: "recorder", signal: "samples", reason: "more than 2 000 series", items: 118 }] : [],
    aggregates: [],
    thresholds: [],
    facts: [],
    notes: [{ kind: "note", code: "nginx-no-request-id", text: "The access log has no request id; requests are joined by trace id." }],
  };
}

const WITNESS = {
  firstUnixMs: START_UNIX_MS + 20_000,
  lastUnixMs: START_UNIX_MS + 200_000,
  durationMeans: "first_byte_in_to_last_byte_out",
  correction: "not_needed",
  survivorsOnly: "no",
  limits: [],
} as const;

const ENDPOINTS: readonly LedgerEndpoint[] = [
  { method: "GET", name: "/api/works/puzzles", source: "route", canonical: PUZZLES, by: "route" },
  { method: "GET", name: "/api/works/custom-worlds", source: "route", canonical: WORLDS, by: "route" },
  { method: "", name: "list_puzzle_gallery", source: "name", canonical: "list_puzzle_gallery", by: "name" },
  { method: "", name: "list_custom_worlds", source: "name", canonical: "list_custom_worlds", by: "name" },
];

/** Requests that end in one second of the load at each hop. */
function secondOf(shape: SampleShape, random: () => number, at: number, endpoint: number): readonly LedgerCell[] {
  const { ramp, hold, cool, peakPerSecond } = shape;
  const share = at < ramp ? at / ramp : at < ramp + hold ? 1 : 1 - (at - ramp - hold) / cool;
  const count = Math.max(0, Math.round(peakPerSecond * share * (0.95 + 0.1 * random())));
  if (count === 0) return [];
  const isFull = shape.egressIsFull && endpoint === 0 && at > ramp + 8 && at < ramp + hold - 5;
  const [cut, dropped] = isFull ? [Math.round(count * (0.4 + 0.12 * random())), Math.round(count * 0.02)] : [0, 0];
  const load = isFull ? 2.4 : 1;
  const row = (hop: Hop, witness: string, kind: ErrorKind | undefined, rows: number, medianMs: number): LedgerCell => ({
    second: START_SECOND + shape.rest + at,
    hop,
    source: hop === "application" || hop === "store" ? "metrics" : "requests",
    witness,
    instance: hop === "application" ? "api-1" : "",
    endpoint: hop === "store" ? endpoint + 2 : endpoint,
    scenario: hop === "client" ? "spike" : "",
    outcome: outcomeOf(kind),
    errorKind: kind,
    status: kind === undefined ? (hop === "store" ? undefined : 200) : 0,
    count: rows,
    latency: rows === 0 ? undefined : encodeHistogram(latencies(random, rows, medianMs)),
    sums: {},
  });
  const [store, app] = endpoint === 0 ? [6, 22] : [2, 8];
  const rows = [
    row("client", "k6", undefined, count - cut - dropped, (app + 14) * load ** 2),
    row("client", "k6", "timeout_recv", cut, 2000),
    row("client", "k6", "timeout_wait", dropped, 2000),
    row("proxy", "nginx", undefined, count, (app + 4) * load),
    row("application", "api-server", undefined, count, app),
    row("store", "api-server", undefined, count * 2, store),
  ];
  return rows.filter((cell) => cell.count > 0);
}

function latencies(random: () => number, count: number, medianMs: number): ExponentialHistogram {
  const histogram = new ExponentialHistogram();
  for (let index = 0; index < count; index++) histogram.record(medianMs * Math.exp(0.45 * (random() + random() + random() - 1.5) * 2));
  return histogram;
}

function gaugesOf(shape: SampleShape, random: () => number, endSecond: number): readonly GaugeSeries[] {
  const { rest, ramp, hold, cool } = shape;
  const loadAt = (at: number): number => {
    const within = at - rest;
    if (within < 0 || within > ramp + hold + cool) return 0;
    return within < ramp ? within / ramp : within < ramp + hold ? 1 : 1 - (within - ramp - hold) / cool;
  };
  const series = (
    name: string,
    unit: string,
    hop: Hop | undefined,
    step: number,
    valueAt: (at: number) => number,
    kind: "gauge" | "counter" = "gauge",
  ): GaugeSeries => {
    const points: GaugePoint[] = [];
    for (let at = 0; START_SECOND + at < endSecond; at += step) {
      const value = valueAt(at);
      points.push({ second: START_SECOND + at, min: value * 0.97, max: value, last: value, sum: kind === "counter" ? value : 0, n: 1 });
    }
    const witness = hop === "client" ? "k6" : "api-server";
    return { name, unit, kind, hop, witness, instance: hop === "client" ? "" : "api-1", attributes: {}, points };
  };
  const noise = () => random() - 0.5;
  const mib = 1024 * 1024;
  const emptied = rest + ramp + 30;
  const more = Array.from({ length: shape.moreGauges }, (_, index) =>
    series(`custom.thing_${index}.level`, "1", "application", 1, (at) => Math.round(1000 * (loadAt(at) * (index + 1) + noise()))),
  );
  return [
    series(METRICS.requestPermitsAvailableMin.name, "{permit}", "application", 2, (at) =>
      Math.max(0, Math.round(64 - 38 * loadAt(at) + 6 * noise())),
    ),
    series(METRICS.requestPermitsLimit.name, "{permit}", "application", 2, () => 64),
    series(
      METRICS.puzzleGalleryCacheHits.name,
      "{hit}",
      "application",
      2,
      (at) => (at - emptied < 4 && at >= emptied ? 0 : 110 * loadAt(at)),
      "counter",
    ),
    series(
      METRICS.puzzleGalleryCacheMisses.name,
      "{miss}",
      "application",
      2,
      (at) => (at - emptied < 4 && at >= emptied ? 90 : 2 * loadAt(at)),
      "counter",
    ),
    series(
      METRICS.puzzleGalleryCacheRebuilds.name,
      "{rebuild}",
      "application",
      2,
      (at) => (at - emptied < 4 && at >= emptied ? 6 : at % 30 === 0 ? 1 : 0),
      "counter",
    ),
    series(METRICS.processMemoryUsage.name, "By", "application", 2, (at) => (180 + 120 * loadAt(at) + (at > 190 ? 24 : 0) + 6 * noise()) * mib),
    series(METRICS.processMemoryPrivate.name, "By", "application", 2, (at) => (150 + 100 * loadAt(at) + (at > 190 ? 20 : 0) + 5 * noise()) * mib),
    series(METRICS.processUnixFileDescriptorCount.name, "{file_descriptor}", "application", 2, (at) => Math.round(38 + 60 * loadAt(at))),
    series("system.cpu.utilization", "1", undefined, 5, (at) => Math.max(0, 0.06 + 0.6 * loadAt(at) + 0.05 * noise())),
    series("vus", "{vu}", "client", 1, (at) => Math.round(40 * loadAt(at) * (shape.egressIsFull ? 2.2 : 1))),
    series("vus_max", "{vu}", "client", 1, () => 120),
    series("dropped_iterations", "{iteration}", "client", 1, (at) => (shape.egressIsFull && loadAt(at) === 1 && at % 7 === 0 ? 3 : 0), "counter"),
    series("iterations", "{iteration}", "client", 1, (at) => Math.round(60 * loadAt(at)), "counter"),
    series("go.gc.pauses", "ms", "application", 10, (at) => 0.4 + loadAt(at)),
    ...more,
  ];
}

/** One request as each hop saw it; a failing one ends at the client after 2 s while its answer is on its way. */
function tracesOf(shape: SampleShape): readonly SampledTrace[] {
  return Array.from({ length: 9 }, (_, index): SampledTrace => {
    const fails = shape.egressIsFull && index < 6;
    const start = START_UNIX_MS + (shape.rest + shape.ramp + 20 + index * 5) * 1000;
    const total = fails ? 2000 : 160 + 20 * index;
    const span = (hop: Hop, witness: string, name: string, id: number, parent: number, from: number, to: number, attributes = {}): SampledSpan => ({
      hop,
      witness,
      name,
      spanId: `${index}-${id}`,
      parentSpanId: parent === 0 ? "" : `${index}-${parent}`,
      startUnixMs: start + from,
      endUnixMs: start + to,
      failed: fails && hop === "client",
      attributes,
    });
    const error = fails
      ? { "error.message": "request timeout while receiving", "http.response.status_code": "0" }
      : { "http.response.status_code": "200" };
    return {
      why: fails ? "failed" : "slow",
      endpoint: fails ? 0 : index % 2,
      traceId: `${(16 + index).toString(16)}f92f3577b34da6a3ce929d0e0e4736`,
      durationMs: total,
      outcome: fails ? "timeout" : "ok",
      errorKind: fails ? "timeout_recv" : undefined,
      spans: [
        span("client", "k6", "GET /api/works/puzzles", 1, 0, 0, total, error),
        span("proxy", "nginx", "GET /api/works/puzzles", 2, 1, 3, total - 2, { "nginx.request_completion": fails ? "" : "OK" }),
        span("application", "api-server", "GET /api/works/puzzles", 3, 2, 4, 31, { "http.route": "/api/works/puzzles" }),
        span("store", "api-server", "list_puzzle_gallery", 4, 3, 6, 11, { "db.system": "spacetimedb" }),
        span("application", "api-server", "serialise JSON", 5, 3, 12, 29),
      ],
    };
  });
}

function logsOf(shape: SampleShape): readonly KeptLog[] {
  if (!shape.egressIsFull) return [];
  return Array.from({ length: 3 }, (_, index) => ({
    timeUnixMs: START_UNIX_MS + (70 + index * 9) * 1000,
    witness: "api-server",
    severity: "WARN",
    body: `slow response body: ${index + 2} of 80 works written after 1 s, token=abcdef${index}`,
    traceId: index === 0 ? "10f92f3577b34da6a3ce929d0e0e4736" : "",
    attributes: {},
  }));
}
