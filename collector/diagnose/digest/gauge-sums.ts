import type { GaugeSeries, RunLedger } from "../../model/ledger.ts";

/** A stretch of seconds; `endSecond` not in it. */
export interface Seconds {
  readonly startSecond: number;
  readonly endSecond: number;
}

/**
 * What counters of one name added up to within a stretch; undefined where nobody counts it. Series of one witness are added up (instances,
 * scenarios); of several witnesses the largest counts, for they may be the same generator by two ways. So may the instances of a witness that
 * have a name and the one that has none: k6's file is read on a machine, k6's own telemetry names none.
 */
export function counterSum(ledger: RunLedger, name: string, seconds: Seconds, scenarios?: ReadonlySet<string>): number | undefined {
  const series = clientSeries(ledger, name).filter(({ attributes }) => {
    const scenario = attributes["scenario"];
    return scenarios === undefined || scenario === undefined || scenarios.has(scenario);
  });
  return largestByWitness(series, ({ points }) => points.reduce((sum, point) => (isWithin(point.second, seconds) ? sum + point.sum : sum), 0));
}

/** Largest value of a gauge within a stretch, added up over the instances of one witness; undefined where nobody reports it. */
export function gaugeMax(ledger: RunLedger, name: string, seconds: Seconds): number | undefined {
  return largestByWitness(clientSeries(ledger, name), ({ points }) => {
    let most: number | undefined;
    for (const point of points) if (isWithin(point.second, seconds)) most = Math.max(most ?? point.max, point.max);
    return most;
  });
}

/** Sum of the values of a histogram within a stretch; undefined where nobody reports it. */
export function histogramSum(ledger: RunLedger, name: string, seconds: Seconds): number | undefined {
  const series = clientSeries(ledger, name).filter(({ kind }) => kind === "histogram");
  return largestByWitness(series, ({ points }) => points.reduce((sum, point) => (isWithin(point.second, seconds) ? sum + point.sum : sum), 0));
}

/** Of a generator; its prefix `k6_` or `k6.` counts for nothing. */
export function clientSeries(ledger: RunLedger, name: string): readonly GaugeSeries[] {
  return ledger.gauges.filter(
    (series) => (series.hop === "client" || series.hop === undefined) && series.name.replace(/^k6[._]/, "") === name && series.points.length > 0,
  );
}

function largestByWitness(series: readonly GaugeSeries[], measure: (one: GaugeSeries) => number | undefined): number | undefined {
  const sums = new Map<string, number>();
  for (const one of series) {
    const value = measure(one);
    const key = `${one.witness}\n${one.instance === "" ? "unnamed" : "named"}`;
    if (value !== undefined) sums.set(key, (sums.get(key) ?? 0) + value);
  }
  return sums.size === 0 ? undefined : Math.max(...sums.values());
}

function isWithin(second: number, { startSecond, endSecond }: Seconds): boolean {
  return second >= startSecond && second < endSecond;
}
