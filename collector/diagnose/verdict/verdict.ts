import type { Hop } from "../../model/catalog.ts";
import type { Confidence, Decomposition, Exclusion, Finding, Gap, GateResult, Verdict } from "../diagnosis.ts";
import type { Stream } from "../digest-types.ts";
import { parseGate } from "../gates/parse-gate.ts";
import { arrivalsOf, directionOf } from "../rules/arrival.ts";
import { slowDownload } from "../rules/d04-slow-download.ts";
import { formatCount, formatMs, formatOf, formatShare } from "../rules/format-value.ts";
import type { RuleFacts } from "../rules/rule.ts";
import { RULES } from "../rules/rules.ts";
import { failedOf, loadOf, outermostOf, quantileOf, standstillOf } from "../rules/stream-facts.ts";
import { slowestHop } from "./slowest-hop.ts";

export interface VerdictFacts {
  readonly facts: RuleFacts;
  readonly findings: readonly Finding[];
  readonly exclusions: readonly Exclusion[];
  readonly gaps: readonly Gap[];
  readonly gates: readonly GateResult[];
  readonly decompositions: readonly Decomposition[];
}

/** Share of failed requests that a run without a threshold for them may have: that of the users' own acceptance (http_req_failed < 1%). */
const FAILURE_LIMIT = 0.01;
const MOSTLY = 0.5;
/** k6's exit code for thresholds that do not hold (k6-docs, exit codes). */
const THRESHOLDS_FAILED = 99;
const MOST_REASONS = 3;

/**
 * The one sentence that a run comes to.
 *
 * - `invalid` beats all: a finding shows that the run does not measure what it was made for.
 * - `failed`: a threshold does not hold; or more than 1 % of the requests failed and no threshold allows that.
 * - `inconclusive`: no request was seen, a threshold could not be decided, or the generator or the recording broke off.
 * - `passed`: the rest.
 *
 * Confidence is that of the finding that explains most; of a run that passed, how much was looked at. Lost telemetry takes a step off it.
 */
export function verdictOf(given: VerdictFacts): Verdict {
  const { facts, findings, gates } = given;
  const load = loadOf(facts.digest);
  const stream = load === undefined ? undefined : outermostOf(load.total);
  const invalid = findings.find(({ effect, state }) => effect === "invalid" && state === "proven");
  if (invalid !== undefined) return told(given, "invalid", invalid.hop, invalid.confidence, `INVALID: ${invalid.claim}`, [invalid]);
  if (stream === undefined) return told(given, "inconclusive", undefined, "low", "INCONCLUSIVE: no witness told of a single request", []);
  const failed = failedOf(stream);
  const broken = gates.filter(({ state }) => state === "failed");
  const isTooMuch = failed > FAILURE_LIMIT * stream.count && !gates.some(allowsFailures);
  if (broken.length > 0 || isTooMuch) return failure(given, stream, failed, broken);
  const open = gates.filter(({ state }) => state === "undecided");
  if (open.length > 0)
    return told(
      given,
      "inconclusive",
      undefined,
      "low",
      `INCONCLUSIVE: ${formatCount(open.length)} of ${formatOf(gates.length, "gate")} could not be decided: ${open.map(openText).slice(0, 2).join("; ")}`,
      [],
    );
  const { exit } = facts.ledger.run;
  if (exit !== undefined && exit.code !== 0 && exit.code !== THRESHOLDS_FAILED) {
    const how = exit.code === null ? `signal ${exit.signal ?? "unknown"}` : `code ${exit.code}`;
    return told(
      given,
      "inconclusive",
      "client",
      "low",
      `INCONCLUSIVE: the generator ended with ${how}: what it did not get to is not in these figures`,
      [],
    );
  }
  if (facts.ledger.run.state === "abandoned")
    return told(given, "inconclusive", undefined, "low", "INCONCLUSIVE: the recording broke off: what came after is not in these figures", []);
  return passed(given, stream, failed);
}

function allowsFailures({ expression, scope, state }: GateResult): boolean {
  const parsed = parseGate(expression);
  return state === "passed" && scope === "load" && "gate" in parsed && parsed.gate.subject.kind === "failed" && parsed.gate.labels.size === 0;
}

function openText({ expression, note }: GateResult): string {
  return `${expression} (${note})`;
}

function failure(given: VerdictFacts, stream: Stream, failed: number, broken: readonly GateResult[]): Verdict {
  const { findings } = given;
  const share = failed / stream.count;
  const isLoss = share > FAILURE_LIMIT || (failed > 0 && broken.some((gate) => kindOfGate(gate) === "requests"));
  return isLoss ? lossVerdict(given, stream, failed, broken) : gateVerdict(given, findings, broken);
}

function lossVerdict(given: VerdictFacts, stream: Stream, failed: number, broken: readonly GateResult[]): Verdict {
  const share = formatShare(failed / stream.count);
  const loss = given.findings.find(({ effect }) => effect === "failure");
  const nowhere = `FAILED: ${share} of requests failed, and nothing that was measured says where: ${formatCount(failed)} of ${formatOf(stream.count, "request")}`;
  if (loss === undefined) return told(given, "failed", undefined, "low", nowhere, [], broken);
  const place = `${placeOf(given, loss)} (confidence ${lowered(loss.confidence, given)}): ${loss.claim}`;
  // What explains a small part is not why the run failed.
  const isMost = loss.requests >= MOSTLY * failed;
  const sentence = isMost
    ? `FAILED: ${share} of requests failed ${place}`
    : `FAILED: ${share} of requests failed, of which ${formatCount(loss.requests)} of ${formatCount(failed)} are explained: ${place}`;
  return told(given, "failed", loss.hop, loss.confidence, sentence, [loss], broken);
}

/** A gate that does not hold although hardly a request failed: by what it is of, its own series, the generator, or whatever was slow. */
function gateVerdict(given: VerdictFacts, findings: readonly Finding[], broken: readonly GateResult[]): Verdict {
  const list = broken.map(({ expression, actual }) => `${expression}${actual === "" ? "" : ` (${actual})`}`).slice(0, 3);
  const start = `FAILED: ${list.join(", ")}${broken.length > 3 ? ` and ${formatCount(broken.length - 3)} more` : ""} ${broken.length === 1 ? "does not hold" : "do not hold"}: `;
  const isSlow = broken.some((gate) => kindOfGate(gate) === "latency");
  const generator = findings.find(({ rule }) => rule === "D1");
  if (!isSlow && generator !== undefined && broken.some(({ expression }) => expression.includes("dropped_iterations")))
    return told(given, "failed", generator.hop, generator.confidence, `${start}${generator.claim}`, [generator]);
  const own = broken.map((gate) => seriesGate(given.facts, gate)).find((one) => one !== undefined);
  if (!isSlow && own !== undefined) return told(given, "failed", own.hop, "high", `${start}${own.note}`, []);
  if (!isSlow) return told(given, "failed", undefined, "high", `${start}${broken[0]?.note || "it was measured so"}`, []);
  const slow = findings.find(({ effect }) => effect === "slow");
  if (slow !== undefined) return told(given, "failed", slow.hop, slow.confidence, `${start}${slow.claim}`, [slow]);
  const most = slowestHop(given.decompositions);
  if (most === undefined) return told(given, "failed", undefined, "low", `${start}nothing that was measured says why`, []);
  return told(given, "failed", most.hop, "medium", `${start}most of the time goes to the ${most.words} (${formatShare(most.share)})`, []);
}

/** `requests`: what was lost explains it. `latency`: what was slow does. `other`: a series or counter that speaks for itself. */
function kindOfGate({ expression, source }: GateResult): "requests" | "latency" | "other" {
  if (source === "k6")
    return /duration|waiting|receiving|blocked|connecting/.test(expression)
      ? "latency"
      : /failed|checks|error/.test(expression)
        ? "requests"
        : "other";
  const parsed = parseGate(expression);
  const kind = "gate" in parsed ? parsed.gate.subject.kind : "gauge";
  if (kind === "latency") return "latency";
  return kind === "failed" || kind === "status" || kind === "timeouts" || (kind === "metric" && /failed|checks|error/.test(expression))
    ? "requests"
    : "other";
}

/** A gate on a series speaks for itself: whose it is, and what the memory's course says of it. */
function seriesGate(
  { gauges, memory }: RuleFacts,
  { expression, note }: GateResult,
): { readonly hop: Hop | undefined; readonly note: string } | undefined {
  const parsed = parseGate(expression);
  if (!("gate" in parsed) || (parsed.gate.subject.kind !== "gauge" && parsed.gate.subject.kind !== "trend")) return undefined;
  const { names } = parsed.gate.subject;
  const course = memory.find(({ series }) => names.includes(series))?.sentence;
  return { hop: gauges.named(...names)[0]?.hop, note: course ?? note };
}

/** Where requests were lost; what the server did right and what had arrived leave only the way back. */
function placeOf(given: VerdictFacts, cause: Finding): string {
  const place = placeWithProxy(given, cause);
  const hasProxy = given.facts.digest.hops.includes("proxy");
  return hasProxy || cause.rule === "L6" ? place : place.replace("proxy", "application");
}

function placeWithProxy({ facts, findings }: VerdictFacts, { rule, hop }: Finding): string {
  const own = RULES.find(({ id }) => id === rule)?.where ?? "";
  if (rule === "L6") return hop === undefined ? own : hop === "network" ? `${own}, given between client and application` : `${own} of the ${hop}`;
  if (rule !== "D3" && rule !== "D7") return own;
  const arrivals = arrivalsOf(facts);
  if (arrivals.some((arrival) => directionOf(arrival) === "late")) return RULES.find(({ id }) => id === "D3")?.where ?? own;
  return findings.some((one) => one.rule === "D7" || (one.rule === "D4" && one.state === "proven")) ? slowDownload.where : own;
}

function passed(given: VerdictFacts, stream: Stream, failed: number): Verdict {
  const { gates, findings, gaps } = given;
  const p95 = quantileOf(stream.latencyOk, 0.95);
  const most = slowestHop(given.decompositions);
  const parts = [
    gates.length === 0 ? "" : gates.length === 1 ? "the gate holds" : `all ${formatCount(gates.length)} gates hold`,
    `${formatOf(stream.count, "request")}, ${formatCount(failed)} failed${p95 === undefined ? "" : `, p95 ${formatMs(p95)}`}`,
    most === undefined ? "" : `slowest hop: ${most.words} (${formatShare(most.share)} of the time)`,
  ];
  const standstillMs = stream.omission === "closed" || stream.omission === "omits" ? standstillOf(stream) : undefined;
  const isBlind = stream.hop !== "client" || gaps.some(({ id }) => id === "survivors-only");
  const isDoubtful = findings.some(({ effect }) => effect === "invalid");
  const confidence = isBlind || isDoubtful || standstillMs !== undefined ? "medium" : "high";
  const verdict = told(given, "passed", undefined, confidence, `PASSED: ${parts.filter((part) => part !== "").join("; ")}`, []);
  if (standstillMs === undefined) return verdict;
  const reason = `The longest request took ${formatMs(standstillMs)}, and what would have been sent meanwhile was not: percentiles look better than they were.`;
  return { ...verdict, reasons: [reason, ...verdict.reasons].slice(0, MOST_REASONS) };
}

/** Gaps that do not bear on where requests were lost. */
const BESIDE_THE_POINT = new Set(["no-memory", "no-after-samples", "one-machine", "clock-skew-unknown", "coordinated-omission"]);
const STEPS: readonly Confidence[] = ["high", "medium", "low"];

/** One step less where telemetry was lost: the counts may be short. */
function lowered(confidence: Confidence, { facts }: VerdictFacts): Confidence {
  const isLossy = facts.ledger.losses.some(({ items, concerns }) => items > 0 && concerns === undefined);
  return isLossy ? (STEPS[STEPS.indexOf(confidence) + 1] ?? "low") : confidence;
}

function told(
  given: VerdictFacts,
  result: Verdict["result"],
  hop: Hop | undefined,
  confidence: Confidence,
  sentence: string,
  used: readonly Finding[],
  broken: readonly GateResult[] = [],
): Verdict {
  const { findings, exclusions, gaps, facts } = given;
  const reasons: string[] = [];
  if (broken.length > 0)
    reasons.push(
      `${formatCount(broken.length)} of ${formatOf(given.gates.length, "gate")} ${broken.length === 1 ? "does" : "do"} not hold: ${broken
        .map(({ expression }) => expression)
        .slice(0, 3)
        .join(", ")}.`,
    );
  // Of a run that passed, what may not pass the next time is what is left to say.
  const others = findings.filter((one) => !used.includes(one) && (one.effect !== "risk" || (result === "passed" && one.state === "proven")));
  const doubts = findings.find(({ effect, state }) => effect === "invalid" && state !== "proven");
  if (result !== "invalid" && doubts !== undefined && !used.includes(doubts)) reasons.push(`${doubts.rule}: ${doubts.claim}.`);
  for (const one of others) if (one !== doubts && reasons.length < MOST_REASONS - 1) reasons.push(`${one.rule}: ${one.claim}.`);
  if (exclusions.length > 0 && result === "failed")
    reasons.push(`Excluded: ${[...new Set(exclusions.map((one) => one.hop))].join(", ")}; ${exclusions[0]?.claim ?? ""}.`);
  if (facts.ledger.losses.some(({ items, concerns }) => items > 0 && concerns === undefined))
    reasons.push("Telemetry was lost, so counts may be short and the confidence is a step lower.");
  const gap = gaps.find(({ id }) => !BESIDE_THE_POINT.has(id));
  if (gap !== undefined && result !== "passed" && result !== "invalid") reasons.push(`Not measured: ${gap.what}; ${gap.effect}.`);
  return { result, hop, confidence: lowered(confidence, given), sentence, reasons: reasons.slice(0, MOST_REASONS) };
}
