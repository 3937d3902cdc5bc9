import { formatCount, formatSeconds, formatTime, formatValue } from "./format-number.ts";
import { browserScript, type ChartData } from "./html/browser-script.ts";
import { chartBackdrop, chartFigure, chartNumbers, type TimeAxis, timeAxis } from "./html/chart-figure.ts";
import { logSection, markList, memorySection, reproduceSection, trustSection } from "./html/data-sections.ts";
import { endpointSection } from "./html/endpoint-section.ts";
import { failureSection } from "./html/failure-section.ts";
import { hopStrip } from "./html/hop-strip.ts";
import { type Html, html, jsonForScript, NOTHING, prose, trusted } from "./html/html.ts";
import { findingSection, gateSection } from "./html/sections.ts";
import { seriesColor } from "./html/series-class.ts";
import { sha256Base64 } from "./html/sha256.ts";
import { REPORT_STYLES } from "./html/styles.ts";
import { timeSection } from "./html/time-section.ts";
import { waterfalls } from "./html/waterfall.ts";
import type { ReportChart, RunReport } from "./report-schema.ts";
import { confidenceWords, STATE_WORDS } from "./verdict-words.ts";
import { visibleLine } from "./visible-text.ts";

/** Texts of uPlot's own files, as its package has them (`readReportAssets` of collector/run reads them). */
export interface ReportAssets {
  /** `dist/uPlot.iife.min.js`. */
  readonly uplotJs: string;
  /** `dist/uPlot.min.css`. */
  readonly uplotCss: string;
}

/**
 * The report as one HTML file that needs nothing else: no network, no fonts, and no script to be read. Script adds zoom. Its
 * Content-Security-Policy allows no script but the two that are in it. Ends with a newline.
 */
export function renderHtml(report: RunReport, { uplotJs, uplotCss }: ReportAssets): string {
  const axis = timeAxis(report);
  const scripts = report.charts.length === 0 ? [] : [uplotJs, browserScript()].map(scriptText);
  const hashes = scripts.map((text) => ` 'sha256-${sha256Base64(text)}'`).join("");
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src${hashes || " 'none'"}; base-uri 'none'; form-action 'none'`;
  const { run, verdict } = report;
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${trusted(policy)}">
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="generator" content="pitwall">
<title>${verdict.result.toUpperCase()} \u00b7 ${run.name} \u00b7 ${run.id}</title>
<style>${trusted(styleText(uplotCss))}${trusted(REPORT_STYLES)}</style></head>
<body>${pageHead(report)}
<main>${verdictSection(report)}${hopStrip(report)}${gateSection(report)}${findingSection(report)}${failureSection(report)}${endpointSection(report)}${timeSection(report)}${chartSections(report, axis)}${memorySection(report)}${waterfalls(report)}${logSection(report)}${trustSection(report)}${reproduceSection(report)}</main>
<footer>Made by Pitwall from the run\u2019s ledger. This file holds everything it shows; it asks nothing of any network.</footer>
${scripts.length === 0 ? NOTHING : html`<script type="application/json" id="chart-data">${jsonForScript(chartData(report, axis))}</script>`}${scripts.map((text) => html`<script>${trusted(text)}</script>`)}
</body></html>
`.html;
}

/** A script element ends at the first `</script`, and the hash is of the text as the parser has it. */
function scriptText(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(/<\/(script)/gi, "<\\/$1")
    .replaceAll("<!--", "<\\!--");
}

function styleText(text: string): string {
  return text.replace(/<\/(style)/gi, "<\\/$1");
}

function pageHead({ run, conditions, offered }: RunReport): Html {
  const rate = offered.achievedPerSecond === null ? "" : `${rateText(offered.achievedPerSecond)} requests/s`;
  const words = [formatTime(run.startUnixMs), `${formatSeconds(run.loadSeconds)} of load`, rate, conditions.generator, conditions.target].filter(
    (word) => word !== "",
  );
  return html`<header class="top"><p class="about"><b>${run.name}</b><span>${run.id}</span>${words.map((word) => html`<span>${word}</span>`)}</p></header>`;
}

function rateText(perSecond: number): string {
  return perSecond < 10 ? String(Number(perSecond.toFixed(1))) : formatCount(perSecond);
}

const RESULT_SIGNS = { passed: "\u2713", failed: "\u2717", inconclusive: "?", invalid: "!" } as const;

function verdictSection(report: RunReport): Html {
  const { verdict, run } = report;
  const state = STATE_WORDS[run.state];
  return html`<section class="verdict" id="verdict"><p class="result"><span class="badge ${verdict.result}">${RESULT_SIGNS[verdict.result]} ${verdict.result.toUpperCase()}</span><span class="confidence">${confidenceWords(verdict.confidence)}</span>${state === "" ? NOTHING : html`<span class="broke">! ${state}</span>`}</p>
<h1>${prose(verdict.sentence)}</h1>${verdict.reasons.length === 0 ? NOTHING : html`<div class="reasons">${verdict.reasons.map((reason) => html`<p>${prose(reason)}</p>`)}</div>`}${contents(report)}</section>`;
}

function contents(report: RunReport): Html {
  const places: readonly (readonly [string, string, boolean])[] = [
    ["gates", "Gates", report.gates.length > 0],
    ["findings", "Findings", report.findings.length + report.exclusions.length > 0],
    ["failures", "Failures", report.failures.length > 0],
    ["endpoints", "Endpoints", report.endpoints.length + report.printed.length > 0],
    ["time", "Where the time goes", report.decompositions.length > 0],
    ["charts", "Over time", report.charts.length > 0],
    ["requests", "Requests to look at", report.traces.length > 0],
    ["data", "How far to trust this", true],
    ["reproduce", "Reproduce", true],
  ];
  return html`<nav aria-label="Contents">${places.filter(([, , isThere]) => isThere).map(([id, title]) => html`<a href="#${id}">${title}</a>`)}</nav>`;
}

function chartSections(report: RunReport, axis: TimeAxis): Html {
  const of = (group: ReportChart["group"]) =>
    report.charts.flatMap((chart, index) => (chart.group === group ? [chartFigure(chart, axis, index)] : []));
  if (report.charts.length === 0) return NOTHING;
  const main = [...of("load"), ...of("resources")];
  const others = of("other");
  // What stands alone need not be unfolded first.
  const [shown, folded] = main.length === 0 ? [others, []] : [main, others];
  const time =
    report.charts.length > 0
      ? html`<p class="lead">Time is that since the run began.${axis.phases.some(({ kind }) => kind === "ramp" || kind === "cool") ? " Ramps are shaded." : ""}${report.marks.length > 0 ? " Marks are dashed." : ""}</p>`
      : NOTHING;
  return html`<section id="charts"><h2>Over time</h2>${time}${chartBackdrop(axis)}${markList(report)}
<div class="tools"><button type="button">Show all</button><output aria-live="polite"></output><span>Drag to zoom. Keys: <kbd>\u2190</kbd> <kbd>\u2192</kbd> cursor, <kbd>+</kbd> <kbd>\u2212</kbd> zoom, <kbd>0</kbd> all.</span></div>
<div class="charts">${shown}</div>${folded.length === 0 ? NOTHING : html`<details class="more"><summary>${folded.length} more ${folded.length === 1 ? "chart" : "charts"} of what else was sent</summary><div class="charts">${folded}</div>${chartNumbers(report.charts.filter(({ group }) => group === "other"))}</details>`}${stillSeries(report)}</section>`;
}

/** What has no chart: it never changed, or there was no room. */
function stillSeries({ still, chartsLeftOut }: RunReport): Html {
  if (still.length + chartsLeftOut.length === 0) return NOTHING;
  const zero = still.filter(({ value }) => value === 0);
  const other = still.filter(({ value }) => value !== 0);
  const name = ({ name: text, series }: RunReport["still"][number]) => html`<code>${text}</code>${series > 1 ? html` (${series})` : NOTHING}`;
  const listed = (items: readonly Html[]) => items.map((item, index) => html`${index === 0 ? "" : ", "}${item}`);
  const count = still.reduce((sum, { series }) => sum + series, 0);
  const words = [
    count === 0 ? "" : `${formatCount(count)} series without change`,
    chartsLeftOut.length === 0 ? "" : "series without a chart of their own",
  ];
  return html`<details class="more"><summary>${words.filter((word) => word !== "").join(", and ")}</summary>
${zero.length === 0 ? NOTHING : html`<p class="names"><b>Always 0:</b> ${listed(zero.map(name))}</p>`}${other.length === 0 ? NOTHING : html`<p class="names"><b>Always the same:</b> ${listed(other.map((one) => html`${name(one)} ${formatValue(one.value, one.unit)}`))}</p>`}${
  chartsLeftOut.length === 0
    ? NOTHING
    : html`<p class="names"><b>No room for:</b> ${listed(chartsLeftOut.map((text) => html`<code>${text}</code>`))}</p>`
}</details>`;
}

/** Where lines are expected to lie upon one another, the outer hop's is the wider one, so that each is seen; as in the stylesheet. */
function lineWidth({ id, series }: ReportChart, index: number): number {
  const hop = series[index]?.hop;
  if (id !== "rate" && id !== "failures-by-hop") return 1.6;
  return hop === "client" ? 5 : hop === "proxy" ? 2.8 : 1.6;
}

const DASHES = { solid: [], dashed: [5, 4], limit: [2, 3] } as const;

function chartData({ charts }: RunReport, axis: TimeAxis): ChartData {
  return {
    start: axis.startSecond,
    end: axis.endSecond,
    phases: axis.phases.map(({ name, kind, startSecond, endSecond }) => ({
      name: visibleLine(name, 16),
      from: startSecond,
      to: endSecond,
      shaded: kind === "ramp" || kind === "cool",
      bordered: kind !== "before",
    })),
    marks: axis.marks.map(({ second, kind }) => ({ at: second, alert: kind === "alert" })),
    charts: charts.map((chart) => ({
      unit: chart.unit,
      start: chart.startSecond,
      step: chart.stepSeconds,
      stacked: chart.isStacked,
      gaps: chart.group === "load",
      series: chart.series.map(({ style, values }, index) => ({
        color: seriesColor(chart, index),
        width: lineWidth(chart, index),
        dash: DASHES[style],
        values,
      })),
    })),
  };
}
