import { fisherExact } from "../../stats/fisher-exact.ts";
import type { Evidence } from "../diagnosis.ts";
import type { EndpointView, Scope, ScopeDigest, Stream } from "../digest-types.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatBytes, formatCount, formatMs, formatOf, formatShare } from "./format-value.ts";
import { pointsIn } from "./gauge-facts.ts";
import { rerunCommand } from "./rerun-command.ts";
import { type GaugeLookup, NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { failedOf, histogramMean, kindOf, loadOf, meanOf, slowestOf, streamOf, timeoutMsOf, timeoutsOf } from "./stream-facts.ts";

const MOSTLY = 0.5;
/** Bodies of one size do not tell sizes apart. */
const BIGGER = 2;
const FAILS_MORE = 3;
const CHANCE = 0.001;
/** A proxy that waits this share of the client's patience for the answer to go out is waiting for the client's side. */
const LONG = 0.5;

/** Answers were on their way and did not get through in time: too little bandwidth out of the server, or a slow download. */
export const slowDownload: Rule = {
  id: "D4",
  title: "The way out is too narrow",
  where: "on the response path between proxy and client",
  look(facts) {
    const load = loadOf(facts.digest);
    const client = streamOf(load?.total, "client");
    if (load === undefined || client === undefined || timeoutsOf(client) === 0) return NOTHING;
    const receiving = receivingShare(client);
    const bySize = sizeEvidence(load);
    const egress = egressEvidence(facts, load, client);
    const ceiling = transmitCeiling(facts.gauges, load.scope);
    if (receiving === "waiting" || (receiving === undefined && bySize === undefined && egress === undefined)) return NOTHING;
    const isSeenAtProxy = egress !== undefined;
    const isProven = isSeenAtProxy && (receiving !== undefined || bySize !== undefined);
    const timeouts = timeoutsOf(client);
    return {
      findings: [
        finding({
          rule: "D4",
          hop: "network",
          effect: "failure",
          state: isProven ? "proven" : "consistent",
          confidence: isProven ? "high" : "medium",
          claim: `${formatOf(timeouts, "request")} timed out while the answer was on its way to the client${isProven ? "" : " (likely, not shown)"}: ${reasons(receiving, bySize, egress)}`,
          requests: timeouts,
          endpoint: bySize?.endpoint ?? "",
          evidence: [...(receiving ?? []), ...(bySize?.evidence ?? []), ...(egress ?? []), ...ceiling],
          counterEvidence: againstOf(load, client, receiving),
          nextStep: `turn on gzip or shorten the page, measure transmitted bytes at the server, and run the generator from the server's own network: ${rerunCommand(facts.ledger.run, "near-server")}`,
        }),
      ],
    };
  },
};

function reasons(receiving: unknown, bySize: unknown, egress: unknown): string {
  const told = [
    receiving === undefined ? "" : "the client was receiving when it gave up",
    egress === undefined ? "" : "the proxy could not hand the answer over",
    bySize === undefined ? "" : "larger bodies fail more often",
  ].filter((word) => word !== "");
  return told.join(", ");
}

/** "waiting": most timeouts came before the first byte, which a slow download does not explain. undefined: no phase is known. */
function receivingShare(client: Stream): readonly Evidence[] | "waiting" | undefined {
  const [receiving, waiting] = [kindOf(client, "timeout_recv"), kindOf(client, "timeout_wait")];
  const known = receiving + waiting;
  if (known < MOSTLY * timeoutsOf(client) || known === 0) return undefined;
  if (receiving < MOSTLY * known) return "waiting";
  return [
    evidence("timeouts while receiving", fieldOf(client, "phases"), `${formatCount(receiving)} (${formatShare(receiving / known)})`, {
      n: known,
      how: "waiting had ended and receiving had not",
    }),
  ];
}

interface SizeEvidence {
  readonly endpoint: string;
  readonly evidence: readonly Evidence[];
}

/** Whether the endpoint with the largest answers fails more often than the one with the smallest. */
function sizeEvidence(load: ScopeDigest): SizeEvidence | undefined {
  const sized = load.endpoints.flatMap((view) => {
    const client = streamOf(view, "client");
    const bytes = bytesOf(view);
    return client === undefined || bytes === undefined ? [] : [{ view, client, bytes, failed: failedOf(client) }];
  });
  const [small, large] = [sized.toSorted((a, b) => a.bytes - b.bytes)[0], sized.toSorted((a, b) => b.bytes - a.bytes)[0]];
  if (small === undefined || large === undefined || large.bytes < BIGGER * Math.max(1, small.bytes)) return undefined;
  const [high, low] = [large.failed / large.client.count, small.failed / small.client.count];
  if (high < FAILS_MORE * low || high === 0) return undefined;
  const p = fisherExact({ hits: large.failed, trials: large.client.count }, { hits: small.failed, trials: small.client.count });
  if (p >= CHANCE) return undefined;
  const row = ({ view, client, bytes, failed }: typeof large) =>
    evidence(
      `failed of ${view.endpoint}, whose answers are ${formatBytes(bytes)}`,
      fieldOf(client, "outcome"),
      `${formatCount(failed)} (${formatShare(failed / client.count)})`,
      {
        n: client.count,
      },
    );
  return { endpoint: large.view.endpoint, evidence: [row(large), row(small)] };
}

/** Mean bytes of an answer, from whoever tells; a proxy's count is short where the answer did not get out, so the application's goes first. */
function bytesOf(view: EndpointView): number | undefined {
  for (const hop of ["application", "proxy", "client"] as const) {
    const mean = meanOf(streamOf(view, hop)?.sums.response_bytes);
    if (mean !== undefined && mean > 0) return mean;
  }
  return undefined;
}

/** What the proxy saw of answers that would not go out; undefined where it saw none, or its log does not tell. */
function egressEvidence({ digest }: RuleFacts, load: ScopeDigest, client: Stream): readonly Evidence[] | undefined {
  const proxy = streamOf(digest.scopes[0]?.total, "proxy");
  if (proxy === undefined) return undefined;
  const found: Evidence[] = [];
  const incomplete = proxy.sums.incomplete;
  if (incomplete !== undefined && incomplete.sum >= MOSTLY * timeoutsOf(client))
    found.push(
      evidence("answers that the proxy could not hand over whole", fieldOf(proxy, "request_completion"), formatCount(incomplete.sum), {
        n: incomplete.n,
        how: "rc is empty",
      }),
    );
  const [slowest, upstream] = [slowestOf(proxy), meanOf(proxy.sums.upstream_response)];
  const waited = timeoutMsOf(client);
  const application = streamOf(load.total, "application");
  const behind = application === undefined ? upstream : slowestOf(application);
  const isSlow = slowest !== undefined && waited !== undefined && slowest >= LONG * waited && behind !== undefined && behind < LONG * waited;
  if (isSlow) found.push(evidence("longest request at the proxy", fieldOf(proxy, "request_time"), formatMs(slowest), { n: proxy.count }));
  const total = totalMean(proxy);
  // Of all requests: the joined ones that count are those that went well.
  const egress = total === undefined || upstream === undefined ? undefined : total - upstream;
  if (upstream !== undefined && egress !== undefined && egress > 0 && found.length > 0)
    found.push(
      evidence("mean time the proxy spent on handing over", fieldOf(proxy, "request_time − upstream_response_time"), formatMs(egress), {
        n: proxy.sums.upstream_response?.n,
        how: `upstream took ${formatMs(upstream)} on average`,
      }),
    );
  return found.length === 0 ? undefined : found;
}

function totalMean(proxy: Stream): number | undefined {
  const [ok, failed] = [proxy.latencyOk, proxy.latencyFailed];
  const [a, b] = [histogramMean(ok), histogramMean(failed)];
  const [n, m] = [ok?.count ?? 0, failed?.count ?? 0];
  return n + m === 0 ? undefined : ((a ?? 0) * n + (b ?? 0) * m) / (n + m);
}

/** Bytes sent a second that stay at one level while the load asks for more: the line is full. */
function transmitCeiling(gauges: GaugeLookup, scope: Scope): readonly Evidence[] {
  const bySecond = new Map<number, number>();
  for (const series of gauges.named("system.network.io")) {
    const direction = series.attributes["network.io.direction"] ?? series.attributes["direction"];
    if (direction !== "transmit" || series.attributes["network.interface.name"] === "lo" || series.attributes["device"] === "lo") continue;
    for (const { second, sum } of pointsIn(series, scope)) bySecond.set(second, (bySecond.get(second) ?? 0) + sum);
  }
  const sent = [...bySecond.values()].sort((a, b) => b - a);
  const busiest = sent.slice(0, Math.floor(sent.length / 2));
  const [most, least] = [busiest[0], busiest.at(-1)];
  if (busiest.length < 10 || most === undefined || least === undefined || most === 0 || least < 0.9 * most) return [];
  return [
    evidence("bytes sent by the server's machine in its busiest seconds", "system.network.io", `${formatBytes(least)}/s to ${formatBytes(most)}/s`, {
      n: busiest.length,
      how: "flat: at a ceiling",
    }),
  ];
}

function againstOf(load: ScopeDigest, client: Stream, receiving: unknown): readonly Evidence[] {
  const proxy = streamOf(load.total, "proxy");
  const incomplete = proxy?.sums.incomplete;
  const against: Evidence[] = [];
  if (proxy !== undefined && incomplete !== undefined && incomplete.sum < MOSTLY * timeoutsOf(client))
    against.push(
      evidence("answers that the proxy could not hand over whole", fieldOf(proxy, "request_completion"), formatCount(incomplete.sum), {
        n: incomplete.n,
        how: "answers up to the socket's buffer count as handed over even where nobody read them",
      }),
    );
  if (receiving === undefined)
    against.push(
      evidence("timeouts whose phase is known", fieldOf(client, "phases"), "too few to tell", { n: kindOf(client, "timeout_recv", "timeout_wait") }),
    );
  return against;
}
