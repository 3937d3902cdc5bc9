import { increase, permitsOf, pointsIn } from "../../../diagnose/rules/gauge-facts.ts";
import { connectionSeries } from "../../../diagnose/rules/memory-facts.ts";
import { type GaugeLookup, gaugeLookup } from "../../../diagnose/rules/rule.ts";
import { mean } from "../../../stats/summary.ts";
import type { ComparedRun } from "../compared-run.ts";
import { loadSecondsOf } from "./load-figures.ts";
import { requestsOf } from "./requests-of.ts";
import { figure, type RunFigure } from "./run-figure.ts";

/** Fewer questions than this are a cache that warms up. */
const LEAST_ASKED = 100;
/** Counters of what a server sends unasked: `messages.out`, `messaging.client.sent.messages`, `ws.messages.sent` … */
const MESSAGES_OUT =
  /(messages?|msgs?|signals?)[._](.*[._])?(sent|out|published|pushed|delivered)(?![a-z])|(sent|published|pushed|delivered)[._](messages?|msgs?|signals?)(?![a-z])/i;
/** Connections of a whole machine, or to a database, are no receivers. */
const NO_RECEIVERS = /^(system|pitwall|db)\./;

/** What servers tell of themselves: shares that caches answer, permits, messages out. */
export function serverFigures(run: ComparedRun): readonly RunFigure[] {
  const gauges = gaugeLookup(run.ledger.gauges);
  return [...cacheFigures(run, gauges), ...figure("permits_least", "", permitsOf(gauges, run.load.scope)?.least), ...messageFigures(run, gauges)];
}

function cacheFigures({ load: { scope } }: ComparedRun, gauges: GaugeLookup): readonly RunFigure[] {
  const caches = new Set(gauges.matching(/\.cache\.(hits|misses)$/).map(({ name }) => name.replace(/\.(hits|misses)$/, "")));
  return [...caches].flatMap((cache) => {
    // A counter is not sent before it has counted something.
    const [hits, misses] = ["hits", "misses"].map((what) => increase(gauges.named(`${cache}.${what}`), scope) ?? 0) as [number, number];
    return hits + misses < LEAST_ASKED ? [] : figure("cache_hits", cache, hits / (hits + misses));
  });
}

function messageFigures(run: ComparedRun, gauges: GaugeLookup): readonly RunFigure[] {
  const { scope, total } = run.load;
  const counters = gauges.matching(MESSAGES_OUT).filter(({ kind, hop }) => kind === "counter" && hop !== "client");
  const [requests, seconds, receivers] = [requestsOf(total)?.count, loadSecondsOf(run), receiversOf(run, gauges)];
  return [...Map.groupBy(counters, ({ name }) => name)].flatMap(([name, series]) => {
    const messages = increase(series, scope);
    if (messages === undefined) return [];
    return [
      ...figure("messages_per_request", name, requests === undefined ? undefined : messages / requests),
      ...figure("messages_per_receiver", name, receivers === undefined || seconds <= 0 ? undefined : messages / seconds / receivers),
    ];
  });
}

/** Connections open on average; of several ways to count them the one that sees the most. */
function receiversOf({ load: { scope } }: ComparedRun, gauges: GaugeLookup): number | undefined {
  const counted = connectionSeries(gauges).filter(({ name, hop }) => hop !== "client" && hop !== "store" && !NO_RECEIVERS.test(name));
  const byTeller = Map.groupBy(counted, ({ name, witness }) => `${name}\n${witness}`);
  const means = [...byTeller.values()].map((series) =>
    series.reduce((sum, one) => {
      const points = pointsIn(one, scope).map(({ last }) => last);
      return points.length === 0 ? sum : sum + mean(points);
    }, 0),
  );
  const most = Math.max(0, ...means);
  return most > 0 ? most : undefined;
}
