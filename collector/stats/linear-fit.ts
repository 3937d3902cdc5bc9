import { mean } from "./summary.ts";

export interface LinearFit {
  readonly slope: number;
  readonly intercept: number;
  /** Share (0..1) of the variation of y that x explains. 0 where either does not vary. */
  readonly explained: number;
}

/** Least squares. undefined for fewer than two points, or where x does not vary. */
export function linearFit(x: ArrayLike<number>, y: ArrayLike<number>): LinearFit | undefined {
  const [centreX, centreY] = [mean(x), mean(y)];
  let [xx, xy, yy] = [0, 0, 0];
  for (let index = 0; index < x.length; index++) {
    const [dx, dy] = [(x[index] as number) - centreX, (y[index] as number) - centreY];
    xx += dx * dx;
    xy += dx * dy;
    yy += dy * dy;
  }
  if (!(xx > 0) || x.length < 2) return undefined;
  const slope = xy / xx;
  return { slope, intercept: centreY - slope * centreX, explained: yy > 0 ? (xy * xy) / (xx * yy) : 0 };
}

/** How y grows with x as a power: 0 not at all, 1 in proportion (a fan-out, N + 1), 2 with the square. Points that are not positive are left out. */
export function growthExponent(x: ArrayLike<number>, y: ArrayLike<number>): LinearFit | undefined {
  const used = Array.from(x, (value, index) => [value, y[index] as number] as const).filter(([a, b]) => a > 0 && b > 0);
  return linearFit(
    used.map(([a]) => Math.log(a)),
    used.map(([, b]) => Math.log(b)),
  );
}
