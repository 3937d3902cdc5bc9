import type { ScopeDigest } from "../digest-types.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatMs, formatPerSecond } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { histogramMean, quantileOf, streamOf } from "./stream-facts.ts";

const QUIET = /smoke|baseline|warm/i;
/** ms and share of the client's time that lie outside the application even when little is asked. */
const LARGE_MS = 20;
const LARGE_SHARE = 0.5;
const LEAST_REQUESTS = 20;

/** What lies between client and application takes its time even under little load: a floor that comes off before anything is blamed on load. */
export const constantGap: Rule = {
  id: "D28",
  title: "A constant cost between client and application",
  where: "on the way between client and application, whatever the load",
  look({ digest }) {
    const quiet = quietScope(digest.scopes);
    const client = streamOf(quiet?.total, "client");
    const inner = streamOf(quiet?.total, "application");
    if (quiet === undefined || client === undefined || inner === undefined) return NOTHING;
    const [clientMs, innerMs] = [histogramMean(client.latencyOk), histogramMean(inner.latencyOk)];
    const [clientP95, innerP95] = [quantileOf(client.latencyOk, 0.95), quantileOf(inner.latencyOk, 0.95)];
    if (clientMs === undefined || innerMs === undefined || clientP95 === undefined || innerP95 === undefined) return NOTHING;
    const gapMs = clientMs - innerMs;
    if ((client.latencyOk?.count ?? 0) < LEAST_REQUESTS || gapMs < LARGE_MS || gapMs < LARGE_SHARE * clientMs) return NOTHING;
    const window = quiet.scope.name;
    return {
      findings: [
        finding({
          rule: "D28",
          hop: "network",
          effect: "slow",
          state: "proven",
          confidence: "medium",
          claim: `already in ${window}, a request took the client ${formatMs(clientMs)} and the application ${formatMs(innerMs)} on average: ${formatMs(gapMs)} lie between them whatever the load`,
          scope: window,
          evidence: [
            evidence("mean time of a request at the client", fieldOf(client, "latency"), formatMs(clientMs), { n: client.latencyOk?.count, window }),
            evidence("mean time of a request in the application", fieldOf(inner, "latency"), formatMs(innerMs), {
              n: inner.latencyOk?.count,
              window,
            }),
            evidence("p95 at the client and in the application, side by side", "latency", `${formatMs(clientP95)}, ${formatMs(innerP95)}`, {
              window,
              how: "quantiles of different hops are never subtracted",
            }),
            evidence(
              "requests sent",
              fieldOf(client, "count"),
              formatPerSecond(client.count / Math.max(1, quiet.scope.endSecond - quiet.scope.startSecond)),
              { window },
            ),
          ],
          nextStep: "take it as the floor of this path; to see its parts, run once from the server's own network and log $request_time at the proxy",
        }),
      ],
    };
  },
};

/** A phase that is called so; else one in which less than half of the busiest phase's rate was asked for. */
function quietScope(scopes: readonly ScopeDigest[]): ScopeDigest | undefined {
  const phases = scopes.slice(1);
  const named = phases.find(({ scope }) => QUIET.test(scope.name));
  if (named !== undefined) return named;
  const rated = phases.flatMap((one) => {
    const seconds = one.scope.endSecond - one.scope.startSecond;
    const client = streamOf(one.total, "client");
    return client === undefined || seconds <= 0 || one.scope.phase?.kind !== "hold" ? [] : [{ one, rate: client.count / seconds }];
  });
  rated.sort((a, b) => a.rate - b.rate);
  const [least, most] = [rated[0], rated.at(-1)];
  return least !== undefined && most !== undefined && least.rate <= most.rate / 2 ? least.one : undefined;
}
