import { formatCount, formatMs, formatRatio } from "../format-number.ts";
import type { ReportDecomposition, RunReport } from "../report-schema.ts";
import { type Html, html, NOTHING, prose } from "./html.ts";
import { hopKey, wideTable } from "./sections.ts";
import { HOP_COLORS } from "./series-class.ts";

const JOIN_WORDS = {
  trace: "joined by trace id",
  request: "joined by request id",
  aggregate: "each hop by itself",
} as const;

/** Endpoints with a bar of their own, those that most time goes to; the others stand in the table. */
const MOST_BARS = 7;
/** Parts below it are told together. */
const LEAST_SHARE = 0.02;

/** Where the mean time of a request goes: the whole load as bars on one scale; phases and the last part are folded away. */
export function timeSection({ decompositions }: RunReport): Html {
  const whole = decompositions.filter(({ scope }) => scope === "load");
  const shown = whole.length > 0 ? whole : decompositions;
  const [first] = shown;
  if (first === undefined) return NOTHING;
  // One endpoint alone is the same as all of them.
  const isOne = shown.length === 2 && first.endpoint === "" && shown[1]?.n === first.n && totalOf(shown[1]) === totalOf(first);
  const bars = isOne ? shown.slice(0, 1) : mostTime(shown);
  const others = decompositions.filter((one) => !bars.includes(one) && !(isOne && shown.includes(one)));
  const longest = Math.max(1e-9, ...bars.map(totalOf));
  const hops = Object.keys(HOP_COLORS).filter((hop) => bars.some(({ parts }) => parts.some((part) => part.hop === hop)));
  return html`<section id="time"><h2>Where the time goes</h2><p class="lead">Mean time of a request, hop by hop. Means may be added up; quantiles may not.</p><ul class="legend">${hops.map((hop) => html`<li>${hopKey(hop)}</li>`)}</ul>
${bars.map((one) => timeBar(one, longest, one.by === first.by ? "" : first.by))}<p class="note">${basisOf(first)}</p>
${everyPart(first)}${phaseTable(others)}</section>`;
}

/** All endpoints together, then those in which most of the time was spent, in their order. */
function mostTime(shown: readonly ReportDecomposition[]): readonly ReportDecomposition[] {
  const weight = (one: ReportDecomposition): number => (one.endpoint === "" ? Number.POSITIVE_INFINITY : one.n * totalOf(one));
  const chosen = new Set(shown.toSorted((a, b) => weight(b) - weight(a)).slice(0, MOST_BARS));
  return shown.filter((one) => chosen.has(one));
}

function timeBar(one: ReportDecomposition, longest: number, otherBasis: string): Html {
  const total = totalOf(one);
  const share = (ms: number): number => (total > 0 ? Math.max(0, ms / total) : 0);
  const parts = one.parts.filter(({ meanMs }) => share(meanMs) > 0.001);
  const large = parts.filter(({ meanMs }) => share(meanMs) >= LEAST_SHARE);
  const rest = total - large.reduce((sum, { meanMs }) => sum + meanMs, 0);
  const words = large.map(
    ({ hop, label, meanMs }) => html`<li><i class="key s${HOP_COLORS[hop] ?? 0}"></i>${label} <b>${prose(formatMs(meanMs))}</b></li>`,
  );
  const restWords = share(rest) >= 0.005 ? html`<li>the rest <b>${prose(formatMs(rest))}</b></li>` : NOTHING;
  return html`<article class="where"><h3>${one.endpoint || "All endpoints"}</h3><div class="lane-of"><div class="stack" style="width:${Math.max(4, Math.round((100 * total) / longest))}%" aria-hidden="true">${parts.map(({ hop, label, meanMs }) => html`<i class="part s${HOP_COLORS[hop] ?? 0}" style="width:${Math.round(1000 * share(meanMs)) / 10}%" title="${label}: ${formatMs(meanMs)}"></i>`)}</div></div><b class="total">${formatMs(total)}</b><ul class="legend">${words}${restWords}</ul>${otherBasis === "" ? NOTHING : html`<p class="note">${basisOf(one)}</p>`}</article>`;
}

/** What the means are of, and what is missing. */
function basisOf({ n, by, isComplete, note }: ReportDecomposition): string {
  const told = by === "aggregate" && note !== "" ? note : [JOIN_WORDS[by], note].filter((word) => word !== "").join("; ");
  return `Of ${formatCount(n)} requests: ${told}.${isComplete ? "" : " Not complete: parts are missing."}`;
}

function totalOf({ totalMs, parts }: ReportDecomposition): number {
  return totalMs ?? parts.reduce((sum, { meanMs }) => sum + meanMs, 0);
}

function everyPart(one: ReportDecomposition): Html {
  const total = totalOf(one);
  const rows = one.parts.map(
    ({ hop, label, meanMs, n }) =>
      html`<tr><th scope="row">${label}</th><td>${hopKey(hop)}</td><td class="num">${formatMs(meanMs)}</td><td class="num">${formatRatio(total > 0 ? meanMs / total : null)}</td><td class="num">${formatCount(n)}</td></tr>`,
  );
  return html`<details class="more"><summary>Every part of ${one.endpoint === "" ? "all endpoints together" : one.endpoint}</summary>${wideTable("Every part of the time", ["part", "hop", "mean", "share", "of requests"], rows, [2, 3, 4])}</details>`;
}

function phaseTable(phases: readonly ReportDecomposition[]): Html {
  if (phases.length === 0) return NOTHING;
  const hops = Object.keys(HOP_COLORS).filter((hop) => phases.some(({ parts }) => parts.some((part) => part.hop === hop)));
  const rows = phases.map((one) => {
    const byHop = hops.map((hop) => {
      const own = one.parts.filter((part) => part.hop === hop);
      return html`<td class="num">${own.length === 0 ? "\u2013" : formatMs(own.reduce((sum, { meanMs }) => sum + meanMs, 0))}</td>`;
    });
    return html`<tr><th scope="row">${one.scope === "load" ? "all of it" : one.scope}</th><td>${one.endpoint || "all"}</td><td class="num">${formatCount(one.n)}</td><td class="num"><b>${formatMs(totalOf(one))}</b></td>${byHop}</tr>`;
  });
  const head = ["phase", "endpoint", "requests", "mean", ...hops];
  return html`<details class="more"><summary>${phases.some(({ scope }) => scope === "load") ? "More endpoints, and phase by phase" : "Phase by phase"}</summary>${wideTable("Time by phase and hop", head, rows, head.map((_, index) => index).slice(2))}</details>`;
}
