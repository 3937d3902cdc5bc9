import type { CountedSum, JoinPart, LedgerJoin, RunLedger } from "../../model/ledger.ts";
import type { EndpointView, Scope } from "../digest-types.ts";

/** Fewer joined requests say nothing about a mean. */
export const ENOUGH_JOINS = 30;

/**
 * Requests of an endpoint ("" = any) within a scope that more than one witness saw and that did not fail. By trace id where those are enough, else by request id
 * where those are more: a request may have been joined both ways, so the two are never added up.
 */
export function joinsOf(ledger: RunLedger, endpoint: string, scope: Scope): Pick<EndpointView, "joins" | "joinedRequests" | "joinedBy"> {
  const within = ledger.joins.filter(
    (join) =>
      join.failed !== true &&
      join.second >= scope.startSecond &&
      join.second < scope.endSecond &&
      (endpoint === "" || ledger.endpoints[join.endpoint]?.canonical === endpoint),
  );
  const byTrace = summed(within.filter(({ by }) => by === "trace"));
  const byRequest = summed(within.filter(({ by }) => by === "request"));
  if (byTrace.joinedRequests === 0 && byRequest.joinedRequests === 0) return { joins: {}, joinedRequests: 0 };
  const isTrace = byTrace.joinedRequests >= ENOUGH_JOINS || byTrace.joinedRequests >= byRequest.joinedRequests;
  return isTrace ? { ...byTrace, joinedBy: "trace" } : { ...byRequest, joinedBy: "request" };
}

function summed(joins: readonly LedgerJoin[]): Pick<EndpointView, "joins" | "joinedRequests"> {
  const parts: { [part in JoinPart]?: CountedSum } = {};
  let joinedRequests = 0;
  for (const join of joins) {
    joinedRequests += join.count;
    for (const [part, { n, sum }] of Object.entries(join.parts)) {
      const known = parts[part as JoinPart];
      parts[part as JoinPart] = known === undefined ? { n, sum } : { n: known.n + n, sum: known.sum + sum };
    }
  }
  return { joins: parts, joinedRequests };
}
