import { recommendedWorkers } from "../../stats/littles-law.ts";
import type { Evidence } from "../diagnosis.ts";
import { isOneMachine } from "../digest/is-one-machine.ts";
import type { ScopeDigest } from "../digest-types.ts";
import { cpuShareOf } from "./cpu-facts.ts";
import { evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatOf, formatShare } from "./format-value.ts";
import { permitsOf } from "./gauge-facts.ts";
import { NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { loadOf, quantileOf, streamOf } from "./stream-facts.ts";

/** Up to this share of the iterations, the result is hardly another one. */
const NEGLIGIBLE = 0.01;
const BUSY_CPU = 0.9;
const SPARE_CPU = 0.7;

/** Iterations were due and nobody was free to begin them, while the servers had room: the load that was meant did not take place. */
export const generatorLimit: Rule = {
  id: "D1",
  title: "The generator was the limit",
  where: "at the generator",
  look(facts) {
    const load = loadOf(facts.digest);
    const dropped = load?.offered.droppedIterations ?? 0;
    if (load === undefined || dropped === 0) return NOTHING;
    const { iterations } = load.offered;
    // Without those that were begun, nobody knows of how many they are.
    const due = iterations === undefined ? undefined : dropped + iterations;
    const share = due === undefined ? undefined : dropped / due;
    const { idle, busy, unclear } = serverRoom(facts, load);
    // A server that is at its end keeps the virtual users waiting: then the dropped iterations are its doing.
    const isServer = busy.length > 0;
    const isShown = idle.length > 0 && !isServer && unclear.length === 0;
    const isInvalid = !isServer && (share === undefined ? idle.length > 0 : share >= NEGLIGIBLE);
    return {
      findings: [
        finding({
          rule: "D1",
          hop: "client",
          effect: isInvalid ? "invalid" : "risk",
          state: isShown ? "proven" : "consistent",
          confidence: isServer ? "low" : isShown ? "high" : "medium",
          claim: `the generator did not begin ${formatOf(dropped, "iteration")}${share === undefined ? "" : ` (${formatShare(share)} of those due)`}${isServer ? ", kept waiting by a server at its end" : ""}: a smaller load was measured than was asked for`,
          evidence: [
            evidence("iterations that were due and not begun", "dropped_iterations", formatCount(dropped), { n: due }),
            ...(load.offered.vusMax === undefined ? [] : [evidence("virtual users at most", "vus", formatCount(load.offered.vusMax))]),
            ...idle,
          ],
          counterEvidence: [...busy, ...unclear],
          nextStep: `${workersNeeded(load)}, and run again`,
        }),
      ],
    };
  },
};

/** What shows that the servers had room, and what that they had none. */
function serverRoom(
  facts: RuleFacts,
  load: ScopeDigest,
): { readonly idle: readonly Evidence[]; readonly busy: readonly Evidence[]; readonly unclear: readonly Evidence[] } {
  const [idle, busy, unclear]: [Evidence[], Evidence[], Evidence[]] = [[], [], []];
  const permits = permitsOf(facts.gauges, load.scope);
  if (permits?.areExhausted || permits?.areAmple) {
    const value = `${formatCount(permits.least)} of ${formatCount(permits.limit)}`;
    (permits.areExhausted ? busy : idle).push(evidence("fewest request permits left", permits.field, value, { n: permits.points }));
  }
  const cpu = cpuShareOf(facts, load.scope);
  if (cpu !== undefined) {
    const told = evidence(cpu.what, cpu.field, formatShare(cpu.mean), { n: cpu.points, how: "mean of the seconds" });
    // Where the generator runs beside the server, the processors may be busy with it.
    if (cpu.mean >= BUSY_CPU) (isOneMachine(facts.ledger.run) ? unclear : busy).push(told);
    else if (cpu.mean < SPARE_CPU) idle.push(told);
  }
  return { idle, busy, unclear };
}

function workersNeeded(load: ScopeDigest): string {
  const p99 = quantileOf(streamOf(load.total, "client")?.latencyOk, 0.99);
  const { iterations = 0, droppedIterations = 0, requestsPerIteration = 1, vusMax } = load.offered;
  const seconds = load.scope.endSecond - load.scope.startSecond;
  if (p99 === undefined || seconds <= 0 || iterations === 0) return "raise the number of virtual users (maxVUs)";
  const needed = recommendedWorkers((iterations + droppedIterations) / seconds, (p99 / 1000) * requestsPerIteration);
  if (vusMax !== undefined && needed <= vusMax)
    return "raise the number of virtual users (maxVUs), and see whether the machine of the generator has CPU left";
  return `set maxVUs to ${formatCount(needed)} or more (rate × p99 of an iteration × 1.2)`;
}
