import type { RunLedger } from "../../model/ledger.ts";
import { counterSum } from "../digest/gauge-sums.ts";
import type { ScopeDigest } from "../digest-types.ts";

/** Two endpoints that an iteration calls once each, one after the other. */
export interface Step {
  readonly first: string;
  readonly second: string;
}

/** Share of the iterations by which an endpoint may differ from one call each. */
const ONCE = 0.02;

/**
 * Which endpoints follow one another in the script: in the order in which the client's first requests to them ended, scenario by scenario, and only those that
 * every iteration calls once. An endpoint that several scenarios call counts only where these scenarios call the other one too.
 */
export function callOrder(ledger: RunLedger, digest: ScopeDigest): readonly Step[] {
  const byScenario = firstCalls(ledger, digest);
  const scenariosOf = new Map<string, Set<string>>();
  for (const [scenario, endpoints] of byScenario) {
    for (const endpoint of endpoints) scenariosOf.set(endpoint, (scenariosOf.get(endpoint) ?? new Set()).add(scenario));
  }
  const steps = new Map<string, Step>();
  for (const endpoints of byScenario.values()) {
    endpoints.forEach((first, index) => {
      const second = endpoints[index + 1];
      if (second === undefined || !isSameSet(scenariosOf.get(first), scenariosOf.get(second))) return;
      if (isOnceEach(ledger, digest, first, second, scenariosOf.get(first) as ReadonlySet<string>))
        steps.set(`${first} → ${second}`, { first, second });
    });
  }
  // Scenarios that call the two in different orders say nothing.
  return [...steps.values()].filter(({ first, second }) => !steps.has(`${second} → ${first}`));
}

/** Of requests that ended within the same second the ledger's index tells: endpoints get theirs when they are first seen. */
function firstCalls({ cells, endpoints }: RunLedger, { scope }: ScopeDigest): ReadonlyMap<string, readonly string[]> {
  const seen = new Map<string, Map<string, { second: number; index: number }>>();
  for (const { hop, source, second, endpoint, scenario } of cells) {
    if (hop !== "client" || source !== "requests" || second < scope.startSecond || second >= scope.endSecond) continue;
    const canonical = endpoints[endpoint]?.canonical ?? "";
    if (canonical === "") continue;
    const calls = seen.get(scenario) ?? new Map<string, { second: number; index: number }>();
    seen.set(scenario, calls);
    const known = calls.get(canonical);
    if (known === undefined) calls.set(canonical, { second, index: endpoint });
    else if (second === known.second) known.index = Math.min(known.index, endpoint);
  }
  return new Map(
    [...seen].map(([scenario, calls]) => {
      const order = [...calls].sort(([, a], [, b]) => a.second - b.second || a.index - b.index);
      return [scenario, order.map(([endpoint]) => endpoint)] as const;
    }),
  );
}

function isOnceEach(ledger: RunLedger, digest: ScopeDigest, first: string, second: string, scenarios: ReadonlySet<string>): boolean {
  const [a, b] = [first, second].map((name) => digest.endpoints.find(({ endpoint }) => endpoint === name)?.streams.get("client")?.count ?? 0) as [
    number,
    number,
  ];
  const iterations = counterSum(ledger, "iterations", digest.scope, scenarios);
  const workers = digest.offered.vusMax ?? 1;
  const isNear = (n: number, of: number) => Math.abs(n - of) <= workers + ONCE * of;
  return a > 0 && (iterations === undefined ? isNear(b, a) : isNear(a, iterations) && isNear(b, iterations));
}

function isSameSet(a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean {
  return a !== undefined && b !== undefined && a.size === b.size && [...a].every((one) => b.has(one));
}
