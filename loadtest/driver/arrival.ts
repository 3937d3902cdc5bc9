/** A piece of the load's course: the rate goes in a straight line from the rate before to `toPerSecond`. */
export interface RampStage {
  readonly toPerSecond: number;
  readonly durationMs: number;
}

/** When requests are meant to begin, decided beforehand and whatever the server does. */
export type ArrivalRate =
  | { readonly kind: "constant"; readonly perSecond: number; readonly durationMs: number }
  | { readonly kind: "ramping"; readonly startPerSecond: number; readonly stages: readonly RampStage[] };

/**
 * Intended start times in ms from the begin, ascending. The k-th arrival is where the integral of the rate reaches k + ½, so that a constant
 * rate r gives exactly r · t arrivals, evenly spaced, and a ramp gives as many as the area below it.
 * Throws a RangeError for rates or durations that are negative or not finite.
 */
export function* arrivalTimes(rate: ArrivalRate): Generator<number, void, undefined> {
  const stages = rate.kind === "constant" ? [{ toPerSecond: rate.perSecond, durationMs: rate.durationMs }] : rate.stages;
  let from = rate.kind === "constant" ? rate.perSecond : rate.startPerSecond;
  let beginMs = 0;
  /** Arrivals owed by the stages before, with their fraction. */
  let area = 0;
  let arrived = 0;
  check(from);
  for (const { toPerSecond: to, durationMs } of stages) {
    check(to);
    check(durationMs);
    const stageArea = ((from + to) / 2) * (durationMs / 1000);
    while (arrived + 0.5 <= area + stageArea + ROUNDING && stageArea > 0) {
      yield beginMs + Math.min(1, shareOfRamp(from, to, (arrived + 0.5 - area) / stageArea)) * durationMs;
      arrived++;
    }
    area += stageArea;
    beginMs += durationMs;
    from = to;
  }
}

export function totalDurationMs(rate: ArrivalRate): number {
  return rate.kind === "constant" ? rate.durationMs : rate.stages.reduce((sum, stage) => sum + stage.durationMs, 0);
}

/** Sums of fractions like 0.1 · 3 must not lose the last arrival. */
const ROUNDING = 1e-9;

/** The share of a ramp's time after which this share of its area has passed: the root of (to − from)/2 · x² + from · x = share · (from + to)/2. */
function shareOfRamp(from: number, to: number, areaShare: number): number {
  const target = (areaShare * (from + to)) / 2;
  const slope = to - from;
  return Math.abs(slope) < 1e-9 ? areaShare : (2 * target) / (from + Math.sqrt(Math.max(0, from * from + 2 * slope * target)));
}

function check(value: number): void {
  if (!(Number.isFinite(value) && value >= 0)) throw new RangeError(`${value} is not a rate or duration: give a number from 0 up`);
}
