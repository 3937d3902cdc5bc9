import { METRICS } from "../../model/catalog.ts";
import type { Gap } from "../diagnosis.ts";
import { isOneMachine } from "../digest/is-one-machine.ts";
import type { ScopeDigest } from "../digest-types.ts";
import { gap } from "./evidence.ts";
import { formatCount, formatMs, formatOf } from "./format-value.ts";
import { memorySeries } from "./memory-facts.ts";
import type { RuleFacts } from "./rule.ts";
import { kindOf, loadOf, slowestOf, standstillOf, streamOf, timeoutsOf } from "./stream-facts.ts";

/** What nobody measured and what can therefore not be told; each gap at most once, from the client inwards. */
export function findGaps(facts: RuleFacts): readonly Gap[] {
  const load = loadOf(facts.digest);
  if (load === undefined) return [];
  return [...clientGaps(load, facts), ...proxyGaps(load, facts), ...applicationGaps(load, facts), ...telemetryGaps(facts), ...machineGaps(facts)];
}

function clientGaps(load: ScopeDigest, { ledger }: RuleFacts): readonly Gap[] {
  const client = streamOf(load.total, "client");
  if (client === undefined)
    return [
      gap(
        "no-client-view",
        "client",
        "nobody told what the client saw of its requests",
        "failures that no server sees (timeouts, refused connections, answers that did not arrive) cannot be counted",
        "give the generator's own output to the run: `k6 run --out json=…`, or its OTLP output",
      ),
    ];
  const gaps: Gap[] = [];
  if (client.source !== "requests" && (client.perSecond.length === 0 || client.source === "metrics"))
    gaps.push(
      gap(
        "no-client-requests",
        "client",
        "the generator gave sums and not single requests",
        "a request cannot be followed through the hops, and phases of its time are known as means only",
        "use an output with a line a request (`k6 run --out json=…`) where the load allows it",
      ),
    );
  if (timeoutsOf(client) > 0 && kindOf(client, "timeout_recv", "timeout_wait") === 0)
    gaps.push(
      gap(
        "no-client-phases",
        "client",
        "whether timed-out requests were waiting or receiving was not told",
        "a server that hangs and a slow download look the same from the client",
        "use k6's JSON or CSV output, which has the phases of each request",
      ),
    );
  const survivors = ledger.witnesses.some(({ hop, survivorsOnly }) => hop === "client" && survivorsOnly === "yes");
  if (survivors)
    gaps.push(
      gap(
        "survivors-only",
        "client",
        "the generator's latencies are of answered requests only",
        "slow requests that timed out are missing from its percentiles",
        "read them beside the share of failures, or use a generator that gives single requests",
      ),
    );
  if (client.omission === "omits" || client.omission === "closed" || client.omission === "unusable") {
    const standstillMs = client.omission === "unusable" ? undefined : standstillOf(client);
    gaps.push(
      gap(
        "coordinated-omission",
        "client",
        client.omission === "closed"
          ? "the generator sends the next request only when the one before is answered"
          : client.omission === "omits"
            ? "requests that were due were not sent"
            : "the generator corrected its latencies by a rule that is known to be wrong",
        `moments in which the system was slow are under-represented, so that high percentiles look better than they were${standstillMs === undefined ? "" : ` (the longest request took ${formatMs(standstillMs)}, and what would have been sent meanwhile is missing)`}`,
        "use an arrival rate with enough virtual users (k6: constant-arrival-rate), and see that none is dropped",
      ),
    );
  }
  return gaps;
}

function proxyGaps(load: ScopeDigest, { digest }: RuleFacts): readonly Gap[] {
  const proxy = streamOf(load.total, "proxy");
  const hasApplication = streamOf(load.total, "application") !== undefined;
  if (proxy === undefined) {
    return digest.hops.includes("proxy")
      ? []
      : [
          gap(
            "no-proxy-log",
            "proxy",
            "no log of a proxy was read",
            hasApplication
              ? "what happens between client and application cannot be put to the network or to a proxy"
              : "what happens behind the client cannot be put to any hop",
            "give the access log to the run (receiver `nginx`, or `pitwall import`), with a format that has times; without a proxy this is no gap",
          ),
        ];
  }
  const hasTimes = slowestOf(proxy) !== undefined;
  const hasUpstream = proxy.sums.upstream_response !== undefined || proxy.sums.upstream_header !== undefined;
  const hasCompletion = proxy.sums.incomplete !== undefined;
  if (hasTimes && hasUpstream && hasCompletion) return [];
  const missing = [hasTimes ? "" : "$request_time", hasUpstream ? "" : "upstream times", hasCompletion ? "" : "$request_completion"].filter(
    (word) => word !== "",
  );
  return [
    gap(
      "proxy-log-without-timing",
      "proxy",
      `the proxy's log has no ${missing.join(", no ")}`,
      "an answer that did not get out to the client has status 200 like any other: delivery is not proven, and time at the proxy cannot be told from time behind it",
      "use the log format with $request_time, $upstream_connect_time, $upstream_header_time, $upstream_response_time, $request_completion and $msec",
    ),
  ];
}

function applicationGaps(load: ScopeDigest, facts: RuleFacts): readonly Gap[] {
  const application = streamOf(load.total, "application");
  const gaps: Gap[] = [];
  if (application === undefined)
    gaps.push(
      gap(
        "no-application-telemetry",
        "application",
        "the application sent no telemetry of its requests",
        "it can be neither blamed nor excluded: whatever lies behind the proxy is one",
        "turn its OpenTelemetry on (OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318) and run again",
      ),
    );
  else if (application.isUnsure)
    gaps.push(
      gap(
        "sampled-spans-only",
        "application",
        "the application is known by spans only, which may be sampled",
        "its requests cannot be counted, so no law of conservation is held against it",
        "send its request metrics or logs too",
      ),
    );
  const turnedAway = [...load.total.streams.values()].some(({ statuses }) => (statuses.get(429) ?? 0) > 0);
  if (turnedAway && facts.gauges.named(METRICS.requestPermitsAvailable.name, METRICS.requestPermitsAvailableMin.name).length === 0)
    gaps.push(
      gap(
        "no-permits",
        "application",
        "the application's permits were not measured",
        "whether 429 is its own back-pressure or another layer's limit cannot be told",
        `send ${METRICS.requestPermitsAvailable.name}`,
      ),
    );
  const undecided = facts.memory.filter((reading) => reading.class === "undecided");
  if (undecided.length > 0)
    gaps.push(
      gap(
        "no-after-samples",
        "application",
        `${formatOf(undecided.length, "series", "series")} of memory ${undecided.length === 1 ? "lacks" : "lack"} samples before, during or after the load`,
        "a leak and a peak that goes back look the same",
        "keep recording before and after the load: `pitwall run --before 20s --after 60s`",
      ),
    );
  if (memorySeries(facts.gauges).length === 0)
    gaps.push(
      gap(
        "no-memory",
        "application",
        "no memory of any process was measured",
        "a leak would not be seen",
        "send process.memory.usage, or let the host receiver watch the process",
      ),
    );
  return gaps;
}

function telemetryGaps({ ledger, skew }: RuleFacts): readonly Gap[] {
  const gaps: Gap[] = [];
  // Those with a `concerns` cost the numbers nothing.
  const losses = ledger.losses.filter(({ concerns }) => concerns === undefined);
  const lost = losses.reduce((sum, { items }) => sum + items, 0);
  if (lost > 0) {
    const worst = losses.toSorted((a, b) => b.items - a.items).slice(0, 3);
    gaps.push(
      gap(
        "telemetry-lost",
        undefined,
        `${formatOf(lost, "item")} of telemetry ${lost === 1 ? "was" : "were"} not recorded (${worst.map(({ component, signal, reason, items }) => `${component}: ${formatCount(items)} ${signal}, ${reason}`).join("; ")})`,
        "counts may be short, so that differences between hops are not proof",
        "see the loss ledger, give the collector more memory or a longer queue, and run again",
      ),
    );
  }
  const unknown = skew.filter(({ state }) => state === "drift");
  if (unknown.length > 0 || (skew.length === 0 && ledger.clockPairs.length === 0 && ledger.witnesses.length > 1))
    gaps.push(
      gap(
        "clock-skew-unknown",
        undefined,
        unknown.length > 0
          ? "the clocks of client and server drift against each other"
          : "no request was seen at two hops, so the offset of their clocks is not known",
        "moments of different hops can be compared only to the second or so; durations are not touched by it",
        "pass a trace id along (k6: tracing, or `traceparent` from the script) and log it at the proxy",
      ),
    );
  if (ledger.run.state === "abandoned")
    gaps.push(
      gap(
        "run-abandoned",
        undefined,
        "whoever recorded this run ended before it",
        "the end of the run is missing",
        "run again, and look at why the collector ended",
      ),
    );
  return gaps;
}

/** The generator on the machine that it measures takes its CPU and its memory away. */
function machineGaps({ ledger }: RuleFacts): readonly Gap[] {
  if (!isOneMachine(ledger.run)) return [];
  return [
    gap(
      "one-machine",
      undefined,
      "generator and server ran on one machine",
      "they take CPU from one another, and the network between them is none",
      "for figures of capacity run the generator elsewhere; for finding faults this will do",
    ),
  ];
}
