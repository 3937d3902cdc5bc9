import type { RunLedger } from "../../model/ledger.ts";
import type { LatencyView } from "../../model/load-record.ts";
import { orderOfHistogram } from "../../stats/histogram-order.ts";
import { type OrderStatistics, rankOf } from "../../stats/order-statistics.ts";
import { quantileRanks, samplesNeeded } from "../../stats/quantile-interval.ts";
import { formatCount, formatMs, formatOf, formatShare } from "../rules/format-value.ts";
import { failedOf, histogramMean } from "../rules/stream-facts.ts";
import { holds, type Judged, judged, undecided } from "./judged.ts";
import type { LatencyStat, ParsedGate } from "./parsed-gate.ts";
import type { Selection } from "./select-requests.ts";

/**
 * Latency is of requests with success. Those that failed are not left out but taken to last longer than all others, so a quantile that falls among
 * them is "more than the client waited" and no upper limit holds: connection errors must not make a run look fast.
 */
export function judgeLatency(ledger: RunLedger, gate: ParsedGate, stat: LatencyStat, selection: Selection): Judged {
  const { latencyOk, count } = selection;
  const failed = failedOf(selection);
  const beside =
    failed === 0
      ? `of ${formatOf(count, "request")}, none failed`
      : `${formatCount(failed)} of ${formatOf(count, "request")} failed (${formatShare(failed / count)})`;
  if (latencyOk === undefined) {
    if (failed > 0 && failed === count) return beyond(gate, selection, `${beside}: there is no latency of success`);
    const told = selection.stream.hop === "client" ? latencyFromAggregates(ledger, gate, stat, selection.stream.witnesses) : undefined;
    if (told !== undefined) return { ...told, note: `${told.note}; ${beside}` };
    return undecided(`the ${selection.stream.hop} told no durations; ${beside}`);
  }
  if (stat.kind === "quantile") return judgeQuantile(gate, stat.q, orderOfHistogram(latencyOk), failed, selection, withOmission(beside, selection));
  if (stat.kind === "avg") {
    const mean = histogramMean(latencyOk);
    return mean === undefined
      ? undecided("the mean was not told")
      : judged(gate, mean, `mean of those with success; ${withOmission(beside, selection)}`);
  }
  if (stat.kind === "max" && failed > 0) return beyond(gate, selection, `${beside}, and what failed is taken to have lasted longest`);
  const order = orderOfHistogram(latencyOk);
  return judged(gate, order.at(stat.kind === "min" ? 1 : order.count).value, withOmission(beside, selection));
}

function judgeQuantile(gate: ParsedGate, q: number, ok: OrderStatistics, failed: number, selection: Selection, beside: string): Judged {
  const lost = failed * shareWithDuration(selection);
  const count = ok.count + Math.round(lost);
  const needed = samplesNeeded(q);
  if (count < needed)
    return undecided(
      `${formatOf(count, "request")} are too few for this quantile: it takes ${formatCount(needed)}`,
      `${formatMs(ok.at(rankOf(q, ok.count)).value)} of ${formatCount(count)}`,
    );
  const rank = rankOf(q, count);
  if (rank > ok.count) return beyond(gate, selection, `${beside}: this quantile falls among those that failed`);
  const ranks = quantileRanks(count, q);
  const lower = ranks.lower === undefined ? undefined : ok.at(Math.min(ok.count, ranks.lower)).lower;
  const upper = ranks.upper === undefined || ranks.upper > ok.count ? undefined : ok.at(ranks.upper).upper;
  const interval =
    lower === undefined
      ? ""
      : `; with 95 % confidence ${upper === undefined ? `above ${formatMs(lower)}` : `from ${formatMs(lower)} to ${formatMs(upper)}`}`;
  return judged(gate, ok.at(rank).value, `${beside}${interval}`);
}

/** Where only some successes have a duration, only as many failures weigh against them. */
function shareWithDuration({ latencyOk, outcomes }: Selection): number {
  const ok = outcomes.get("ok") ?? 0;
  return latencyOk === undefined || ok === 0 ? 1 : Math.min(1, latencyOk.count / ok);
}

/** Longer than anybody waited. */
function beyond(gate: ParsedGate, { longestWaitMs }: Selection, note: string): Judged {
  const comparison = gate.limit?.comparison ?? "<";
  const isMore = comparison === ">" || comparison === ">=" || comparison === "!=";
  const isCertain = isMore ? longestWaitMs >= (gate.limit?.value ?? Infinity) : true;
  const state = isMore ? (isCertain && holds(Infinity, comparison, gate.limit?.value ?? 0) ? "passed" : "undecided") : "failed";
  return { state, actual: longestWaitMs > 0 ? `more than ${formatMs(longestWaitMs)}` : "no answer", note };
}

function withOmission(beside: string, { stream }: Selection): string {
  if (stream.hop !== "client") return beside;
  if (stream.omission === "omits") return `${beside}; requests that were due and not sent are not in it`;
  if (stream.omission === "closed") return `${beside}; from a closed loop, which leaves slow moments out`;
  return beside;
}

/**
 * The generator's own sum of everything, or of a cohort by its tag, where it gave no single requests: of answered requests only, mostly.
 * undefined where it did not tell this figure.
 */
export function latencyFromAggregates(
  { aggregates }: RunLedger,
  gate: ParsedGate,
  stat: LatencyStat,
  witnesses?: readonly string[],
): Judged | undefined {
  const cohort = gate.labels.get("cohort");
  for (const { witness, item } of aggregates) {
    if (witnesses?.includes(witness) === false || item.scope === "period") continue;
    const tag = item.tags.get("cohort");
    if (cohort === undefined ? !item.isTotal : tag?.kind !== "string" || tag.value !== cohort) continue;
    const view = item.latencies.find(({ of }) => of === "duration");
    const ms = view === undefined ? undefined : figureOf(view, stat);
    if (view !== undefined && ms !== undefined)
      return judged(gate, ms, `as ${witness} summed it up${view.survivorsOnly === false ? "" : ", of answered requests"}`);
  }
  return undefined;
}

function figureOf(view: LatencyView, stat: LatencyStat): number | undefined {
  switch (stat.kind) {
    case "quantile":
      return view.quantiles.find(({ q }) => Math.abs(q - stat.q) < 1e-9)?.ms;
    case "avg":
      return view.meanMs;
    case "min":
      return view.minMs;
    case "max":
      return view.maxMs;
  }
}
