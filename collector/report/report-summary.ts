import { formatCount, formatMs, formatRatio, formatSeconds } from "./format-number.ts";
import { printedText } from "./printed-text.ts";
import type { ReportFinding, RunReport } from "./report-schema.ts";
import { confidenceWords, isToldBy, STATE_WORDS } from "./verdict-words.ts";
import { visibleLine } from "./visible-text.ts";

/** So that an agent can read the whole of it for a few hundred tokens. */
const MOST_BYTES = 2048;
const MOST_SENTENCE_CHARS = 300;
/** With what to do next; the others are told as claims. */
const MOST_WHOLE_FINDINGS = 2;
const MOST_FINDINGS = 5;

type Told = Omit<RunReport, "summary">;

/**
 * The report in sentences of at most 2 kB together: verdict, what was run, gates that do not hold, what each hop saw, where the time went,
 * findings, losses, gaps. Nothing is said twice.
 */
export function summarySentences(report: Told): readonly string[] {
  const { verdict, findings, gates, exclusions, gaps, losses, run, printed } = report;
  const isExcludedTold = verdict.reasons.some((reason) => reason.startsWith("Excluded:"));
  const sentences = [
    `${verdict.result.toUpperCase()} (${confidenceWords(verdict.confidence)}): ${verdict.sentence}`,
    ...verdict.reasons.filter(
      (reason) =>
        !isGateList(reason) && ![...findings.map(({ claim }) => claim), ...gaps.map(({ what }) => what)].some((told) => isToldBy(reason, told)),
    ),
    ...(STATE_WORDS[run.state] === "" ? [] : [`State: ${STATE_WORDS[run.state]}`]),
    runSentence(report),
    ...gatesSentence(gates),
    ...report.hops.flatMap(hopSentence),
    ...timeSentence(report),
    ...printed.slice(0, 1).map((one) => `As ${printedText(one)}`),
    ...findings.slice(0, MOST_WHOLE_FINDINGS).map((finding) => findingSentence(finding, verdict.sentence)),
    ...(isExcludedTold ? [] : exclusions.map(({ hop, claim }) => `Not the ${hop}: ${claim}`)),
    ...findings.slice(MOST_WHOLE_FINDINGS, MOST_FINDINGS).map((finding) => findingSentence({ ...finding, nextStep: "" }, verdict.sentence)),
    ...losses.slice(0, 3).map(({ items, signal, component, reason }) => `Lost: ${formatCount(items)} ${signal} in ${component} (${reason})`),
    ...gaps.map(({ what, effect }) => `Gap: ${what}; ${effect}`),
  ];
  const kept: string[] = [];
  let bytes = 0;
  for (const sentence of sentences) {
    const line = visibleLine(sentence, MOST_SENTENCE_CHARS);
    bytes += new TextEncoder().encode(line).length + 1;
    if (bytes > MOST_BYTES) break;
    kept.push(line);
  }
  return kept;
}

/** The gates follow one by one. */
function isGateList(reason: string): boolean {
  return /^\d+ of \d+ gates? (does|do) not hold:/.test(reason);
}

function runSentence({ run, conditions, offered }: Told): string {
  const rate = offered.achievedPerSecond === null ? "" : ` at ${formatCount(offered.achievedPerSecond)} requests/s on average`;
  const generator = conditions.generator === "" ? "" : ` by ${conditions.generator}`;
  const target = conditions.target === "" ? "" : ` against ${conditions.target}`;
  return `Run ${run.name} (${run.id}): ${formatSeconds(run.loadSeconds)} of load${generator}${target}${rate}`;
}

function findingSentence({ rule, state, claim, nextStep }: ReportFinding, verdict: string): string {
  const next = nextStep === "" ? "" : `. Next: ${nextStep}`;
  return isToldBy(verdict, claim) ? `${rule} (${state}) is what the verdict says${next}` : `${rule} (${state}): ${claim}${next}`;
}

function gatesSentence(gates: RunReport["gates"]): readonly string[] {
  const held = gates.filter(({ state }) => state === "passed").length;
  const open = gates.filter(({ state }) => state !== "passed");
  return [
    ...open.map(({ expression, scope, state, actual, note }) => {
      const where = scope === "load" ? "" : ` [${scope}]`;
      const why = actual === "" ? note : `was ${actual}`;
      return `Gate ${state}: ${expression}${where}${why === "" ? "" : `, ${why}`}`;
    }),
    ...(held === 0 ? [] : [`Gates that hold: ${held} of ${gates.length}`]),
  ];
}

function hopSentence({ hop, stream, link }: RunReport["hops"][number]): readonly string[] {
  if (stream === null) return [];
  const p95 = stream.latency?.p95.ms;
  const latency = p95 === null || p95 === undefined ? "" : `, p95 of successes ${formatMs(p95)}`;
  const broken = link?.state === "broken" ? `; ${link.text}` : "";
  const failed = stream.failed === 0 ? "0 failed" : `${formatCount(stream.failed)} failed (${formatRatio(stream.failedRatio)})`;
  return [`${hop}: ${formatCount(stream.requests)} ${hop === "store" ? "calls" : "requests"}, ${failed}${latency}${broken}`];
}

function timeSentence({ hops }: Told): readonly string[] {
  const parts = hops.filter(({ timeShare }) => timeShare !== null && timeShare >= 0.01).toSorted((a, b) => (b.timeShare ?? 0) - (a.timeShare ?? 0));
  if (parts.length < 2) return [];
  return [
    `Mean time of a request by hop: ${parts.map(({ hop, timeMs, timeShare, timeIsBound }) => `${hop} ${timeIsBound ? "at most " : ""}${formatMs(timeMs)} (${formatRatio(timeShare)})`).join(", ")}`,
  ];
}
