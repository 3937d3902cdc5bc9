import { lineCost, optimalPartition } from "./optimal-partition.ts";
import { mean, median, stepNoise } from "./summary.ts";

export type LoadPhaseKind = "idle" | "ramp" | "hold" | "cool";

/** Seconds `from` … `to` − 1 of the series. */
export interface LoadPhase {
  readonly kind: LoadPhaseKind;
  readonly from: number;
  readonly to: number;
  /** Rates that the line through the phase begins and ends with; of a hold both are its median. */
  readonly startRps: number;
  readonly endRps: number;
}

/** Shortest phase, s. */
const MIN_LENGTH = 5;
/** Below this share of the highest level nothing is offered. */
const IDLE = 0.03;
/** A phase whose rate changes by less than this share of the highest level is held. */
const FLAT = 0.1;
/** Holds that differ by less than this share of the larger are one. */
const SAME = 0.1;
/** Per cut, in variances of the noise times ln n: a line and a place have three free numbers. */
const PENALTY = 4;

/**
 * What a load generator was told to do, from what it offered (sent or wanted requests each second, holes as 0): rates that rise are a `ramp`,
 * that stay a `hold`, that fall a `cool`.
 *
 * Source: piecewise straight lines by least squares with a penalty (PELT, see `optimalPartition`); noise from step to step.
 */
export function loadPhases(ratePerSecond: ArrayLike<number>): readonly LoadPhase[] {
  const n = ratePerSecond.length;
  const rates = Float64Array.from(ratePerSecond);
  if (n === 0) return [];
  const highest = quantileOf(rates, 0.95);
  // Counts of arrivals scatter by their root where the generator does not space them itself.
  const noise = Math.max(stepNoise(rates), 0.01 * highest, 1e-9);
  const length = Math.min(MIN_LENGTH, n);
  const bounds = [0, ...optimalPartition(n, lineCost(rates), PENALTY * noise * noise * Math.log(Math.max(2, n)), length), n];
  const phases = bounds.slice(1).map((to, segment) => phaseOf(rates, bounds[segment] as number, to, highest));
  const merged: LoadPhase[] = [];
  for (const phase of phases) {
    const last = merged.at(-1);
    if (last !== undefined && isSame(last, phase, highest)) merged[merged.length - 1] = joined(rates, last, phase);
    else merged.push(phase);
  }
  return merged;
}

function phaseOf(rates: Float64Array, from: number, to: number, highest: number): LoadPhase {
  const part = rates.subarray(from, to);
  const middle = (part.length - 1) / 2;
  const level = mean(part);
  let [shared, spread] = [0, 0];
  for (let index = 0; index < part.length; index++) {
    shared += (index - middle) * (part[index] as number);
    spread += (index - middle) ** 2;
  }
  const rise = spread === 0 ? 0 : (shared / spread) * (part.length - 1);
  if (Math.abs(rise) < FLAT * highest) return held(rates, from, to, highest);
  return { kind: rise > 0 ? "ramp" : "cool", from, to, startRps: Math.max(0, level - rise / 2), endRps: Math.max(0, level + rise / 2) };
}

function held(rates: Float64Array, from: number, to: number, highest: number): LoadPhase {
  const level = median(rates.subarray(from, to));
  return { kind: level <= IDLE * highest ? "idle" : "hold", from, to, startRps: level, endRps: level };
}

function isSame(a: LoadPhase, b: LoadPhase, highest: number): boolean {
  if (a.kind !== b.kind) return false;
  if (a.kind === "idle") return true;
  if (a.kind === "hold") return Math.abs(a.endRps - b.startRps) < SAME * Math.max(a.endRps, b.startRps);
  return Math.abs(a.endRps - b.startRps) < FLAT * highest;
}

function joined(rates: Float64Array, a: LoadPhase, b: LoadPhase): LoadPhase {
  if (a.kind === "ramp" || a.kind === "cool") return { ...a, to: b.to, endRps: b.endRps };
  const level = median(rates.subarray(a.from, b.to));
  return { ...a, to: b.to, startRps: level, endRps: level };
}

function quantileOf(values: Float64Array, q: number): number {
  return Float64Array.from(values).sort()[Math.floor(q * (values.length - 1))] as number;
}
