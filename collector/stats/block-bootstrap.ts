import type { BlockSeries } from "./block-series.ts";
import { twoSidedNormal } from "./distributions.ts";
import type { Estimate } from "./interval.ts";
import { checkedConfidence, DEFAULT_CONFIDENCE } from "./interval.ts";
import type { Random } from "./seeded-random.ts";
import { mean } from "./summary.ts";

/** ln(second / first) of one quantile; times 100 it is about the change in per cent. */
export interface LogRatio extends Estimate {
  readonly q: number;
  /** The quantile in each run. */
  readonly first: number;
  readonly second: number;
  /** Two-sided, of no change, from the spread of the draws taken as normal: the share of draws beyond 0 is too coarse for `holm`. */
  readonly p: number;
}

export interface BootstrapOptions {
  /** Blocks that stay together, so that what lasts some seconds is not torn apart. */
  readonly blockLength?: number;
  readonly draws?: number;
  readonly confidence?: number;
}

/** s, as blocks are seconds: pauses of collectors, stalls of disks. */
const BLOCK_LENGTH = 3;
const DRAWS = 1000;

/**
 * How quantiles changed from one run to another, when there is one run of each. The interval holds what chance within the runs does, **not** what
 * differs from run to run: identical runs come out different one time in three. Say so beside it, and let `judgeChange` apply an effect floor.
 *
 * NaN throughout where a run has no values. Source: H. R. Künsch, "The jackknife and the bootstrap for general stationary observations" (1989):
 * moving blocks, here wrapped around the end (D. Politis and J. Romano, 1992); percentile intervals.
 */
export function bootstrapLogRatios(
  first: BlockSeries,
  second: BlockSeries,
  qs: readonly number[],
  random: Random,
  options: BootstrapOptions = {},
): readonly LogRatio[] {
  const { blockLength = BLOCK_LENGTH, draws = DRAWS, confidence = DEFAULT_CONFIDENCE } = options;
  const tail = (1 - checkedConfidence(confidence)) / 2;
  const order = qs.map((_, index) => index).sort((a, b) => (qs[a] as number) - (qs[b] as number));
  const rising = order.map((index) => qs[index] as number);
  const whole = [first, second].map((series) => series.quantiles(new Uint8Array(series.blocks).fill(1), rising));
  const drawn = rising.map(() => new Float64Array(draws));
  for (let draw = 0; draw < draws; draw++) {
    const [a, b] = [first, second].map((series) => series.quantiles(drawnBlocks(series.blocks, blockLength, random), rising)) as [
      readonly number[],
      readonly number[],
    ];
    drawn.forEach((ratios, at) => {
      ratios[draw] = Math.log((b[at] as number) / (a[at] as number));
    });
  }
  const results = rising.map((q, at): LogRatio => {
    const ratios = (drawn[at] as Float64Array).filter((ratio) => !Number.isNaN(ratio)).sort();
    const [from, to] = [whole[0]?.[at] ?? Number.NaN, whole[1]?.[at] ?? Number.NaN];
    return {
      q,
      first: from,
      second: to,
      value: Math.log(to / from),
      lower: ratios[Math.floor(tail * (ratios.length - 1))] ?? Number.NaN,
      upper: ratios[Math.ceil((1 - tail) * (ratios.length - 1))] ?? Number.NaN,
      p: ratios.length < 2 ? Number.NaN : twoSidedNormal(Math.log(to / from) / deviation(ratios)),
    };
  });
  return qs.map((_, index) => results[order.indexOf(index)] as LogRatio);
}

/** At least a rounding's worth, for runs whose draws are all alike. */
function deviation(values: Float64Array): number {
  const centre = mean(values);
  return Math.max(1e-12, Math.sqrt(mean(values.map((value) => (value - centre) ** 2))));
}

/** How often each block occurs in as many as there are, drawn in stretches of neighbours. */
function drawnBlocks(blocks: number, length: number, random: Random): Uint32Array {
  const weights = new Uint32Array(blocks);
  for (let left = blocks; left > 0; ) {
    const start = random.int(blocks);
    const stretch = Math.min(length, left);
    for (let offset = 0; offset < stretch; offset++) {
      const block = (start + offset) % blocks;
      weights[block] = (weights[block] as number) + 1;
    }
    left -= stretch;
  }
  return weights;
}
