import { globSync } from "node:fs";
import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { diagnose } from "../../collector/diagnose/diagnose.ts";
import { RULES } from "../../collector/diagnose/rules/rules.ts";
import { ledgerOfScenario, readScenario } from "./scenario.ts";

const FILES = globSync("test/scenario/cases/*.yaml").sort();
const CASES = FILES.map((file) => {
  const scenario = readScenario(file);
  return { name: `${basename(file, ".yaml")}: ${scenario.title}`, scenario, diagnosis: diagnose(ledgerOfScenario(scenario)) };
});

describe("what the hops saw comes to the right verdict", () => {
  test.each(CASES)("$name", ({ scenario, diagnosis }) => {
    const { expect: wanted } = scenario;
    const { verdict, findings, exclusions, gaps, memory, gates } = diagnosis;
    const told = [...new Set(findings.map(({ rule }) => rule))];
    const found = told.map((rule, index) => {
      const { state, confidence } = findings.find((one) => one.rule === rule) as (typeof findings)[number];
      return [rule, state, confidence].slice(0, (wanted.rules[index] ?? "").split(" ").length).join(" ");
    });
    expect({ result: verdict.result, hop: verdict.hop ?? "none", rules: found, sentence: verdict.sentence }).toEqual({
      result: wanted.verdict,
      hop: wanted.hop ?? "none",
      rules: wanted.rules,
      sentence: verdict.sentence,
    });
    for (const part of wanted.says) expect(verdict.sentence).toContain(part);
    if (wanted.confidence !== undefined) expect(verdict.confidence).toBe(wanted.confidence);
    expect(exclusions.map(({ hop }) => hop).sort()).toEqual(wanted.excluded.toSorted());
    const ids = gaps.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(wanted.gaps));
    expect(ids.filter((id) => wanted.noGaps.includes(id))).toEqual([]);
    expect(Object.fromEntries(memory.filter(({ series }) => series in wanted.memory).map((one) => [one.series, one.class]))).toEqual(wanted.memory);
    const states = gates.map(
      ({ expression, state, actual }) => [expression, wanted.gates[expression]?.includes(" ") ? `${state} ${actual}` : state] as const,
    );
    expect(Object.fromEntries(states.filter(([expression]) => expression in wanted.gates))).toEqual(wanted.gates);
  });
});

test("every finding shows its numbers and what to do next", () => {
  for (const { name, diagnosis } of CASES) {
    for (const { rule, evidence, nextStep, claim, requests } of diagnosis.findings) {
      expect(evidence.length, `${name} ${rule}`).toBeGreaterThan(0);
      expect(nextStep.length, `${name} ${rule}`).toBeGreaterThan(20);
      expect(claim, `${name} ${rule}`).toMatch(/\d/);
      expect(claim, `${name} ${rule}`).not.toMatch(/NaN|undefined|Infinity|\.$/);
      expect(`${claim}; ${nextStep}`, `${name} ${rule}`).not.toMatch(/\b([a-z]+) \1\b/);
      expect(requests, `${name} ${rule}`).toBeGreaterThanOrEqual(0);
      for (const one of evidence) expect(`${one.what} ${one.field} ${one.value}`, `${name} ${rule}`).not.toMatch(/NaN|undefined|Infinity/);
    }
  }
});

test("every rule speaks in one scenario and is silent in another", () => {
  const speaks = new Set(CASES.flatMap(({ diagnosis }) => diagnosis.findings.map(({ rule }) => rule)));
  expect(RULES.map(({ id }) => id).filter((id) => !speaks.has(id))).toEqual([]);
  const silent = RULES.filter(({ id }) => CASES.some(({ diagnosis }) => !diagnosis.findings.some(({ rule }) => rule === id)));
  expect(silent).toHaveLength(RULES.length);
});
