import type { CountSource, RunLedger } from "../../model/ledger.ts";
import type { LawResult } from "../diagnosis.ts";
import { exportSteps } from "../digest/collect-cells.ts";
import { loadWindow } from "../digest/scopes.ts";
import type { RunDigest, ScopeDigest } from "../digest-types.ts";
import { callOrder, type Step } from "./call-order.ts";
import { plan } from "./l1-plan.ts";
import { outcomes } from "./l2-outcomes.ts";
import { arrival } from "./l3-arrival.ts";
import { timeouts } from "./l4-timeouts.ts";
import { upstream } from "./l5-upstream.ts";
import { statuses } from "./l6-statuses.ts";
import { sequence } from "./l7-sequence.ts";
import { bytes } from "./l8-bytes.ts";
import type { Law, LawContext } from "./law.ts";

const LAWS: readonly Law[] = [plan, outcomes, arrival, timeouts, upstream, statuses, sequence, bytes];
/** Laws that look at one hop alone. */
const OF_THE_CLIENT: ReadonlySet<Law> = new Set([plan, outcomes]);

/**
 * Holds the laws of conservation against every scope, all endpoints together first and then each of them.
 *
 * Of a scenario that ran beside others only the laws of the client are held: the hops further in cannot tell whose requests they got. L7 gives a
 * result for each hop, L6 one for the sum and one for each class of answer that was seen.
 */
export function holdLaws(ledger: RunLedger, digest: RunDigest): readonly LawResult[] {
  const context: LawContext = {
    ledger,
    window: loadWindow(ledger),
    exportSteps: exportSteps(ledger),
    steps: stepsByScope(ledger),
    applicationCounts: countsByScope(ledger),
  };
  return digest.scopes.flatMap((scope) => {
    const laws = isBesideOthers(scope, digest) ? LAWS.filter((law) => OF_THE_CLIENT.has(law)) : LAWS;
    return [scope.total, ...scope.endpoints].flatMap((endpoint) => laws.flatMap((law) => law(scope, endpoint, context)));
  });
}

function isBesideOthers({ scope }: ScopeDigest, { scopes }: RunDigest): boolean {
  if (scope.phase?.kind !== "scenario") return false;
  return scopes.some(
    ({ scope: other }) =>
      other !== scope &&
      other.phase?.kind === "scenario" &&
      // Scenarios that follow one another share the second in which one gives way to the other.
      Math.min(scope.endSecond, other.endSecond) - Math.max(scope.startSecond, other.startSecond) > 1,
  );
}

function stepsByScope(ledger: RunLedger): LawContext["steps"] {
  const known = new Map<ScopeDigest, readonly Step[]>();
  return (digest) => {
    const steps = known.get(digest) ?? callOrder(ledger, digest);
    known.set(digest, steps);
    return steps;
  };
}

function countsByScope(ledger: RunLedger): LawContext["applicationCounts"] {
  const known = new Map<string, Map<string, Map<CountSource, number>>>();
  return ({ scope }, endpoint) => {
    const key = `${scope.startSecond} ${scope.endSecond}`;
    const counts = known.get(key) ?? applicationCounts(ledger, scope.startSecond, scope.endSecond);
    known.set(key, counts);
    return counts.get(endpoint) ?? new Map();
  };
}

function applicationCounts({ cells, endpoints }: RunLedger, startSecond: number, endSecond: number): Map<string, Map<CountSource, number>> {
  const counts = new Map<string, Map<CountSource, number>>();
  for (const { hop, second, source, endpoint, count } of cells) {
    if (hop !== "application" || second < startSecond || second >= endSecond) continue;
    const canonical = endpoints[endpoint]?.canonical ?? "";
    if (canonical === "") continue;
    const bySource = counts.get(canonical) ?? new Map<CountSource, number>();
    bySource.set(source, (bySource.get(source) ?? 0) + count);
    counts.set(canonical, bySource);
  }
  return counts;
}
