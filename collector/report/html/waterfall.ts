import { ERROR_WORDS } from "../error-words.ts";
import { formatMoment, formatMs } from "../format-number.ts";
import type { ReportTrace, RunReport } from "../report-schema.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { HOP_COLORS } from "./series-class.ts";

/** Requests that were kept whole, each to be opened. They were chosen for being slow or failed, so they stand for nothing but themselves. */
export function waterfalls({ traces, logs }: RunReport): Html {
  if (traces.length === 0) return NOTHING;
  return html`<section id="requests"><h2>Requests to look at</h2>
<p class="lead">Kept because they failed or were slow: examples, not averages.</p>${traces.map((trace, index) => waterfall(trace, logs, index === 0))}</section>`;
}

function waterfall(trace: ReportTrace, logs: RunReport["logs"], isOpen: boolean): Html {
  const endMs = Math.max(1e-6, ...trace.spans.map(({ startMs, durationMs }) => startMs + durationMs));
  const why =
    trace.why === "failed"
      ? html`<strong class="bad">\u2717 ${ERROR_WORDS[trace.errorKind ?? "unknown"] ?? "failed"}</strong>`
      : html`<strong>${trace.why}</strong>`;
  const own = logs.filter(({ traceId }) => traceId !== "" && traceId === trace.traceId);
  return html`<details class="trace"${isOpen ? html` open` : NOTHING}><summary><span class="ms">${formatMs(trace.durationMs)}</span> ${why} <span class="grow">${trace.endpoint}</span> <span class="quiet">at ${formatMoment(trace.second)}</span> <code>${trace.traceId.slice(0, 8)}</code></summary>
<div class="wide" role="region" tabindex="0" aria-label="Spans of trace ${trace.traceId}"><table class="spans"><thead><tr><th scope="col">span</th><th scope="col">starts</th><th scope="col">lasts</th><th scope="col"><span class="sr">on a common axis of ${formatMs(endMs)}</span></th></tr></thead><tbody>${trace.spans.map((span) => spanRow(span, endMs))}</tbody></table></div>
${trace.spansLeftOut > 0 ? html`<p class="note">${trace.spansLeftOut} more spans are not shown.</p>` : NOTHING}${own.map((log) => html`<p class="log">${log.severity} ${log.body}</p>`)}<p class="note">Trace <code>${trace.traceId || "without an id"}</code></p></details>`;
}

function spanRow({ hop, witness, name, depth, startMs, durationMs, failed, attributes }: ReportTrace["spans"][number], endMs: number): Html {
  const left = Math.round((1000 * startMs) / endMs) / 10;
  const width = Math.max(0.3, Math.round((1000 * durationMs) / endMs) / 10);
  const told = Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
  return html`<tr><th scope="row" style="--depth:${depth}"><i class="key s${HOP_COLORS[hop] ?? 0}"></i>${name} <span class="quiet">${hop} \u00b7 ${witness}</span>${failed ? html` <span class="bad">\u2717 failed</span>` : NOTHING}${told.length === 0 ? NOTHING : html`<span class="attributes">${told.join("  ")}</span>`}</th><td>${formatMs(startMs)}</td><td>${formatMs(durationMs)}</td><td class="lane"><i class="fill s${HOP_COLORS[hop] ?? 0}" style="left:${left}%;width:${width}%"></i></td></tr>`;
}
