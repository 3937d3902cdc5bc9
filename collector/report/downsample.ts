/** One value a column, `stepSeconds` apart; null where there is none. */
export interface Columns {
  readonly stepSeconds: number;
  readonly values: readonly (number | null)[];
}

/**
 * At most `most` columns of a series of one value a second. Of each pair of columns one is the smallest and one the largest value of their
 * seconds, in the order in which they occurred, so that no spike gets lost.
 */
export function keepExtremes(perSecond: readonly (number | null)[], most: number): Columns {
  if (perSecond.length <= most) return { stepSeconds: 1, values: perSecond };
  const pairs = Math.max(1, Math.floor(most / 2));
  const stepSeconds = Math.ceil(perSecond.length / pairs / 2);
  const values: (number | null)[] = [];
  for (let start = 0; start < perSecond.length; start += 2 * stepSeconds) values.push(...extremes(perSecond, start, start + 2 * stepSeconds));
  return { stepSeconds, values };
}

function extremes(values: readonly (number | null)[], start: number, end: number): readonly [number | null, number | null] {
  let [low, high] = [-1, -1];
  for (let index = start; index < Math.min(end, values.length); index++) {
    const value = values[index] ?? null;
    if (value === null) continue;
    if (low < 0 || value < (values[low] as number)) low = index;
    if (high < 0 || value > (values[high] as number)) high = index;
  }
  if (low < 0) return [null, null];
  const [first, second] = low <= high ? [low, high] : [high, low];
  return [values[first] as number, values[second] as number];
}

/** At most `most` columns, each the mean of its seconds: for what is stacked and must add up. */
export function keepMeans(perSecond: readonly (number | null)[], most: number): Columns {
  const stepSeconds = Math.max(1, Math.ceil(perSecond.length / most));
  if (stepSeconds === 1) return { stepSeconds, values: perSecond };
  const values: (number | null)[] = [];
  for (let start = 0; start < perSecond.length; start += stepSeconds) {
    const told = perSecond.slice(start, start + stepSeconds).filter((value) => value !== null);
    values.push(told.length === 0 ? null : told.reduce((sum, value) => sum + value, 0) / told.length);
  }
  return { stepSeconds, values };
}
