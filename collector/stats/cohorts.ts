import { mean } from "./summary.ts";

/** Two kinds of receivers, connections or instances, told apart by their latency alone. */
export interface Cohorts {
  /** Members with at most this latency are the fast ones. */
  readonly boundary: number;
  /** Indices into the list that was given. */
  readonly fast: readonly number[];
  readonly slow: readonly number[];
  /** −1..1: how much nearer members are to their own cohort than to the other. */
  readonly silhouette: number;
}

const LEAST_SILHOUETTE = 0.6;
const LEAST_SHARE = 0.05;

/**
 * Splits members by the typical latency of each (positive), where they fall in two: 2-means on its logarithm, exact since it is one dimension.
 * undefined where the silhouette is 0.6 or less, or the smaller cohort is under 5 %: then they are one.
 *
 * Source: P. J. Rousseeuw, "Silhouettes" (1987). Complexity: O(n log n). Labels that the data carries are always better than this.
 */
export function learnedCohorts(latencies: readonly number[]): Cohorts | undefined {
  const order = latencies.map((_, index) => index).filter((index) => (latencies[index] as number) > 0);
  order.sort((a, b) => (latencies[a] as number) - (latencies[b] as number));
  const logs = Float64Array.from(order, (index) => Math.log(latencies[index] as number));
  const cut = bestCut(logs);
  if (cut === undefined || Math.min(cut, logs.length - cut) < LEAST_SHARE * logs.length) return undefined;
  const silhouette = silhouetteOf(logs, cut);
  if (!(silhouette > LEAST_SILHOUETTE)) return undefined;
  return { boundary: latencies[order[cut - 1] as number] as number, fast: order.slice(0, cut), slow: order.slice(cut), silhouette };
}

/** Where the sum of squares within the two sides is least; undefined when all are equal. */
function bestCut(sorted: Float64Array): number | undefined {
  const n = sorted.length;
  const total = sorted.reduce((sum, value) => sum + value, 0);
  let [sum, best, cut] = [0, 0, 0];
  const centre = total / n;
  for (let index = 1; index < n; index++) {
    sum += sorted[index - 1] as number;
    // Spread between the sides is what the spread within them is short of.
    const between = index * (sum / index - centre) ** 2 + (n - index) * ((total - sum) / (n - index) - centre) ** 2;
    if (between > best * (1 + 1e-12) && sorted[index] !== sorted[index - 1]) [best, cut] = [between, index];
  }
  return cut === 0 ? undefined : cut;
}

function silhouetteOf(sorted: Float64Array, cut: number): number {
  const [low, high] = [sorted.subarray(0, cut), sorted.subarray(cut)];
  const scores = [...silhouettes(low, mean(high), 1), ...silhouettes(high, mean(low), -1)];
  return mean(scores);
}

/** Mean distance to the other side is that to its mean, as the sides do not overlap. */
function silhouettes(own: Float64Array, otherMean: number, direction: 1 | -1): number[] {
  const total = own.reduce((sum, value) => sum + value, 0);
  let before = 0;
  return Array.from(own, (value, index) => {
    // A cohort of one scores 0.
    if (own.length === 1) return 0;
    const apart = value * index - before + (total - before - value) - value * (own.length - index - 1);
    before += value;
    const within = apart / (own.length - 1);
    const between = (otherMean - value) * direction;
    return (between - within) / Math.max(between, within, 1e-12);
  });
}
