import { formatSeconds, formatTime } from "./format-number.ts";
import { browserScript, type ChartData } from "./html/browser-script.ts";
import { chartBackdrop, chartFigure, chartNumbers, type TimeAxis, timeAxis } from "./html/chart-figure.ts";
import { logSection, markList, memorySection, reproduceSection, trustSection } from "./html/data-sections.ts";
import { hopStrip } from "./html/hop-strip.ts";
import { type Html, html, jsonForScript, NOTHING, trusted } from "./html/html.ts";
import { endpointSection, failureSection, findingSection, gateSection, timeSection } from "./html/sections.ts";
import { seriesColor } from "./html/series-class.ts";
import { sha256Base64 } from "./html/sha256.ts";
import { REPORT_STYLES } from "./html/styles.ts";
import { waterfalls } from "./html/waterfall.ts";
import type { ReportChart, RunReport } from "./report-schema.ts";

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
  const rate = offered.achievedPerSecond === null ? "" : `${offered.achievedPerSecond.toFixed(offered.achievedPerSecond < 10 ? 1 : 0)} requests/s`;
  const words = [formatTime(run.startUnixMs), `${formatSeconds(run.loadSeconds)} of load`, rate, conditions.generator, conditions.target].filter(
    (word) => word !== "",
  );
  const state = run.state === "closed" ? NOTHING : html`<span class="bad">${run.state}</span>`;
  return html`<header class="top"><p class="about"><b>${run.name}</b><span>${run.id}</span>${words.map((word) => html`<span>${word}</span>`)}${state}</p></header>`;
}

const RESULT_SIGNS = { passed: "\u2713", failed: "\u2717", inconclusive: "?", invalid: "!" } as const;

function verdictSection(report: RunReport): Html {
  const { verdict } = report;
  return html`<section class="verdict" id="verdict"><p><span class="badge ${verdict.result}">${RESULT_SIGNS[verdict.result]} ${verdict.result.toUpperCase()}</span><span class="confidence">confidence ${verdict.confidence}</span></p>
<h1>${verdict.sentence}</h1>${verdict.reasons.length === 0 ? NOTHING : html`<div class="reasons">${verdict.reasons.map((reason) => html`<p>${reason}</p>`)}</div>`}${contents(report)}</section>`;
}

function contents(report: RunReport): Html {
  const places: readonly (readonly [string, string, boolean])[] = [
    ["gates", "Gates", report.gates.length > 0],
    ["findings", "Findings", report.findings.length + report.exclusions.length > 0],
    ["failures", "Failures", report.failures.length > 0],
    ["endpoints", "Endpoints", report.endpoints.length > 0],
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
  const others = of("other");
  const leftOut = report.chartsLeftOut.length === 0 ? NOTHING : html`<p class="note">No room for: ${report.chartsLeftOut.join(", ")}</p>`;
  return html`<section id="charts"><h2>Over time</h2>${chartBackdrop(axis)}${markList(report)}
<div class="tools"><button type="button">Show all</button><output aria-live="polite"></output><span>Drag to zoom. Keys: <kbd>\u2190</kbd> <kbd>\u2192</kbd> cursor, <kbd>+</kbd> <kbd>\u2212</kbd> zoom, <kbd>0</kbd> all.</span></div>
<div class="charts">${of("load")}${of("resources")}</div>${others.length === 0 ? NOTHING : html`<details class="more"><summary>${others.length} more series</summary><div class="charts">${others}</div>${chartNumbers(report.charts.filter(({ group }) => group === "other"))}</details>`}${leftOut}</section>`;
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
    phases: axis.phases.map(({ kind, startSecond, endSecond }) => ({ from: startSecond, to: endSecond, shaded: kind === "ramp" || kind === "cool" })),
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
