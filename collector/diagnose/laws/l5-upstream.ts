import type { ScopeDigest, Stream } from "../digest-types.ts";
import { formatCount, formatRequests } from "./format-count.ts";
import type { Law, LawContext } from "./law.ts";
import { balanced, counted, isSaidByTotal, unknown } from "./law.ts";
import { allowanceOf } from "./tolerance.ts";

/** Share by which two sources of one hop may differ at the edges of a window. */
const SAME = 0.01;

/**
 * L5: upstream tries − failed connections = requests of the application + lost telemetry. More tries than requests are retries that the client does not
 * see. Only where a proxy was heard; without one L3 goes from the client to the application.
 */
export const upstream: Law = (digest, endpoint, context) => {
  const proxy = endpoint.streams.get("proxy");
  const application = endpoint.streams.get("application");
  const statement = "upstream tries − failed connections = arrived at the application";
  if (proxy === undefined) {
    if (application === undefined || digest.total.streams.has("proxy")) return [];
    return [
      unknown("L5", digest, endpoint, {
        statement,
        note: "no proxy log: what stands between client and application is not seen",
        right: application.count,
      }),
    ];
  }
  const tries = triesOf(proxy);
  const evidence = [counted(digest, "requests that the proxy was asked", proxy, proxy.count), ...tries.evidence(digest)];
  if (application === undefined) {
    if (isSaidByTotal(digest, endpoint, "application")) return [];
    const note = "no witness at the application of this endpoint: give its metrics or request logs";
    return [unknown("L5", digest, endpoint, { statement, note, left: tries.arrived, evidence })];
  }
  if (proxy.isUnsure || application.isUnsure) {
    const note = `the ${proxy.isUnsure ? "proxy" : "application"} is known from spans alone, which may be sampled`;
    return [unknown("L5", digest, endpoint, { statement, note, left: tries.arrived, right: application.count, evidence })];
  }
  const allowance = allowanceOf(digest, context, proxy, application);
  const missing = tries.arrived - application.count;
  const retried =
    tries.retries > 0
      ? `${formatCount(tries.retries)} upstream ${tries.retries === 1 ? "try" : "tries"} more than requests: retries that the client does not see`
      : "";
  const notes = [
    retried,
    tries.isTold ? "" : "the proxy's log has no upstream tries: retries cannot be seen",
    missing > allowance.value ? `${formatRequests(missing)} lost between proxy and application, or by its telemetry${lossesOf(context)}` : "",
    missing < -allowance.value ? `${formatRequests(-missing)} more at the application than came through the proxy` : "",
    otherSources(digest, application, context, endpoint.endpoint),
  ];
  return [
    balanced({
      law: "L5",
      digest,
      endpoint,
      statement,
      left: tries.arrived,
      right: application.count,
      allowance,
      notes,
      evidence: [...evidence, counted(digest, "requests that the application completed", application, application.count)],
    }),
  ];
};

interface Tries {
  /** Tries that reached the upstream. */
  readonly arrived: number;
  readonly retries: number;
  readonly isTold: boolean;
  readonly evidence: (digest: ScopeDigest) => ReturnType<typeof counted>[];
}

/** A log without upstream fields is read as one try for each request that the proxy did not answer by itself. */
function triesOf(proxy: Stream): Tries {
  const { tries, failed_connects: failed, local } = proxy.sums;
  const alone = local?.sum ?? 0;
  const untold = Math.max(0, proxy.count - (tries?.n ?? 0) - alone);
  const asked = (tries?.sum ?? 0) + untold;
  const unreached = failed?.sum ?? 0;
  const isTold = tries !== undefined;
  // Requests that reached the upstream stage at all; each needs one try.
  const needed = Math.max(0, proxy.count - alone);
  const evidence = (digest: ScopeDigest) => [
    ...(isTold ? [counted(digest, "upstream tries", proxy, tries.sum, "items of $upstream_status", tries.n)] : []),
    ...(failed === undefined
      ? []
      : [counted(digest, "upstream tries without a connection", proxy, failed.sum, "$upstream_connect_time -", failed.n)]),
    ...(local === undefined ? [] : [counted(digest, "requests that the proxy answered by itself", proxy, local.sum, "$upstream_addr -", local.n)]),
  ];
  return { arrived: asked - unreached, retries: isTold ? Math.max(0, asked - needed) : 0, isTold, evidence };
}

/** What the other of metrics and logs says, where that is something else. */
function otherSources(digest: ScopeDigest, application: Stream, context: LawContext, endpoint: string): string {
  const others = [...context.applicationCounts(digest, endpoint)].filter(
    ([source, count]) => source !== application.source && source !== "spans" && Math.abs(count - application.count) > SAME * application.count,
  );
  return others
    .map(([source, count]) => `its ${source} count ${formatCount(count)}, its ${application.source} ${formatCount(application.count)}`)
    .join(", ");
}

function lossesOf({ ledger }: LawContext): string {
  const lost = ledger.losses.filter(
    ({ signal, items, concerns }) => (signal === "logs" || signal === "metrics") && items > 0 && concerns === undefined,
  );
  const items = lost.reduce((sum, loss) => sum + loss.items, 0);
  return items === 0 ? "" : ` (${formatCount(items)} log records or points are known to be lost)`;
}
