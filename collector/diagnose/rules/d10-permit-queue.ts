import { evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatShare } from "./format-value.ts";
import { permitsOf } from "./gauge-facts.ts";
import { joinMean } from "./join-facts.ts";
import { NOTHING, type Rule } from "./rule.ts";
import { loadOf, statusOf, streamOf } from "./stream-facts.ts";

const DOMINATES = 0.5;

/** Permits ran out, nobody was turned away, and requests spent their time waiting for one. */
export const permitQueue: Rule = {
  id: "D10",
  title: "Requests queue for permits",
  where: "in the application's queue for permits",
  look({ digest, gauges }) {
    const load = loadOf(digest);
    if (load === undefined) return NOTHING;
    const permits = permitsOf(gauges, load.scope);
    const wait = joinMean(load.total, "permit_wait");
    const whole = joinMean(load.total, "app");
    if (permits === undefined || !permits.areExhausted || wait === undefined || whole === undefined) return NOTHING;
    if (wait.ms < DOMINATES * whole.ms) return NOTHING;
    const teller = streamOf(load.total, "application") ?? streamOf(load.total, "client");
    if (teller !== undefined && statusOf(teller, 429) > 0) return NOTHING;
    return {
      findings: [
        finding({
          rule: "D10",
          hop: "application",
          effect: "slow",
          state: "proven",
          confidence: "high",
          claim: `requests waited ${formatMs(wait.ms)} of the ${formatMs(whole.ms)} they were in the application (${formatShare(wait.ms / whole.ms)}) for one of ${formatCount(permits.limit)} permits`,
          evidence: [
            evidence("fewest request permits left", permits.field, formatCount(permits.least), { n: permits.points }),
            evidence("mean wait for a permit", "permit_wait", formatMs(wait.ms), { n: wait.n }),
            evidence("mean time in the application", "server span", formatMs(whole.ms), { n: whole.n }),
          ],
          nextStep: "shorten what handlers do while they hold a permit, or raise the limit where CPU and memory allow it",
        }),
      ],
    };
  },
};
