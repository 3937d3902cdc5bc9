import { keepExtremes, keepMeans } from "../downsample.ts";
import { formatMoment, formatValue } from "../format-number.ts";
import type { ReportChart, RunReport } from "../report-schema.ts";
import { visibleLine } from "../visible-text.ts";
import { type Html, html, NOTHING, trusted } from "./html.ts";
import { timeTicks, valueScale } from "./scale.ts";
import { seriesClass } from "./series-class.ts";

/** The drawing is so wide and high whatever the page is; strokes do not scale. */
const [WIDTH, HEIGHT] = [1000, 400];
/** Of a phase's name, in the drawing's units where it is about 440 px wide; a name that is wider than its phase is left out. */
const NAME_CHAR_WIDTH = 18;
/** Columns of the drawing; the numbers themselves are embedded in full for whoever zooms. */
const MOST_COLUMNS = { load: 160, resources: 120, other: 60 } as const;

export interface TimeAxis {
  readonly startSecond: number;
  readonly endSecond: number;
  readonly phases: RunReport["phases"];
  readonly marks: RunReport["marks"];
}

/** The seconds that any chart of the report reaches over. */
export function timeAxis({ charts, phases, marks }: RunReport): TimeAxis {
  let [startSecond, endSecond] = [0, 1];
  for (const { startSecond: start, stepSeconds, series } of charts) {
    startSecond = Math.min(startSecond, start);
    endSecond = Math.max(endSecond, start + stepSeconds * Math.max(0, ...series.map(({ values }) => values.length)));
  }
  return { startSecond, endSecond, phases: apart(phases.filter(({ kind }) => kind !== "scenario")), marks };
}

/** Rest is what is not load: where a rest that was announced and a detected ramp overlap, it is the ramp. */
function apart(phases: RunReport["phases"]): RunReport["phases"] {
  const load = phases.filter(({ kind }) => kind !== "before" && kind !== "after");
  if (load.length === 0) return phases;
  const [start, end] = [Math.min(...load.map(({ startSecond }) => startSecond)), Math.max(...load.map(({ endSecond }) => endSecond))];
  return phases
    .map((phase) => {
      if (phase.kind === "before") return { ...phase, endSecond: Math.min(phase.endSecond, start) };
      return phase.kind === "after" ? { ...phase, startSecond: Math.max(phase.startSecond, end) } : phase;
    })
    .filter(({ startSecond, endSecond }) => endSecond > startSecond);
}

/** What all charts have behind their lines: phases, marks and the time below. Drawn once, used by each. */
export function chartBackdrop(axis: TimeAxis): Html {
  const at = (second: number) => percent(x(axis, Math.max(axis.startSecond, Math.min(axis.endSecond, second))), WIDTH);
  const bands = axis.phases
    .filter(({ kind }) => kind === "ramp" || kind === "cool")
    .map(
      ({ startSecond, endSecond }) =>
        html`<rect class="band" x="${at(startSecond)}" width="${percent(x(axis, endSecond) - x(axis, startSecond), WIDTH)}" height="100%"/>`,
    );
  const names = axis.phases
    .filter(({ name, startSecond, endSecond }) => x(axis, endSecond) - x(axis, startSecond) > NAME_CHAR_WIDTH * [...visibleLine(name, 16)].length)
    .map(
      ({ name, startSecond, endSecond }) =>
        html`<text class="middle" x="${at((startSecond + endSecond) / 2)}" y="-5">${visibleLine(name, 16)}</text>`,
    );
  const borders = axis.phases
    .filter(({ kind, startSecond }) => kind !== "before" && startSecond > axis.startSecond)
    .map(({ startSecond }) => html`<line class="border" x1="${at(startSecond)}" x2="${at(startSecond)}" y1="-14" y2="100%"/>`);
  const marks = axis.marks.map(({ second, kind }) => html`<line class="mark ${kind}" x1="${at(second)}" x2="${at(second)}" y2="100%"/>`);
  const times = timeTicks(axis.startSecond, axis.endSecond, 6).map(
    (tick) => html`<text class="middle" x="${at(tick)}" y="100%" dy="17">${formatMoment(tick)}</text>`,
  );
  return html`<svg class="sr" aria-hidden="true"><defs><g id="backdrop">${bands}${borders}${names}${marks}${times}</g></defs></svg>`;
}

function x(axis: TimeAxis, second: number): number {
  return Math.round((WIDTH * (second - axis.startSecond)) / (axis.endSecond - axis.startSecond));
}

function percent(of: number, whole: number): string {
  return `${Math.round((1000 * of) / whole) / 10}%`;
}

/** A chart as a drawing that needs no script, with its legend and its numbers as a table. `number`: its place in the data for the script. */
export function chartFigure(chart: ReportChart, axis: TimeAxis, number: number): Html {
  const lines = chart.isStacked ? stacked(chart) : chart.series.map(({ values }) => values);
  const scale = valueScale(
    lines.flat().filter((value) => value !== null),
    chart.unit.startsWith("By"),
  );
  const y = (value: number) => Math.round(HEIGHT - (HEIGHT * (value - scale.low)) / (scale.high - scale.low));
  const shapes = lines.map((values, index) => shape(chart, index, thinned(chart, values), axis, y));
  // The whole of a stack lies behind its parts.
  if (chart.isStacked) shapes.reverse();
  const labels = scale.ticks.map((tick) => html`<text y="${percent(y(tick), HEIGHT)}">${formatValue(tick, chart.unit)}</text>`);
  const grid = html`<path class="grid" d="${scale.ticks.map((tick) => `M0 ${y(tick)}H${WIDTH}`).join("")}"/>`;
  return html`<figure class="chart" id="chart-${chart.id}" data-chart="${number}">
<figcaption><h3>${chart.title}</h3>${legend(chart)}</figcaption>
<div class="plot"><svg class="static" role="img" aria-label="${described(chart)}"><use href="#backdrop"/>${labels}<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none">${grid}${shapes}</svg></svg></div>
${chart.note === "" ? NOTHING : html`<p class="note">${chart.note}</p>`}${chart.group === "other" ? NOTHING : chartNumbers([chart])}</figure>`;
}

interface Thinned {
  readonly stepSeconds: number;
  readonly values: readonly (number | null)[];
}

function thinned(chart: ReportChart, values: readonly (number | null)[]): Thinned {
  const { stepSeconds, values: kept } = (chart.isStacked ? keepMeans : keepExtremes)(values, MOST_COLUMNS[chart.group]);
  return { stepSeconds: stepSeconds * chart.stepSeconds, values: kept };
}

function shape(chart: ReportChart, index: number, { stepSeconds, values }: Thinned, axis: TimeAxis, y: (value: number) => number): Html {
  const name = seriesClass(chart, index);
  const points = values.map((value, at): Point | null => (value === null ? null : [x(axis, chart.startSecond + (at + 0.5) * stepSeconds), y(value)]));
  // Resources are told now and then: a column without a value is no gap in them.
  const runs = chart.group === "load" ? connected(points) : [points.filter((point) => point !== null)];
  const path = runs
    .filter(({ length }) => length > 0)
    .map((run) => (chart.isStacked ? `${pathOf([[run[0]?.[0] ?? 0, HEIGHT], ...run])}V${HEIGHT}Z` : pathOf(run)));
  return html`<path class="${chart.isStacked ? "area" : "line"} ${name}" d="${trusted(path.join(""))}"/>`;
}

type Point = readonly [number, number];

/** Steps from point to point are shorter to write than places. */
function pathOf(points: readonly Point[]): string {
  const [first = [0, 0], ...rest] = points;
  let [fromX, fromY] = first;
  const steps = rest.map(([toX, toY]) => {
    const [dx, dy] = [toX - fromX, toY - fromY];
    [fromX, fromY] = [toX, toY];
    return `${dx < 0 ? "" : " "}${dx}${dy < 0 ? "" : " "}${dy}`;
  });
  return `M${first[0]} ${first[1]}l${steps.length === 0 ? "2 0" : steps.join("").trimStart()}`;
}

function connected(points: readonly (Point | null)[]): readonly (readonly Point[])[] {
  const runs: Point[][] = [[]];
  for (const point of points) {
    if (point !== null) runs.at(-1)?.push(point);
    else if (runs.at(-1)?.length !== 0) runs.push([]);
  }
  return runs;
}

/** Each series on top of those before it. */
function stacked({ series }: ReportChart): readonly (readonly (number | null)[])[] {
  let below: readonly (number | null)[] = [];
  return series.map(({ values }) => {
    below = values.map((value, at) => (value === null ? (below[at] ?? null) : value + (below[at] ?? 0)));
    return below;
  });
}

function legend(chart: ReportChart): Html {
  const items = chart.series.map(
    ({ name }, index) => html`<li><i class="key ${seriesClass(chart, index)}"></i>${name} <b data-value="${index}"></b></li>`,
  );
  return html`<ul class="legend">${items}</ul>`;
}

interface Figures {
  readonly least: number | undefined;
  readonly mean: number | undefined;
  readonly most: number | undefined;
  readonly last: number | undefined;
}

function figures(values: readonly (number | null)[]): Figures {
  const told = values.filter((value) => value !== null);
  if (told.length === 0) return { least: undefined, mean: undefined, most: undefined, last: undefined };
  const sum = told.reduce((total, value) => total + value, 0);
  return { least: Math.min(...told), mean: sum / told.length, most: Math.max(...told), last: told.at(-1) };
}

/** The picture in a sentence, for those who do not see it. */
function described(chart: ReportChart): string {
  const lines = chart.series.map(({ name, values }) => {
    const { least, mean, most } = figures(values);
    return `${name}: ${formatValue(least, chart.unit)} to ${formatValue(most, chart.unit)}, mean ${formatValue(mean, chart.unit)}`;
  });
  return `${chart.title}. ${lines.join("; ")}.`;
}

/** The figures of charts as a table, to be opened. */
export function chartNumbers(charts: readonly ReportChart[]): Html {
  const rows = charts.flatMap(({ title, unit, series }) =>
    series.map(({ name, values }) => {
      const { least, mean, most, last } = figures(values);
      const label = charts.length === 1 ? name : `${title}: ${name}`;
      return html`<tr><th scope="row">${label}</th>${[least, mean, most, last].map((value) => html`<td>${formatValue(value, unit)}</td>`)}</tr>`;
    }),
  );
  const of = charts.length === 1 ? charts[0]?.title : "these series";
  return html`<details class="numbers"><summary>Numbers<span class="sr"> of ${of}</span></summary><table><thead><tr><th scope="col">series</th><th scope="col">least</th><th scope="col">mean</th><th scope="col">most</th><th scope="col">last</th></tr></thead><tbody>${rows}</tbody></table></details>`;
}
