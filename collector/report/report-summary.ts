import { formatCount, formatMs, formatRatio } from "./format-number.ts";
import type { RunReport } from "./report-schema.ts";
import { visibleLine } from "./visible-text.ts";

/** So that an agent can read the whole of it for a few hundred tokens. */
const MOST_BYTES = 2048;
const MOST_SENTENCE_CHARS = 300;

type Told = Pick<RunReport, "verdict" | "hops" | "gates" | "findings" | "exclusions" | "gaps" | "losses">;

/** The report in sentences of at most 2 kB together: verdict, findings, gates that do not hold, what each hop saw, gaps, losses. */
export function summarySentences(report: Told): readonly string[] {
  const { verdict, findings, gates, exclusions, gaps, losses } = report;
  const sentences = [
    `${verdict.result.toUpperCase()} (confidence ${verdict.confidence}): ${verdict.sentence}`,
    ...verdict.reasons,
    ...findings.slice(0, 5).map(({ rule, state, claim, nextStep }) => `${rule} (${state}): ${claim}. Next: ${nextStep}`),
    ...gates
      .filter(({ state }) => state !== "passed")
      .map(({ expression, state, actual }) => `Gate ${state}: ${expression}${actual === "" ? "" : `, was ${actual}`}`),
    ...report.hops.flatMap(hopSentence),
    ...exclusions.map(({ hop, claim }) => `Not the ${hop}: ${claim}`),
    ...gaps.map(({ what, effect }) => `Gap: ${what}; ${effect}`),
    ...losses.slice(0, 3).map(({ items, signal, component, reason }) => `Lost: ${formatCount(items)} ${signal} in ${component} (${reason})`),
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

function hopSentence({ hop, stream, link }: RunReport["hops"][number]): readonly string[] {
  if (stream === null) return [];
  const p95 = stream.latency?.p95.ms;
  const latency = p95 === null || p95 === undefined ? "" : `, p95 of successes ${formatMs(p95)}`;
  const broken = link?.state === "broken" ? `; to the ${link.to}: ${link.text}` : "";
  return [
    `${hop}: ${formatCount(stream.requests)} requests, ${formatCount(stream.failed)} failed (${formatRatio(stream.failedRatio)})${latency}${broken}`,
  ];
}
