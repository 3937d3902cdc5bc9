import type { GaugeSeries } from "../../model/ledger.ts";
import type { Finding } from "../diagnosis.ts";
import type { Scope } from "../digest-types.ts";
import { evidence } from "./evidence.ts";
import { finding } from "./finding.ts";
import { formatCount, formatMs, formatPerSecond, formatShare } from "./format-value.ts";
import { increase, recorded } from "./gauge-facts.ts";
import { type GaugeLookup, NOTHING, type Rule } from "./rule.ts";
import { loadOf } from "./stream-facts.ts";

/** Share of the time in which a rebuild is under way. */
const ALWAYS_BUILDING = 0.5;
const POOR_HITS = 0.8;
/** Fewer questions than this are a cache that warms up. */
const LEAST_ASKED = 100;

/** A cache is asked in vain and rebuilt so often that it is hardly ever there. */
export const rebuildStorm: Rule = {
  id: "D22",
  title: "The cache is rebuilt all the time",
  where: "in the application's cache",
  look({ digest, gauges }) {
    const load = loadOf(digest);
    if (load === undefined) return NOTHING;
    const caches = new Set(gauges.matching(/\.cache\.(hits|misses)$/).map(({ name }) => name.replace(/\.(hits|misses)$/, "")));
    return { findings: [...caches].flatMap((cache) => stormOf(gauges, load.scope, cache)) };
  },
};

function stormOf(gauges: GaugeLookup, scope: Scope, cache: string): readonly Finding[] {
  const [hits = 0, misses, rebuilds] = ["hits", "misses", "rebuilds"].map((what) => increase(gauges.named(`${cache}.${what}`), scope)) as (
    | number
    | undefined
  )[];
  const built = recorded(gauges.named(`${cache}.rebuild.duration`), scope);
  // A counter is not sent before it has counted something: a cache that never answers has no hits.
  if (misses === undefined || hits + misses < LEAST_ASKED) return [];
  const ratio = hits / (hits + misses);
  const count = rebuilds ?? built?.n ?? 0;
  const seconds = scope.endSecond - scope.startSecond;
  const meanMs = built === undefined || built.n === 0 ? undefined : toMs(built.sum / built.n, gauges.named(`${cache}.rebuild.duration`));
  const busy = meanMs === undefined || seconds <= 0 ? undefined : (count / seconds) * (meanMs / 1000);
  if (ratio >= POOR_HITS || count < 2 || (busy !== undefined && busy < ALWAYS_BUILDING)) return [];
  return [
    finding({
      rule: "D22",
      hop: "application",
      effect: "slow",
      state: busy === undefined ? "consistent" : "proven",
      confidence: busy === undefined ? "medium" : "high",
      claim: `${cache} answered ${formatShare(ratio)} of the questions and was rebuilt ${formatCount(count)} times${busy === undefined ? "" : `: ${formatShare(Math.min(1, busy))} of the time a rebuild was under way`}`,
      evidence: [
        evidence("questions that the cache answered", `${cache}.hits, ${cache}.misses`, formatShare(ratio), { n: hits + misses }),
        evidence("rebuilds", `${cache}.rebuilds`, `${formatCount(count)} (${formatPerSecond(count / Math.max(1, seconds))})`),
        ...(meanMs === undefined ? [] : [evidence("mean time of a rebuild", `${cache}.rebuild.duration`, formatMs(meanMs), { n: built?.n })]),
        ...(busy === undefined
          ? []
          : [evidence("rebuilds under way on average", "rebuilds a second × mean time", formatCount(Number(busy.toFixed(2))))]),
      ],
      nextStep:
        "let one request rebuild while the others wait or get the old answer (single flight), spread expiry over time, and keep instances warm before the peak",
    }),
  ];
}

function toMs(value: number, series: readonly GaugeSeries[]): number {
  return series[0]?.unit === "s" ? value * 1000 : value;
}
