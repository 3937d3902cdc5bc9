/** Round numbers to write at an axis, lowest first. */
export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** From zero (or below, where there is less) to a round number above the highest value; three to five steps. */
export function valueScale(values: Iterable<number>, isBytes: boolean): Scale {
  let [low, high] = [0, 0];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (low === high) high = low + 1;
  const step = niceStep((high - low) / 4, isBytes);
  const [first, last] = [Math.floor(low / step + 1e-9), Math.ceil(high / step - 1e-9)];
  return { low: first * step, high: last * step, ticks: Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step) };
}

function niceStep(least: number, isBytes: boolean): number {
  const base = isBytes ? 1024 ** Math.max(0, Math.floor(Math.log(Math.max(1, least)) / Math.log(1024))) : 1;
  const power = 10 ** Math.floor(Math.log10(least / base));
  return base * power * ([1, 2, 2.5, 5, 10].find((factor) => factor * power * base >= least * (1 - 1e-9)) ?? 10);
}

const TIME_STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** Moments in whole seconds to write below a picture, at most `most`. */
export function timeTicks(start: number, end: number, most: number): readonly number[] {
  const step = TIME_STEPS.find((candidate) => (end - start) / candidate <= most) ?? Math.ceil((end - start) / most);
  const ticks: number[] = [];
  for (let tick = Math.ceil(start / step) * step; tick <= end; tick += step) ticks.push(tick);
  return ticks;
}
