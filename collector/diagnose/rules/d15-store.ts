import type { LedgerJoin } from "../../model/ledger.ts";
import { linearFit } from "../../stats/linear-fit.ts";
import { evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatMs, formatShare, formatTimes } from "./format-value.ts";
import { joinMean } from "./join-facts.ts";
import { NOTHING, type Rule, type RuleFacts } from "./rule.ts";
import { loadOf, streamOf } from "./stream-facts.ts";

const MOSTLY = 0.5;
/** Time of the store in the busy seconds over that in the quiet ones. */
const GROWN = 1.5;
const LEAST_SECONDS = 10;
const EXPLAINED = 0.3;

/** The store takes most of a request's time, and the more the higher the load. */
export const store: Rule = {
  id: "D15",
  title: "The store is the bottleneck",
  where: "in the store",
  look(facts) {
    const load = loadOf(facts.digest);
    if (load === undefined) return NOTHING;
    const part = joinMean(load.total, "store");
    const whole = joinMean(load.total, "app");
    if (part === undefined || whole === undefined || part.ms < MOSTLY * whole.ms) return NOTHING;
    const growth = growthOf(facts);
    if (growth === undefined || growth.times < GROWN) return NOTHING;
    return {
      findings: [
        finding({
          rule: "D15",
          hop: "store",
          effect: "slow",
          state: "proven",
          confidence: "high",
          claim: `the store takes ${formatMs(part.ms)} of the ${formatMs(whole.ms)} that a request is in the application (${formatShare(part.ms / whole.ms)}), and ${formatTimes(growth.times)} as long in the busy seconds as in the quiet ones`,
          evidence: [
            evidence("mean time in the store, on the critical path", "store spans", formatMs(part.ms), { n: part.n }),
            evidence("mean time in the application", "server span", formatMs(whole.ms), { n: whole.n }),
            evidence("mean time in the store in the quiet third of the seconds", "store spans", formatMs(growth.quietMs)),
            evidence("mean time in the store in the busy third of the seconds", "store spans", formatMs(growth.busyMs), {
              how: "seconds in order of requests sent",
            }),
          ],
          nextStep: "list the store's slowest operations by span, look at the wait for a pooled connection, and at missing indices",
        }),
      ],
    };
  },
};

/** How the store's time grows with the requests of the same second; undefined for too few seconds, or a load that hardly varies. */
function growthOf({ digest, ledger }: RuleFacts): { readonly times: number; readonly quietMs: number; readonly busyMs: number } | undefined {
  const load = loadOf(digest);
  const stream = streamOf(load?.total, "client") ?? streamOf(load?.total, "proxy") ?? streamOf(load?.total, "application");
  if (load === undefined || stream === undefined) return undefined;
  const told = ledger.joins.filter(({ failed }) => failed !== true);
  const seconds = [...Map.groupBy(told, ({ second }) => second)].flatMap(([second, joins]) => {
    const { n, sum } = addStore(joins);
    const rate = stream.perSecond[second - load.scope.startSecond];
    return n > 0 && rate !== undefined && rate > 0 ? [{ rate, ms: sum / n }] : [];
  });
  seconds.sort((a, b) => a.rate - b.rate);
  const third = Math.floor(seconds.length / 3);
  if (seconds.length < LEAST_SECONDS) return undefined;
  const [quiet, busy] = [seconds.slice(0, third), seconds.slice(-third)];
  const mean = (part: readonly { readonly ms: number }[]) => part.reduce((sum, { ms }) => sum + ms, 0) / part.length;
  const fit = linearFit(
    seconds.map(({ rate }) => rate),
    seconds.map(({ ms }) => ms),
  );
  if (fit === undefined || fit.slope <= 0 || fit.explained < EXPLAINED) return undefined;
  return { times: mean(busy) / mean(quiet), quietMs: mean(quiet), busyMs: mean(busy) };
}

function addStore(joins: readonly LedgerJoin[]): { readonly n: number; readonly sum: number } {
  return joins.reduce((all, { parts }) => ({ n: all.n + (parts.store?.n ?? 0), sum: all.sum + (parts.store?.sum ?? 0) }), { n: 0, sum: 0 });
}
