import type { Hop } from "../../model/catalog.ts";
import type { LawResult } from "../diagnosis.ts";
import { failuresOf } from "../digest/stream.ts";
import type { EndpointView, ScopeDigest, Stream } from "../digest-types.ts";
import { formatCount, formatRequests } from "./format-count.ts";
import type { Law, LawContext } from "./law.ts";
import { balanced, counted, unknown } from "./law.ts";
import { allowanceOf } from "./tolerance.ts";

const HOPS: readonly Hop[] = ["client", "proxy", "application"];

/**
 * L7: of two endpoints that every iteration calls one after the other, every hop sees as many requests: the second lacks at most what was
 * interrupted. A hop where the second has far more lost the first's requests on the way to it; equality where the client reports the first as
 * failing puts the loss behind that hop.
 */
export const sequence: Law = (digest, endpoint, context) => {
  const steps = context.steps(digest).filter(({ first }) => first === endpoint.endpoint);
  return steps.flatMap(({ second }) => {
    const next = digest.endpoints.find((view) => view.endpoint === second);
    return next === undefined ? [] : HOPS.flatMap((hop) => atHop(digest, endpoint, next, hop, context));
  });
};

function atHop(digest: ScopeDigest, first: EndpointView, second: EndpointView, hop: Hop, context: LawContext): readonly LawResult[] {
  if (!digest.total.streams.has(hop)) return [];
  const [a, b] = [first.streams.get(hop), second.streams.get(hop)];
  const statement = `as many requests to ${first.endpoint} as to ${second.endpoint}, which follows it, at the ${hop}`;
  if (a === undefined || b === undefined) {
    const note = `no witness of the ${hop} tells the two apart`;
    return [unknown("L7", digest, first, { statement, note, left: a?.count, right: b?.count })];
  }
  if (a.isUnsure || b.isUnsure)
    return [unknown("L7", digest, first, { statement, note: `the ${hop} is known from spans alone, which may be sampled` })];
  const allowance = allowanceOf(digest, context, a, b);
  const difference = a.count - b.count;
  const notes =
    difference < -allowance.value
      ? [`${formatRequests(-difference)} to ${first.endpoint} lost before the ${hop}`]
      : difference > allowance.value
        ? [`${formatRequests(difference)} to ${second.endpoint} missing: not sent after a failure, or lost before the ${hop}`]
        : [arrivedNote(first, second, hop)];
  return [
    balanced({
      law: "L7",
      digest,
      endpoint: first,
      statement,
      left: a.count,
      right: b.count,
      allowance,
      notes,
      evidence: [
        counted(digest, `requests to ${first.endpoint} at the ${hop}`, a, a.count),
        counted(digest, `requests to ${second.endpoint} at the ${hop}`, b, b.count),
      ],
    }),
  ];
}

/** Of a hop further in, when the client calls far more of one of the two failed. */
function arrivedNote(first: EndpointView, second: EndpointView, hop: Hop): string {
  const [a, b] = [first.streams.get("client"), second.streams.get("client")];
  if (hop === "client" || a === undefined || b === undefined) return "";
  const worse = share(a) >= share(b) ? { name: first.endpoint, stream: a } : { name: second.endpoint, stream: b };
  const arrived = failuresOf(worse.stream) - (worse.stream.outcomes.get("connection_error") ?? 0);
  if (Math.abs(share(a) - share(b)) < 0.05 || arrived <= 0) return "";
  return `${formatCount(arrived)} of ${formatRequests(worse.stream.count)} to ${worse.name} failed at the client, and yet they reached the ${hop}: lost behind it`;
}

function share(stream: Stream): number {
  return stream.count === 0 ? 0 : failuresOf(stream) / stream.count;
}
