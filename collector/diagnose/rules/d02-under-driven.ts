import type { ScopeDigest } from "../digest-types.ts";
import { evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatMs, formatPerSecond, formatShare } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { failedOf, histogramMean, streamOf } from "./stream-facts.ts";

/** Less than this share of what was asked for is another load. */
const DELIVERED = 0.95;
/** Seconds' worth of load that may be missing at the edges: of the whole load the last requests, of a phase a usual export interval (10 s) too. */
const LOAD_EDGE_SECONDS = 2;
const PHASE_EDGE_SECONDS = 12;
/** With more failures than this, the failures are the matter. */
const HEALTHY = 0.01;

/** Fewer requests were sent than were asked for although none failed: the run measures a smaller load than its name says. */
export const underDriven: Rule = {
  id: "D2",
  title: "The generator sent less than was asked for",
  where: "at the generator",
  look({ digest }) {
    const worst = digest.scopes.flatMap(shortfallOf).sort((a, b) => a.share - b.share)[0];
    if (worst === undefined) return NOTHING;
    const { scope, target, achieved, share } = worst;
    const mean = histogramMean(streamOf(scope.total, "client")?.latencyOk);
    const workers = scope.offered.vusMax;
    return {
      findings: [
        finding({
          rule: "D2",
          hop: "client",
          effect: "invalid",
          state: "proven",
          confidence: "high",
          claim: `the generator sent ${formatPerSecond(achieved)} of the ${formatPerSecond(target)} that were asked for (${formatShare(share)}) although nothing failed: the result is that of a smaller load`,
          scope: scope.scope.name,
          evidence: [
            evidence("requests asked for", "target rate", formatPerSecond(target), { window: scope.scope.name }),
            evidence("requests sent", "client requests", formatPerSecond(achieved), {
              window: scope.scope.name,
              n: streamOf(scope.total, "client")?.count,
            }),
            ...(mean === undefined ? [] : [evidence("mean time of a request", "client latency", formatMs(mean), { window: scope.scope.name })]),
            ...(mean === undefined || workers === undefined
              ? []
              : [
                  evidence(
                    "rate that so many workers can reach in a closed loop",
                    "virtual users",
                    formatPerSecond((workers * 1000) / Math.max(mean, 0.001)),
                    {
                      window: scope.scope.name,
                      how: "workers / mean time",
                    },
                  ),
                ]),
          ],
          nextStep: "look at the CPU of the generator's machine, and use an open model (arrival rate) with enough workers; then run again",
        }),
      ],
    };
  },
};

function shortfallOf(
  scope: ScopeDigest,
): readonly { readonly scope: ScopeDigest; readonly target: number; readonly achieved: number; readonly share: number }[] {
  const { targetPerSecond: target, achievedPerSecond: achieved, droppedIterations = 0 } = scope.offered;
  // Dropped iterations say it already, and better.
  if (target === undefined || achieved === undefined || target <= 0 || droppedIterations > 0) return [];
  const client = streamOf(scope.total, "client");
  if (client !== undefined && failedOf(client) > HEALTHY * client.count) return [];
  const share = achieved / target;
  const seconds = scope.scope.endSecond - scope.scope.startSecond;
  const missingSeconds = (1 - share) * seconds;
  // What was asked for is counted when it is exported, what was sent when it ended: at the edges of a phase the two are of different seconds.
  if (missingSeconds <= (scope.scope.phase === undefined ? LOAD_EDGE_SECONDS : PHASE_EDGE_SECONDS)) return [];
  return share < DELIVERED ? [{ scope, target, achieved, share }] : [];
}
