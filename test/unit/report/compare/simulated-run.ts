import type { LedgerCell, RunLedger } from "../../../../collector/model/ledger.ts";
import { NO_CONDITIONS, type Run, type RunConditions } from "../../../../collector/model/run.ts";
import { ExponentialHistogram } from "../../../../collector/stats/exponential-histogram.ts";
import { encodeHistogram } from "../../../../collector/stats/histogram-bytes.ts";
import { seededRandom } from "../../../../collector/stats/seeded-random.ts";

export interface SimulatedRun {
  readonly seed: number;
  readonly name?: string;
  readonly seconds?: number;
  readonly perSecond?: number;
  /** Median latency in ms. */
  readonly medianMs?: number;
  /** Share of requests that fail, 0..1. */
  readonly failing?: number;
  /** Some seconds in which everything takes `factor` times as long. */
  readonly stall?: { readonly atSecond: number; readonly seconds: number; readonly factor: number };
  readonly endpoints?: readonly string[];
  readonly conditions?: Partial<RunConditions>;
}

const T0 = 1_778_532_600;
/** How far the level of a second lies from that of the run (1 σ of its logarithm): what a real server and its machine do. */
const LEVEL_SIGMA = 0.06;
const REQUEST_SIGMA = 0.35;

/** A run whose latencies are log-normal with a level that wanders from second to second, as measured of identical k6 runs. */
export function simulatedRun(options: SimulatedRun): RunLedger {
  const { seed, name = "spike", seconds = 60, perSecond = 20, medianMs = 20, failing = 0, endpoints = ["GET /a"], conditions = {}, stall } = options;
  const random = seededRandom(seed);
  const cells: LedgerCell[] = [];
  for (let second = 0; second < seconds; second++) {
    for (const endpoint of endpoints.keys()) {
      const isStalled = stall !== undefined && second >= stall.atSecond && second < stall.atSecond + stall.seconds;
      const level = Math.log(isStalled ? medianMs * stall.factor : medianMs) + LEVEL_SIGMA * normal(random);
      const histogram = new ExponentialHistogram(160, 5);
      let failed = 0;
      for (let request = 0; request < perSecond; request++) {
        if (random.next() < failing) failed++;
        else histogram.record(Math.exp(level + REQUEST_SIGMA * normal(random)));
      }
      const shared = {
        second: T0 + second,
        hop: "client",
        source: "requests",
        witness: "k6",
        instance: "",
        endpoint,
        scenario: "",
        sums: {},
      } as const;
      cells.push({ ...shared, outcome: "ok", errorKind: undefined, status: 200, count: histogram.count, latency: encodeHistogram(histogram) });
      if (failed > 0) cells.push({ ...shared, outcome: "http_error", errorKind: "http_5xx", status: 500, count: failed, latency: undefined });
    }
  }
  return {
    run: runOf(`20260512-045000-${name}-${seed.toString(16).padStart(4, "0")}`, name, seconds, conditions),
    phases: [],
    marks: [],
    witnesses: [],
    endpoints: endpoints.map((text) => {
      const [method = "", path = ""] = text.split(" ");
      return { method, name: path, source: "route", canonical: text, by: "route" };
    }),
    cells,
    joins: [],
    clockPairs: [],
    gauges: [],
    traces: [],
    logs: [],
    losses: [],
    aggregates: [],
    thresholds: [],
    facts: [],
    notes: [],
  };
}

function runOf(id: string, name: string, seconds: number, conditions: Partial<RunConditions>): Run {
  return {
    id,
    name,
    labels: {},
    state: "closed",
    startUnixMs: T0 * 1000,
    endUnixMs: (T0 + seconds) * 1000,
    loadStartUnixMs: T0 * 1000,
    loadEndUnixMs: (T0 + seconds) * 1000,
    conditions: { ...NO_CONDITIONS, dataset: "works-81", scriptHash: "a".repeat(64), ...conditions },
    gates: [],
    exit: { code: 0, signal: null },
  };
}

/** Box and Muller. */
function normal(random: { next(): number }): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
