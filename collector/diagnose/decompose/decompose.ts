import type { Decomposition } from "../diagnosis.ts";
import { ENOUGH_JOINS } from "../digest/joins-of.ts";
import type { EndpointView, RunDigest } from "../digest-types.ts";
import { decomposeAggregate } from "./decompose-aggregate.ts";
import { decomposeJoins } from "./decompose-joins.ts";
import { PARTS, type Part } from "./partition.ts";

/**
 * Where the time of requests goes, hop by hop, for every scope and endpoint of which enough is known: from joined requests where there are
 * some thirty, else from the means of each hop where they are of the same requests. Means only; a quantile is never taken off another.
 *
 * `isComplete`: the parts are all there and none is impossible. Their sum is `totalMs` in any case.
 *
 * `isOneMachine`: there is no network between client and server, so that without a proxy what the application's span lacks is its own queue.
 */
export function decompose(digest: RunDigest, isOneMachine = false): readonly Decomposition[] {
  return digest.scopes.flatMap(({ scope, total, endpoints }) =>
    [total, ...endpoints].flatMap((view) => {
      const found = decomposed(view);
      if (found === undefined || found.parts.length === 0) return [];
      const isQueue = isOneMachine && !hasProxy(view);
      return [{ ...found, parts: isQueue ? found.parts.map(asQueue) : found.parts, scope: scope.name, endpoint: view.endpoint }];
    }),
  );
}

function hasProxy({ streams, joins }: EndpointView): boolean {
  return streams.has("proxy") || joins.proxy_total !== undefined;
}

function asQueue(part: Part): Part {
  return part.id === "R1" ? { ...part, id: "R3", ...PARTS.R3 } : part;
}

function decomposed(view: EndpointView): ReturnType<typeof decomposeAggregate> {
  const { joinedBy, joinedRequests } = view;
  if (joinedBy !== undefined && joinedRequests >= ENOUGH_JOINS) {
    const found = decomposeJoins(view, joinedBy);
    if (found.parts.length > 0) return found;
  }
  return decomposeAggregate(view);
}
