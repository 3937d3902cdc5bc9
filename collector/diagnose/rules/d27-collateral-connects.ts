import type { Stream } from "../digest-types.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatOf } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { loadOf, meanOf, streamOf, timeoutsOf } from "./stream-facts.ts";

const LEAST_TIMEOUTS = 5;
const NEARLY_ALL = 0.7;
/** The first connection of each virtual user may be among them. */
const MORE = 2;
const FEW = 0.1;

/** After a timeout the connection is gone, and whatever the virtual user asks next pays for a new one: no fault of that endpoint. */
export const collateralConnects: Rule = {
  id: "D27",
  title: "Connection set-up as collateral",
  where: "after a timeout, on the next request",
  look({ digest }) {
    const load = loadOf(digest);
    if (load === undefined) return NOTHING;
    const clients = load.endpoints.flatMap((view) => {
      const client = streamOf(view, "client");
      return client === undefined ? [] : [{ endpoint: view.endpoint, client }];
    });
    const victim = clients.toSorted((a, b) => timeoutsOf(b.client) - timeoutsOf(a.client))[0];
    if (victim === undefined || timeoutsOf(victim.client) < LEAST_TIMEOUTS) return NOTHING;
    const timeouts = timeoutsOf(victim.client);
    return {
      findings: clients.flatMap(({ endpoint, client }) => {
        const made = client.sums.new_connection;
        if (client === victim.client || made === undefined || timeoutsOf(client) > FEW * timeouts) return [];
        // More connections than timeouts have another reason: the start of the run, a server that closes.
        if (made.sum < NEARLY_ALL * timeouts || made.sum > MORE * timeouts) return [];
        return [collateral(endpoint, client, victim.endpoint, timeouts, made)];
      }),
    };
  },
};

function collateral(endpoint: string, client: Stream, from: string, timeouts: number, made: { readonly n: number; readonly sum: number }) {
  const connect = client.sums.connect ?? client.sums.blocked;
  const meanMs = connect === undefined || made.sum === 0 ? meanOf(connect) : connect.sum / made.sum;
  return finding({
    rule: "D27",
    hop: "client",
    effect: "risk",
    state: "proven",
    confidence: "high",
    claim: `${formatOf(made.sum, "request")} to ${endpoint} had to connect anew, about as many as timed out at ${from} before (${formatCount(timeouts)}): that time is not ${endpoint}'s`,
    endpoint,
    evidence: [
      evidence(`timeouts of ${from}`, fieldOf(client, "outcome"), formatCount(timeouts)),
      evidence(`requests to ${endpoint} that made a connection`, fieldOf(client, "connect"), formatCount(made.sum), { n: made.n }),
      ...(meanMs === undefined ? [] : [evidence("mean time to connect", fieldOf(client, "connect"), formatMs(meanMs))]),
    ],
    nextStep: `measure ${endpoint} in a run of its own before anything is said of its latency`,
  });
}
