import type { RunLedger } from "../model/ledger.ts";
import { decompose } from "./decompose/decompose.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { clockSkewReadings } from "./digest/clock-skew-readings.ts";
import { digestRun } from "./digest/digest-run.ts";
import { isOneMachine } from "./digest/is-one-machine.ts";
import { evaluateGate, generatorGates } from "./gates/evaluate-gate.ts";
import { holdLaws } from "./laws/hold-laws.ts";
import { memoryReadings } from "./memory/memory-readings.ts";
import { phasesOf } from "./phases/detect-phases.ts";
import { askRules } from "./rules/ask-rules.ts";
import { gaugeLookup } from "./rules/rule.ts";
import { verdictOf } from "./verdict/verdict.ts";

/**
 * All that a run's ledger says: what each hop saw, whether the counts add up, where the time went, which thresholds hold, what is the matter and with
 * whom, who is excluded, what nobody measured, and the one sentence that it comes to.
 *
 * Pure: the same ledger gives the same diagnosis, whenever and wherever. Complexity: O(cells × scopes).
 */
export function diagnose(ledger: RunLedger): Diagnosis {
  const phases = phasesOf(ledger);
  const digest = digestRun(ledger, phases);
  const laws = holdLaws(ledger, digest);
  const decompositions = decompose(digest, isOneMachine(ledger.run));
  const skew = clockSkewReadings(ledger);
  const memory = memoryReadings(ledger, digest);
  const gauges = gaugeLookup(ledger.gauges);
  const facts = { ledger, digest, laws, decompositions, gauges, memory, skew };
  const { findings, exclusions, gaps } = askRules(facts);
  const gates = [...ledger.run.gates.map((gate) => evaluateGate(facts, gate)), ...generatorGates(ledger)];
  const verdict = verdictOf({ facts, findings, exclusions, gaps, gates, decompositions });
  return { digest, phases, marks: ledger.marks, laws, decompositions, gates, findings, exclusions, gaps, memory, skew, verdict };
}
