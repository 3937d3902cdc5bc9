import type { Diagnosis } from "../diagnose/diagnosis.ts";
import { failuresOf } from "../diagnose/digest/stream.ts";
import type { Stream } from "../diagnose/digest-types.ts";
import { CLIENT_METRICS } from "../model/catalog-run.ts";
import type { LedgerCell, RunLedger } from "../model/ledger.ts";
import { ExponentialHistogram } from "../stats/exponential-histogram.ts";
import { decodeHistogram } from "../stats/histogram-bytes.ts";
import { orderOfHistogram } from "../stats/histogram-order.ts";
import { quantileEstimate, samplesNeeded } from "../stats/quantile-interval.ts";
import { type Columns, keepExtremes, keepMeans } from "./downsample.ts";
import { ERROR_WORDS } from "./error-words.ts";
import type { ReportChart } from "./report-schema.ts";
import { HOPS } from "./report-streams.ts";
import { rounded } from "./round-number.ts";
import { spokenOnce } from "./spoken-once.ts";

/** Columns of a chart of requests. */
const MOST_COLUMNS = 600;
/** A latency chart has so many columns at least, and its quantiles so many requests a column at least, in this order of importance. */
const LEAST_LATENCY_COLUMNS = 12;
/** A point stands for the time since the one before, unless that is longer than any generator waits before it tells more. */
const MOST_SPREAD_SECONDS = 15;
const LATENCY_STEPS_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600];

/** What all charts of requests are drawn from: the whole load, second by second. */
interface Load {
  readonly diagnosis: Diagnosis;
  readonly cells: readonly LedgerCell[];
  readonly streams: readonly Stream[];
  /** Unix seconds. */
  readonly originSecond: number;
  readonly startSecond: number;
  readonly seconds: number;
}

/** Offered and achieved rate, failures by hop and by kind, latency by hop. Charts without data are left out. */
export function loadCharts(ledger: RunLedger, diagnosis: Diagnosis): readonly ReportChart[] {
  const whole = diagnosis.digest.scopes[0];
  if (whole === undefined) return [];
  const startSecond = Math.floor(whole.scope.startSecond);
  const load: Load = {
    diagnosis,
    cells: ledger.cells,
    streams: HOPS.flatMap((hop) => whole.total.streams.get(hop) ?? []),
    originSecond: Math.floor(ledger.run.startUnixMs / 1000),
    startSecond,
    seconds: Math.max(0, Math.ceil(whole.scope.endSecond) - startSecond),
  };
  if (load.seconds === 0 || load.streams.length === 0) return [];
  return [rateChart(load, ledger), failuresByHop(load), failuresByKind(load), latencyChart(load, 0.5), latencyChart(load, 0.95)].filter(
    (chart) => chart !== undefined,
  );
}

function rateChart(load: Load, ledger: RunLedger): ReportChart | undefined {
  const series = load.streams
    .filter(({ hop, perSecond: counts }) => hop !== "store" && counts.some((count) => count > 0))
    .map((stream) => ({ name: stream.hop as string, hop: stream.hop, style: "solid" as const, ...perSecond(load, stream.perSecond) }));
  if (series.length === 0) return undefined;
  const offered = offeredPerSecond(load, ledger);
  const { targetPerSecond } = load.diagnosis.digest.scopes[0]?.offered ?? {};
  const limits =
    offered !== undefined
      ? [{ name: "offered", hop: null, style: "dashed" as const, ...keepExtremes(offered, MOST_COLUMNS) }]
      : targetPerSecond !== undefined
        ? [
            {
              name: "asked for, on average",
              hop: null,
              style: "limit" as const,
              ...keepExtremes(Array(load.seconds).fill(targetPerSecond), MOST_COLUMNS),
            },
          ]
        : [];
  const [title, note] =
    limits.length > 0 ? ["Requests per second: offered and achieved", ""] : ["Requests per second", "what the generator meant to send is not known"];
  return chartOf(load, { id: "rate", title, unit: "1/s", note }, [...limits, ...series]);
}

/** What was due: as an open-loop generator counts it, or else what was sent plus the iterations that it says it dropped. */
function offeredPerSecond(load: Load, ledger: RunLedger): readonly (number | null)[] | undefined {
  const planned = spokenOnce(ledger.gauges).filter(({ name, kind }) => kind === "counter" && name === CLIENT_METRICS.clientRequestsPlanned.name);
  // A point says what fell due since the one before, at any moment of its second: half of that lay in the second before.
  if (planned.length > 0) {
    const [told, earlier] = [spreadOver(load, planned), spreadOver({ ...load, startSecond: load.startSecond + 1 }, planned)];
    return told.map((count, at) => (count + (earlier[at] as number)) / 2);
  }
  const client = load.streams.find(({ hop }) => hop === "client");
  const perIteration = load.diagnosis.digest.scopes[0]?.offered.requestsPerIteration ?? 1;
  const dropped = spokenOnce(ledger.gauges).filter(({ name, kind }) => kind === "counter" && /(^|[._])dropped_iterations$/.test(name));
  if (client === undefined || dropped.length === 0) return undefined;
  const lost = spreadOver(load, dropped);
  return lost.map((count, second) => (client.perSecond[second] ?? 0) + count * perIteration);
}

/** Increases of counters, evenly over the seconds since the point before. */
function spreadOver({ startSecond, seconds }: Load, series: RunLedger["gauges"]): readonly number[] {
  const values = Array<number>(seconds).fill(0);
  for (const { points } of series) {
    points.forEach(({ second, sum }, index) => {
      const before = points[index - 1]?.second ?? second - 1;
      const width = Math.min(MOST_SPREAD_SECONDS, Math.max(1, second - before));
      for (let at = second - width + 1; at <= second; at++) {
        const column = at - startSecond;
        if (column >= 0 && column < seconds) values[column] = (values[column] as number) + sum / width;
      }
    });
  }
  return values;
}

function failuresByHop(load: Load): ReportChart | undefined {
  if (load.streams.every(({ failedPerSecond }) => failedPerSecond.every((count) => count === 0))) return undefined;
  const series = load.streams.map((stream) => ({
    name: stream.hop as string,
    hop: stream.hop,
    style: "solid" as const,
    ...perSecond(load, stream.failedPerSecond),
  }));
  const note = "a line that stays at zero while another rises: that hop did not see those failures";
  return chartOf(load, { id: "failures-by-hop", title: "Failed requests per second, as each hop counts them", unit: "1/s", note }, series);
}

function failuresByKind(load: Load): ReportChart | undefined {
  const stream = load.streams.find((one) => failuresOf(one) > 0);
  if (stream === undefined) return undefined;
  const kinds = new Map<string, number[]>();
  for (const cell of cellsOf(load, stream)) {
    if (cell.outcome === "ok" || cell.outcome === "unknown") continue;
    const name = cell.errorKind ?? "unknown";
    const counts = kinds.get(name) ?? Array<number>(load.seconds).fill(0);
    const at = cell.second - load.startSecond;
    if (at >= 0 && at < counts.length) counts[at] = (counts[at] as number) + cell.count;
    kinds.set(name, counts);
  }
  if (kinds.size === 0) return undefined;
  const series = [...kinds]
    .toSorted(([, a], [, b]) => b.reduce((x, y) => x + y) - a.reduce((x, y) => x + y))
    .map(([kind, counts]) => ({ name: ERROR_WORDS[kind] ?? kind, hop: null, style: "solid" as const, ...keepMeans(counts, MOST_COLUMNS) }));
  const title = `Failed requests per second by kind, at the ${stream.hop}`;
  return { ...chartOf(load, { id: "failures-by-kind", title, unit: "1/s", note: "" }, series), isStacked: true };
}

function latencyChart(load: Load, q: 0.5 | 0.95): ReportChart | undefined {
  const timed = load.streams.filter(({ latencyOk }) => latencyOk !== undefined && latencyOk.count > 0);
  const [first] = timed;
  if (first === undefined) return undefined;
  const step = latencyStep(load.seconds, first.latencyOk?.count ?? 0, samplesNeeded(0.95));
  const series = timed.map((stream) => ({
    name: stream.hop as string,
    hop: stream.hop,
    style: "solid" as const,
    stepSeconds: step,
    values: quantilesOverTime(load, stream, step, q),
  }));
  if (series.every(({ values }) => values.every((value) => value === null))) return undefined;
  const title = `p${q * 100} of successful requests by hop`;
  const note = `per ${step} s with ${samplesNeeded(q)} requests or more; not to be subtracted from one another`;
  return chartOf(load, { id: `latency-p${q * 100}`, title, unit: "ms", note }, series);
}

/** The shortest step whose mean column has what p95 needs, unless too few columns would be left. */
function latencyStep(seconds: number, requests: number, needed: number): number {
  const shortest = seconds / MOST_COLUMNS;
  const longest = Math.max(1, seconds / LEAST_LATENCY_COLUMNS);
  const usable = LATENCY_STEPS_SECONDS.filter((step) => step >= shortest && step <= longest);
  return usable.find((step) => (requests / seconds) * step >= needed) ?? usable.at(-1) ?? Math.max(1, Math.ceil(shortest));
}

function quantilesOverTime(load: Load, stream: Stream, step: number, q: number): readonly (number | null)[] {
  const columns: (ExponentialHistogram | undefined)[] = Array.from({ length: Math.ceil(load.seconds / step) }, () => undefined);
  for (const cell of cellsOf(load, stream)) {
    const at = Math.floor((cell.second - load.startSecond) / step);
    if (cell.outcome !== "ok" || cell.latency === undefined || at < 0 || at >= columns.length) continue;
    columns[at] ??= new ExponentialHistogram();
    columns[at].merge(decodeHistogram(cell.latency));
  }
  return columns.map((histogram) => {
    if (histogram === undefined || histogram.count === 0) return null;
    const estimate = quantileEstimate(orderOfHistogram(histogram), q);
    return estimate.isStated ? estimate.value : null;
  });
}

/** Rows of the source that the digest chose for this hop; others count the same requests once more. */
function cellsOf(load: Load, stream: Stream): readonly LedgerCell[] {
  return load.cells.filter((cell) => cell.hop === stream.hop && cell.source === stream.source && stream.witnesses.includes(cell.witness));
}

function perSecond(load: Load, counts: Float64Array): Columns {
  return keepExtremes(
    Array.from({ length: load.seconds }, (_, second) => counts[second] ?? 0),
    MOST_COLUMNS,
  );
}

type Series = Omit<ReportChart["series"][number], "values"> & Columns;

function chartOf(load: Load, head: Pick<ReportChart, "id" | "title" | "unit" | "note">, series: readonly Series[]): ReportChart {
  return {
    ...head,
    group: "load",
    startSecond: load.startSecond - load.originSecond,
    stepSeconds: series[0]?.stepSeconds ?? 1,
    isStacked: false,
    series: series.map(({ stepSeconds: _, values, ...rest }) => ({ ...rest, values: values.map((value) => rounded(value ?? undefined, 3)) })),
  };
}
