import { type RangeSeries, Sum } from "./values.ts";

/** Least squares through the samples; `intercept` is the value at `interceptMs`, the slope is per second (promql/functions.go linearRegression). */
export function linearRegression({ timestampsMs, values }: RangeSeries, interceptMs: number): { readonly slope: number; readonly intercept: number } {
  const first = values[0] as number;
  const [sumX, sumY, sumXY, sumXX] = [new Sum(), new Sum(), new Sum(), new Sum()];
  let isConstant = true;
  for (let index = 0; index < values.length; index++) {
    const x = ((timestampsMs[index] as number) - interceptMs) / 1000;
    const y = values[index] as number;
    if (y !== first) isConstant = false;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumXX.add(x * x);
  }
  if (isConstant) return Number.isFinite(first) ? { slope: 0, intercept: first } : { slope: Number.NaN, intercept: Number.NaN };
  const n = values.length;
  const covariance = sumXY.value - (sumX.value * sumY.value) / n;
  const variance = sumXX.value - (sumX.value * sumX.value) / n;
  const slope = covariance / variance;
  return { slope, intercept: sumY.value / n - (slope * sumX.value) / n };
}
