import type { Scope, Stream } from "../digest-types.ts";
import { evidence, fieldOf } from "./evidence.ts";
import { type Fault, faultsOf } from "./faults.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatShare } from "./format-value.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { loadOf, streamOf } from "./stream-facts.ts";

/** Share lost over the share of the time that the fault covered. */
const MUCH_MORE = 1.5;
const LEAST_TAIL_SECONDS = 3;
/** Of what was answered before: from here on it has recovered. */
const RECOVERED = 0.9;

/** A dependency was gone for a while, and what was lost is far more than that while: recovery takes long. */
export const slowRecovery: Rule = {
  id: "D24",
  title: "Slow to recover",
  where: "during and after a fault, from which the system recovers slowly",
  look({ digest, ledger }) {
    const load = loadOf(digest);
    const client = streamOf(load?.total, "client");
    if (load === undefined || client === undefined) return NOTHING;
    return {
      findings: faultsOf(ledger).flatMap((fault) => {
        const lost = lossOf(client, load.scope, fault);
        if (lost === undefined || lost.share < MUCH_MORE * lost.faultShare || lost.tailSeconds < LEAST_TAIL_SECONDS) return [];
        return [
          finding({
            rule: "D24",
            hop: undefined,
            effect: "failure",
            state: "proven",
            confidence: "high",
            claim: `"${fault.text}" lasted ${formatMs(lost.faultSeconds * 1000)} (${formatShare(lost.faultShare)} of the load) and cost ${formatShare(lost.share)} of the answers: recovery took ${formatMs(lost.tailSeconds * 1000)} more`,
            requests: lost.failed,
            evidence: [
              evidence("answers a second before the fault", fieldOf(client, "ok"), formatCount(lost.before)),
              evidence("answers that are missing from then on", fieldOf(client, "ok"), formatCount(Math.round(lost.missing)), {
                how: "by the rate before",
              }),
              evidence("length of the fault", "marks", formatMs(lost.faultSeconds * 1000)),
              evidence("from its end until as many were answered as before", fieldOf(client, "ok"), formatMs(lost.tailSeconds * 1000), {
                how: `three seconds in a row at ${formatShare(RECOVERED)}`,
              }),
            ],
            nextStep: "shorten timeouts towards the dependency, break the circuit while it is away, and empty the connection pool when it comes back",
          }),
        ];
      }),
    };
  },
};

function lossOf({ perSecond, failedPerSecond }: Stream, scope: Scope, { startSecond, endSecond }: Fault) {
  if (endSecond === undefined) return undefined;
  const ok = perSecond.map((count, index) => count - (failedPerSecond[index] ?? 0));
  const [from, to] = [startSecond - scope.startSecond, endSecond - scope.startSecond];
  if (from < 3 || to <= from || to >= ok.length) return undefined;
  const sorted = ok.slice(0, from).sort();
  const before = sorted[sorted.length >> 1] as number;
  if (before <= 0) return undefined;
  let recovered = to;
  while (recovered < ok.length && !ok.slice(recovered, recovered + 3).every((count) => count >= RECOVERED * before)) recovered++;
  const missing = ok.slice(from, recovered).reduce((sum, count) => sum + Math.max(0, before - count), 0);
  return {
    before,
    missing,
    share: missing / (before * ok.length),
    faultShare: (to - from) / ok.length,
    faultSeconds: to - from,
    tailSeconds: recovered - to,
    failed: failedPerSecond.slice(from, recovered).reduce((sum, count) => sum + count, 0),
  };
}
