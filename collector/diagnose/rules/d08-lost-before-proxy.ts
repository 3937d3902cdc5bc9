import type { Evidence, Finding } from "../diagnosis.ts";
import type { EndpointView, Scope, ScopeDigest } from "../digest-types.ts";
import { frontStream } from "./arrival.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatOf } from "./format-value.ts";
import { largest } from "./gauge-facts.ts";
import { type GaugeLookup, NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { failedOf, loadOf, streamOf, tolerance } from "./stream-facts.ts";
import { unconnectedOf } from "./unconnected.ts";

/** Below this share of what was sent, a different window explains it. */
const LEAST_SHARE = 0.01;
const SHORT = 0.9;

/** Requests that the client sent over a connection are missing at the first server. */
export const lostBeforeProxy: Rule = {
  id: "D8",
  title: "Requests got lost before the proxy",
  where: "on the way from the client to the first server",
  look(facts) {
    const { digest, gauges } = facts;
    const load = loadOf(digest);
    if (load === undefined) return NOTHING;
    const ports = portEvidence(gauges, load.scope);
    return { findings: load.endpoints.flatMap((view) => missingOf(facts, load, view, ports)) };
  },
};

/** Ports of the machine that was watched, if they ran short: it may be the client's. */
function portEvidence(gauges: GaugeLookup, scope: Scope): readonly Evidence[] {
  const [used, limit] = [
    largest(gauges.named("pitwall.host.ephemeral_ports"), scope),
    largest(gauges.named("pitwall.host.ephemeral_ports.limit"), scope),
  ];
  if (used === undefined || limit === undefined || used < SHORT * limit) return [];
  return [evidence("local ports used towards one remote address", "pitwall.host.ephemeral_ports", `${formatCount(used)} of ${formatCount(limit)}`)];
}

function missingOf(facts: RuleFacts, load: ScopeDigest, view: EndpointView, ports: readonly Evidence[]): readonly Finding[] {
  const client = streamOf(view, "client");
  const front = frontStream(view);
  if (client === undefined || front === undefined) return [];
  // Without a connection nothing was sent that could get lost.
  const refused = (client.outcomes.get("connection_error") ?? 0) + unconnectedOf(facts.ledger, load.scope, client, view.endpoint).unbegun;
  const sent = client.count - refused;
  const [missing, allowed] = [sent - front.count, tolerance(load, sent)];
  // Without as many failures at the client, it is the log that lacks lines.
  const lost = Math.min(missing, failedOf(client) - refused);
  if (missing <= allowed || lost <= allowed || missing < LEAST_SHARE * sent) return [];
  const others = load.endpoints.flatMap((other) => {
    const came = frontStream(other);
    return other === view || came === undefined || came.count <= front.count + allowed
      ? []
      : [evidence(`requests to ${other.endpoint} that arrived`, fieldOf(came, "count"), formatCount(came.count))];
  });
  return [
    finding({
      rule: "D8",
      hop: "network",
      effect: "failure",
      state: "proven",
      confidence: "high",
      claim: `${formatOf(missing, "request")} to ${view.endpoint} never came to ${front.witnesses.join(", ") || front.hop}: ${formatCount(sent)} were sent over a connection and ${formatCount(front.count)} arrived`,
      endpoint: view.endpoint,
      requests: lost,
      evidence: [
        evidence(`requests to ${view.endpoint} that got a connection`, fieldOf(client, "count"), formatCount(sent), {
          n: client.count,
          how: `${formatOf(refused, "request")} without a connection taken off`,
        }),
        evidence(`requests to ${view.endpoint} that arrived`, fieldOf(front, "count"), formatCount(front.count), {
          how: `may differ by ${formatCount(allowed)}`,
        }),
        ...others,
        ...ports,
      ],
      nextStep:
        "look at the client's sockets and ports (TIME_WAIT, ephemeral range), at retransmitted SYNs on both machines, and at whatever stands between client and proxy",
    }),
  ];
}
