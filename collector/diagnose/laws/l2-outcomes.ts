import type { Outcome } from "../../model/load-outcome.ts";
import { formatCount, formatRequests } from "./format-count.ts";
import type { Law } from "./law.ts";
import { balanced, counted, isSaidByTotal, unknown } from "./law.ts";
import { workersOf } from "./tolerance.ts";

const NAMES: Readonly<Record<Outcome, string>> = {
  ok: "answered with success",
  http_error: "answered with an error status",
  check_failed: "answered and not accepted by the script",
  connection_error: "without a connection",
  transfer_error: "broken off",
  timeout: "timed out",
  cut: "cut off",
  other_error: "failed in another way",
  unknown: "of unknown outcome",
};

/**
 * L2, of the client alone: sent = ok + errors + timeouts + cut off. What is missing was begun and never ended; at the end of a run that may be one request
 * for each worker and no more.
 */
export const outcomes: Law = (digest, endpoint) => {
  const client = endpoint.streams.get("client");
  const statement = "sent = ok + errors + timeouts + cut off";
  if (client === undefined) {
    if (digest.total.streams.has("client") || isSaidByTotal(digest, endpoint, "client")) return [];
    return [unknown("L2", digest, endpoint, { statement, note: "no witness at the client: give the generator's own output" })];
  }
  if (client.outcomes.size === 0) {
    return [unknown("L2", digest, endpoint, { statement, note: "the generator does not tell how its requests ended", left: client.count })];
  }
  const ended = [...client.outcomes.values()].reduce((sum, count) => sum + count, 0);
  const cut = client.outcomes.get("cut") ?? 0;
  const workers = workersOf(digest, [client]);
  const isTooMuchCut = digest.offered.vusMax !== undefined && digest.scope.phase === undefined && cut > workers.value;
  const notes = [
    isTooMuchCut ? `${formatRequests(cut)} cut off, more than the ${formatCount(workers.value)} that can have been under way at the end` : "",
    client.outcomes.has("unknown") ? `of ${formatRequests(client.outcomes.get("unknown") ?? 0)} the generator does not tell how they ended` : "",
  ];
  const result = balanced({
    law: "L2",
    digest,
    endpoint,
    statement,
    left: client.count,
    right: ended,
    allowance: { ...workers, note: `tolerance: ${workers.note}` },
    notes,
    evidence: [
      counted(digest, "requests that the client sent", client, client.count),
      ...[...client.outcomes].map(([outcome, count]) => counted(digest, `requests ${NAMES[outcome]}`, client, count, "", client.count)),
    ],
  });
  return [isTooMuchCut ? { ...result, state: "broken" } : result];
};
