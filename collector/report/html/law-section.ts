import { formatCount } from "../format-number.ts";
import type { RunReport } from "../report-schema.ts";
import { type Html, html, NOTHING, prose } from "./html.ts";
import { wideTable } from "./sections.ts";

type Law = RunReport["laws"][number];

/** What each law asks, for whoever never heard of it. */
const LAW_WORDS: Readonly<Record<Law["law"], string>> = {
  L1: "Every planned iteration is accounted for",
  L2: "Every request that was sent ended in some way",
  L3: "What the client sent arrived",
  L4: "What the client gave up, the server side noticed",
  L5: "What the proxy passed on arrived at the application",
  L6: "Answers by status add up",
  L7: "Requests that follow one another are as many",
  L8: "Bytes handed over were received",
};
const MOST_BROKEN = 40;

/** Whether counts of neighbours add up: what does not first, what could not be checked and why, and folded away what holds. */
export function lawSection({ laws }: RunReport): Html {
  if (laws.length === 0) return NOTHING;
  const of = (state: Law["state"]) => laws.filter((law) => law.state === state);
  const [broken, unknown, holds] = [of("broken"), of("unknown"), of("holds")];
  if (holds.length === laws.length)
    return html`<h3 id="laws">Do the counts add up?</h3><p>Yes: all ${formatCount(laws.length)} checks, by endpoint and phase, hold.</p>${heldTable(holds)}`;
  const words = [
    `${formatCount(holds.length)} hold`,
    broken.length === 0 ? "none is broken" : `${formatCount(broken.length)} ${broken.length === 1 ? "is" : "are"} broken`,
    ...(unknown.length === 0 ? [] : [`${formatCount(unknown.length)} could not be made`]),
  ];
  return html`<h3 id="laws">Do the counts add up?</h3><p>Of ${formatCount(laws.length)} checks, by endpoint and phase, ${words.join(", ")}.</p>${brokenTable(broken)}${unknownList(unknown)}${heldTable(holds)}`;
}

function brokenTable(broken: readonly Law[]): Html {
  if (broken.length === 0) return NOTHING;
  const rows = broken
    .slice(0, MOST_BROKEN)
    .map(
      (law) => html`<tr><td class="state broken">\u2260 broken</td><th scope="row">${lawWords(law)}</th><td>${whereOf(law)}</td>${sides(law)}</tr>`,
    );
  const more = broken.length > MOST_BROKEN ? html`<p class="note">${formatCount(broken.length - MOST_BROKEN)} more are in report.json.</p>` : NOTHING;
  return html`${wideTable("Laws that are broken", ["result", "law", "of", "left", "right", "difference", "allowed"], rows, [3, 4, 5, 6])}${more}`;
}

/** The same for many endpoints and phases is told once. */
function unknownList(unknown: readonly Law[]): Html {
  if (unknown.length === 0) return NOTHING;
  const groups = [...Map.groupBy(unknown, ({ law, note }) => `${law} ${note}`).values()];
  const items = groups.map((group) => {
    const [first] = group;
    if (first === undefined) return NOTHING;
    return html`<li><span class="state unknown">?</span> ${LAW_WORDS[first.law]}: ${prose(first.note || "a side of it was not measured")} <span class="quiet">(${first.law}: ${first.statement}; ${reachOf(group)})</span></li>`;
  });
  return html`<ul class="plain">${items}</ul>`;
}

function heldTable(holds: readonly Law[]): Html {
  if (holds.length === 0) return NOTHING;
  const groups = [...Map.groupBy(holds, ({ law, statement }) => `${law} ${statement}`).values()];
  const rows = groups.map((group) => {
    const whole = group.find(({ scope, endpoint }) => scope === "load" && endpoint === "") ?? group[0];
    if (whole === undefined) return NOTHING;
    return html`<tr><td class="state holds">= holds</td><th scope="row">${lawWords(whole)}</th><td>${reachOf(group)}</td>${sides(whole)}</tr>`;
  });
  return html`<details class="more"><summary>${formatCount(holds.length)} checks that hold</summary>${wideTable("Laws that hold", ["result", "law", "of", "left", "right", "difference", "allowed"], rows, [3, 4, 5, 6])}<p class="note">The figures are those of all of the load; each single check is in report.json.</p></details>`;
}

function lawWords({ law, statement, note, state }: Law): Html {
  return html`${LAW_WORDS[law]}<span class="quiet">${law}: ${statement}${state === "broken" && note !== "" ? html`. ${prose(note)}` : NOTHING}</span>`;
}

function whereOf({ endpoint, scope }: Law): string {
  return [endpoint || "all endpoints", scope === "load" ? "" : scope].filter((word) => word !== "").join(", ");
}

/** `all endpoints, 4 of them singly, 3 phases`. */
function reachOf(group: readonly Law[]): string {
  const endpoints = new Set(group.map(({ endpoint }) => endpoint).filter((name) => name !== ""));
  const phases = new Set(group.map(({ scope }) => scope).filter((name) => name !== "load"));
  const [only] = endpoints;
  return [
    ...(group.some(({ endpoint }) => endpoint === "") ? ["all endpoints"] : []),
    ...(endpoints.size === 1 ? [only as string] : endpoints.size > 1 ? [`${endpoints.size} single endpoints`] : []),
    ...(phases.size > 0 ? [`${phases.size} ${phases.size === 1 ? "phase" : "phases"}`] : []),
  ].join(", ");
}

function sides({ left, right, difference, tolerance }: Law): readonly Html[] {
  return [left, right, difference, tolerance].map((value) => html`<td class="num">${value === null ? "\u2013" : formatCount(value)}</td>`);
}
