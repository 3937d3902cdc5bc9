import { METRICS } from "../model/catalog.ts";
import type { GaugeSeries, RunLedger } from "../model/ledger.ts";
import { keepExtremes } from "./downsample.ts";
import { columnsOf, type Grid, gridOf } from "./gauge-columns.ts";
import type { ReportChart } from "./report-schema.ts";
import { rounded } from "./round-number.ts";
import { visibleLine } from "./visible-text.ts";

/** Columns of a chart of a resource: half of what requests have, as there are many of them. */
const MOST_COLUMNS = 300;
const MOST_OTHER_COLUMNS = 160;
const MOST_CHARTS = 48;
const MOST_SERIES = 8;
const MOST_LEFT_OUT = 100;
const LIMIT = /[._](limit|max)$/;

interface Recipe {
  readonly id: string;
  readonly title: string;
  /** Names of series, in the order of the lines. */
  readonly names: readonly (string | RegExp)[];
  readonly note?: string;
  readonly show?: "min";
}

/** What everybody asks for first, in this order; whatever else there is follows under its own name. */
const KNOWN: readonly Recipe[] = [
  {
    id: "permits",
    title: "Request permits",
    names: [METRICS.requestPermitsAvailableMin.name, METRICS.requestPermitsAvailable.name, METRICS.requestPermitsLimit.name],
    note: "smallest value of each column; at 0 further requests are refused",
    show: "min",
  },
  { id: "cache-rebuilds", title: "Cache rebuilds per second", names: [METRICS.puzzleGalleryCacheRebuilds.name] },
  { id: "memory", title: "Memory of the process", names: [METRICS.processMemoryUsage.name, METRICS.processMemoryPrivate.name] },
  { id: "descriptors", title: "Open file descriptors", names: [METRICS.processUnixFileDescriptorCount.name] },
  { id: "cpu", title: "CPU", names: [/cpu.*(utili[sz]ation|usage_ratio|percent)/] },
  { id: "vus", title: "Virtual users", names: [/(^|[._])vus$/, /(^|[._])vus_max$/] },
  { id: "threads", title: "Threads", names: [METRICS.processThreadCount.name] },
  { id: "bodies", title: "Response bodies in flight", names: [METRICS.responseBodiesInFlight.name] },
];

export interface GaugeCharts {
  readonly charts: readonly ReportChart[];
  /** Names of series that there was no room for. */
  readonly leftOut: readonly string[];
}

/** Charts of everything that is not a request. */
export function gaugeCharts(ledger: RunLedger): GaugeCharts {
  const originSecond = Math.floor(ledger.run.startUnixMs / 1000);
  const rest = new Set(ledger.gauges.filter(({ points }) => points.length > 0));
  const [charts, leftOut]: [ReportChart[], string[]] = [[], []];
  const add = (recipe: Recipe, group: ReportChart["group"], series: readonly GaugeSeries[]): void => {
    for (const one of series) rest.delete(one);
    if (charts.length >= MOST_CHARTS) leftOut.push(...series.map(seriesName));
    else charts.push(chartOf(recipe, group, series.slice(0, MOST_SERIES), originSecond));
    leftOut.push(...series.slice(MOST_SERIES).map(seriesName));
  };
  const ratio = hitRatioChart(rest, originSecond);
  for (const recipe of KNOWN) {
    const chosen = [...new Set(recipe.names.flatMap((name) => [...rest].filter((series) => isNamed(series, name))))];
    const alike = chosen.filter(({ unit, kind }) => unit === chosen[0]?.unit && kind === chosen[0]?.kind);
    if (alike.length > 0) add(recipe, "resources", alike);
    if (recipe.id === "permits" && ratio !== undefined) charts.push(ratio);
  }
  for (const [name, series] of Map.groupBy([...rest], (one) => `${one.name}\n${one.kind}\n${one.unit}`)) {
    const title = visibleLine(name.split("\n", 1)[0] as string, 80);
    add({ id: `gauge-${charts.length}`, title: series[0]?.kind === "counter" ? `${title} per second` : title, names: [] }, "other", series);
  }
  return { charts, leftOut: leftOut.slice(0, MOST_LEFT_OUT) };
}

function isNamed(series: GaugeSeries, name: string | RegExp): boolean {
  return typeof name === "string" ? series.name === name : name.test(series.name);
}

function hitRatioChart(rest: Set<GaugeSeries>, originSecond: number): ReportChart | undefined {
  const of = (name: string) => [...rest].filter((series) => series.name === name && series.kind === "counter");
  const [hits, misses] = [of(METRICS.puzzleGalleryCacheHits.name), of(METRICS.puzzleGalleryCacheMisses.name)];
  if (hits.length === 0 || misses.length === 0) return undefined;
  for (const series of [...hits, ...misses]) rest.delete(series);
  const grid = gridOf([...hits, ...misses]);
  const [hit, missed] = [sumOf(hits, grid), sumOf(misses, grid)];
  const values = hit.map((count, at) => (count + (missed[at] as number) === 0 ? null : (100 * count) / (count + (missed[at] as number))));
  return place({ id: "cache-hits", title: "Cache hit ratio", unit: "%", note: "", group: "resources" }, grid, originSecond, [
    { name: "hit ratio", hop: "application", style: "solid", values },
  ]);
}

function sumOf(series: readonly GaugeSeries[], grid: Grid): readonly number[] {
  const sums = Array<number>(grid.length).fill(0);
  for (const one of series) for (const [at, value] of columnsOf(one, grid, "sum").entries()) sums[at] = (sums[at] as number) + (value ?? 0);
  return sums;
}

function chartOf(recipe: Recipe, group: ReportChart["group"], series: readonly GaugeSeries[], originSecond: number): ReportChart {
  const grid = gridOf(series);
  const [first] = series as readonly [GaugeSeries, ...GaugeSeries[]];
  // What all lines have in common is said once, above them.
  const owners = new Set(series.map(ownerOf));
  const names = series.map(owners.size === 1 ? shortName : seriesName);
  const title = [recipe.title, owners.size === 1 ? visibleLine(ownerOf(first), 60) : ""].filter((word) => word !== "").join(" \u00b7 ");
  const lines = series.map((one, index) => ({
    name: visibleLine(names.indexOf(names[index] as string) === index ? (names[index] as string) : `${names[index]} (${index + 1})`, 80),
    hop: one.hop ?? null,
    style: LIMIT.test(one.name) ? ("limit" as const) : ("solid" as const),
    values: columnsOf(one, grid, whatOf(one, recipe)),
  }));
  // A share of CPUs reads better as per cent.
  const isShare = recipe.id === "cpu" && first.unit === "1";
  const unit = first.kind === "counter" ? "1/s" : isShare ? "%" : first.unit;
  const note = recipe.note ?? (first.kind === "histogram" ? "mean of each column" : "");
  const shown = isShare ? lines.map((line) => ({ ...line, values: line.values.map((value) => (value === null ? null : value * 100)) })) : lines;
  return place({ id: recipe.id, title, unit, note, group }, grid, originSecond, shown);
}

/** A limit is what it was last told to be. */
function whatOf({ kind, name }: GaugeSeries, { show }: Recipe): "rate" | "mean" | "min" | "last" {
  if (kind === "counter") return "rate";
  if (kind === "histogram") return "mean";
  return LIMIT.test(name) ? "last" : (show ?? "last");
}

function place(
  head: Pick<ReportChart, "id" | "title" | "unit" | "note" | "group">,
  grid: Grid,
  originSecond: number,
  lines: ReportChart["series"],
): ReportChart {
  const thinned = lines.map((line) => ({ line, ...keepExtremes(line.values, head.group === "other" ? MOST_OTHER_COLUMNS : MOST_COLUMNS) }));
  return {
    ...head,
    startSecond: grid.startSecond - originSecond,
    stepSeconds: grid.stepSeconds * (thinned[0]?.stepSeconds ?? 1),
    isStacked: false,
    series: thinned.map(({ line, values }) => ({ ...line, values: values.map((value) => rounded(value ?? undefined, 3)) })),
  };
}

/** Tells series of one chart apart: what they are, whose they are. */
function seriesName(series: GaugeSeries): string {
  return [shortName(series), ownerOf(series)].filter((word) => word !== "").join(" \u00b7 ");
}

function shortName({ name, attributes }: GaugeSeries): string {
  const words = Object.values(attributes).filter((value) => value !== "");
  return [name.split(".").slice(-2).join("."), ...words].join(" \u00b7 ");
}

function ownerOf({ witness, instance }: GaugeSeries): string {
  return [witness, instance].filter((word) => word !== "").join(" \u00b7 ");
}
