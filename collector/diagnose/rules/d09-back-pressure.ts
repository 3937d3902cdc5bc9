import type { Evidence } from "../diagnosis.ts";
import type { ScopeDigest } from "../digest-types.ts";
import { cpuShareOf } from "./cpu-facts.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatOf, formatShare } from "./format-value.ts";
import { permitsOf } from "./gauge-facts.ts";
import { NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { loadOf, quantileOf, statusOf, streamOf } from "./stream-facts.ts";

/** With a p95 of the admitted below this and CPU to spare, the limit is what holds the load back. */
const FAST_MS = 500;
const SPARE_CPU = 0.7;

/** Permits ran out and the application turned the rest away with 429: its back-pressure works. */
export const backPressure: Rule = {
  id: "D9",
  title: "Back-pressure works",
  where: "at the application's limit on concurrent requests",
  look(facts) {
    const load = loadOf(facts.digest);
    if (load === undefined) return NOTHING;
    const teller = streamOf(load.total, "application") ?? streamOf(load.total, "proxy") ?? streamOf(load.total, "client");
    const permits = permitsOf(facts.gauges, load.scope);
    if (teller === undefined || permits === undefined || !permits.areExhausted) return NOTHING;
    const turnedAway = statusOf(teller, 429);
    if (turnedAway === 0) return NOTHING;
    const admitted = admittedOf(facts, load);
    return {
      findings: [
        finding({
          rule: "D9",
          hop: "application",
          effect: "failure",
          state: "proven",
          confidence: "high",
          claim: `the application turned ${formatOf(turnedAway, "request")} (${formatShare(turnedAway / teller.count)}) away with 429 when its ${formatCount(permits.limit)} permits had run out: back-pressure works, these are no faults of the handlers`,
          requests: turnedAway,
          evidence: [
            evidence("requests answered with 429", fieldOf(teller, "status"), formatCount(turnedAway), { n: teller.count }),
            evidence("fewest request permits left", permits.field, `${formatCount(permits.least)} of ${formatCount(permits.limit)}`, {
              n: permits.points,
            }),
            ...admitted.evidence,
          ],
          nextStep: admitted.hasRoom
            ? "the admitted requests were fast and there was CPU left: raise GENARRATIVE_API_MAX_CONCURRENT_REQUESTS in steps and watch p95 and memory"
            : "see from p95 of the admitted, memory and CPU whether the limit is too low; without room, add capacity or send less",
        }),
      ],
    };
  },
};

function admittedOf(facts: RuleFacts, load: ScopeDigest): { readonly evidence: readonly Evidence[]; readonly hasRoom: boolean } {
  const stream = streamOf(load.total, "application") ?? streamOf(load.total, "client");
  const p95 = quantileOf(stream?.latencyOk, 0.95);
  const cpu = cpuShareOf(facts, load.scope);
  const rows: Evidence[] = [];
  if (stream !== undefined && p95 !== undefined)
    rows.push(evidence("p95 of the admitted", fieldOf(stream, "latency"), formatMs(p95), { n: stream.latencyOk?.count }));
  if (cpu !== undefined) rows.push(evidence(cpu.what, cpu.field, formatShare(cpu.high), { n: cpu.points, how: "95th percentile of the seconds" }));
  return { evidence: rows, hasRoom: p95 !== undefined && p95 < FAST_MS && cpu !== undefined && cpu.high < SPARE_CPU };
}
