import type { GaugeSeries } from "../../model/ledger.ts";
import type { Evidence } from "../diagnosis.ts";
import type { Scope, ScopeDigest, Stream } from "../digest-types.ts";
import { evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatTimes } from "./format-value.ts";
import { increase, pointsIn } from "./gauge-facts.ts";
import { type GaugeLookup, NOTHING, type Rule } from "./rule.ts";
import { loadOf, streamOf } from "./stream-facts.ts";

const RISEN = 2;
/** Bytes a request may differ by this factor and still be the same work. */
const FLAT = 1.25;
const LEAST_SECONDS = 20;
/** Processes that the host receiver may watch besides the server. */
const GENERATORS = /^(k6|wrk2?|ab|hey|oha|vegeta|locust|artillery|autocannon|siege|h2load)$/;

/** A request costs ever more CPU though it moves no more bytes: spinning, contention, or a collector of garbage that cannot keep up. */
export const spin: Rule = {
  id: "D20",
  title: "CPU without work",
  where: "in the application's CPU",
  look({ digest, gauges }) {
    const load = loadOf(digest);
    const stream = streamOf(load?.total, "application") ?? streamOf(load?.total, "proxy") ?? streamOf(load?.total, "client");
    if (load === undefined || stream === undefined) return NOTHING;
    const thirds = thirdsOf(load);
    if (thirds === undefined) return NOTHING;
    const [early, late] = thirds.map((third) => cpuMsPerRequest(gauges, stream, load.scope, third)) as [number | undefined, number | undefined];
    if (early === undefined || late === undefined || late < RISEN * early) return NOTHING;
    const bytes = bytesOver(gauges, stream, load, thirds);
    if (bytes === undefined || bytes.ratio > FLAT) return NOTHING;
    const runnable = runnableOf(gauges, thirds);
    return {
      findings: [
        finding({
          rule: "D20",
          hop: "application",
          effect: "slow",
          state: "consistent",
          confidence: "medium",
          claim: `a request cost ${formatMs(early)} of CPU in the first third of the load and ${formatMs(late)} in the last (${formatTimes(late / early)}), with no more bytes: contention, spinning or garbage collection`,
          evidence: [
            evidence("CPU time of a request, first and last third", "process.cpu.time / requests", `${formatMs(early)}, ${formatMs(late)}`),
            bytes.evidence,
            ...runnable,
          ],
          nextStep: "take a CPU profile in the last third and one in the first, and compare: locks, scheduler and collector stand out",
        }),
      ],
    };
  },
};

type Third = Pick<Scope, "startSecond" | "endSecond">;

function thirdsOf({ scope }: ScopeDigest): readonly [Third, Third] | undefined {
  const { startSecond, endSecond } = scope;
  const length = Math.floor((endSecond - startSecond) / 3);
  return endSecond - startSecond < LEAST_SECONDS
    ? undefined
    : [
        { startSecond, endSecond: startSecond + length },
        { startSecond: endSecond - length, endSecond },
      ];
}

function requestsIn({ perSecond }: Stream, scope: Scope, third: Third): number {
  return perSecond.slice(third.startSecond - scope.startSecond, third.endSecond - scope.startSecond).reduce((sum, count) => sum + count, 0);
}

function cpuMsPerRequest(gauges: GaugeLookup, stream: Stream, scope: Scope, third: Third): number | undefined {
  const seconds = increase(
    gauges
      .named("process.cpu.time")
      .filter(({ hop, attributes }) => (hop === "application" || hop === undefined) && !GENERATORS.test(attributes["pitwall.process"] ?? "")),
    third,
  );
  const requests = requestsIn(stream, scope, third);
  return seconds === undefined || seconds <= 0 || requests === 0 ? undefined : (seconds * 1000) / requests;
}

function bytesOver(
  gauges: GaugeLookup,
  stream: Stream,
  { scope }: ScopeDigest,
  [early, late]: readonly [Third, Third],
): { readonly ratio: number; readonly evidence: Evidence } | undefined {
  const sent = gauges
    .named("system.network.io")
    .filter(({ attributes }) => (attributes["network.io.direction"] ?? attributes["direction"]) === "transmit");
  const each = [early, late].map((third) => (increase(sent, third) ?? Number.NaN) / requestsIn(stream, scope, third)) as [number, number];
  if (!(each[0] > 0) || !(each[1] >= 0)) return undefined;
  return {
    ratio: each[1] / each[0],
    evidence: evidence(
      "bytes sent for a request, first and last third",
      "system.network.io / requests",
      `${formatCount(Math.round(each[0]))}, ${formatCount(Math.round(each[1]))}`,
    ),
  };
}

/** Goroutines, runnable threads: more of them for the same load is a queue for the processor. */
function runnableOf(gauges: GaugeLookup, [early, late]: readonly [Third, Third]): readonly Evidence[] {
  const series: readonly GaugeSeries[] = gauges.matching(
    /^(go\.goroutine\.count|process\.runtime\.go\.goroutines|process\.thread\.count|system\.cpu\.load_average\.1m)$/,
  );
  return series.flatMap((one) => {
    const [before, after] = [early, late].map((third) => pointsIn(one, third).at(-1)?.last) as [number | undefined, number | undefined];
    return before === undefined || after === undefined || after < RISEN * before
      ? []
      : [evidence(`${one.name}, first and last third`, one.name, `${formatCount(before)}, ${formatCount(after)}`)];
  });
}
