import type { Dialect } from "./dialect.ts";
import { extrapolatedRate } from "./extrapolated-rate.ts";
import { linearRegression } from "./linear-regression.ts";
import { extremeOf, meanOf, quantileOf, type RangeSeries, sumOf, varianceOf, type Window } from "./values.ts";

/** The value of a function over one series' window (never empty); undefined: this series has none. `parameter`: its scalar argument. */
type RangeFunction = (series: RangeSeries, window: Window, dialect: Dialect, parameter: number) => number | undefined;

export const RANGE_FUNCTIONS: Readonly<Record<string, RangeFunction>> = {
  rate: (series, window, dialect) => extrapolatedRate(series, window, { isCounter: true, isRate: true, dialect }),
  increase: (series, window, dialect) => extrapolatedRate(series, window, { isCounter: true, isRate: false, dialect }),
  delta: (series, window, dialect) => extrapolatedRate(series, window, { isCounter: false, isRate: false, dialect }),
  irate: (series) => instantRate(series, true),
  idelta: (series) => instantRate(series, false),
  deriv: (series) => (series.values.length < 2 ? undefined : linearRegression(series, series.timestampsMs[0] as number).slope),
  predict_linear: (series, { timeMs }, _dialect, seconds) => {
    if (series.values.length < 2) return undefined;
    const { slope, intercept } = linearRegression(series, timeMs);
    return slope * seconds + intercept;
  },
  resets: ({ values }) => countPairs(values, (before, value) => value < before),
  changes: ({ values }) => countPairs(values, (before, value) => value !== before && !(Number.isNaN(value) && Number.isNaN(before))),
  min_over_time: ({ values }) => extremeOf(values, 1),
  max_over_time: ({ values }) => extremeOf(values, -1),
  avg_over_time: ({ values }) => meanOf(values),
  sum_over_time: ({ values }) => sumOf(values),
  count_over_time: ({ values }) => values.length,
  first_over_time: ({ values }) => values[0],
  last_over_time: ({ values }) => values[values.length - 1],
  present_over_time: () => 1,
  stddev_over_time: ({ values }) => Math.sqrt(varianceOf(values)),
  stdvar_over_time: ({ values }) => varianceOf(values),
  quantile_over_time: ({ values }, _window, _dialect, q) => quantileOf(q, values),
};

/** Between the last two samples. */
function instantRate({ timestampsMs, values }: RangeSeries, isRate: boolean): number | undefined {
  const last = values.length - 1;
  if (last < 1) return undefined;
  const value = values[last] as number;
  const before = values[last - 1] as number;
  const seconds = ((timestampsMs[last] as number) - (timestampsMs[last - 1] as number)) / 1000;
  if (!isRate) return value - before;
  return (value < before ? value : value - before) / seconds;
}

function countPairs(values: ArrayLike<number>, counts: (before: number, value: number) => boolean): number {
  let count = 0;
  for (let index = 1; index < values.length; index++) if (counts(values[index - 1] as number, values[index] as number)) count++;
  return count;
}
