import type { Confidence, Exclusion, Finding, Gap } from "../diagnosis.ts";
import { excludeApplication } from "./exclude-application.ts";
import { findGaps } from "./find-gaps.ts";
import type { RuleFacts } from "./rule.ts";
import { RULES } from "./rules.ts";

const EFFECTS: readonly Finding["effect"][] = ["invalid", "failure", "slow", "risk"];
const STATES: readonly Finding["state"][] = ["proven", "consistent", "risk"];
const CONFIDENCES: readonly Confidence[] = ["high", "medium", "low"];

/** What all rules together have to say of a run: findings in the order in which they matter, a hop excluded once, a gap told once. */
export function askRules(facts: RuleFacts): {
  readonly findings: readonly Finding[];
  readonly exclusions: readonly Exclusion[];
  readonly gaps: readonly Gap[];
} {
  const answers = RULES.map((rule) => rule.look(facts));
  const findings = inOrder(answers.flatMap((answer) => answer.findings ?? []));
  const blamed = new Set(findings.filter(({ effect, state }) => effect === "failure" && state === "proven").map(({ hop }) => hop));
  const excluded = [...answers.flatMap((answer) => answer.exclusions ?? []), ...excludeApplication(facts, findings)];
  const exclusions = excluded.filter(({ hop }, index) => !blamed.has(hop) && excluded.findIndex((other) => other.hop === hop) === index);
  const gaps = [...answers.flatMap((answer) => answer.gaps ?? []), ...findGaps(facts)];
  return { findings, exclusions, gaps: gaps.filter(({ id }, index) => gaps.findIndex((other) => other.id === id) === index) };
}

/** By effect, by requests explained, by what is shown, by confidence; ties in the order of the rules. */
function inOrder(findings: readonly Finding[]): readonly Finding[] {
  const most = findings.reduce((sum, { requests }) => Math.max(sum, requests), 0);
  return findings.toSorted(
    (a, b) =>
      EFFECTS.indexOf(a.effect) - EFFECTS.indexOf(b.effect) ||
      part(a, most) - part(b, most) ||
      STATES.indexOf(a.state) - STATES.indexOf(b.state) ||
      CONFIDENCES.indexOf(a.confidence) - CONFIDENCES.indexOf(b.confidence),
  );
}

/** 0: explains most of what any finding explains, 1: a good part, 2: some, 3: none. Smaller differences say nothing of which matters more. */
function part({ requests }: Finding, most: number): number {
  if (requests <= 0) return 3;
  return requests >= 0.5 * most ? 0 : requests >= 0.1 * most ? 1 : 2;
}
