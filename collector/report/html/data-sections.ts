import { formatBytes, formatCount, formatMoment, formatMs, formatTime } from "../format-number.ts";
import { shortInstance } from "../gauge-names.ts";
import type { RunReport } from "../report-schema.ts";
import { type Html, html, NOTHING, prose } from "./html.ts";
import { lawSection } from "./law-section.ts";
import { hopKey, wideTable } from "./sections.ts";

/** What holds the report together: laws, witnesses, clocks, gaps, losses. */
export function trustSection(report: RunReport): Html {
  return html`<section id="data"><h2>How far to trust this</h2>${gaps(report)}${losses(report)}${lawSection(report)}${witnesses(report)}${clocks(report)}${notes(report)}</section>`;
}

function gaps({ gaps: all }: RunReport): Html {
  if (all.length === 0) return html`<p>Nothing that the rules ask for was left unmeasured.</p>`;
  const rows = all.map(
    ({ what, effect, remedy, hop }) =>
      html`<tr><th scope="row">${prose(what)}</th><td>${hop === null ? "" : hopKey(hop)}</td><td>${prose(effect)}</td><td>${prose(remedy)}</td></tr>`,
  );
  return html`<h3 id="gaps">Not measured</h3>${wideTable("Not measured", ["what", "hop", "what can therefore not be told", "remedy"], rows, [], "flowing lines")}`;
}

const CONCERN_WORDS = { numbers: "counts may be short", detail: "a detail; counts are whole", elsewhere: "lost elsewhere; this run has it" } as const;

function losses({ losses: all }: RunReport): Html {
  if (all.length === 0) return html`<h3 id="losses">Lost telemetry</h3><p>None: everything that was received is in this report.</p>`;
  const rows = all.map(
    ({ items, signal, component, reason, concerns }) =>
      html`<tr><td class="num">${formatCount(items)}</td><td>${signal}</td><td><code>${component}</code></td><td>${prose(reason)}</td><td>${CONCERN_WORDS[concerns]}</td></tr>`,
  );
  return html`<h3 id="losses">Lost telemetry</h3>${wideTable("Lost telemetry", ["items", "signal", "in", "reason", "what it means"], rows, [0])}`;
}

function witnesses({ witnesses: all }: RunReport): Html {
  if (all.length === 0) return NOTHING;
  const rows = all.map(
    ({ name, hop, format, sources, items, limits }) =>
      html`<tr><th scope="row">${name}</th><td>${hop === "host" ? "host" : hopKey(hop)}</td><td>${format}</td><td>${sources.join(", ")}</td><td class="num">${formatCount(items)}</td><td>${prose(limits.join(" "))}</td></tr>`,
  );
  return html`<h3 id="witnesses">Witnesses</h3>${wideTable("Witnesses", ["name", "hop", "format", "tells", "items", "cannot show"], rows, [4])}`;
}

const SKEW_WORDS: Readonly<Record<string, string>> = {
  consistent: "",
  mostly: "; a few requests do not fit",
  drift: "; no one offset fits all requests, so compare durations only",
};

function clocks({ skew }: RunReport): Html {
  if (skew.length === 0) return NOTHING;
  const items = skew.map(
    ({ outer, inner, lowerMs, upperMs, state, pairs }) =>
      html`<li>${outer} and ${inner}: ${clockWords(inner, lowerMs, upperMs)}${SKEW_WORDS[state] ?? ""} <span class="quiet">(from ${formatCount(pairs)} requests)</span></li>`,
  );
  return html`<h3 id="clocks">Clocks</h3><ul class="plain">${items}</ul>`;
}

/** The interval is what must be added to the inner clock. */
function clockWords(inner: string, lowerMs: number | null, upperMs: number | null): string {
  if (lowerMs === null || upperMs === null) return "their offset is not known";
  if (lowerMs <= 0 && upperMs >= 0) return `agree within ${formatMs(Math.max(-lowerMs, upperMs))}`;
  const [least, most] = [Math.min(Math.abs(lowerMs), Math.abs(upperMs)), Math.max(Math.abs(lowerMs), Math.abs(upperMs))].map(formatMs);
  return `the ${inner}\u2019s clock is ${least === most ? least : `${least} to ${most}`} ${lowerMs > 0 ? "behind" : "ahead"}`;
}

function notes({ notes: all }: RunReport): Html {
  return all.length === 0 ? NOTHING : html`<h3>Notes</h3><ul class="plain">${all.map(({ text }) => html`<li>${prose(text)}</li>`)}</ul>`;
}

const MEMORY_WORDS: Readonly<Record<string, string>> = {
  flat: "flat",
  transient_peak: "a peak that went back",
  step_to_plateau: "a step to a plateau",
  backlog_drains: "a backlog that drains",
  grows_with_driver: "grew with the load",
  leak_suspected: "a leak is suspected",
  undecided: "cannot be told",
};

/** What of the process grew and whether it went back; what is said of several in the same words is said once. */
export function memorySection({ memory }: RunReport): Html {
  if (memory.length === 0) return NOTHING;
  const groups = [...Map.groupBy(memory, (one) => `${one.class} ${courseOf(one)}`).values()];
  const isMany = new Set(memory.map(({ witness, instance }) => `${witness} ${instance}`)).size > 1;
  const items = groups.map((group) => {
    const [first] = group;
    if (first === undefined) return NOTHING;
    const names = group.map(
      ({ series, witness, instance }) =>
        html`<code>${series}</code>${isMany ? html` <span class="quiet">${[witness, shortInstance(instance)].filter((word) => word !== "").join(" \u00b7 ")}</span>` : NOTHING}`,
    );
    return html`<li><b>${MEMORY_WORDS[first.class] ?? first.class.replaceAll("_", " ")}</b>: ${names.map((name, index) => html`${index === 0 ? "" : ", "}${name}`)}. ${courseOf(first)}</li>`;
  });
  return html`<section id="memory"><h2>Memory and descriptors</h2><ul class="plain">${items}</ul></section>`;
}

/** The sentence without what it is of, and without the class that stands before it. */
function courseOf({ series, witness, instance, sentence }: RunReport["memory"][number]): string {
  const owner = [witness, instance].filter((word) => word !== "").join(" ");
  const course = sentence.replace(`${series}${owner === "" ? "" : ` of ${owner}`}: `, "").replace(/^undecided, for it /, "");
  return course.charAt(0).toUpperCase() + course.slice(1);
}

export function logSection({ logs, logsLeftOut }: RunReport): Html {
  if (logs.length === 0) return NOTHING;
  const rows = logs.map(
    ({ second, lastSecond, count, witness, severity, body, traceId }) =>
      html`<tr><td class="num">${formatMoment(second)}${formatMoment(lastSecond) === formatMoment(second) ? NOTHING : html` to ${formatMoment(lastSecond)}`}</td><td class="num">${formatCount(count)}\u00d7</td><td>${severity}</td><td>${witness}</td><td class="log">${body}</td><td><code>${traceId.slice(0, 8)}</code></td></tr>`,
  );
  return html`<section id="logs"><h2>Logs</h2>${wideTable("Kept logs", ["when", "times", "severity", "from", "text", "first trace"], rows, [0, 1])}${logsLeftOut > 0 ? html`<p class="note">${formatCount(logsLeftOut)} more texts were kept and are in the ledger.</p>` : NOTHING}</section>`;
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
    script: conditions.scriptHash === "" ? "" : `sha256 ${conditions.scriptHash.slice(0, 16)}\u2026`,
    "generator ended": exitWords(run.exit),
  };
  const told = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== ""));
  const group = (title: string, record: Readonly<Record<string, string>>) =>
    Object.keys(record).length === 0 ? NOTHING : html`<h3>${title}</h3><dl class="facts">${pairs(record)}</dl>`;
  return html`<section id="reproduce"><h2>Reproduce</h2>${conditions.command.length === 0 ? html`<p>No command is known: the run was opened without one, or imported.</p>` : html`<pre class="wide" tabindex="0">${conditions.command.map(shellWord).join(" ")}</pre>`}
<dl class="facts">${pairs(told)}</dl>${group("Environment", conditions.environment)}${group("Labels", run.labels)}${group("Versions", conditions.versions)}${group("Host", hostFacts(conditions.host))}${conditions.config === "" ? NOTHING : html`<details><summary>Configuration of the collector</summary><pre class="wide" tabindex="0">${conditions.config}</pre></details>`}</section>`;
}

function exitWords(exit: RunReport["run"]["exit"]): string {
  if (exit === null) return "";
  return exit.code === null ? `by ${exit.signal ?? "a signal"}` : `with code ${exit.code}`;
}

/** Sizes as people read them. */
function hostFacts(host: RunReport["conditions"]["host"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(host).map(([name, value]) =>
      name.endsWith("_bytes") && Number(value) > 0
        ? [name.slice(0, -"_bytes".length), formatBytes(Number(value))]
        : [name.replaceAll("_", " "), value],
    ),
  );
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
