import type { Evidence, Exclusion } from "../diagnosis.ts";
import type { ScopeDigest, Stream } from "../digest-types.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatOf } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { kindOf, loadOf, slowestOf, statusesFrom, streamOf, sumOf, timeoutMsOf, timeoutsOf, tolerance } from "./stream-facts.ts";
import { unconnectedOf } from "./unconnected.ts";

/** The slowest answer took less than this share of the time the client waited: it cannot have been the wait. */
const FAR_BELOW = 0.5;
/** Of the timeouts: fewer are the edges of the window. */
const FEW_MISSING = 0.1;

/**
 * The client timed out, and yet the application answered every request that reached it, far faster than the client waited: the application, and
 * the store behind it, were not it. The proxy is let off too where its log shows that it handed every answer over in no time.
 */
export const serverExcluded: Rule = {
  id: "D3",
  title: "Application and store are excluded",
  where: "between client and proxy",
  look(facts) {
    const { digest } = facts;
    const load = loadOf(digest);
    const client = streamOf(load?.total, "client");
    const application = streamOf(load?.total, "application");
    if (load === undefined || client === undefined || application === undefined || timeoutsOf(client) === 0) return NOTHING;
    const { unbegun } = unconnectedOf(facts.ledger, load.scope, client);
    // Those that never had a connection have a rule of their own.
    if (timeoutsOf(client) <= unbegun) return NOTHING;
    const waitedMs = timeoutMsOf(client);
    const slowestMs = slowestOf(application);
    if (waitedMs === undefined || slowestMs === undefined || slowestMs >= FAR_BELOW * waitedMs) return NOTHING;
    const proxy = streamOf(load.total, "proxy");
    if (proxy !== undefined && !answersAll(proxy)) return NOTHING;
    if (!isAlike(load, proxy, application, client, unbegun)) return NOTHING;
    // A request that waited for the application to begin is in none of its times.
    if (proxy === undefined && kindOf(client, "timeout_wait") > FEW_MISSING * (timeoutsOf(client) - unbegun)) return NOTHING;
    return answer(load, client, proxy, application, waitedMs, slowestMs, timeoutsOf(client) - unbegun);
  },
};

/** Every status is a success; what the client left early has one too, where the log tells of it at all. */
function answersAll(proxy: Stream): boolean {
  return statusesFrom(proxy, 400, 999) === 0 && statusesFrom(proxy, 200, 399) > 0;
}

/**
 * What the proxy passed on arrived at the application; without a proxy log, what the client sent did. Many virtual users allow a wide tolerance, but
 * requests that are missing by as many as timed out are those that timed out.
 */
function isAlike(load: ScopeDigest, proxy: Stream | undefined, application: Stream, client: Stream, unbegun: number): boolean {
  if (application.isUnsure) return false;
  const before = proxy?.count ?? client.count - (client.outcomes.get("connection_error") ?? 0) - unbegun;
  const allowed = Math.min(tolerance(load, before), Math.max(2, FEW_MISSING * timeoutsOf(client)));
  return Math.abs(before - application.count) <= allowed;
}

function answer(
  load: ScopeDigest,
  client: Stream,
  proxy: Stream | undefined,
  application: Stream,
  waitedMs: number,
  slowestMs: number,
  timeouts: number,
) {
  const common: readonly Evidence[] = [
    evidence("requests that the client gave up", fieldOf(client, "outcome"), formatCount(timeouts), { n: client.count }),
    evidence("time the client waited before it gave up", fieldOf(client, "duration"), formatMs(waitedMs), { n: timeouts }),
    evidence("slowest answer of the application, failed ones included", fieldOf(application, "latency"), formatMs(slowestMs), {
      n: application.count,
    }),
  ];
  const passed =
    proxy === undefined
      ? []
      : [
          evidence("requests that the proxy answered with 2xx or 3xx", fieldOf(proxy, "status"), `all ${formatCount(proxy.count)}`, {
            n: proxy.count,
          }),
        ];
  const told = `the application answered ${formatOf(application.count, "request")} and its slowest took ${formatMs(slowestMs)}, while the client waited ${formatMs(waitedMs)}`;
  const arrived = evidence("requests that the application answered", fieldOf(application, "count"), formatCount(application.count), {
    n: application.count,
  });
  const exclusions: Exclusion[] = [
    { hop: "application", claim: told, evidence: [...common, arrived, ...passed] },
    { hop: "store", claim: `whatever the store took lies within the application's ${formatMs(slowestMs)} at most`, evidence: common },
  ];
  const proxyShare = proxy === undefined ? undefined : proxyExclusion(proxy, waitedMs);
  if (proxyShare !== undefined) exclusions.push(proxyShare);
  const saw = proxy === undefined ? "the application" : `${proxy.witnesses.join(", ") || "the proxy"} and the application`;
  return {
    exclusions,
    findings: [
      finding({
        rule: "D3",
        hop: "network",
        effect: "failure",
        state: "proven",
        confidence: "high",
        claim: `the client counted ${formatOf(timeouts, "timeout")}, ${saw} answered ${howOf(proxy)}all ${formatCount((proxy ?? application).count)}; the slowest took the application ${formatMs(slowestMs)}`,
        requests: timeouts,
        evidence: [...common, arrived, ...passed],
        nextStep: nextStepOf(load, proxy),
      }),
    ],
  };
}

function howOf(proxy: Stream | undefined): string {
  if (proxy === undefined) return "";
  return statusesFrom(proxy, 200, 200) === proxy.count ? "200 to " : "2xx or 3xx to ";
}

/** Only a log with times, in which every answer went out whole and at once, lets the proxy off. */
function proxyExclusion(proxy: Stream, waitedMs: number): Exclusion | undefined {
  const slowest = slowestOf(proxy);
  const incomplete = proxy.sums.incomplete;
  if (slowest === undefined || slowest >= FAR_BELOW * waitedMs || incomplete === undefined || incomplete.n < proxy.count || incomplete.sum > 0)
    return undefined;
  return {
    hop: "proxy",
    claim: `the proxy handed all ${formatCount(proxy.count)} answers over whole, the slowest after ${formatMs(slowest)}`,
    evidence: [
      evidence("slowest request at the proxy", fieldOf(proxy, "request_time"), formatMs(slowest), { n: proxy.count }),
      evidence("answers that did not go out whole", fieldOf(proxy, "request_completion"), "0", { n: incomplete.n }),
    ],
  };
}

function nextStepOf(load: ScopeDigest, proxy: Stream | undefined): string {
  if (proxy === undefined) return "give the proxy's access log to the run, with request_time, upstream times, request_completion and bytes";
  const hasTimes = slowestOf(proxy) !== undefined && sumOf(proxy, "upstream_response") !== undefined;
  const hasCompletion = proxy.sums.incomplete !== undefined;
  if (!hasTimes || !hasCompletion)
    return "log $request_time, $upstream_response_time, $request_completion and $msec at the proxy and run again: rt far above urt, or an empty completion, shows that the answer did not get out";
  return `measure transmitted bytes at the server and received bytes at the client during ${load.scope.name}, and run the generator once from the server's own network`;
}
