import { METRICS } from "../model/catalog.ts";
import type { GaugeSeries, RunLedger } from "../model/ledger.ts";
import { keepExtremes, keepMeans } from "./downsample.ts";
import { columnsOf, type Grid, gridOf } from "./gauge-columns.ts";
import { instancesByWitness, seriesNames } from "./gauge-names.ts";
import { fitsName, GAUGE_RECIPES, type GaugeRecipe } from "./gauge-recipes.ts";
import type { ReportChart, RunReport } from "./report-schema.ts";
import { rounded } from "./round-number.ts";
import { spokenOnce } from "./spoken-once.ts";
import { visibleLine } from "./visible-text.ts";

/** Columns of a chart of a resource: half of what requests have, as there are many of them. */
const MOST_COLUMNS = 300;
const MOST_OTHER_COLUMNS = 100;
const MOST_CHARTS = 48;
const MOST_SERIES = 8;
const MOST_NAMED = 60;
/** Telemetry that was under way when the run began or ended belongs to it. */
const MOST_BEFORE_SECONDS = 60;
const MOST_AFTER_SECONDS = 600;
const LIMIT = /[._](limit|max)$/;

export type GaugeCharts = Pick<RunReport, "charts" | "still"> & {
  /** Names of series that there was no room for. */
  readonly leftOut: readonly string[];
};

/** Charts of everything that is not a request. What never changed has none, but for what everybody asks for; it is told as a value. */
export function gaugeCharts(ledger: RunLedger): GaugeCharts {
  const told = ledger.gauges.filter(({ points }) => points.length > 0);
  const all = spokenOnce(told.map((one) => withinRun(one, ledger)).filter(({ points }) => points.length > 0));
  const make = { originSecond: Math.floor(ledger.run.startUnixMs / 1000), instances: instancesByWitness(all) };
  const rest = new Set(all);
  const [charts, leftOut]: [ReportChart[], GaugeSeries[]] = [[], []];
  const add = (recipe: GaugeRecipe, group: ReportChart["group"], series: readonly Labelled[]): void => {
    for (const { one } of series) rest.delete(one);
    const shown = mostMoving(series);
    if (charts.length >= MOST_CHARTS) leftOut.push(...series.map(({ one }) => one));
    else {
      charts.push(chartOf(recipe, group, shown, make));
      leftOut.push(...series.filter((one) => !shown.includes(one)).map(({ one }) => one));
    }
  };
  const ratio = hitRatioChart(rest, make.originSecond);
  for (const recipe of GAUGE_RECIPES) {
    const chosen = recipe.lines.flatMap(([name, label]) => [...rest].filter((one) => fitsName(one, name)).map((one) => ({ one, label })));
    const fitting = chosen.filter(({ one }) => recipe.without?.(one) !== true);
    const alike = fitting.filter(({ one }) => one.unit === fitting[0]?.one.unit && one.kind === fitting[0]?.one.kind);
    const moving = recipe.isStacked === true ? alike.filter(({ one }) => rangeOf(one.points, one.kind)[1] !== 0) : alike;
    // Where permits stand is asked even when none was ever taken.
    if (recipe.id === "permits" ? alike.length > 0 : moving.some(({ one }) => !isStill(one))) add(recipe, "resources", moving);
    // What the recipe leaves out of its picture (idle processors) is told by what is in it.
    if (alike.length > 0 && recipe.isStacked === true) for (const { one } of chosen) rest.delete(one);
    if (recipe.id === "permits" && ratio !== undefined) charts.push(ratio);
  }
  const { still, moving } = parted([...rest]);
  for (const series of metricsOf(moving)) {
    const title = visibleLine((series[0] as GaugeSeries).name, 80);
    add(
      { id: `gauge-${charts.length}`, title, lines: [] },
      "other",
      series.map((one) => ({ one, label: "" })),
    );
  }
  return { charts, still, leftOut: countedNames(leftOut) };
}

/** Points far outside of the run (of a file whose clock is another one) would leave no room for the run itself. */
function withinRun(series: GaugeSeries, { run }: RunLedger): GaugeSeries {
  const from = run.startUnixMs / 1000 - MOST_BEFORE_SECONDS;
  const to = (run.endUnixMs ?? Number.POSITIVE_INFINITY) / 1000 + MOST_AFTER_SECONDS;
  const points = series.points.filter(({ second }) => second >= from && second <= to);
  return points.length === series.points.length ? series : { ...series, points };
}

interface Labelled {
  readonly one: GaugeSeries;
  readonly label: string;
}

/** Metric by metric: first those of the application and its client, then those of the machine. */
function metricsOf(series: readonly GaugeSeries[]): readonly (readonly GaugeSeries[])[] {
  const rank = ({ hop, witness }: GaugeSeries): number => (hop === "application" || hop === "store" ? 0 : witness === "host" ? 2 : 1);
  return [
    ...Map.groupBy(
      series.toSorted((a, b) => rank(a) - rank(b)),
      ({ name, kind, unit }) => `${name}\n${kind}\n${unit}`,
    ).values(),
  ];
}

/** The ones that move most, in their own order. */
function mostMoving(series: readonly Labelled[]): readonly Labelled[] {
  if (series.length <= MOST_SERIES) return series;
  const chosen = new Set(series.toSorted((a, b) => spanOf(b.one) - spanOf(a.one)).slice(0, MOST_SERIES));
  return series.filter((one) => chosen.has(one));
}

function spanOf({ points, kind }: GaugeSeries): number {
  const [low, high] = rangeOf(points, kind);
  return high - low;
}

function rangeOf(points: GaugeSeries["points"], kind: GaugeSeries["kind"]): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { min, max, sum, n } of points) {
    const value = kind === "counter" ? sum : kind === "histogram" && n > 0 ? sum / n : undefined;
    low = Math.min(low, value ?? min);
    high = Math.max(high, value ?? max);
  }
  return [low, high];
}

function isStill({ points, kind }: GaugeSeries): boolean {
  const [low, high] = rangeOf(points, kind);
  return kind === "counter" ? high === 0 && low === 0 : low === high;
}

/** Series whose gauge never moved, or whose counter never rose, are told by their value. */
function parted(series: readonly GaugeSeries[]): { readonly still: RunReport["still"]; readonly moving: readonly GaugeSeries[] } {
  const groups = Map.groupBy(series.filter(isStill), (one) => `${one.name} ${rangeOf(one.points, one.kind)[0]}`);
  const still = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const value = rounded(rangeOf(first.points, first.kind)[0]) ?? 0;
    return [{ name: visibleLine(first.name, 80), unit: unitOf(first), value, series: group.length }];
  });
  return { still, moving: series.filter((one) => !isStill(one)) };
}

function countedNames(series: readonly GaugeSeries[]): readonly string[] {
  const names = [...Map.groupBy(series, ({ name }) => visibleLine(name, 80))].map(([name, group]) =>
    group.length === 1 ? name : `${name} (${group.length})`,
  );
  return names.length <= MOST_NAMED ? names : [...names.slice(0, MOST_NAMED), `${names.length - MOST_NAMED} more`];
}

function hitRatioChart(rest: Set<GaugeSeries>, originSecond: number): ReportChart | undefined {
  const of = (name: string) => [...rest].filter((series) => series.name === name && series.kind === "counter");
  const [hits, misses] = [of(METRICS.puzzleGalleryCacheHits.name), of(METRICS.puzzleGalleryCacheMisses.name)];
  if (hits.length === 0 || misses.length === 0 || [...hits, ...misses].every(isStill)) return undefined;
  for (const series of [...hits, ...misses]) rest.delete(series);
  const grid = gridOf([...hits, ...misses]);
  const [hit, missed] = [sumOf(hits, grid), sumOf(misses, grid)];
  const values = hit.map((count, at) => (count + (missed[at] as number) === 0 ? null : (100 * count) / (count + (missed[at] as number))));
  return place({ id: "cache-hits", title: "Cache hit ratio", unit: "%", note: "", group: "resources", isStacked: false }, grid, originSecond, [
    { name: "hit ratio", hop: "application", style: "solid", values },
  ]);
}

function sumOf(series: readonly GaugeSeries[], grid: Grid): readonly number[] {
  const sums = Array<number>(grid.length).fill(0);
  for (const one of series) for (const [at, value] of columnsOf(one, grid, "sum").entries()) sums[at] = (sums[at] as number) + (value ?? 0);
  return sums;
}

interface Making {
  readonly originSecond: number;
  readonly instances: ReadonlyMap<string, number>;
}

function chartOf(recipe: GaugeRecipe, group: ReportChart["group"], labelled: readonly Labelled[], { originSecond, instances }: Making): ReportChart {
  const series = labelled.map(({ one }) => one);
  const grid = gridOf(series);
  const first = series[0] as GaugeSeries;
  const labels = labelled.map(({ label }) => label);
  const names = seriesNames(series, labels, instances);
  const isRate = first.kind === "counter" && group === "other";
  const title = [`${recipe.title}${isRate ? " per second" : ""}`, names.owner].filter((word) => word !== "").join(" \u00b7 ");
  const share = isShare(recipe, first) ? 100 : 1;
  const lines = series.map((one, index) => ({
    name: names.lines[index] as string,
    hop: one.hop ?? null,
    style: LIMIT.test(one.name) ? ("limit" as const) : ("solid" as const),
    values: columnsOf(one, grid, whatOf(one, recipe)).map((value) => (value === null ? null : value * share)),
  }));
  const note = recipe.note ?? (first.kind === "histogram" ? "mean of each column" : "");
  const head = { id: recipe.id, title, unit: share === 100 ? "%" : unitOf(first), note, group, isStacked: recipe.isStacked === true };
  return place(head, grid, originSecond, lines);
}

/** Shares of processors, and seconds per second of waiting for something, read better as per cent. */
function isShare({ id }: GaugeRecipe, { unit, kind }: GaugeSeries): boolean {
  return (id.startsWith("cpu") && unit === "1") || (kind === "counter" && unit === "s");
}

function unitOf({ kind, unit }: GaugeSeries): string {
  if (kind !== "counter") return unit;
  return unit === "By" ? "By/s" : "1/s";
}

/** A limit is what it was last told to be. */
function whatOf({ kind, name }: GaugeSeries, { show }: GaugeRecipe): "rate" | "mean" | "min" | "last" {
  if (kind === "counter") return "rate";
  if (kind === "histogram") return "mean";
  return LIMIT.test(name) ? "last" : (show ?? "last");
}

function place(
  head: Pick<ReportChart, "id" | "title" | "unit" | "note" | "group" | "isStacked">,
  grid: Grid,
  originSecond: number,
  lines: ReportChart["series"],
): ReportChart {
  const most = head.group === "other" ? MOST_OTHER_COLUMNS : MOST_COLUMNS;
  const thinned = lines.map((line) => ({ line, ...(head.isStacked ? keepMeans : keepExtremes)(line.values, most) }));
  return {
    ...head,
    startSecond: grid.startSecond - originSecond,
    stepSeconds: grid.stepSeconds * (thinned[0]?.stepSeconds ?? 1),
    series: thinned.map(({ line, values }) => ({ ...line, values: values.map((value) => rounded(value ?? undefined, 3)) })),
  };
}
