import type { Estimate } from "./interval.ts";
import type { OrderStatistics, RankedValue } from "./order-statistics.ts";
import { checkedRank } from "./order-statistics.ts";

/** Requests of which is only known that they took `atLeast`: timed out, cut off, or (with their hold time, or 0) never sent. */
export interface Censored {
  readonly count: number;
  readonly atLeast: number;
}

/**
 * A sample together with what outlasted its measurement, so that failures by waiting do not make latency look better.
 *
 * Nothing is assumed of why they were cut off: `lower` has them end at their limit, `upper` never. A quantile above the share of survivors
 * reads ">limit": `value` is the limit and `upper` is Infinity. See `isAtLeast`.
 */
export function orderWithCensored(survivors: OrderStatistics, censored: readonly Censored[]): OrderStatistics {
  const groups = censored.filter(({ count }) => count > 0).sort((a, b) => a.atLeast - b.atLeast);
  const cut = groups.reduce((sum, group) => sum + group.count, 0);
  const count = survivors.count + cut;
  const valuePlaces = placesOf(survivors, groups, "value");
  const lowerPlaces = placesOf(survivors, groups, "lower");
  return {
    count,
    at(rank) {
      checkedRank(rank, count);
      return {
        lower: pick(survivors, lowerPlaces, rank, "lower"),
        value: pick(survivors, valuePlaces, rank, "value"),
        upper: rank > survivors.count ? Infinity : survivors.at(rank).upper,
      };
    },
    countAtMost(bound) {
      const { lower, value, upper } = survivors.countAtMost(bound);
      return { lower, value, upper: upper + groups.reduce((sum, group) => sum + (group.atLeast <= bound ? group.count : 0), 0) };
    },
  };
}

/** Whether an estimate is to be read as "more than": nothing bounds it from above. */
export function isAtLeast(estimate: Pick<Estimate, "upper">): boolean {
  return estimate.upper === Infinity;
}

/** A mean that is known only of those that came back. */
export interface SurvivorMean {
  /** Mean of the survivors; NaN when there is none. Never to be shown without `survivorShare`. */
  readonly ofSurvivors: number;
  /** 0..1 of all. */
  readonly survivorShare: number;
  /** What the mean of all is no less than. */
  readonly atLeast: number;
}

export function survivorMean(sum: number, count: number, censored: readonly Censored[]): SurvivorMean {
  const cut = censored.reduce((total, group) => total + group.count, 0);
  const floor = censored.reduce((total, group) => total + group.count * group.atLeast, 0);
  return { ofSurvivors: sum / count, survivorShare: count / (count + cut), atLeast: (sum + floor) / (count + cut) };
}

/** Where a group stands when it is sorted into the survivors at its limit. */
interface Place {
  /** Survivors before the group. */
  readonly after: number;
  /** Censored ones in the groups before it. */
  readonly earlier: number;
  readonly group: Censored;
}

function placesOf(survivors: OrderStatistics, groups: readonly Censored[], field: keyof RankedValue): readonly Place[] {
  let earlier = 0;
  return groups.map((group) => {
    const place = { after: belowLimit(survivors, group.atLeast, field), earlier, group };
    earlier += group.count;
    return place;
  });
}

function pick(survivors: OrderStatistics, places: readonly Place[], rank: number, field: keyof RankedValue): number {
  let skipped = 0;
  for (const { after, earlier, group } of places) {
    if (rank <= after + earlier) break;
    if (rank <= after + earlier + group.count) return group.atLeast;
    skipped = earlier + group.count;
  }
  return survivors.at(rank - skipped)[field];
}

/** How many survivors are not above the limit. */
function belowLimit(survivors: OrderStatistics, limit: number, field: keyof RankedValue): number {
  let [low, high] = [0, survivors.count];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (survivors.at(middle + 1)[field] <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
