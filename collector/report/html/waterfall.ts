import { ERROR_WORDS } from "../error-words.ts";
import { formatMoment, formatMs } from "../format-number.ts";
import type { ReportTrace, RunReport } from "../report-schema.ts";
import { type Html, html, NOTHING, prose } from "./html.ts";
import { HOP_COLORS } from "./series-class.ts";

type Span = ReportTrace["spans"][number];

/** Spans of one hop that the small picture shows. */
const MOST_SMALL = 8;

/** Requests that were kept whole, each to be opened. They were chosen for being slow or failed, so they stand for nothing but themselves. */
export function waterfalls({ traces }: RunReport): Html {
  if (traces.length === 0) return NOTHING;
  // The one that most hops saw tells most.
  const hops = ({ spans }: ReportTrace): number => new Set(spans.map(({ hop }) => hop)).size;
  const opened = traces.reduce((most, trace) => (hops(trace) > hops(most) ? trace : most), traces[0] as ReportTrace);
  return html`<section id="requests"><h2>Requests to look at</h2>
<p class="lead">Kept because they failed or were slow: examples, not averages. Each hop\u2019s bar lies where it was at work.</p>${traces.map((trace, index) => waterfall(trace, index + 1, trace === opened))}</section>`;
}

function waterfall(trace: ReportTrace, number: number, isOpen: boolean): Html {
  const endMs = Math.max(1e-6, ...trace.spans.map(({ startMs, durationMs }) => startMs + durationMs));
  const why =
    trace.why === "failed"
      ? html`<strong class="bad">\u2717 ${ERROR_WORDS[trace.errorKind ?? "unknown"] ?? "failed"}</strong>`
      : html`<strong>${trace.why}</strong>`;
  return html`<details class="trace"${isOpen ? html` open` : NOTHING}><summary><span class="ms">${formatMs(trace.durationMs)}</span> ${why} <span class="grow">${trace.endpoint}</span> ${mostly(trace)}${small(trace.spans, endMs)}<span class="quiet at">at ${formatMoment(trace.second)}</span></summary>
<div class="wide" role="region" tabindex="0" aria-label="Spans of request ${number}"><table class="spans"><thead><tr><th scope="col">span</th><th scope="col" class="num">starts</th><th scope="col" class="num">lasts</th><th scope="col"><span class="ends"><span>0</span>${endMs < 0.01 ? NOTHING : html`<span>${formatMs(endMs / 2)}</span><span>${formatMs(endMs)}</span>`}</span></th></tr></thead><tbody>${trace.spans.map((span) => spanRow(span, endMs))}</tbody></table></div>
${trace.spansLeftOut > 0 ? html`<p class="note">${trace.spansLeftOut} more spans are not shown.</p>` : NOTHING}${trace.logs.map(({ witness, severity, body }) => html`<p class="log"><span class="quiet">${witness} ${severity}</span> ${body}</p>`)}${trace.traceId === "" ? NOTHING : html`<p class="note">Trace <code>${trace.traceId}</code></p>`}</details>`;
}

/** A client's own time is that on the way, too. */
function mostly({ mostly: most }: ReportTrace): Html {
  if (most === null) return NOTHING;
  const where = most.hop === "client" ? "client or network" : most.hop;
  return html`<span class="quiet mostly">${Math.round(100 * most.share)} % in ${where}</span>`;
}

/** One thin line a hop, so that folded requests can be told apart by their shape. */
function small(spans: readonly Span[], endMs: number): Html {
  const hops = Object.keys(HOP_COLORS).filter((hop) => spans.some((span) => span.hop === hop));
  const lines = hops.map((hop) => {
    const bars = spans.filter((span) => span.hop === hop).slice(0, MOST_SMALL);
    return html`<span>${bars.map((span) => bar(span, span.hop, endMs))}</span>`;
  });
  return html`<span class="small" aria-hidden="true">${lines}</span>`;
}

function bar({ startMs, durationMs }: { readonly startMs: number; readonly durationMs: number }, hop: string, endMs: number, extra = ""): Html {
  const left = Math.round((1000 * Math.max(0, startMs)) / endMs) / 10;
  const width = Math.min(100 - left, Math.max(0.4, Math.round((1000 * durationMs) / endMs) / 10));
  return html`<i class="fill s${HOP_COLORS[hop] ?? 0}${extra}" style="left:${left}%;width:${Math.round(10 * width) / 10}%"></i>`;
}

function spanRow({ hop, witness, name, depth, startMs, durationMs, failed, status, parts, attributes }: Span, endMs: number): Html {
  const told = Object.entries(attributes).map(([key, value]) => `${key}: ${value}`);
  const phases = parts.map((part) => `${part.name} ${formatMs(part.durationMs)}`);
  const statusText = status === "" ? NOTHING : html` <span class="${failed ? "bad" : "quiet"}">${failed ? "\u2717 " : ""}${status}</span>`;
  const state = failed && status === "" ? html` <span class="bad">\u2717 failed</span>` : statusText;
  const shapes =
    parts.length < 2 ? bar({ startMs, durationMs }, hop, endMs) : parts.map((part, index) => bar(part, hop, endMs, index % 2 === 0 ? " half" : ""));
  return html`<tr><th scope="row" style="--depth:${depth}"><i class="key s${HOP_COLORS[hop] ?? 0}"></i>${name}${state} <span class="quiet">${hop}, ${witness}</span>${phases.length === 0 ? NOTHING : html`<span class="attributes">${prose(phases.join(", "))}</span>`}${told.length === 0 ? NOTHING : html`<span class="attributes">${told.join(" \u00b7 ")}</span>`}</th><td class="num">${formatMs(startMs)}</td><td class="num">${formatMs(durationMs)}</td><td class="lane">${shapes}</td></tr>`;
}
