import { METRICS } from "../../model/catalog.ts";
import type { GaugeSeries } from "../../model/ledger.ts";
import { linearFit } from "../../stats/linear-fit.ts";
import { recommendedWorkers } from "../../stats/littles-law.ts";
import { median } from "../../stats/summary.ts";
import type { Scope, ScopeDigest } from "../digest-types.ts";
import { evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatBytes, formatCount, formatMs, formatPerSecond, formatShare, formatTimes } from "./format-value.ts";
import { largest, pointsIn } from "./gauge-facts.ts";
import { connectionSeries, MEMORY_METRICS } from "./memory-facts.ts";
import { rerunCommand } from "./rerun-command.ts";
import { type GaugeLookup, NOTHING, type Rule } from "./rule.ts";
import { loadOf, quantileOf, streamOf } from "./stream-facts.ts";

/** Peak over what it was before. */
const HIGH = 2;
const LEAST_RISE_BYTES = 100 * 1024 * 1024;
/** Workers over those that rate and latency need. */
const TOO_MANY = 5;
/** Bodies in flight over connections: below this, handlers hold next to nothing. */
const FEW = 0.1;
const EXPLAINED = 0.8;

/** Memory goes with the number of connections and not with the work: buffers of connections, made by a generator that opens too many. */
export const connectionBuffers: Rule = {
  id: "D17",
  title: "Memory of connections, not of requests",
  where: "in buffers of connections",
  look({ digest, gauges, ledger }) {
    const load = loadOf(digest);
    const workers = load?.offered.vusMax;
    const needed = load === undefined ? undefined : neededWorkers(load);
    if (load === undefined || workers === undefined || needed === undefined || workers < TOO_MANY * needed.workers) return NOTHING;
    const bodies = largest(gauges.named(METRICS.responseBodiesInFlight.name), load.scope);
    if (bodies === undefined || bodies > FEW * workers) return NOTHING;
    const rise = highestRise(gauges, load.scope);
    if (rise === undefined) return NOTHING;
    const explained = explainedByConnections(gauges, rise.series, load.scope);
    return {
      findings: [
        finding({
          rule: "D17",
          hop: undefined,
          effect: "risk",
          state: explained !== undefined && explained >= EXPLAINED ? "proven" : "consistent",
          confidence: explained !== undefined && explained >= EXPLAINED ? "high" : "medium",
          claim: `memory rose from ${formatBytes(rise.before)} to ${formatBytes(rise.peak)} while at most ${formatCount(bodies)} response bodies were in flight: ${formatBytes((rise.peak - rise.before) / workers)} for each of ${formatCount(workers)} connections, of which ${formatCount(needed.workers)} would do`,
          evidence: [
            evidence(
              "memory before the load and at its peak",
              rise.series.name,
              `${formatBytes(rise.before)}, ${formatBytes(rise.peak)} (${formatTimes(rise.peak / rise.before)})`,
            ),
            evidence("most response bodies in flight", METRICS.responseBodiesInFlight.name, formatCount(bodies)),
            evidence("virtual users, each with a connection", "vus", formatCount(workers)),
            evidence("virtual users that rate and latency need", "rate × p99 × 1.2", formatCount(needed.workers), {
              how: `${formatPerSecond(needed.rate)} × ${formatMs(needed.p99Ms)}`,
            }),
            ...(explained === undefined
              ? []
              : [evidence("share of the memory's variation that connections explain", rise.series.name, formatShare(explained))]),
          ],
          nextStep: `run again with as many virtual users as are needed, and once against an endpoint with a small answer: the peak must follow the connections, not the endpoint: ${rerunCommand(ledger.run, "few-vus", { PREALLOCATED_VUS: String(needed.workers), MAX_VUS: String(2 * needed.workers) })}`,
        }),
      ],
    };
  },
};

function neededWorkers(load: ScopeDigest): { readonly workers: number; readonly rate: number; readonly p99Ms: number } | undefined {
  const p99Ms = quantileOf(streamOf(load.total, "client")?.latencyOk, 0.99);
  const rate = load.offered.achievedPerSecond;
  return p99Ms === undefined || rate === undefined ? undefined : { workers: recommendedWorkers(rate, p99Ms / 1000), rate, p99Ms };
}

function highestRise(
  gauges: GaugeLookup,
  scope: Scope,
): { readonly series: GaugeSeries; readonly before: number; readonly peak: number } | undefined {
  for (const name of MEMORY_METRICS) {
    const rises = gauges.named(name).flatMap((series) => {
      const before = median(pointsIn(series, { startSecond: -Infinity, endSecond: scope.startSecond }).map(({ last }) => last));
      const peak = largest([series], scope);
      const isHigh = peak !== undefined && before > 0 && peak >= HIGH * before && peak - before >= LEAST_RISE_BYTES;
      return isHigh ? [{ series, before, peak }] : [];
    });
    const highest = rises.sort((a, b) => b.peak - a.peak)[0];
    if (highest !== undefined) return highest;
  }
  return undefined;
}

/** undefined where connections or virtual users were not sampled with the memory, or did not vary. */
function explainedByConnections(gauges: GaugeLookup, series: GaugeSeries, scope: Scope): number | undefined {
  const drivers = [...connectionSeries(gauges), ...gauges.named("vus")];
  let best: number | undefined;
  for (const driver of drivers) {
    const bySecond = new Map(pointsIn(driver, scope).map(({ second, last }) => [second, last]));
    const rows = pointsIn(series, scope).flatMap(({ second, last }) =>
      bySecond.has(second) ? [[bySecond.get(second) as number, last] as const] : [],
    );
    const fit =
      rows.length < 5
        ? undefined
        : linearFit(
            rows.map(([x]) => x),
            rows.map(([, y]) => y),
          );
    if (fit !== undefined && fit.slope > 0) best = Math.max(best ?? 0, fit.explained);
  }
  return best;
}
