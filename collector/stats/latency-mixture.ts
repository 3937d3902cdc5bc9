import type { HistogramView } from "./exponential-histogram.ts";
import { lowerEdge } from "./exponential-index.ts";

export interface MixturePart {
  /** Of all values, 0..1. */
  readonly share: number;
  /** Median of the part, in the unit of the values. */
  readonly median: number;
  /** Standard deviation of ln(value). */
  readonly deviation: number;
}

export interface Mixture {
  /** The faster part first. */
  readonly parts: readonly [MixturePart, MixturePart];
  /** Ashman's D: distance of the middles over their common width; above 2 two humps are to be seen. */
  readonly separation: number;
  /** What the second part gains in BIC; above 10 is very strong. Counts every value as independent: large for large runs. */
  readonly gain: number;
  /** Whether to look for a label that tells the two apart: a slow cohort, a cold cache, one instance. */
  readonly isBimodal: boolean;
}

const LEAST_SEPARATION = 2;
const LEAST_GAIN = 10;
const LEAST_SHARE = 0.05;
const MAX_STEPS = 500;
/** ln units: a part is no narrower than a bucket shows. */
const LEAST_DEVIATION = 0.02;

/**
 * Whether latencies are of two kinds: two log-normal humps against one. A hint that asks for a label, never a finding by itself.
 * undefined for fewer than 20 positive values or only one bucket.
 *
 * Source: A. Dempster, N. Laird, D. Rubin (1977), EM, started from the best cut in two, so it gives the same every time; K. Ashman, C. Bird,
 * S. Zepf, "Detecting bimodality in astronomical datasets" (1994) for D.
 */
export function latencyMixture(histogram: HistogramView): Mixture | undefined {
  const { positive, scale } = histogram;
  const [places, weights]: [number[], number[]] = [[], []];
  for (let index = positive.low; index <= positive.high; index++) {
    if (positive.at(index) === 0) continue;
    const [from, to] = [Math.max(lowerEdge(index, scale), Number.MIN_VALUE), lowerEdge(index + 1, scale)];
    places.push((Math.log(from) + Math.log(to)) / 2);
    weights.push(positive.at(index));
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total < 20 || places.length < 3) return undefined;
  const one = fitted(places, weights);
  const two = expectationMaximisation(places, weights, total);
  const gain = 2 * (likelihood(places, weights, two) - likelihood(places, weights, [{ ...one, share: 1 }])) - 3 * Math.log(total);
  const [a, b] = two;
  const separation = (Math.SQRT2 * Math.abs(b.middle - a.middle)) / Math.hypot(a.deviation, b.deviation);
  const parts = [a, b].map(({ share, middle, deviation }) => ({ share, median: Math.exp(middle), deviation })) as [MixturePart, MixturePart];
  const isBimodal = gain > LEAST_GAIN && separation > LEAST_SEPARATION && Math.min(a.share, b.share) >= LEAST_SHARE;
  return { parts, separation, gain, isBimodal };
}

interface Hump {
  readonly share: number;
  readonly middle: number;
  readonly deviation: number;
}

function expectationMaximisation(places: readonly number[], weights: readonly number[], total: number): [Hump, Hump] {
  let humps = firstGuess(places, weights, total);
  let reached = -Infinity;
  for (let step = 0; step < MAX_STEPS; step++) {
    const mine = places.map((place, index) => {
      const [a, b] = [density(humps[0], place), density(humps[1], place)];
      return (weights[index] as number) * (a + b > 0 ? a / (a + b) : 0.5);
    });
    const theirs = mine.map((weight, index) => (weights[index] as number) - weight);
    const share = mine.reduce((sum, weight) => sum + weight, 0) / total;
    if (share <= 0 || share >= 1) break;
    humps = [
      { ...fitted(places, mine), share },
      { ...fitted(places, theirs), share: 1 - share },
    ];
    const now = likelihood(places, weights, humps);
    if (now - reached < 1e-9 * Math.abs(now)) break;
    reached = now;
  }
  return humps[0].middle <= humps[1].middle ? humps : [humps[1], humps[0]];
}

/** The cut that leaves the least spread within the two sides. */
function firstGuess(places: readonly number[], weights: readonly number[], total: number): [Hump, Hump] {
  let best: { cost: number; humps: [Hump, Hump] } | undefined;
  for (let cut = 1; cut < places.length; cut++) {
    const [left, right] = [fitted(places.slice(0, cut), weights.slice(0, cut)), fitted(places.slice(cut), weights.slice(cut))];
    const share = weights.slice(0, cut).reduce((sum, weight) => sum + weight, 0) / total;
    const cost = share * left.deviation ** 2 + (1 - share) * right.deviation ** 2;
    if (best === undefined || cost < best.cost)
      best = {
        cost,
        humps: [
          { ...left, share },
          { ...right, share: 1 - share },
        ],
      };
  }
  return (best as { humps: [Hump, Hump] }).humps;
}

function fitted(places: readonly number[], weights: readonly number[]): { readonly middle: number; readonly deviation: number } {
  let [total, sum, squares] = [0, 0, 0];
  places.forEach((place, index) => {
    total += weights[index] as number;
    sum += place * (weights[index] as number);
  });
  const middle = total > 0 ? sum / total : 0;
  places.forEach((place, index) => {
    squares += (place - middle) ** 2 * (weights[index] as number);
  });
  return { middle, deviation: Math.max(LEAST_DEVIATION, Math.sqrt(squares / total) || 0) };
}

function density({ share, middle, deviation }: Hump, place: number): number {
  return ((share / deviation) * Math.exp(-(((place - middle) / deviation) ** 2) / 2)) / Math.sqrt(2 * Math.PI);
}

function likelihood(places: readonly number[], weights: readonly number[], humps: readonly Hump[]): number {
  return places.reduce(
    (sum, place, index) =>
      sum +
      (weights[index] as number) *
        Math.log(
          Math.max(
            1e-300,
            humps.reduce((all, hump) => all + density(hump, place), 0),
          ),
        ),
    0,
  );
}
