import type { Evidence, Finding } from "../diagnosis.ts";
import { type Arrival, arrivalsOf, directionOf, hasArrived } from "./arrival.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatOf, formatShare } from "./format-value.ts";
import type { Rule } from "./rule.ts";
import { failedOf } from "./stream-facts.ts";

/** What the client calls lost had come to the first server all the same: the counts there are as if nothing had failed. */
export const arrived: Rule = {
  id: "D7",
  title: "The lost requests had arrived",
  where: "on the response path between proxy and client",
  look(facts) {
    return { findings: arrivalsOf(facts).filter(hasArrived).map(findingOf) };
  },
};

function findingOf(arrival: Arrival): Finding {
  const { view, front, undelivered, sibling } = arrival;
  const direction = directionOf(arrival);
  // The application's times begin when it begins: what it did not take up in time is not the network's.
  const isDirect = front.hop === "application";
  const who = front.witnesses.join(", ") || front.hop;
  const like = sibling === undefined ? "" : `, as many as ${sibling.view.endpoint} (${formatCount(sibling.front.count)}), of which hardly any failed`;
  const where =
    direction === "response"
      ? "they came before the client gave up, so their answers were lost on the way back"
      : direction === "late"
        ? "they came after the client had given up, so they were held up on the way there"
        : isDirect
          ? "they were lost on the way back, or waited before the application began with them"
          : "they were lost on the way back, or came late";
  return finding({
    rule: "D7",
    hop: isDirect && direction !== "response" ? undefined : "network",
    effect: "failure",
    state: "proven",
    confidence: direction === undefined ? "medium" : "high",
    claim: `${formatOf(undelivered, "request")} to ${view.endpoint} that the client gave up had arrived: ${who} has ${formatCount(front.count)}${like}; ${where}`,
    endpoint: view.endpoint,
    requests: undelivered,
    evidence: [...countsOf(arrival), ...lagEvidence(arrival)],
    counterEvidence: direction === "late" ? lagEvidence(arrival) : [],
    nextStep:
      direction === undefined
        ? `compare the time of ${isDirect ? "the application's spans" : "the proxy's lines ($msec)"} with the moment at which the client gave up: before it the response was lost, after it the request came late`
        : direction === "late"
          ? "look for what delays requests before the proxy takes them: worker_connections, its accept queue, the client's own sockets"
          : front.sums.incomplete === undefined
            ? "log $request_time and $request_completion, and measure the bytes that the server transmits"
            : "measure the bytes that the server transmits and the client receives, and run the generator once from the server's own network",
  });
}

function countsOf({ view, client, front, sent, sibling, tolerance }: Arrival): readonly Evidence[] {
  const rows = [
    evidence(
      `failed of ${view.endpoint}`,
      fieldOf(client, "outcome"),
      `${formatCount(failedOf(client))} (${formatShare(failedOf(client) / client.count)})`,
      { n: client.count },
    ),
    evidence(`requests to ${view.endpoint} that got a connection`, fieldOf(client, "count"), formatCount(sent), { n: client.count }),
    evidence(`requests to ${view.endpoint} that arrived`, fieldOf(front, "count"), formatCount(front.count), {
      how: `may differ by ${formatCount(tolerance)}`,
    }),
  ];
  if (sibling !== undefined) {
    const { view: other, client: asked, front: came } = sibling;
    rows.push(
      evidence(
        `failed of ${other.endpoint}`,
        fieldOf(asked, "outcome"),
        `${formatCount(failedOf(asked))} (${formatShare(failedOf(asked) / asked.count)})`,
        { n: asked.count },
      ),
      evidence(`requests to ${other.endpoint} that arrived`, fieldOf(came, "count"), formatCount(came.count)),
    );
  }
  return rows;
}

function lagEvidence({ lagSeconds, waitedSeconds, front, lost }: Arrival): readonly Evidence[] {
  if (lagSeconds === undefined || waitedSeconds === undefined) return [];
  return [
    evidence("mean time from sending to arrival, of those that timed out", fieldOf(front, "time"), formatMs(lagSeconds * 1000), {
      n: lost,
      how: `the client gave up after ${formatMs(waitedSeconds * 1000)}; by the means of all, clocks set by requests that both saw, else taken to agree`,
    }),
  ];
}
