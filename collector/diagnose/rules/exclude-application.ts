import type { Exclusion, Finding } from "../diagnosis.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { formatCount, formatMs, formatOf } from "./format-value.ts";
import type { RuleFacts } from "./rule.ts";
import { failedOf, kindOf, loadOf, slowestOf, streamOf, sumOf, timeoutMsOf, timeoutsOf, tolerance } from "./stream-facts.ts";
import { unconnectedOf } from "./unconnected.ts";

/** The slowest answer took less than this share of the time the client waited. */
const FAR_BELOW = 0.5;
const FEW = 0.1;

/**
 * The application when it answered with success, and fast, every request that can have reached it, while requests failed elsewhere. Not where requests
 * between the hop before and it are missing, and not where a finding blames it.
 */
export function excludeApplication(facts: RuleFacts, findings: readonly Finding[]): readonly Exclusion[] {
  const load = loadOf(facts.digest);
  const [client, proxy, application] = (["client", "proxy", "application"] as const).map((hop) => streamOf(load?.total, hop));
  const outer = client ?? proxy;
  if (load === undefined || outer === undefined || application === undefined || application.isUnsure || failedOf(outer) === 0) return [];
  if (findings.some(({ hop, effect }) => hop === "application" && (effect === "failure" || effect === "invalid"))) return [];
  if (failedOf(application) > 0 || (application.outcomes.get("cut") ?? 0) > 0) return [];
  const waitedMs = client === undefined ? undefined : timeoutMsOf(client);
  const slowestMs = slowestOf(application);
  if (waitedMs !== undefined && (slowestMs === undefined || slowestMs >= FAR_BELOW * waitedMs)) return [];
  const unbegun = client === undefined ? 0 : unconnectedOf(facts.ledger, load.scope, client).unbegun;
  // Without a proxy nobody tells how long a request waited for the application to begin.
  if (proxy === undefined && client !== undefined && kindOf(client, "timeout_wait") > FEW * timeoutsOf(client)) return [];
  const sent = outer.count - (outer.outcomes.get("connection_error") ?? 0) - unbegun;
  const reached = proxy !== undefined ? proxy.count - (sumOf(proxy, "local") ?? 0) : sent;
  // Many virtual users allow a wide tolerance; what is missing by as much as failed may be what failed.
  if (Math.abs(reached - application.count) > Math.min(tolerance(load, reached), Math.max(2, FEW * failedOf(outer)))) return [];
  const slow = slowestMs === undefined ? "" : `, the slowest in ${formatMs(slowestMs)}`;
  return [
    {
      hop: "application",
      claim: `the application answered every request that reached it (${formatCount(application.count)}) with success${slow}`,
      evidence: [
        evidence("requests that reached it", fieldOf(proxy ?? outer, "count"), formatCount(reached), { n: (proxy ?? outer).count }),
        evidence(
          "requests that it answered with success",
          fieldOf(application, "outcome"),
          formatOf(application.outcomes.get("ok") ?? 0, "request"),
          { n: application.count },
        ),
        ...(slowestMs === undefined
          ? []
          : [evidence("slowest answer", fieldOf(application, "latency"), formatMs(slowestMs), { n: application.count })]),
      ],
    },
  ];
}
