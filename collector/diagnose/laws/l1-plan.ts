import type { Evidence } from "../diagnosis.ts";
import { counterSum } from "../digest/gauge-sums.ts";
import { formatCount } from "./format-count.ts";
import type { Law } from "./law.ts";
import { balanced, unknown } from "./law.ts";
import { allowanceOf, workersOf } from "./tolerance.ts";

/**
 * L1: what was due = done + dropped + interrupted. Of all endpoints together: a plan is made of iterations, not of requests to one of them.
 * A generator that does not say what was due (k6 does not) leaves it unknown.
 */
export const plan: Law = (digest, endpoint, context) => {
  if (endpoint.endpoint !== "") return [];
  const client = endpoint.streams.get("client");
  const { iterations, droppedIterations, interruptedIterations = 0, requestsPerIteration = 1, targetPerSecond } = digest.offered;
  const { scope } = digest;
  const statement = "planned = done + dropped + interrupted";
  if (targetPerSecond === undefined || iterations === undefined || droppedIterations === undefined) {
    const known = iterations === undefined ? undefined : iterations + (droppedIterations ?? 0) + interruptedIterations;
    const missing = iterations === undefined ? "the generator does not tell what it did" : "the generator does not tell how many iterations were due";
    return [unknown("L1", digest, endpoint, { statement, note: missing, right: known })];
  }
  const planned = counterSum(context.ledger, "loadtest.client.requests.planned", scope) ?? 0;
  const done = iterations * requestsPerIteration;
  const dropped = droppedIterations * requestsPerIteration;
  const interrupted = interruptedIterations * requestsPerIteration;
  const evidence = (what: string, field: string, value: number): Evidence => ({
    what,
    field,
    window: scope.name,
    value: formatCount(value),
    n: undefined,
    how: "",
  });
  return [
    balanced({
      law: "L1",
      digest,
      endpoint,
      statement,
      left: planned,
      right: done + dropped + interrupted,
      allowance: client === undefined ? workersOf(digest, []) : allowanceOf(digest, context, client),
      evidence: [
        evidence("requests that were due", "loadtest.client.requests.planned", planned),
        evidence("requests that were sent", "requests of the client", done),
        evidence("requests that were due and not sent", "loadtest.client.requests.dropped", dropped),
      ],
    }),
  ];
};
