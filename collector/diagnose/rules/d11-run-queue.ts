import type { Evidence } from "../diagnosis.ts";
import { isOneMachine } from "../digest/is-one-machine.ts";
import type { ScopeDigest } from "../digest-types.ts";
import { cpuShareOf } from "./cpu-facts.ts";
import { evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatMs, formatShare } from "./format-value.ts";
import { largest } from "./gauge-facts.ts";
import { joinMean } from "./join-facts.ts";
import { NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { loadOf, meanOf, streamOf } from "./stream-facts.ts";

/** Of the time to the first byte, and in ms: less is how long any hand-over takes. */
const LARGE_SHARE = 0.5;
const LARGE_MS = 50;
const QUICK_CONNECT_MS = 10;
const BUSY_CPU = 0.9;
const LAG_SECONDS = 0.05;

/**
 * The application's span began long after the request had come to it: requests waited in the accept queue or for the event loop. Seen from the proxy, which
 * was connected at once; or by a client on the same machine, where there is no network that could have held them up.
 */
export const runQueue: Rule = {
  id: "D11",
  title: "Requests wait before the application begins",
  where: "before the application's handler begins",
  look(facts) {
    const load = loadOf(facts.digest);
    if (load === undefined) return NOTHING;
    const seen = fromProxy(load) ?? (isOneMachine(facts.ledger.run) ? fromClient(load) : undefined);
    if (seen === undefined || seen.queue.ms < LARGE_MS || seen.queue.ms < LARGE_SHARE * seen.header.ms) return NOTHING;
    const { queue, header, connectMs, who, field } = seen;
    if (connectMs !== undefined && connectMs > QUICK_CONNECT_MS) return NOTHING;
    const { found, against } = saturation(facts, load);
    const app = joinMean(load.total, "app");
    return {
      findings: [
        finding({
          rule: "D11",
          hop: "application",
          effect: "slow",
          state: found.length > 0 ? "proven" : "consistent",
          confidence: found.length > 0 ? "high" : "medium",
          claim: `requests waited ${formatMs(queue.ms)} of the ${formatMs(header.ms)} to the first byte before the application began with them${found.length > 0 ? ": it was saturated" : ""}`,
          evidence: [
            evidence(
              `mean time from the ${who}'s hand-over to the first byte, less the application's span`,
              `${field} − server span`,
              formatMs(queue.ms),
              { n: queue.n },
            ),
            evidence(`mean time to the first byte at the ${who}`, field, formatMs(header.ms), { n: header.n }),
            ...(app === undefined ? [] : [evidence("mean time in the application", "server span", formatMs(app.ms), { n: app.n })]),
            ...(connectMs === undefined ? [] : [evidence("mean time to connect", "upstream_connect_time", formatMs(connectMs))]),
            ...found,
          ],
          counterEvidence: against,
          nextStep:
            "watch event-loop lag and run queue, see whether the process stood still (pauses, CPU taken away), take a CPU profile under this load, then add instances or take work off the loop",
        }),
      ],
    };
  },
};

interface QueueSeen {
  readonly queue: { readonly ms: number; readonly n: number };
  readonly header: { readonly ms: number; readonly n: number };
  readonly connectMs: number | undefined;
  readonly who: "proxy" | "client";
  readonly field: string;
}

function fromProxy(load: ScopeDigest): QueueSeen | undefined {
  const [queue, header] = [joinMean(load.total, "r3_app_queue"), joinMean(load.total, "proxy_header")];
  if (queue === undefined || header === undefined) return undefined;
  const connectMs = joinMean(load.total, "proxy_connect")?.ms ?? meanOf(streamOf(load.total, "proxy")?.sums.upstream_connect);
  return { queue, header, connectMs, who: "proxy", field: "upstream_header_time" };
}

/** Without a proxy what the client waits beyond the application's span. Connections are made before a client begins to wait. */
function fromClient(load: ScopeDigest): QueueSeen | undefined {
  const [queue, header] = [joinMean(load.total, "r1_network"), joinMean(load.total, "client_wait")];
  if (queue === undefined || header === undefined || streamOf(load.total, "proxy") !== undefined) return undefined;
  return { queue, header, connectMs: undefined, who: "client", field: "http_req_waiting" };
}

function saturation(facts: RuleFacts, load: ScopeDigest): { readonly found: readonly Evidence[]; readonly against: readonly Evidence[] } {
  const [found, against]: [Evidence[], Evidence[]] = [[], []];
  const cpu = cpuShareOf(facts, load.scope);
  if (cpu !== undefined) {
    const told = evidence(cpu.what, cpu.field, formatShare(cpu.high), { n: cpu.points, how: "95th percentile of the seconds" });
    if (cpu.high < BUSY_CPU) against.push(told);
    // Where the generator runs beside the server, it may be the one that keeps the processors busy.
    else if (!isOneMachine(facts.ledger.run)) found.push(told);
  }
  // nodejs.eventloop.delay.* of the semantic conventions is in s.
  const lags = facts.gauges.matching(/eventloop\.delay\.(p99|p90|max)$/);
  const lag = largest(lags, load.scope);
  if (lag !== undefined)
    (lag >= LAG_SECONDS ? found : against).push(evidence("longest lag of the event loop", lags[0]?.name ?? "", formatMs(lag * 1000)));
  return { found, against };
}
