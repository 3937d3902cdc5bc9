import { Attributes } from "../../model/attributes.ts";
import type { LoadSample } from "../../model/load-record.ts";
import type { ExponentialHistogramPoint, Metric, MetricData, NumberPoint } from "../../model/metric.ts";
import type { Resource } from "../../model/resource.ts";
import type { UnixNano } from "../../model/time.ts";
import { flagAt, textAt } from "./attribute-reading.ts";
import { PointTimes } from "./point-times.ts";
import { trendShape, trendValues } from "./trend-histogram.ts";
import { WITNESS_SCOPE } from "./witness-scope.ts";

/*
 * Samples as metrics, under their own name and with their tags as attributes:
 *   delta  sum, delta           one point a second and tag set
 *   rate   sum `<name>.total`, delta, by `condition` = `nonzero` or `zero`, as k6 sends it by OTLP; points as of a delta
 *   trend  exponential histogram, delta; points as of a delta
 *   gauge  gauge                every sample is a point
 *   total  sum, cumulative      every sample is a point
 * so a busy generator's samples cost a few points a second. The metric's metadata says what it was: `loadtest.sample.type`, and
 * `loadtest.sample.untimed` where the samples had no time and got that of reading.
 */
const DELTA = 1;
const CUMULATIVE = 2;
const NANOS_PER_SECOND = 1_000_000_000n;
/** k6 2, OTLP output of rates. */
const RATE_SUFFIX = ".total";
const CONDITION = "condition";
const MAX_REPEATED = 100_000;

/** Samples of one second and tag set. */
interface Group {
  readonly tags: Attributes;
  startUnixNano: UnixNano;
  endUnixNano: UnixNano;
  readonly values: number[];
}

interface Series {
  readonly first: LoadSample;
  readonly isUntimed: boolean;
  readonly groups: Map<string, Group>;
}

export function metricsOf(
  samples: readonly LoadSample[],
  resource: Resource,
  readUnixNano: UnixNano,
  pointTimes: PointTimes = new PointTimes(),
): readonly Metric[] {
  const all = new Map<string, Series>();
  for (const [index, sample] of samples.entries()) {
    const isUntimed = sample.timeUnixNano === undefined;
    const key = `${sample.type}\0${isUntimed}\0${sample.unit}\0${sample.name}`;
    let series = all.get(key);
    if (series === undefined) {
      series = { first: sample, isUntimed, groups: new Map() };
      all.set(key, series);
    }
    addSample(series, sample, sample.timeUnixNano ?? readUnixNano, index);
  }
  return [...all].map(([key, series]) => metricOf(series, inOrder(key, series, pointTimes), resource));
}

function addSample({ groups }: Series, { type, tags, value }: LoadSample, time: UnixNano, index: number): void {
  const standsAlone = type === "gauge" || type === "total" || !Number.isFinite(value);
  const key = standsAlone ? String(index) : `${time / NANOS_PER_SECOND} ${tagKey(tags)}`;
  const group = groups.get(key);
  if (group === undefined) {
    groups.set(key, { tags, startUnixNano: time, endUnixNano: time, values: [value] });
    return;
  }
  group.values.push(value);
  if (time < group.startUnixNano) group.startUnixNano = time;
  if (time > group.endUnixNano) group.endUnixNano = time;
}

/** Equal for equal lists in the same order, which is how one witness writes them; cheaper than the canonical key. */
function tagKey(tags: Attributes): string {
  return tags.kinds.every((kind) => kind === "string") ? JSON.stringify([tags.keys, tags.values]) : tags.canonicalKey;
}

/** Points of one series must rise in time: what adds up by the second, beside those of earlier batches too. */
function inOrder(key: string, { first, groups }: Series, pointTimes: PointTimes): readonly Group[] {
  const sorted = [...groups.values()].sort((a, b) => (a.endUnixNano < b.endUnixNano ? -1 : a.endUnixNano > b.endUnixNano ? 1 : 0));
  if (first.type === "gauge" || first.type === "total") return sorted;
  return sorted.map((group) => ({ ...group, ...pointTimes.next(`${key}\0${tagKey(group.tags)}`, group.startUnixNano, group.endUnixNano) }));
}

function metricOf({ first, isUntimed }: Series, groups: readonly Group[], resource: Resource): Metric {
  const told = { "loadtest.sample.type": first.type };
  return {
    resource,
    scope: WITNESS_SCOPE,
    name: first.type === "rate" ? `${first.name}${RATE_SUFFIX}` : first.name,
    description: "",
    unit: first.unit,
    metadata: Attributes.from(isUntimed ? { ...told, "loadtest.sample.untimed": true } : told),
    data: metricData(first.type, groups),
  };
}

function metricData(type: LoadSample["type"], groups: readonly Group[]): MetricData {
  switch (type) {
    case "delta": {
      const points = groups.map((group) =>
        numberPoint(
          group,
          group.tags,
          group.values.reduce((sum, value) => sum + value, 0),
        ),
      );
      return { type: "sum", temporality: DELTA, isMonotonic: groups.every(({ values }) => values.every((value) => value >= 0)), points };
    }
    case "rate":
      return { type: "sum", temporality: DELTA, isMonotonic: true, points: groups.flatMap(ratePoints) };
    case "trend":
      return { type: "exponential_histogram", temporality: DELTA, points: groups.map(trendPoint) };
    case "total":
      return { type: "sum", temporality: CUMULATIVE, isMonotonic: true, points: groups.map(alone) };
    case "gauge":
      return { type: "gauge", points: groups.map(alone) };
  }
}

function alone(group: Group): NumberPoint {
  return { ...numberPoint(group, group.tags, group.values[0] ?? 0), startUnixNano: 0n };
}

function numberPoint({ startUnixNano, endUnixNano }: Group, attributes: Attributes, value: number): NumberPoint {
  return { attributes, startUnixNano, timeUnixNano: endUnixNano, flags: 0, number: { kind: "double", value }, exemplars: [] };
}

function ratePoints(group: Group): readonly NumberPoint[] {
  const nonzero = group.values.filter((value) => value !== 0).length;
  const point = (condition: string, count: number): readonly NumberPoint[] => {
    if (count === 0) return [];
    const attributes = Attributes.of([...group.tags, [CONDITION, { kind: "string", value: condition }] as const]);
    return [{ ...numberPoint(group, attributes, 0), number: { kind: "int", value: count } }];
  };
  return [...point("nonzero", nonzero), ...point("zero", group.values.length - nonzero)];
}

function trendPoint({ tags, startUnixNano, endUnixNano, values }: Group): ExponentialHistogramPoint {
  const finite = values.filter(Number.isFinite);
  const shape = finite.length === 0 ? NO_VALUES : trendShape(finite);
  return { attributes: tags, startUnixNano, timeUnixNano: endUnixNano, flags: 0, exemplars: [], ...shape };
}

/** Of a measured value that is no number nothing can be told but that it was there: nothing. */
const NO_VALUES = {
  count: 0n,
  sum: undefined,
  min: undefined,
  max: undefined,
  scale: 0,
  zeroCount: 0n,
  zeroThreshold: 0,
  positive: undefined,
  negative: undefined,
} as const;

/**
 * The samples that the metric was made of: of a delta their sum, of a rate as many as there were, of a trend values that are as close as
 * `trendValues` says, all of one second at the time of its last one.
 */
export function samplesOfMetric({ name, unit, metadata, data }: Metric): readonly LoadSample[] {
  const told = textAt(metadata, "loadtest.sample.type");
  const isUntimed = flagAt(metadata, "loadtest.sample.untimed") === true;
  const timeOf = (time: UnixNano): UnixNano | undefined => (isUntimed ? undefined : time);
  if (data.type === "exponential_histogram") {
    return data.points.flatMap((point) =>
      trendValues(point).map(
        (value): LoadSample => ({
          kind: "sample",
          name,
          type: "trend",
          unit,
          timeUnixNano: timeOf(point.timeUnixNano),
          value,
          tags: point.attributes,
        }),
      ),
    );
  }
  if (data.type !== "sum" && data.type !== "gauge") return [];
  const type = data.type === "gauge" ? "gauge" : data.temporality === CUMULATIVE ? "total" : told === "rate" ? "rate" : "delta";
  return data.points.flatMap(({ attributes, timeUnixNano, number }): readonly LoadSample[] => {
    const sample: LoadSample = {
      kind: "sample",
      name,
      type,
      unit,
      timeUnixNano: timeOf(timeUnixNano),
      value: Number(number.value),
      tags: attributes,
    };
    if (number.kind === "empty") return [];
    return type === "rate" ? rateSamples(sample) : [sample];
  });
}

function rateSamples(sample: LoadSample): readonly LoadSample[] {
  const at = sample.tags.keys.lastIndexOf(CONDITION);
  const value = at >= 0 && sample.tags.values[at] === "nonzero" ? 1 : 0;
  const name = sample.name.endsWith(RATE_SUFFIX) ? sample.name.slice(0, -RATE_SUFFIX.length) : sample.name;
  const one: LoadSample = { ...sample, name, value, tags: Attributes.of([...sample.tags].filter((_, index) => index !== at)) };
  return new Array<LoadSample>(Math.min(Math.max(0, Math.trunc(sample.value)), MAX_REPEATED)).fill(one);
}
