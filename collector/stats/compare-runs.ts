import type { BootstrapOptions, LogRatio } from "./block-bootstrap.ts";
import { bootstrapLogRatios } from "./block-bootstrap.ts";
import type { BlockSeries } from "./block-series.ts";
import { holm } from "./holm.ts";
import type { Estimate } from "./interval.ts";
import type { ChangeVerdict, EffectFloor } from "./judge-change.ts";
import { judgeChange, judgeShare, LATENCY_FLOOR, SHARE_FLOOR } from "./judge-change.ts";
import { newcombeDifference } from "./newcombe-difference.ts";
import { samplesNeeded } from "./quantile-interval.ts";
import type { Random } from "./seeded-random.ts";
import type { Proportion } from "./wilson-interval.ts";
import { withOverdispersion } from "./wilson-interval.ts";

/** One endpoint of one run, second by second. */
export interface RunSide {
  /** Latencies of the successes. */
  readonly latencies: BlockSeries;
  /** Failures among requests. */
  readonly failures: readonly Proportion[];
}

export interface EndpointPair {
  readonly endpoint: string;
  readonly first: RunSide;
  readonly second: RunSide;
}

export interface QuantileChange extends LogRatio {
  /** Of all quantiles of all endpoints together (`holm`). NaN where a run has too few values for this quantile. */
  readonly adjustedP: number;
  readonly verdict: ChangeVerdict;
}

export interface EndpointChange {
  readonly endpoint: string;
  /** Share of failures, second − first, with an interval made wider for the number of endpoints. */
  readonly failures: Estimate & { readonly first: number; readonly second: number; readonly verdict: ChangeVerdict };
  readonly quantiles: readonly QuantileChange[];
}

export interface CompareOptions extends BootstrapOptions {
  readonly qs?: readonly number[];
  readonly latencyFloor?: EffectFloor;
  readonly failureFloor?: number;
}

const QS = [0.5, 0.95, 0.99];
/** Chance of even one false alarm among quantiles, and among failures: these come in a handful of bursts, too few to judge their scatter by. */
const LEVEL = 0.05;
const FAILURE_LEVEL = 0.01;

/**
 * One run against one run, endpoint by endpoint. Latencies are those of successes, so read failures first: a run that fails more may look faster.
 * The interval holds only what chance within the runs does. Whether the runs may be compared at all (load, data, versions) is for the caller.
 */
export function compareRuns(pairs: readonly EndpointPair[], random: Random, options: CompareOptions = {}): readonly EndpointChange[] {
  const { qs = QS, latencyFloor = LATENCY_FLOOR, failureFloor = SHARE_FLOOR } = options;
  const ratios = pairs.map(({ first, second }) => {
    const enough = Math.min(first.latencies.count, second.latencies.count);
    return bootstrapLogRatios(first.latencies, second.latencies, qs, random, options).map((ratio) =>
      enough < samplesNeeded(ratio.q) ? { ...ratio, p: Number.NaN } : ratio,
    );
  });
  const adjusted = holm(ratios.flat().map(({ p }) => p));
  return pairs.map(({ endpoint, first, second }, at) => ({
    endpoint,
    failures: failureChange(first, second, 1 - FAILURE_LEVEL / pairs.length, failureFloor),
    quantiles: (ratios[at] as readonly LogRatio[]).map((ratio, place) => {
      const adjustedP = adjusted[at * qs.length + place] as number;
      return {
        ...ratio,
        adjustedP,
        verdict: Number.isNaN(adjustedP) ? "undecided" : judgeChange(ratio, "one_run_each", adjustedP, latencyFloor, LEVEL),
      };
    }),
  }));
}

function failureChange(first: RunSide, second: RunSide, confidence: number, floor: number): EndpointChange["failures"] {
  const [a, b] = [withOverdispersion(first.failures), withOverdispersion(second.failures)];
  // A run with no failure cannot show that they come in bursts; the other can.
  const factor = Math.max(a.factor, b.factor);
  const worth = ({ hits, trials, factor: own }: typeof a) => ({ hits: (hits * own) / factor, trials: (trials * own) / factor });
  const difference = newcombeDifference(worth(a), worth(b), confidence);
  return { ...difference, first: a.hits / a.trials, second: b.hits / b.trials, verdict: judgeShare(difference, floor) };
}
