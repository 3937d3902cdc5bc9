import type { LawResult } from "../diagnosis.ts";
import type { EndpointView, ScopeDigest, Stream } from "../digest-types.ts";
import { formatRequests } from "./format-count.ts";
import type { Law, LawContext } from "./law.ts";
import { balanced, counted, isSaidByTotal, unknown } from "./law.ts";
import { allowanceOf } from "./tolerance.ts";

interface Class {
  readonly name: string;
  readonly isIn: (status: number) => boolean;
  /** Answers of this class the proxy makes by itself. */
  readonly maker: string;
}

const CLASSES: readonly Class[] = [
  { name: "429", isIn: (status) => status === 429, maker: "a limit of the proxy or of a gateway" },
  { name: "5xx", isIn: (status) => status >= 500, maker: "the proxy (no upstream, its timeout, a limit)" },
];

/**
 * L6: the application's requests = the sum of its answers by status; and the 429s and 5xx that the client saw are those that the application gave. Positive: made
 * by something in front of it. Negative: given, and not seen by the client as such.
 */
export const statuses: Law = (digest, endpoint, context) => {
  const application = endpoint.streams.get("application");
  const statement = "requests of the application = the sum of its answers by status";
  if (application === undefined) {
    if (isSaidByTotal(digest, endpoint, "application")) return [];
    const isAsked = endpoint.streams.has("client") || endpoint.streams.has("proxy");
    const note = "no witness at the application of this endpoint: give its metrics or request logs";
    return isAsked ? [unknown("L6", digest, endpoint, { statement, note })] : [];
  }
  return [sum(digest, endpoint, application, statement), ...CLASSES.flatMap((one) => compared(digest, endpoint, context, application, one))];
};

function sum(digest: ScopeDigest, endpoint: EndpointView, application: Stream, statement: string): LawResult {
  const { count, statuses: told } = application;
  if (application.isUnsure) {
    return unknown("L6", digest, endpoint, { statement, note: "the application is known from spans alone, which may be sampled", left: count });
  }
  if (told.size === 0) return unknown("L6", digest, endpoint, { statement, note: "the application does not tell statuses", left: count });
  return balanced({
    law: "L6",
    digest,
    endpoint,
    statement,
    left: count,
    right: [...told.values()].reduce((total, n) => total + n, 0),
    allowance: { value: 0, note: "" },
    evidence: [...told].sort(([a], [b]) => a - b).map(([status, n]) => counted(digest, `answers with ${status}`, application, n, "", count)),
  });
}

/** Held where either side saw such an answer. */
function compared(digest: ScopeDigest, endpoint: EndpointView, context: LawContext, application: Stream, one: Class): readonly LawResult[] {
  const client = endpoint.streams.get("client");
  const right = countOf(application, one);
  const left = client === undefined ? undefined : countOf(client, one);
  if ((left ?? 0) === 0 && (right ?? 0) === 0) return [];
  const statement = `${one.name} at the client = ${one.name} by the application`;
  if (client === undefined || left === undefined || right === undefined || application.isUnsure) {
    const who = right === undefined || application.isUnsure ? "application" : "client";
    return [unknown("L6", digest, endpoint, { statement, note: `the ${who} does not tell statuses that can be counted`, left, right })];
  }
  const allowance = allowanceOf(digest, context, client, application);
  const difference = left - right;
  const notes =
    difference > allowance.value
      ? [`${formatRequests(difference, "answer")} with ${one.name} not by the application: ${one.maker}`]
      : difference < -allowance.value
        ? [
            `${formatRequests(-difference, "answer")} with ${one.name} of the application did not get to the client as such: retried by the proxy, or lost`,
          ]
        : [];
  return [
    balanced({
      law: "L6",
      digest,
      endpoint,
      statement,
      left,
      right,
      allowance,
      notes,
      evidence: [
        counted(digest, `answers with ${one.name} that the client saw`, client, left, "", client.count),
        counted(digest, `answers with ${one.name} by the application`, application, right, "", application.count),
      ],
    }),
  ];
}

/** From statuses, else from the kinds of failure; undefined where the witness tells neither. */
function countOf({ statuses: told, errorKinds, outcomes }: Stream, { name, isIn }: Class): number | undefined {
  if (told.size > 0) return [...told].reduce((total, [status, n]) => (isIn(status) ? total + n : total), 0);
  if (errorKinds.size > 0) return errorKinds.get(name === "429" ? "http_429" : "http_5xx") ?? 0;
  return outcomes.has("ok") && !outcomes.has("unknown") && !outcomes.has("http_error") ? 0 : undefined;
}
