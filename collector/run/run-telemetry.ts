import { Attributes, anyValue } from "../model/attributes.ts";
import type { CatalogMetric } from "../model/catalog.ts";
import { RUN_METRICS } from "../model/catalog-run.ts";
import type { LogRecord } from "../model/log-record.ts";
import type { Metric, NumberPoint } from "../model/metric.ts";
import type { Resource, Scope } from "../model/resource.ts";
import type { Mark, Run, RunPhase, UnixMs } from "../model/run.ts";
import { unixNanoFromMs } from "../model/time.ts";

/** Names of the log events of a run; Grafana's points are made of `loadtest.mark` (exporter grafana_annotations). */
export const RUN_EVENTS = { start: "loadtest.run.start", end: "loadtest.run.end", mark: "loadtest.mark" } as const;

const SERVICE = "pitwall";
const SCOPE: Scope = { name: "pitwall/runs", version: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0, schemaUrl: "" };
/** opentelemetry/proto/logs/v1/logs.proto SeverityNumber. */
const SEVERITY_INFO = 9;
/** What a label would be mistaken for on the series of a run, in Prometheus' spelling. */
const RESERVED_LABELS: ReadonlySet<string> = new Set(["run_id", "run_name", "loadtest_run_id", "scenario", "job", "instance", "__name__"]);

/** A run as its telemetry tells it. */
export interface ToldRun {
  readonly run: Run;
  readonly phases: readonly RunPhase[];
  /** Of this run's series. */
  readonly times: ToldTimes;
  /** Names of what has been told to be over (the run itself is ""), so that its 0 moves on with the time: the first one carries the time of the end. */
  readonly toldOver: ReadonlySet<string>;
}

/** A millisecond: what stores with its resolution can tell apart. */
const STEP_NANOS = 1_000_000n;

/**
 * Times of the points of each series that were told already: whoever keeps series takes only points that are newer. Something that changes twice
 * within a millisecond, or that was over before it was last told to be on, is told a millisecond after; so is all while a clock that was set back
 * catches up.
 */
export class ToldTimes {
  readonly #last = new Map<string, bigint>();
  readonly #told = new Map<string, bigint>();

  after(series: string, timeUnixNano: bigint): bigint {
    const last = this.#last.get(series);
    const time = last === undefined || timeUnixNano >= last + STEP_NANOS ? timeUnixNano : last + STEP_NANOS;
    this.#told.set(series, time);
    return time;
  }

  /** What `after` gave since was heard; what was refused is told again with the times that it had. */
  heard(): void {
    for (const [series, time] of this.#told) this.#last.set(series, time);
    this.#told.clear();
  }
}

/**
 * `loadtest.run.info`, `.active` and `.phase` of some runs at this moment. The resource does not carry `loadtest.run.id`: what does ends with the run,
 * and the series that say so must not (collector/series/run-ends.ts).
 */
export function runMetrics(runs: readonly ToldRun[], nowMs: UnixMs): readonly Metric[] {
  return runs.flatMap((told) => {
    const { run } = told;
    const resource = resourceOf({ "service.name": SERVICE, "service.instance.id": run.id });
    const info = pointOf(infoAttributes(run), 1, run.startUnixMs, nowMs);
    const isOver = run.endUnixMs !== undefined;
    const active = pointOf(idOf(run), isOver ? 0 : 1, run.startUnixMs, overSince(run.endUnixMs, "", told, nowMs));
    const phases = phasePoints(told, nowMs);
    const rising = (metric: CatalogMetric, points: readonly NumberPoint[]): Metric => {
      const later = points.map((point) => ({
        ...point,
        timeUnixNano: told.times.after(`${metric.name} ${point.attributes.getString("phase") ?? ""}`, point.timeUnixNano),
      }));
      return gaugeOf(metric, resource, later);
    };
    return [
      rising(RUN_METRICS.runInfo, [info]),
      rising(RUN_METRICS.runActive, [active]),
      ...(phases.length === 0 ? [] : [rising(RUN_METRICS.runPhase, phases)]),
    ];
  });
}

/** What of the run is over at this moment: its phases by name, "" the run itself. */
export function overAt({ run, phases }: Pick<ToldRun, "run" | "phases">, nowMs: UnixMs): readonly string[] {
  const over = byName(phases)
    .filter(([, stretches]) => activeOf(stretches, run, nowMs) === undefined && stretches.some(({ startUnixMs }) => startUnixMs <= nowMs))
    .map(([name]) => name);
  return run.endUnixMs === undefined ? over : ["", ...over];
}

export function startEvent(run: Run): LogRecord {
  return eventOf(RUN_EVENTS.start, run, run.startUnixMs, `load run ${run.name} began`, run.labels);
}

export function endEvent(run: Run): LogRecord {
  return eventOf(RUN_EVENTS.end, run, run.endUnixMs ?? run.startUnixMs, `load run ${run.name} ended`, run.labels);
}

export function markEvent(run: Run, { timeUnixMs, text, labels, kind }: Mark): LogRecord {
  return eventOf(RUN_EVENTS.mark, run, timeUnixMs, text, { ...labels, "mark.kind": kind });
}

function phasePoints(told: ToldRun, nowMs: UnixMs): readonly NumberPoint[] {
  const { run, phases } = told;
  const untilMs = Math.min(nowMs, run.endUnixMs ?? nowMs);
  return byName(phases).flatMap(([name, stretches]) => {
    const entered = stretches.filter(({ startUnixMs }) => startUnixMs <= untilMs);
    const last = entered.at(-1);
    if (last === undefined) return [];
    const active = activeOf(entered, run, nowMs);
    const endMs = Math.min(last.endUnixMs, run.endUnixMs ?? last.endUnixMs);
    const timeMs = active === undefined ? overSince(endMs, name, told, nowMs) : nowMs;
    const attributes = Attributes.from({ "run.id": run.id, phase: name });
    return [pointOf(attributes, active === undefined ? 0 : 1, (active ?? last).startUnixMs, timeMs)];
  });
}

/** A name may come back later in the run: it is one series. */
function byName(phases: readonly RunPhase[]): readonly (readonly [string, readonly RunPhase[]])[] {
  const names = Map.groupBy(phases, ({ name }) => name);
  return [...names].map(([name, stretches]) => [name, stretches.toSorted((a, b) => a.startUnixMs - b.startUnixMs)] as const);
}

function activeOf(stretches: readonly RunPhase[], run: Run, nowMs: UnixMs): RunPhase | undefined {
  if (run.endUnixMs !== undefined) return undefined;
  return stretches.find(({ startUnixMs, endUnixMs }) => startUnixMs <= nowMs && nowMs < endUnixMs);
}

function overSince(endUnixMs: UnixMs | undefined, name: string, { toldOver }: ToldRun, nowMs: UnixMs): UnixMs {
  return endUnixMs === undefined || toldOver.has(name) ? nowMs : Math.min(endUnixMs, nowMs);
}

function infoAttributes(run: Run): Attributes {
  const labels = Object.entries(run.labels).filter(([key]) => !RESERVED_LABELS.has(key.replace(/[^A-Za-z0-9_]/g, "_")));
  const scenario = run.labels["scenario"] ?? run.conditions.environment["SCENARIO"] ?? "";
  const fixed = { "run.id": run.id, "run.name": run.name, ...(scenario === "" ? {} : { scenario }) };
  return Attributes.of([...Object.entries(fixed), ...labels].map(([key, value]) => [key, anyValue(value)] as const));
}

function idOf(run: Run): Attributes {
  return Attributes.from({ "run.id": run.id });
}

function resourceOf(attributes: Readonly<Record<string, string>>): Resource {
  return { attributes: Attributes.from(attributes), droppedAttributesCount: 0, entityRefs: [], schemaUrl: "" };
}

function gaugeOf({ name, unit, description }: CatalogMetric, resource: Resource, points: readonly NumberPoint[]): Metric {
  return { resource, scope: SCOPE, name, description, unit, metadata: Attributes.EMPTY, data: { type: "gauge", points } };
}

function pointOf(attributes: Attributes, value: number, startUnixMs: UnixMs, timeUnixMs: UnixMs): NumberPoint {
  return {
    attributes,
    startUnixNano: unixNanoFromMs(startUnixMs),
    timeUnixNano: unixNanoFromMs(timeUnixMs),
    flags: 0,
    number: { kind: "int", value },
    exemplars: [],
  };
}

function eventOf(eventName: string, run: Run, timeUnixMs: UnixMs, text: string, attributes: Readonly<Record<string, string>>): LogRecord {
  const others = Object.entries(attributes).filter(([key]) => key !== "run.id" && key !== "run.name");
  const timeUnixNano = unixNanoFromMs(timeUnixMs);
  return {
    resource: resourceOf({ "service.name": SERVICE, "loadtest.run.id": run.id }),
    scope: SCOPE,
    timeUnixNano,
    observedUnixNano: timeUnixNano,
    severityNumber: SEVERITY_INFO,
    severityText: "INFO",
    eventName,
    body: anyValue(text),
    attributes: Attributes.of(
      [["run.id", run.id], ["run.name", run.name], ...others].map(([key, value]) => [key as string, anyValue(value as string)] as const),
    ),
    droppedAttributesCount: 0,
    flags: 0,
    traceId: "",
    spanId: "",
  };
}
