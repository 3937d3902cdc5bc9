import { formatCount } from "../format-number.ts";
import type { ReportEvidence, ReportFinding, RunReport } from "../report-schema.ts";
import { type Html, html, NOTHING, prose } from "./html.ts";
import { HOP_COLORS } from "./series-class.ts";

/** A table that scrolls within itself where the page is narrow; reachable by keyboard. */
export function wideTable(label: string, head: readonly string[], rows: readonly Html[], numeric: readonly number[] = [], kind = ""): Html {
  const heads = head.map((title, index) =>
    title === "" ? html`<td></td>` : html`<th scope="col"${numeric.includes(index) ? html` class="num"` : NOTHING}>${title}</th>`,
  );
  return html`<div class="wide" role="region" tabindex="0" aria-label="${label}"><table${kind === "" ? NOTHING : html` class="${kind}"`}><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

export function hopKey(hop: string): Html {
  return html`<span class="hop-key"><i class="key s${HOP_COLORS[hop] ?? 0}"></i>${hop}</span>`;
}

const GATE_SIGNS = { passed: "\u2713", failed: "\u2717", undecided: "?" } as const;
const GATE_ORDER = { failed: 0, undecided: 1, passed: 2 } as const;

export function gateSection({ gates }: RunReport): Html {
  if (gates.length === 0) return NOTHING;
  const isScoped = gates.some(({ scope }) => scope !== "load");
  const rows = gates
    .toSorted((a, b) => GATE_ORDER[a.state] - GATE_ORDER[b.state])
    .map(
      ({ expression, scope, state, actual, note, source }) =>
        html`<tr><td class="state ${state}">${GATE_SIGNS[state]} ${state}</td><th scope="row"><code>${expression}</code></th>${isScoped ? html`<td class="scope">${scope === "load" ? "all of it" : scope}</td>` : NOTHING}<td class="value">${actual || "\u2013"}</td><td>${prose(note)}</td><td class="quiet">${source}</td></tr>`,
    );
  const head = ["result", "gate", ...(isScoped ? ["of"] : []), "measured", "note", "from"];
  return html`<section id="gates"><h2>Gates</h2>${wideTable("Gates", head, rows, [], "flowing")}</section>`;
}

export function findingSection({ findings, exclusions }: RunReport): Html {
  if (findings.length + exclusions.length === 0) return NOTHING;
  return html`<section id="findings"><h2>${findings.length === 0 ? "What it was not" : "Findings"}</h2>${findings.map(finding)}${
    exclusions.length === 0
      ? NOTHING
      : html`${findings.length === 0 ? NOTHING : html`<h3>What it was not</h3>`}<ul class="plain">${exclusions.map(({ hop, claim, evidence }) => html`<li><b>${hopKey(hop)}</b>: ${prose(claim)}${evidence.map(evidenceLine)}</li>`)}</ul>`
  }</section>`;
}

function evidenceLine({ what, value, field, n }: ReportEvidence): Html {
  return html`<br><span class="quiet">${what}: <b>${value}</b>${n === null ? NOTHING : html` of ${formatCount(n)}`}, <code>${field}</code></span>`;
}

const STATE_WORDS = { proven: "proven", consistent: "fits what was seen, not proven", risk: "a risk; it cost this run nothing" } as const;

function finding(
  { rule, hop, state, confidence, claim, endpoint, scope, evidence, counterEvidence, nextStep, effect }: ReportFinding,
  index: number,
): Html {
  // Regions of a page are told apart by their names, and a rule may have found several things.
  const name = `finding ${index + 1}, ${rule}`;
  const about = [endpoint === "" || claim.includes(endpoint) ? "" : endpoint, scope === "load" ? "" : scope].filter((word) => word !== "");
  return html`<article class="finding ${effect}"><h3>${prose(claim)}</h3>
<p class="meta">${hop === null ? NOTHING : html`${hopKey(hop)} \u00b7 `}${STATE_WORDS[state]} \u00b7 confidence ${confidence} \u00b7 rule ${rule}${about.map((word) => html` \u00b7 ${word}`)}</p>
${evidence.length === 0 ? NOTHING : evidenceTable(`Evidence for ${name}`, evidence)}
${counterEvidence.length === 0 ? NOTHING : html`<h4>Against it</h4>${evidenceTable(`Evidence against ${name}`, counterEvidence)}`}
${nextStep === "" ? NOTHING : html`<p class="next"><b>Next</b> ${prose(nextStep)}</p>`}</article>`;
}

function evidenceTable(label: string, evidence: readonly ReportEvidence[]): Html {
  const isScoped = evidence.some(({ window }) => window !== "load");
  const rows = evidence.map(
    ({ what, value, n, field, window, how }) =>
      html`<tr><th scope="row">${what}</th><td class="value">${value}</td><td class="num">${n === null ? "" : formatCount(n)}</td><td><code>${field}</code>${how === "" ? NOTHING : html` <span class="quiet">${how}</span>`}</td>${isScoped ? html`<td>${window}</td>` : NOTHING}</tr>`,
  );
  return html`<div class="wide" role="region" tabindex="0" aria-label="${label}"><table class="evidence"><thead><tr><th scope="col">what</th><th scope="col">value</th><th scope="col" class="num">of</th><th scope="col">read from</th>${isScoped ? html`<th scope="col">when</th>` : NOTHING}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
