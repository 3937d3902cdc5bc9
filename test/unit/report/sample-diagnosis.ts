import type { Decomposition, Diagnosis, Evidence, LawResult } from "../../../collector/diagnose/diagnosis.ts";
import { digestRun } from "../../../collector/diagnose/digest/digest-run.ts";
import { failuresOf } from "../../../collector/diagnose/digest/stream.ts";
import type { Hop } from "../../../collector/model/catalog.ts";
import type { RunLedger } from "../../../collector/model/ledger.ts";
import { PUZZLES } from "./sample-ledger.ts";

const evidence = (what: string, field: string, value: string, n?: number, how = ""): Evidence => ({ what, field, window: "load", value, n, how });

/** What a diagnosis of the sample ledger concludes, written by hand; its counts are those of the digest. */
export function sampleDiagnosis(ledger: RunLedger): Diagnosis {
  const digest = digestRun(ledger, ledger.phases);
  const streams = digest.scopes[0]?.total.streams;
  const [sent, arrived, served] = [streams?.get("client")?.count ?? 0, streams?.get("proxy")?.count ?? 0, streams?.get("application")?.count ?? 0];
  const client = streams?.get("client");
  const failed = client === undefined ? 0 : failuresOf(client);
  const common = {
    digest,
    phases: ledger.phases,
    marks: ledger.marks,
    memory: [
      {
        series: "process.memory.usage",
        witness: "api-server",
        instance: "api-1",
        class: "transient_peak" as const,
        sentence: "rose from 180 MiB to 300 MiB under load and gave back 82 % of it within 40 s",
      },
    ],
    skew: [{ outer: "client" as Hop, inner: "proxy" as Hop, lowerMs: -1.2, upperMs: 0.9, state: "consistent", pairs: 412 }],
    decompositions: decompositions(failed > 0, sent - failed),
    gaps: [
      {
        id: "no-client-host",
        hop: "client" as Hop,
        what: "CPU and sockets of the generator's host were not measured",
        effect: "a generator that was itself at its limit cannot be told from a slow network",
        remedy: "Run a host receiver beside k6.",
      },
    ],
  };
  const law = (name: LawResult["law"], state: LawResult["state"], statement: string, left: number, right: number, tolerance: number): LawResult => ({
    law: name,
    scope: "load",
    endpoint: "",
    state,
    statement,
    left,
    right,
    difference: left - right,
    tolerance,
    note: "",
    evidence: [],
  });
  const laws = [
    law("L2", "holds", "sent = succeeded + failed", sent, sent, 40),
    law("L3", "holds", "sent \u2212 connection errors = arrived at the proxy", sent, arrived, 40),
    law("L4", failed > 0 ? "broken" : "holds", "client timeouts = requests that the proxy did not finish", failed, 0, 40),
    law("L5", "holds", "upstream tries = requests at the application", arrived, served, 40),
  ];
  if (failed === 0) return { ...common, laws, ...healthy(sent) };
  return { ...common, laws, ...failing(sent, failed, arrived) };
}

type Conclusion = Pick<Diagnosis, "gates" | "findings" | "exclusions" | "verdict">;

function healthy(sent: number): Conclusion {
  return {
    gates: [
      { expression: "http_req_failed < 1%", source: "preset spike", scope: "load", state: "passed", actual: "0 %", note: "" },
      { expression: "p95 < 800ms", source: "thresholds.yaml:4", scope: "hold", state: "passed", actual: "71 ms", note: "" },
      {
        expression: "p99.9 < 2s",
        source: "thresholds.yaml:5",
        scope: "ramp",
        state: "undecided",
        actual: "",
        note: "2 400 requests: p99.9 takes 2 995",
      },
    ],
    findings: [],
    exclusions: [],
    verdict: {
      result: "passed",
      hop: undefined,
      confidence: "high",
      sentence: `All ${sent.toLocaleString("en-US").replaceAll(",", " ")} requests were answered, and client, proxy and application count the same`,
      reasons: [
        "No gate fails; one is undecided for lack of requests.",
        "The cache was rebuilt after it was emptied by hand, at no cost to any request.",
      ],
    },
  };
}

function failing(sent: number, failed: number, arrived: number): Conclusion {
  const words = (count: number) => count.toLocaleString("en-US").replaceAll(",", " ");
  const share = `${((100 * failed) / sent).toFixed(1)} %`;
  return {
    gates: [
      { expression: "http_req_failed < 1%", source: "preset spike", scope: "load", state: "failed", actual: share, note: "" },
      {
        expression: "p95 < 800ms",
        source: "thresholds.yaml:4",
        scope: "hold",
        state: "passed",
        actual: "441 ms",
        note: "of requests that succeeded",
      },
      { expression: "min(permits) > 0", source: "thresholds.yaml:6", scope: "load", state: "passed", actual: "22", note: "" },
    ],
    findings: [
      {
        rule: "D4",
        hop: "network",
        effect: "failure",
        state: "proven",
        confidence: "high",
        claim: `${words(failed)} of ${words(sent)} requests timed out while their answer was on its way to the client`,
        endpoint: PUZZLES,
        scope: "load",
        evidence: [
          evidence(
            "timeouts while receiving",
            "k6 http_req_receiving",
            words(Math.round(failed * 0.96)),
            failed,
            "error_code 1050 with receiving > waiting",
          ),
          evidence(
            "time between the upstream's last byte and the client's",
            "nginx $request_time \u2212 $upstream_response_time",
            "1.91 s",
            failed,
            "mean over the same requests",
          ),
          evidence("answers not handed over to their last byte", "nginx $request_completion", words(Math.round(failed * 0.93)), arrived, "empty"),
        ],
        counterEvidence: [evidence("kernel drops on the server's interface", "node_network_transmit_drop_total", "not measured")],
        nextStep: "Compress the list or ask for fewer works a page, and repeat from a client in the server's own network.",
        requests: failed,
      },
      {
        rule: "D27",
        hop: "client",
        effect: "slow",
        state: "consistent",
        confidence: "medium",
        claim: "after each timeout the next request of the same virtual user pays for a new connection",
        endpoint: "",
        scope: "load",
        evidence: [evidence("new connections", "k6 http_req_connecting > 0", words(failed + 120), sent)],
        counterEvidence: [],
        nextStep: "Read the latency of the second endpoint without the first request after a timeout.",
        requests: 0,
      },
    ],
    exclusions: [
      {
        hop: "application",
        claim: "no server span took longer than 88 ms",
        evidence: [evidence("longest request", "http.server.request.duration", "88 ms", arrived)],
      },
      { hop: "store", claim: "calls took 6 ms at the median throughout", evidence: [] },
    ],
    verdict: {
      result: "failed",
      hop: "network",
      confidence: "high",
      sentence: `${share} of requests failed between the proxy and the client: the answers did not get through in time`,
      reasons: [
        `The client counted ${words(failed)} failures; nginx and the application answered all ${words(arrived)} requests with 200.`,
        "They fail only where the answer is large, and only while the rate is at its peak: bandwidth towards the client is the first suspect.",
      ],
    },
  };
}

function decompositions(isSlow: boolean, n: number): readonly Decomposition[] {
  return ["", PUZZLES].map((endpoint, index) => {
    const parts = [
      { id: "blocked", hop: "client" as Hop, label: "waiting for a connection", meanMs: isSlow ? 9.4 : 0.3, n },
      { id: "R1", hop: "network" as Hop, label: "to the proxy and back", meanMs: 4.2, n },
      { id: "R2", hop: "proxy" as Hop, label: "handing over the answer", meanMs: (isSlow ? 96 : 2.1) * (index + 1), n },
      { id: "R3", hop: "application" as Hop, label: "queue before the handler", meanMs: 1.1, n },
      { id: "R4", hop: "application" as Hop, label: "handler itself", meanMs: 9.8, n },
      { id: "store", hop: "store" as Hop, label: "store", meanMs: 6.3, n },
    ];
    const totalMs = parts.reduce((sum, { meanMs }) => sum + meanMs, 0);
    return { scope: "load", endpoint, by: "trace" as const, n, totalMs, parts, isComplete: true, note: "" };
  });
}
