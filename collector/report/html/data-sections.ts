import { formatCount, formatMoment, formatMs, formatTime } from "../format-number.ts";
import type { RunReport } from "../report-schema.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { hopKey, wideTable } from "./sections.ts";

const LAW_SIGNS = { holds: "=", broken: "\u2260", unknown: "?" } as const;

/** What holds the report together: laws, witnesses, clocks, gaps, losses. */
export function trustSection(report: RunReport): Html {
  return html`<section id="data"><h2>How far to trust this</h2>${gaps(report)}${losses(report)}${laws(report)}${witnesses(report)}${clocks(report)}${notes(report)}</section>`;
}

function gaps({ gaps: all }: RunReport): Html {
  if (all.length === 0) return html`<p>Nothing that the rules ask for was left unmeasured.</p>`;
  const rows = all.map(
    ({ what, effect, remedy, hop }) =>
      html`<tr><th scope="row">${what}</th><td>${hop === null ? "" : hopKey(hop)}</td><td>${effect}</td><td>${remedy}</td></tr>`,
  );
  return html`<h3 id="gaps">Not measured</h3>${wideTable("Not measured", ["what", "hop", "what can therefore not be told", "remedy"], rows)}`;
}

function losses({ losses: all }: RunReport): Html {
  if (all.length === 0) return html`<h3 id="losses">Loss ledger</h3><p>No telemetry was lost: everything that was received is in this report.</p>`;
  const rows = all.map(
    ({ items, signal, component, reason }) =>
      html`<tr><td class="num">${formatCount(items)}</td><td>${signal}</td><td><code>${component}</code></td><td>${reason}</td></tr>`,
  );
  return html`<h3 id="losses">Loss ledger</h3>${wideTable("Loss ledger", ["items", "signal", "in", "reason"], rows, [0])}`;
}

function laws({ laws: all }: RunReport): Html {
  if (all.length === 0) return NOTHING;
  const number = (value: number | null) => (value === null ? "\u2013" : formatCount(value));
  const rows = all.map(
    ({ law, scope, endpoint, state, statement, left, right, difference, tolerance, note }) =>
      html`<tr><td class="state ${state}">${LAW_SIGNS[state]} ${state}</td><th scope="row">${law} <span class="statement">${statement}</span>${note === "" ? NOTHING : html`<span class="quiet">${note}</span>`}</th><td>${endpoint || "all"}${scope === "load" ? "" : `, ${scope}`}</td><td class="num">${number(left)}</td><td class="num">${number(right)}</td><td class="num">${number(difference)}</td><td class="num">${number(tolerance)}</td></tr>`,
  );
  return html`<h3 id="laws">Laws of conservation</h3>${wideTable("Laws of conservation", ["result", "law", "of", "left", "right", "difference", "tolerance"], rows, [3, 4, 5, 6])}`;
}

function witnesses({ witnesses: all }: RunReport): Html {
  if (all.length === 0) return NOTHING;
  const rows = all.map(
    ({ name, hop, format, sources, items, limits }) =>
      html`<tr><th scope="row">${name}</th><td>${hop === "host" ? "host" : hopKey(hop)}</td><td>${format}</td><td>${sources.join(", ")}</td><td class="num">${formatCount(items)}</td><td>${limits.join(" ")}</td></tr>`,
  );
  return html`<h3 id="witnesses">Witnesses</h3>${wideTable("Witnesses", ["name", "hop", "format", "tells", "items", "cannot show"], rows, [4])}`;
}

function clocks({ skew }: RunReport): Html {
  if (skew.length === 0) return NOTHING;
  const items = skew.map(
    ({ outer, inner, lowerMs, upperMs, state, pairs }) =>
      html`<li>${outer} \u25b8 ${inner}: ${lowerMs === null || upperMs === null ? state : html`the inner clock is off by ${formatMs(lowerMs)} to ${formatMs(upperMs)} (${state})`}, from ${formatCount(pairs)} requests</li>`,
  );
  return html`<h3 id="clocks">Clocks</h3><ul class="plain">${items}</ul>`;
}

function notes({ notes: all }: RunReport): Html {
  return all.length === 0 ? NOTHING : html`<h3>Notes</h3><ul class="plain">${all.map(({ text }) => html`<li>${text}</li>`)}</ul>`;
}

export function memorySection({ memory }: RunReport): Html {
  if (memory.length === 0) return NOTHING;
  const items = memory.map(
    ({ series, witness, instance, class: kind, sentence }) =>
      html`<li><code>${series}</code> <span class="quiet">${[witness, instance].filter((word) => word !== "").join(" \u00b7 ")}</span> <b>${kind.replaceAll("_", " ")}</b>: ${sentence}</li>`,
  );
  return html`<section id="memory"><h2>Memory</h2><ul class="plain">${items}</ul></section>`;
}

export function logSection({ logs, logsLeftOut }: RunReport): Html {
  if (logs.length === 0) return NOTHING;
  const rows = logs.map(
    ({ second, witness, severity, body, traceId }) =>
      html`<tr><td class="num">${formatMoment(second)}</td><td>${severity}</td><td>${witness}</td><td class="log">${body}</td><td><code>${traceId.slice(0, 8)}</code></td></tr>`,
  );
  return html`<section id="logs"><h2>Logs</h2>${wideTable("Kept logs", ["at", "severity", "from", "text", "trace"], rows, [0])}${logsLeftOut > 0 ? html`<p class="note">${formatCount(logsLeftOut)} more were kept and are in the ledger.</p>` : NOTHING}</section>`;
}

export function markList({ marks }: RunReport): Html {
  if (marks.length === 0) return NOTHING;
  return html`<ol class="marks" aria-label="Marks">${marks.toSorted((a, b) => a.second - b.second).map(({ second, text, kind }) => html`<li><i class="tick ${kind}"></i><b>${formatMoment(second)}</b> ${text} <span class="quiet">${kind}</span></li>`)}</ol>`;
}

/** What it takes to make this run once more. */
export function reproduceSection({ run, conditions }: RunReport): Html {
  const pairs = (record: Readonly<Record<string, string>>) =>
    Object.entries(record).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  const facts = {
    run: run.id,
    started: formatTime(run.startUnixMs),
    target: conditions.target,
    dataset: conditions.dataset,
    script: conditions.scriptHash === "" ? "" : `sha256 ${conditions.scriptHash}`,
  };
  const told = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== ""));
  const group = (title: string, record: Readonly<Record<string, string>>) =>
    Object.keys(record).length === 0 ? NOTHING : html`<h3>${title}</h3><dl class="facts">${pairs(record)}</dl>`;
  return html`<section id="reproduce"><h2>Reproduce</h2>${conditions.command.length === 0 ? html`<p>The run was opened without a command.</p>` : html`<pre class="wide" tabindex="0">${conditions.command.map(shellWord).join(" ")}</pre>`}
<dl class="facts">${pairs(told)}</dl>${group("Environment", conditions.environment)}${group("Labels", run.labels)}${group("Versions", conditions.versions)}${group("Host", conditions.host)}${conditions.config === "" ? NOTHING : html`<details><summary>Configuration of the collector</summary><pre class="wide" tabindex="0">${conditions.config}</pre></details>`}</section>`;
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
