import { formatCount, formatMs, formatRatio } from "../format-number.ts";
import type { ReportHop, RunReport } from "../report-schema.ts";
import { type Html, html, NOTHING, prose } from "./html.ts";
import { HOP_COLORS } from "./series-class.ts";

/** Five boxes in the order in which a request passes them, what each saw, and whether the counts of neighbours agree. */
export function hopStrip({ hops }: RunReport): Html {
  return html`<section id="hops" aria-labelledby="hops-title"><h2 id="hops-title" class="sr">What each hop saw</h2>
<ol class="strip">${hops.map((hop, index) => html`<li>${box(hop, index, hops)}${brace(hop, index, hops)}</li>`)}</ol></section>`;
}

function box(hop: ReportHop, index: number, hops: readonly ReportHop[]): Html {
  const isCut = hops.some(({ link }, from) => link?.state === "broken" && from <= index && index < indexOf(hops, link.to));
  const classes = ["hop", hop.isBlamed ? "blamed" : "", hop.stream === null ? "unseen" : "", isCut ? "cut" : ""].join(" ");
  return html`<div class="${classes}" style="--at:${index}">
<div class="hop-name"><i class="key s${HOP_COLORS[hop.hop] ?? 0}"></i>${hop.hop}${hop.isBlamed ? html` <strong class="here">\u2717 here</strong>` : NOTHING}</div>
${hop.stream === null ? unseen(hop, index, hops) : counts(hop.stream)}${timeBar(hop)}
${hop.stream === null ? NOTHING : html`<p class="quiet">${hop.stream.witnesses.join(", ")}${hop.stream.isUnsure ? html`, by spans that may be sampled` : NOTHING}</p>`}</div>`;
}

/** Nobody stands in the network: what is known of it is what its neighbours tell, and where they do not agree. */
function unseen(hop: ReportHop, index: number, hops: readonly ReportHop[]): Html {
  const over = hops.find(({ link }, from) => link !== null && from < index && index < indexOf(hops, link.to))?.link ?? null;
  if (hop.hop !== "network" || over === null || over.state !== "broken") return html`<p class="quiet">${hop.note}</p>`;
  const lost = Math.max(Math.abs(over.requestsDifference ?? 0), Math.abs(over.failedDifference ?? 0));
  return html`<p class="count"><b>${formatCount(lost)}</b> in doubt</p><p class="quiet">${hop.note}: the two tell different things</p>`;
}

function counts({ hop, requests, failed, failedRatio, latency }: NonNullable<ReportHop["stream"]>): Html {
  return html`<p class="count"><b>${formatCount(requests)}</b> ${hop === "store" ? "calls" : requests === 1 ? "request" : "requests"}</p>
<p class="${failed > 0 ? "fails bad" : "fails"}">${failed > 0 ? prose(`\u2717 ${formatCount(failed)} failed \u00b7 ${formatRatio(failedRatio)}`) : "0 failed"}</p>
${latency === null ? html`<p class="quiet">no latencies</p>` : html`<dl><div><dt>p50</dt><dd>${quantile(latency.p50)}</dd></div><div><dt>p95</dt><dd>${quantile(latency.p95)}</dd></div><div><dt>max</dt><dd>${formatMs(latency.maxMs)}</dd></div></dl>`}`;
}

/** A quantile, or why it is not stated. */
export function quantile({ ms, needed }: { readonly ms: number | null; readonly needed: number }): Html {
  return ms === null ? html`<span class="quiet" title="not stated: takes ${needed} requests">too few</span>` : html`${formatMs(ms)}`;
}

function timeBar({ timeMs, timeShare, timeIsBound, hop }: ReportHop): Html {
  if (timeMs === null) return NOTHING;
  const width = Math.round(1000 * Math.min(1, timeShare ?? 0)) / 10;
  return html`<p class="time"><span class="bar" aria-hidden="true"><i class="fill s${HOP_COLORS[hop] ?? 0}" style="width:${width}%"></i></span>${prose(`${timeIsBound ? "at most " : ""}${formatMs(timeMs)} \u00b7 ${formatRatio(timeShare)}${timeIsBound ? "" : " of the time"}`)}</p>`;
}

const LINK_SIGNS = { holds: "=", broken: "\u2260", unknown: "\u00b7" } as const;

/** From the middle of one box to the middle of the next one that was seen. */
function brace({ link }: ReportHop, index: number, hops: readonly ReportHop[]): Html {
  if (link === null) return NOTHING;
  const to = indexOf(hops, link.to);
  return html`<div class="brace ${link.state}" style="--from:${index};--to:${to}"><span><b class="sign">${LINK_SIGNS[link.state]}</b> ${link.text}</span></div>`;
}

function indexOf(hops: readonly ReportHop[], name: string): number {
  return hops.findIndex(({ hop }) => hop === name);
}
