import type { LawResult } from "../diagnosis.ts";
import type { EndpointView, ScopeDigest, Stream } from "../digest-types.ts";
import { formatRequests } from "./format-count.ts";
import type { Law, LawContext } from "./law.ts";
import { balanced, counted, isSaidByTotal, unknown } from "./law.ts";
import { allowanceOf, widened } from "./tolerance.ts";

/**
 * L3: sent − connection errors = arrived + lost on the way. Positive: lost between client and proxy (network, accept queue). Negative: more
 * arrived than the client tells of (cut off at the end, another client). Without a proxy the application is what requests arrive at.
 */
export const arrival: Law = (digest, endpoint, context) => {
  const client = endpoint.streams.get("client");
  const arrivedAt = sureStream(digest, "proxy") ?? sureStream(digest, "application");
  const where = arrivedAt?.hop ?? "proxy";
  const statement = `sent − connection errors = arrived at the ${where}`;
  if (client === undefined) {
    if (digest.total.streams.has("client") || isSaidByTotal(digest, endpoint, "client")) return [];
    return [unknown("L3", digest, endpoint, { statement, note: "no witness at the client: give the generator's own output" })];
  }
  const refused = client.outcomes.get("connection_error") ?? 0;
  const left = client.count - refused;
  if (arrivedAt === undefined) {
    const note = "no witness counts what arrives: give the proxy's access log or the server's metrics";
    return [unknown("L3", digest, endpoint, { statement, note, left })];
  }
  const inner = endpoint.streams.get(where);
  if (inner === undefined && left > 0 && isUnnamed(digest, arrivedAt, context)) {
    const note = `no witness of the ${where} has an endpoint of this name, though all requests together arrived: map its names`;
    return [unknown("L3", digest, endpoint, { statement, note, left })];
  }
  if (inner?.isUnsure)
    return [unknown("L3", digest, endpoint, { statement, note: `the ${where} is known from spans alone, which may be sampled`, left })];
  return [judged(digest, endpoint, context, { client, inner, arrivedAt, statement, left, refused })];
};

interface Sides {
  readonly client: Stream;
  readonly inner: Stream | undefined;
  readonly arrivedAt: Stream;
  readonly statement: string;
  readonly left: number;
  readonly refused: number;
}

function judged(digest: ScopeDigest, endpoint: EndpointView, context: LawContext, sides: Sides): LawResult {
  const { client, inner, arrivedAt, statement, left, refused } = sides;
  const right = inner?.count ?? 0;
  const cut = client.outcomes.get("cut") ?? 0;
  const base = allowanceOf(digest, context, client, inner ?? arrivedAt);
  const allowance = widened(base, cut, "cut off by the client, sent or not");
  const lost = left - right;
  const untold = client.outcomes.get("unknown") ?? 0;
  const where = arrivedAt.hop;
  const notes =
    Math.abs(lost) <= allowance.value
      ? []
      : lost > 0
        ? [`${formatRequests(lost)} lost between client and ${where}`]
        : [`${formatRequests(-lost)} more arrived than the client tells of: another client, or requests that it cut off and does not report`];
  const result = balanced({
    law: "L3",
    digest,
    endpoint,
    statement,
    left,
    right,
    allowance,
    notes,
    evidence: [
      counted(digest, "requests that the client sent", client, client.count),
      counted(digest, "requests without a connection", client, refused, "sum of dns, blocked, refused, dial timeout, tls", client.count),
      counted(digest, `requests that arrived at the ${where}`, inner ?? arrivedAt, right),
    ],
  });
  if (result.state === "holds" || lost < 0 || lost > allowance.value + untold) return result;
  return {
    ...result,
    state: "unknown",
    note: `of ${formatRequests(untold)} the generator does not tell how they failed: they may never have been sent`,
  };
}

function sureStream({ total }: ScopeDigest, hop: "proxy" | "application"): Stream | undefined {
  const stream = total.streams.get(hop);
  return stream === undefined || stream.isUnsure ? undefined : stream;
}

/** All requests together arrived, so one endpoint cannot have been lost whole: its name is another one there. */
function isUnnamed(digest: ScopeDigest, arrivedAt: Stream, context: LawContext): boolean {
  const client = digest.total.streams.get("client");
  if (client === undefined) return true;
  const sent = client.count - (client.outcomes.get("connection_error") ?? 0);
  return sent - arrivedAt.count <= allowanceOf(digest, context, client, arrivedAt).value;
}
