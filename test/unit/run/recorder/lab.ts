import { Attributes } from "../../../../collector/model/attributes.ts";
import type { LedgerCell, LedgerLoss } from "../../../../collector/model/ledger.ts";
import { BLANK_REQUEST, type LoadRequest } from "../../../../collector/model/load-record.ts";
import type { LogRecord } from "../../../../collector/model/log-record.ts";
import type { HistogramPoint, Metric, MetricData, NumberPoint } from "../../../../collector/model/metric.ts";
import type { Resource, Scope } from "../../../../collector/model/resource.ts";
import type { Span } from "../../../../collector/model/span.ts";
import { unixNanoFromMs } from "../../../../collector/model/time.ts";
import { Recorder, type RecorderOptions } from "../../../../collector/run/recorder/recorder.ts";
import { decodeHistogram } from "../../../../collector/stats/histogram-bytes.ts";
import type { WitnessIdentity } from "../../../../collector/wire/witness/witness-batches.ts";
import { MemoryWriter } from "./memory-writer.ts";

/** When every run of these tests begins. */
export const START_MS = 1_800_000_000_000;
export const RUN_ID = "20270115-080000-lab-0001";
type Plain = Readonly<Record<string, string | number | boolean>>;

export interface Lab {
  readonly recorder: Recorder;
  readonly writer: MemoryWriter;
  readonly clock: { ms: number };
  readonly faults: unknown[];
}

export function openLab(options: Partial<RecorderOptions> = {}): Lab {
  const writer = new MemoryWriter();
  const clock = { ms: START_MS };
  const faults: unknown[] = [];
  const recorder = new Recorder({
    writer,
    runId: RUN_ID,
    nowMs: () => clock.ms,
    startUnixMs: START_MS,
    onFault: (error) => faults.push(error),
    ...options,
  });
  return { recorder, writer, clock, faults };
}

export function resource(attributes: Plain): Resource {
  return { attributes: Attributes.from(attributes), droppedAttributesCount: 0, entityRefs: [], schemaUrl: "" };
}
export const API = resource({ "service.name": "api-server", "service.instance.id": "a1" });
export const K6 = resource({ "service.name": "k6", "service.instance.id": "gen1" });

export function scope(name: string): Scope {
  return { name, version: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0, schemaUrl: "" };
}
const NO_SCOPE = scope("lab");

export function identity(over: Partial<WitnessIdentity> = {}): WitnessIdentity {
  return {
    hop: "client",
    name: "k6",
    format: "k6-json",
    instance: "gen1",
    runId: "",
    durationMeans: "send_to_last_byte",
    correction: "not_needed",
    survivorsOnly: "no",
    limits: [],
    ...over,
  };
}
export const NGINX = identity({
  hop: "proxy",
  name: "nginx",
  format: "nginx-timing",
  instance: "edge",
  durationMeans: "first_byte_in_to_last_byte_out",
});

/** `endMs` since the start of the run. */
export function request(endMs: number, over: Partial<LoadRequest> = {}): LoadRequest {
  return {
    ...BLANK_REQUEST,
    endpoint: { method: "GET", name: "works", url: "", source: "name" },
    endUnixNano: unixNanoFromMs(START_MS + endMs),
    stamped: "end",
    outcome: "ok",
    status: 200,
    durationMs: 20,
    durationMeans: "send_to_last_byte",
    ...over,
  };
}

export interface SpanOver extends Partial<Omit<Span, "attributes">> {
  readonly attributes?: Plain;
  readonly fromMs: number;
  readonly toMs: number;
}

export function span({ fromMs, toMs, attributes = {}, ...over }: SpanOver): Span {
  return {
    resource: API,
    scope: NO_SCOPE,
    traceId: "",
    spanId: "",
    parentSpanId: "",
    traceState: "",
    flags: 1,
    name: "GET /works/:id",
    kind: 2,
    startUnixNano: unixNanoFromMs(START_MS + fromMs),
    endUnixNano: unixNanoFromMs(START_MS + toMs),
    attributes: Attributes.from(attributes),
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: 0,
    statusMessage: "",
    ...over,
  };
}

export function log(atMs: number, attributes: Plain, over: Partial<LogRecord> = {}): LogRecord {
  return {
    resource: API,
    scope: NO_SCOPE,
    timeUnixNano: unixNanoFromMs(START_MS + atMs),
    observedUnixNano: 0n,
    severityNumber: 9,
    severityText: "INFO",
    eventName: "",
    body: { kind: "string", value: "request completed" },
    attributes: Attributes.from(attributes),
    droppedAttributesCount: 0,
    flags: 0,
    traceId: "",
    spanId: "",
    ...over,
  };
}

export function metric(name: string, data: MetricData, over: Partial<Metric> = {}): Metric {
  return { resource: API, scope: NO_SCOPE, name, description: "", unit: "", metadata: Attributes.EMPTY, data, ...over };
}

/** Times are ms since the start of the run. */
export function number(atMs: number, value: number, attributes: Plain = {}, startMs = 0): NumberPoint {
  return {
    attributes: Attributes.from(attributes),
    startUnixNano: unixNanoFromMs(START_MS + startMs),
    timeUnixNano: unixNanoFromMs(START_MS + atMs),
    flags: 0,
    number: { kind: "double", value },
    exemplars: [],
  };
}

export function counter(points: readonly NumberPoint[], temporality = 2): MetricData {
  return { type: "sum", temporality, isMonotonic: true, points };
}

export function buckets(
  atMs: number,
  explicitBounds: readonly number[],
  counts: readonly number[],
  sum: number,
  attributes: Plain = {},
  startMs = 0,
): HistogramPoint {
  return {
    attributes: Attributes.from(attributes),
    startUnixNano: unixNanoFromMs(START_MS + startMs),
    timeUnixNano: unixNanoFromMs(START_MS + atMs),
    flags: 0,
    count: BigInt(counts.reduce((all, one) => all + one, 0)),
    sum,
    min: undefined,
    max: undefined,
    bucketCounts: counts.map(BigInt),
    explicitBounds,
    exemplars: [],
  };
}

export function histogram(points: readonly HistogramPoint[], temporality = 2): MetricData {
  return { type: "histogram", temporality, points };
}

export function total(cells: readonly LedgerCell[], where: Partial<LedgerCell> = {}): number {
  return cells.filter((cell) => matches(cell, where)).reduce((sum, { count }) => sum + count, 0);
}

export function matches(cell: LedgerCell, where: Partial<LedgerCell>): boolean {
  return Object.entries(where).every(([key, value]) => cell[key as keyof LedgerCell] === value);
}

/** How many durations the cells hold. */
export function measured(cells: readonly LedgerCell[]): number {
  return cells.reduce((sum, { latency }) => sum + (latency === undefined ? 0 : decodeHistogram(latency).count), 0);
}

export function lost(losses: readonly LedgerLoss[], reason: RegExp): number {
  return losses.filter((loss) => reason.test(loss.reason)).reduce((sum, { items }) => sum + items, 0);
}

export interface SeriesView {
  readonly name: string;
  readonly kind: string;
  readonly hop: string | undefined;
  readonly witness: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly points: readonly {
    readonly second: number;
    readonly sum: number;
    readonly min: number;
    readonly max: number;
    readonly last: number;
    readonly n: number;
  }[];
}

/** Seconds since the start of the run. */
export function seriesOf(writer: MemoryWriter, name: string): readonly SeriesView[] {
  return writer.identities.flatMap((one, index) =>
    one.name !== name
      ? []
      : [
          {
            name,
            kind: one.kind,
            hop: one.hop,
            witness: one.witness,
            attributes: one.attributes,
            points: writer.points.filter(({ series }) => series === index).map(({ point }) => ({ ...point, second: point.second - START_MS / 1000 })),
          },
        ],
  );
}
