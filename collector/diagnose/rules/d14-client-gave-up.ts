import type { RunLedger } from "../../model/ledger.ts";
import type { ScopeDigest } from "../digest-types.ts";
import { addSums, cellsOf, countCells, latencyOfCells } from "./cell-facts.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatOf, formatShare } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { histogramMean, loadOf, slowestOf, streamOf, timeoutMsOf, timeoutsOf, tolerance } from "./stream-facts.ts";

const CLIENT_CLOSED_REQUEST = 499;
/** Upstream time of these requests over what the client waited. */
const AS_LONG = 0.8;
/** Of the application's time: then it is the store that is slow. */
const MOSTLY = 0.8;
const LEAST_JOINED = 10;

/** The client's patience ended while the application was still at work: 499 at the proxy with an upstream time as long as the timeout. */
export const clientGaveUp: Rule = {
  id: "D14",
  title: "The application was slower than the client's patience",
  where: "at the application, which took longer than the client waits",
  look({ digest, ledger }) {
    const load = loadOf(digest);
    const proxy = streamOf(load?.total, "proxy");
    if (load === undefined || proxy === undefined) return NOTHING;
    const cells = cellsOf(ledger, load.scope, proxy).filter(({ status }) => status === CLIENT_CLOSED_REQUEST);
    const count = countCells(cells);
    if (count === 0) return NOTHING;
    const upstream = addSums(cells, "upstream_response");
    const upstreamMs = upstream.n > 0 ? upstream.sum / upstream.n : undefined;
    const heldMs = histogramMean(latencyOfCells(cells));
    const client = streamOf(load.total, "client");
    // A client that tells of its timeouts and had none was stopped in the middle of these: the end of the run, not of its patience.
    if (client !== undefined && client.outcomes.size > 0 && timeoutsOf(client) === 0 && count <= tolerance(load, client.count)) return NOTHING;
    const storeShare = storeShareOf(ledger, load);
    const waitedMs = client === undefined ? undefined : timeoutMsOf(client);
    const reference = waitedMs ?? heldMs;
    // The upstream's time far below what the client waited: the answer was there, and did not get out.
    if (upstreamMs !== undefined && reference !== undefined && upstreamMs < AS_LONG * reference) return NOTHING;
    const application = streamOf(load.total, "application");
    const slowest = application === undefined ? undefined : slowestOf(application);
    // An application that reports the whole of these requests as fast had answered them.
    const isDenied = slowest !== undefined && reference !== undefined && slowest < 0.5 * reference && upstreamMs === undefined;
    if (isDenied) return NOTHING;
    const isShown = upstreamMs !== undefined && reference !== undefined;
    return {
      findings: [
        finding({
          rule: "D14",
          hop: "application",
          effect: "failure",
          state: isShown ? "proven" : "consistent",
          confidence: isShown && waitedMs !== undefined ? "high" : "medium",
          claim: `the client gave up ${formatOf(count, "request")} while the application was still at work${upstreamMs === undefined ? "" : `, after ${formatMs(upstreamMs)} on average`}${storeShare === undefined ? "" : `; ${formatShare(storeShare.share)} of its time went to the store`}`,
          requests: count,
          evidence: [
            evidence("requests that the client closed before there was an answer", fieldOf(proxy, "status"), `${formatCount(count)} with 499`, {
              n: proxy.count,
            }),
            ...(upstreamMs === undefined
              ? []
              : [
                  evidence("mean time that the application was at work on these", fieldOf(proxy, "upstream_response_time"), formatMs(upstreamMs), {
                    n: upstream.n,
                  }),
                ]),
            ...(storeShare === undefined
              ? []
              : [
                  evidence("mean time in the application, and of it in the store", "server and store spans", storeShare.value, {
                    n: storeShare.n,
                    how: "of requests that failed",
                  }),
                ]),
            ...(waitedMs === undefined ? [] : [evidence("time the client waited before it gave up", "client duration", formatMs(waitedMs))]),
          ],
          counterEvidence:
            slowest === undefined || application === undefined || reference === undefined || slowest >= reference
              ? []
              : [
                  evidence("slowest that the application itself tells of", fieldOf(application, "latency"), formatMs(slowest), {
                    n: application.count,
                  }),
                ],
          nextStep:
            storeShare === undefined
              ? "follow the critical path of the slowest traces of these endpoints; until then the client's timeout only hides how slow they are"
              : "list the store's slowest operations by span, look at the wait for a pooled connection, and at missing indices",
        }),
      ],
    };
  },
};

/** Of the requests that failed, where spans tell of them; those that succeeded may have been other ones. */
function storeShareOf(
  { joins }: RunLedger,
  { scope }: ScopeDigest,
): { readonly share: number; readonly value: string; readonly n: number } | undefined {
  const failed = joins.filter(({ failed: isFailed, second }) => isFailed === true && second >= scope.startSecond && second < scope.endSecond);
  const sums = { app: 0, appCount: 0, store: 0 };
  for (const { parts } of failed) {
    if (parts.app === undefined || parts.store === undefined) continue;
    sums.app += parts.app.sum;
    sums.appCount += parts.app.n;
    sums.store += parts.store.sum;
  }
  if (sums.appCount < LEAST_JOINED || sums.store < MOSTLY * sums.app) return undefined;
  const n = sums.appCount;
  return { share: Math.min(1, sums.store / sums.app), value: `${formatMs(sums.app / n)}, ${formatMs(sums.store / n)}`, n };
}
