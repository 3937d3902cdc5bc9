import type { LedgerCell } from "../../model/ledger.ts";
import { ExponentialHistogram } from "../../stats/exponential-histogram.ts";
import { orderOfHistogram } from "../../stats/histogram-order.ts";
import { latencyMixture, type Mixture } from "../../stats/latency-mixture.ts";
import type { Finding } from "../diagnosis.ts";
import type { EndpointView, ScopeDigest, Stream } from "../digest-types.ts";
import { cellsOf, latencyOfCells } from "./cell-facts.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatOf, formatShare, formatTimes } from "./format-value.ts";
import { NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { loadOf, quantileOf, streamOf } from "./stream-facts.ts";

/** p95 over p50: less is how latencies are spread anyway. */
const BAD_TAIL = 4;
const LEAST_MS = 20;
const LEAST_REQUESTS = 100;
/** Medians of the groups of a label that tells the two modes apart. */
const APART = 3;
const MOST_SECONDS = 8;

/** Most requests are fast and some are slow, as two kinds: one receiver, instance, scenario or cache state is slow, not the system. */
export const cohort: Rule = {
  id: "D18",
  title: "Two kinds of requests in one figure",
  where: "in one part of the requests",
  look(facts) {
    const load = loadOf(facts.digest);
    return load === undefined ? NOTHING : { findings: load.endpoints.flatMap((view) => cohortOf(facts, load, view)) };
  },
};

function cohortOf({ ledger }: RuleFacts, load: ScopeDigest, view: EndpointView): readonly Finding[] {
  const stream = streamOf(view, "client") ?? streamOf(view, "proxy") ?? streamOf(view, "application");
  const [p50, p95] = [quantileOf(stream?.latencyOk, 0.5), quantileOf(stream?.latencyOk, 0.95)];
  if (stream?.latencyOk === undefined || stream.latencyOk.count < LEAST_REQUESTS || p50 === undefined || p95 === undefined) return [];
  if (p95 < LEAST_MS || p95 < BAD_TAIL * p50) return [];
  const mixture = latencyMixture(stream.latencyOk);
  if (mixture === undefined || !mixture.isBimodal) return [];
  const label = labelOf(ledger.cells.length === 0 ? [] : cellsOf(ledger, load.scope, stream, view.endpoint)) ?? instanceLabel(ledger, load, view);
  const bursts = label === undefined ? burstsOf(cellsOf(ledger, load.scope, stream, view.endpoint), load, mixture) : undefined;
  return [bursts === undefined ? findingOf(view, stream, mixture, label, p50, p95) : burstFinding(view, stream, bursts, p50, p95)];
}

/** Seconds that hold the slow requests, and nothing else. */
interface Bursts {
  readonly seconds: readonly number[];
  readonly slow: number;
  readonly ofSlow: number;
  readonly longestMs: number;
  readonly otherMs: number;
}

/** Of the slow requests, that must have ended in seconds of their own. */
const NEARLY_ALL = 0.8;
const FEW = 0.5;

/** Whether slow and fast differ by when they ended: then something stood still for a while, and there are no two kinds. */
function burstsOf(cells: readonly LedgerCell[], load: ScopeDigest, { parts }: Mixture): Bursts | undefined {
  const limitMs = Math.sqrt(parts[0].median * parts[1].median);
  const seconds = [...Map.groupBy(cells, ({ second }) => second)].flatMap(([second, group]) => {
    const latency = latencyOfCells(group);
    if (latency === undefined) return [];
    const slow = countAbove(latency, limitMs);
    return [{ second: second - load.scope.startSecond, latency, slow, isSlow: slow >= FEW * latency.count }];
  });
  const [slowOnes, others] = [seconds.filter(({ isSlow }) => isSlow), seconds.filter(({ isSlow }) => !isSlow)];
  const all = seconds.reduce((sum, { slow }) => sum + slow, 0);
  const slow = slowOnes.reduce((sum, one) => sum + one.slow, 0);
  if (all === 0 || others.length < 2 || slow < NEARLY_ALL * all) return undefined;
  const quiet = new ExponentialHistogram();
  for (const { latency } of others) quiet.merge(latency);
  return {
    seconds: slowOnes.map(({ second }) => second),
    slow,
    ofSlow: all,
    longestMs: Math.max(...slowOnes.map(({ latency }) => latency.max ?? quantileOf(latency, 1) ?? 0)),
    otherMs: quantileOf(quiet, 0.5) ?? 0,
  };
}

function countAbove(latency: ExponentialHistogram, limitMs: number): number {
  let [low, high] = [0, latency.count];
  const order = orderOfHistogram(latency);
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order.at(middle + 1).value > limitMs) high = middle;
    else low = middle + 1;
  }
  return latency.count - low;
}

function burstFinding(view: EndpointView, stream: Stream, { seconds, slow, ofSlow, longestMs, otherMs }: Bursts, p50: number, p95: number): Finding {
  const list = `${seconds.slice(0, MOST_SECONDS).join(", ")}${seconds.length > MOST_SECONDS ? " …" : ""}`;
  return finding({
    rule: "D18",
    hop: undefined,
    effect: "slow",
    state: "consistent",
    confidence: "medium",
    claim: `${view.endpoint} is slow in bursts: ${formatOf(slow, "slow request")} ended in ${formatOf(seconds.length, "second")} of the load (${list}), after up to ${formatMs(longestMs)}, and in the others half of them took less than ${formatMs(otherMs)}`,
    endpoint: view.endpoint,
    evidence: [
      evidence("p50 and p95 of all of them", fieldOf(stream, "latency"), `${formatMs(p50)}, ${formatMs(p95)}`, { n: stream.latencyOk?.count }),
      evidence("slow requests that ended in these seconds", fieldOf(stream, "latency"), `${formatCount(slow)} of ${formatCount(ofSlow)}`, {
        how: "seconds of which at least half of the requests were slow",
      }),
      evidence("longest request of these seconds", fieldOf(stream, "latency"), formatMs(longestMs)),
      evidence("median of the other seconds", fieldOf(stream, "latency"), formatMs(otherMs)),
    ],
    nextStep:
      "see what stood still in these seconds: pauses of the process (garbage collection, CPU taken away, a stop), a lock, the store, a restart; mark what is known of them with `pitwall mark`",
  });
}

interface Label {
  readonly key: string;
  readonly slow: string;
  readonly slowMs: number;
  readonly fastMs: number;
  readonly slowCount: number;
}

/** The instances are the application's to tell, whatever hop the latencies are of. */
function instanceLabel(ledger: RuleFacts["ledger"], load: ScopeDigest, view: EndpointView): Label | undefined {
  const application = streamOf(view, "application");
  return application === undefined ? undefined : labelOf(cellsOf(ledger, load.scope, application, view.endpoint));
}

function labelOf(cells: readonly LedgerCell[]): Label | undefined {
  const ok = cells.filter(({ outcome }) => outcome === "ok");
  for (const [key, labelled] of [
    ["instance", ({ instance }: LedgerCell) => instance],
    ["scenario", ({ scenario }: LedgerCell) => scenario],
  ] as const) {
    const groups = [...Map.groupBy(ok, labelled)].flatMap(([value, group]) => {
      const latency = latencyOfCells(group);
      const ms = quantileOf(latency, 0.5);
      return value === "" || latency === undefined || ms === undefined ? [] : [{ value, ms, count: latency.count }];
    });
    groups.sort((a, b) => b.ms - a.ms);
    const [slow, next] = groups;
    if (slow !== undefined && next !== undefined && slow.ms >= APART * next.ms)
      return { key, slow: slow.value, slowMs: slow.ms, fastMs: (groups.at(-1) as { ms: number }).ms, slowCount: slow.count };
  }
  return undefined;
}

function findingOf(view: EndpointView, stream: Stream, { parts, separation }: Mixture, label: Label | undefined, p50: number, p95: number): Finding {
  const [fast, slow] = parts;
  return finding({
    rule: "D18",
    hop: label?.key === "instance" ? "application" : undefined,
    effect: "slow",
    state: label === undefined ? "consistent" : "proven",
    confidence: label === undefined ? "low" : "medium",
    claim: `${view.endpoint} is of two kinds: ${formatShare(fast.share)} of its requests take about ${formatMs(fast.median)} and ${formatShare(slow.share)} about ${formatMs(slow.median)}${label === undefined ? "; no label tells which" : `; ${label.key} ${label.slow} is the slow one`}`,
    endpoint: view.endpoint,
    evidence: [
      evidence("p50 and p95 of all of them", fieldOf(stream, "latency"), `${formatMs(p50)}, ${formatMs(p95)}`, { n: stream.latencyOk?.count }),
      evidence("medians of the two kinds", fieldOf(stream, "latency"), `${formatMs(fast.median)}, ${formatMs(slow.median)}`, {
        how: `two log-normal humps, ${formatTimes(separation)} their width apart`,
      }),
      ...(label === undefined
        ? []
        : [
            evidence(
              `median of ${label.key} ${label.slow}, and of the fastest`,
              fieldOf(stream, label.key),
              `${formatMs(label.slowMs)}, ${formatMs(label.fastMs)}`,
              { n: label.slowCount },
            ),
          ]),
    ],
    nextStep:
      label === undefined
        ? "give requests a label (cohort, instance, cache state) and run again; until then no quantile of all of them describes any"
        : `report each ${label.key} by itself, set thresholds for each, and find what is different in ${label.slow}`,
  });
}
