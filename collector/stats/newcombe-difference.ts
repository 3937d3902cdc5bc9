import type { Estimate } from "./interval.ts";
import { DEFAULT_CONFIDENCE } from "./interval.ts";
import type { Proportion } from "./wilson-interval.ts";
import { wilsonInterval } from "./wilson-interval.ts";

/**
 * How much larger the second share is than the first, in −1 … 1, with its interval.
 * Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions" (1998), method 10.
 */
export function newcombeDifference(first: Proportion, second: Proportion, confidence: number = DEFAULT_CONFIDENCE): Estimate {
  const a = wilsonInterval(first, confidence);
  const b = wilsonInterval(second, confidence);
  if (first.trials === 0 || second.trials === 0) return { value: Number.NaN, lower: -1, upper: 1 };
  return {
    value: b.value - a.value,
    lower: b.value - a.value - Math.hypot(b.value - b.lower, a.upper - a.value),
    upper: b.value - a.value + Math.hypot(b.upper - b.value, a.value - a.lower),
  };
}
