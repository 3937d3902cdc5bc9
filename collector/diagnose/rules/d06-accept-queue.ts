import type { Evidence } from "../diagnosis.ts";
import type { Scope } from "../digest-types.ts";
import { cellsOf } from "./cell-facts.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatOf } from "./format-value.ts";
import { increase, largest, pointCount } from "./gauge-facts.ts";
import { type GaugeLookup, NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { frontOf, loadOf, meanOf, streamOf } from "./stream-facts.ts";
import { unconnectedOf } from "./unconnected.ts";

/** ms: the kernel sends a lost SYN again after 1 s, then 2 s, then 4 s (RFC 6298 with Linux's initial timeout). */
const FIRST_RETRY_MS = 900;

/** Connections were not accepted in time: Linux drops what comes to a full accept queue and the client sends its SYN again after 1, 3, 7 s. */
export const acceptQueue: Rule = {
  id: "D6",
  title: "The accept queue was full",
  where: "before a connection was accepted",
  look(facts) {
    const { digest } = facts;
    const load = loadOf(digest);
    const client = streamOf(load?.total, "client");
    if (load === undefined || client === undefined) return NOTHING;
    const { dial, unbegun } = unconnectedOf(facts.ledger, load.scope, client);
    const count = dial + unbegun;
    const slow = slowConnects(facts);
    const kernel = kernelEvidence(facts.gauges, load.scope);
    // Overflows alone may be anybody's: other services listen on the machine too.
    if (count === 0 && slow === undefined) return NOTHING;
    const isShown = kernel.for.length > 0;
    return {
      findings: [
        finding({
          rule: "D6",
          hop: frontOf(digest),
          effect: count > 0 ? "failure" : "slow",
          state: isShown ? "proven" : "consistent",
          confidence: isShown ? "high" : kernel.against.length > 0 ? "low" : "medium",
          claim:
            count > 0
              ? `${formatCount(count)} of ${formatOf(client.count, "request")} timed out before ${count === 1 ? "its connection was" : "their connections were"} accepted${isShown ? ": the accept queue overflowed" : ": the accept queue was full, or SYNs were lost on the way"}`
              : `connecting took ${slow?.value} in places, the time after which a dropped SYN is sent again${isShown ? ": the accept queue overflowed" : ""}`,
          requests: count,
          evidence: [
            ...(count > 0
              ? [
                  evidence("requests that timed out without a connection", fieldOf(client, "error kind"), formatCount(count), {
                    n: client.count,
                    how: unbegun > 0 ? "timeouts in which no phase of the request had begun" : "",
                  }),
                ]
              : []),
            ...(slow === undefined ? [] : [slow]),
            ...kernel.for,
          ],
          counterEvidence: kernel.against,
          nextStep:
            "see whether the process that listens stood still meanwhile (stopped, event loop blocked); else raise its listen backlog and net.core.somaxconn together and keep connections alive; compare Recv-Q with Send-Q of `ss -ltn` under load",
        }),
      ],
    };
  },
};

/** Seconds in which connecting took as long as a SYN that had to be sent again. */
function slowConnects({ digest, ledger }: RuleFacts): Evidence | undefined {
  const load = loadOf(digest);
  const client = streamOf(load?.total, "client");
  if (load === undefined || client === undefined) return undefined;
  const made = cellsOf(ledger, load.scope, client).flatMap(({ sums }) => {
    // Most requests reuse a connection and tell a connect time of 0; what is left belongs to the new ones.
    const connects = sums.new_connection?.sum ?? sums.connect?.n ?? 0;
    const mean = connects > 0 && sums.connect !== undefined ? sums.connect.sum / connects : meanOf(sums.connect);
    return mean !== undefined && mean >= FIRST_RETRY_MS ? [mean] : [];
  });
  if (made.length === 0) return undefined;
  return evidence("longest mean time to connect in a second", fieldOf(client, "connect"), formatMs(made.reduce((most, ms) => Math.max(most, ms))), {
    n: made.length,
    how: "SYNs are sent again after 1 s, 3 s, 7 s",
  });
}

/** What the host receiver makes of /proc/net/netstat and of the listening sockets. */
const OVERFLOWS = /^pitwall\.host\..*listen_?overflows$/i;
const DROPS = /^pitwall\.host\..*listen_?drops$/i;
const QUEUE = /^pitwall\.host\.listener\.accept_queue$/;
/** No accept queue is longer than this, whatever backlog its server asks for. */
const LONGEST_QUEUE = "pitwall.host.tcp.somaxconn";

function kernelEvidence(gauges: GaugeLookup, scope: Scope): { readonly for: readonly Evidence[]; readonly against: readonly Evidence[] } {
  const [found, against]: [Evidence[], Evidence[]] = [[], []];
  for (const [what, pattern] of [
    ["connections dropped by a full accept queue", OVERFLOWS],
    ["SYNs dropped at listening sockets", DROPS],
  ] as const) {
    const series = gauges.matching(pattern);
    const rise = increase(series, scope);
    if (rise === undefined) continue;
    (rise > 0 ? found : against).push(
      evidence(what, series[0]?.name ?? "", formatCount(rise), { n: pointCount(series, scope), how: "increase over the load" }),
    );
  }
  const [queue, backlog] = [largest(gauges.matching(QUEUE), scope), largest(gauges.named(LONGEST_QUEUE), scope)];
  if (queue !== undefined && backlog !== undefined && queue >= backlog)
    found.push(evidence("longest accept queue", gauges.matching(QUEUE)[0]?.name ?? "", `${formatCount(queue)}, limit ${formatCount(backlog)}`));
  return { for: found, against };
}
