import { ERROR_WORDS } from "../error-words.ts";
import { formatCount, formatMs, formatRatio } from "../format-number.ts";
import type { ReportEndpoint, ReportEvidence, ReportFinding, RunReport } from "../report-schema.ts";
import { quantile } from "./hop-strip.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { HOP_COLORS } from "./series-class.ts";

/** A table that scrolls within itself where the page is narrow; reachable by keyboard. */
export function wideTable(label: string, head: readonly string[], rows: readonly Html[], numeric: readonly number[] = []): Html {
  const heads = head.map((title, index) => html`<th scope="col"${numeric.includes(index) ? html` class="num"` : NOTHING}>${title}</th>`);
  return html`<div class="wide" role="region" tabindex="0" aria-label="${label}"><table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}

export function hopKey(hop: string): Html {
  return html`<span class="hop-key"><i class="key s${HOP_COLORS[hop] ?? 0}"></i>${hop}</span>`;
}

const GATE_SIGNS = { passed: "\u2713", failed: "\u2717", undecided: "?" } as const;
const GATE_ORDER = { failed: 0, undecided: 1, passed: 2 } as const;

export function gateSection({ gates }: RunReport): Html {
  if (gates.length === 0) return NOTHING;
  const rows = gates
    .toSorted((a, b) => GATE_ORDER[a.state] - GATE_ORDER[b.state])
    .map(
      ({ expression, scope, state, actual, note, source }) =>
        html`<tr><td class="state ${state}">${GATE_SIGNS[state]} ${state}</td><th scope="row"><code>${expression}</code></th><td>${scope}</td><td>${actual}</td><td>${note}</td><td class="quiet">${source}</td></tr>`,
    );
  return html`<section id="gates"><h2>Gates</h2>${wideTable("Gates", ["result", "gate", "scope", "measured", "note", "from"], rows)}</section>`;
}

export function findingSection({ findings, exclusions }: RunReport): Html {
  if (findings.length + exclusions.length === 0) return NOTHING;
  return html`<section id="findings"><h2>Findings</h2>${findings.map(finding)}${
    exclusions.length === 0
      ? NOTHING
      : html`<h3>Not it</h3><ul class="plain">${exclusions.map(({ hop, claim, evidence }) => html`<li><b>${hopKey(hop)}</b>: ${claim}${evidence.map(evidenceLine)}</li>`)}</ul>`
  }</section>`;
}

function evidenceLine({ what, value, field, n }: ReportEvidence): Html {
  return html`<br><span class="quiet">${what}: <b>${value}</b>${n === null ? NOTHING : html` of ${formatCount(n)}`}, <code>${field}</code></span>`;
}

const STATE_WORDS = { proven: "proven", consistent: "not shown, nothing speaks against it", risk: "a risk; cost this run nothing" } as const;

function finding({ rule, hop, state, confidence, claim, endpoint, scope, evidence, counterEvidence, nextStep, effect }: ReportFinding): Html {
  return html`<article class="finding ${effect}"><h3>${claim}</h3>
<p class="meta">${hop === null ? NOTHING : html`${hopKey(hop)} \u00b7 `}${STATE_WORDS[state]} \u00b7 confidence ${confidence} \u00b7 rule ${rule}${endpoint === "" ? NOTHING : html` \u00b7 <code>${endpoint}</code>`} \u00b7 ${scope}</p>
${evidence.length === 0 ? NOTHING : evidenceTable(`Evidence for ${rule}`, evidence)}
${counterEvidence.length === 0 ? NOTHING : html`<h4>Against it</h4>${evidenceTable(`Evidence against ${rule}`, counterEvidence)}`}
${nextStep === "" ? NOTHING : html`<p class="next"><b>Next</b> ${nextStep}</p>`}</article>`;
}

export function evidenceTable(label: string, evidence: readonly ReportEvidence[]): Html {
  const rows = evidence.map(
    ({ what, value, n, field, window, how }) =>
      html`<tr><th scope="row">${what}</th><td class="value">${value}</td><td class="num">${n === null ? "" : formatCount(n)}</td><td><code>${field}</code>${how === "" ? NOTHING : html` <span class="quiet">${how}</span>`}</td><td>${window}</td></tr>`,
  );
  return html`<div class="wide" role="region" tabindex="0" aria-label="${label}"><table class="evidence"><thead><tr><th scope="col">what</th><th scope="col">value</th><th scope="col" class="num">of</th><th scope="col">read from</th><th scope="col">when</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}

const BY_WORDS: Readonly<Record<string, string>> = {
  route: "the server's route",
  rule: "a rule of the configuration",
  name: "the script's name tag",
  joined: "requests with one trace id",
  matched: "a path that fits a known route",
  template: "ids recognised by their form",
  none: "as it came",
};

export function endpointSection({ endpoints, operations }: RunReport): Html {
  if (endpoints.length + operations.length === 0) return NOTHING;
  const table = (label: string, views: readonly ReportEndpoint[], what: string) =>
    views.length === 0
      ? NOTHING
      : wideTable(
          label,
          [what, "seen at", "requests", "failed", "share", "p50", "p95", "p99", "max"],
          views.flatMap(endpointRows),
          [2, 3, 4, 5, 6, 7, 8],
        );
  return html`<section id="endpoints"><h2>Endpoints</h2><p class="lead">Times are of requests that succeeded, as each hop measures them.</p>${table("Endpoints by hop", endpoints, "endpoint")}${table("Calls of the store", operations, "call of the store")}</section>`;
}

function endpointRows({ endpoint, by, names, streams }: ReportEndpoint): readonly Html[] {
  return streams.map(({ hop, requests, failed, failedRatio, latency }, index) => {
    const others = names.filter((name) => name !== endpoint);
    const title = html`<th scope="rowgroup" rowspan="${streams.length}">${endpoint || "all"}<span class="quiet">same by ${BY_WORDS[by] ?? by}${others.length === 0 ? NOTHING : html`: ${others.join(", ")}`}</span></th>`;
    const figures = latency === null ? [0, 1, 2].map(() => html`\u2013`) : [latency.p50, latency.p95, latency.p99].map(quantile);
    return html`<tr${index === 0 ? html` class="first"` : NOTHING}>${index === 0 ? title : NOTHING}<td>${hopKey(hop)}</td><td class="num">${formatCount(requests)}</td><td class="num${failed > 0 ? " bad" : ""}">${failed > 0 ? `\u2717 ${formatCount(failed)}` : "0"}</td><td class="num">${formatRatio(failedRatio)}</td>${figures.map((figure) => html`<td class="num">${figure}</td>`)}<td class="num">${formatMs(latency?.maxMs)}</td></tr>`;
  });
}

export function failureSection({ failures }: RunReport): Html {
  if (failures.length === 0) return NOTHING;
  const most = Math.max(1, ...failures.map(({ requests }) => requests));
  const rows = failures.map(
    ({ hop, endpoint, kind, requests, samples }) =>
      html`<tr><td class="num">${formatCount(requests)}</td><td class="share"><i class="fill s${HOP_COLORS[hop] ?? 0}" style="width:${Math.max(1, Math.round((100 * requests) / most))}%"></i></td><th scope="row">${ERROR_WORDS[kind] ?? kind}</th><td>${hopKey(hop)}</td><td>${endpoint || "all"}</td><td>${samples.map((sample) => html`<code class="sample">${sample}</code>`)}</td></tr>`,
  );
  return html`<section id="failures"><h2>Failures</h2><div class="wide" role="region" tabindex="0" aria-label="Failures by kind"><table><thead><tr><th scope="col" class="num">requests</th><th scope="col"><span class="sr">as a bar</span></th><th scope="col">kind</th><th scope="col">seen at</th><th scope="col">endpoint</th><th scope="col">as written</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}

const JOIN_WORDS = {
  trace: "requests joined by trace id",
  request: "requests joined by request id",
  aggregate: "means of all requests, each hop by itself",
} as const;

export function timeSection({ decompositions }: RunReport): Html {
  if (decompositions.length === 0) return NOTHING;
  const longest = Math.max(1e-9, ...decompositions.map(totalOf));
  const bars = decompositions.map((one) => {
    const total = totalOf(one);
    const parts = one.parts.map(({ hop, label, meanMs }) => {
      const share = total > 0 ? meanMs / total : 0;
      return html`<i class="part s${HOP_COLORS[hop] ?? 0}" style="width:${Math.round(1000 * Math.max(0, share)) / 10}%" title="${label}: ${formatMs(meanMs)}"></i>`;
    });
    const list = one.parts.map(
      ({ hop, label, meanMs }) =>
        html`<li><i class="key s${HOP_COLORS[hop] ?? 0}"></i>${label} <b>${formatMs(meanMs)}</b> <span class="quiet">${hop} \u00b7 ${formatRatio(total > 0 ? meanMs / total : null)}</span></li>`,
    );
    return html`<article class="where"><h3>${one.endpoint || "All endpoints"}${one.scope === "load" ? NOTHING : html` <span class="quiet">${one.scope}</span>`} <b>${formatMs(one.totalMs)}</b></h3>
<div class="stack" style="width:${Math.max(8, Math.round((100 * total) / longest))}%" aria-hidden="true">${parts}</div><ul class="legend">${list}</ul>
<p class="note">Means of ${formatCount(one.n)} ${JOIN_WORDS[one.by]}.${one.isComplete ? NOTHING : html` Not complete: parts are missing.`} ${one.note}</p></article>`;
  });
  return html`<section id="time"><h2>Where the time goes</h2><p class="lead">Means of successful requests, which may be added up; quantiles may not.</p>${bars}</section>`;
}

function totalOf({ totalMs, parts }: RunReport["decompositions"][number]): number {
  return totalMs ?? parts.reduce((sum, { meanMs }) => sum + meanMs, 0);
}
