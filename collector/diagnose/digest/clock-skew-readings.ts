import type { ClockPair, RunLedger } from "../../model/ledger.ts";
import { clockSkew } from "../../stats/clock-skew.ts";
import type { SkewReading } from "../diagnosis.ts";

/** How far the clocks of two hops may be apart, for each two that saw the same requests: what is to be added to the inner one's, in ms. */
export function clockSkewReadings({ clockPairs }: RunLedger): readonly SkewReading[] {
  const groups = new Map<string, ClockPair[]>();
  for (const pair of clockPairs) {
    const key = `${pair.outer} ${pair.inner}`;
    const known = groups.get(key) ?? [];
    known.push(pair);
    groups.set(key, known);
  }
  return [...groups.values()].map(readingOf);
}

/**
 * Stamps are not exact: nginx cuts to a millisecond at both ends, and a server ends its span when it hears that the answer is gone, which may
 * be after the client has it. The least allowance (ms at each end) with which one offset fits is taken; what no allowance mends is drift.
 */
const ALLOWANCES_MS = [0, 1, 2, 5, 10] as const;

function readingOf(pairs: readonly ClockPair[]): SkewReading {
  const { outer, inner } = pairs[0] as ClockPair;
  const tried = ALLOWANCES_MS.map((allowanceMs) => ({ allowanceMs, ...clockSkew(pairs.map((pair) => pairedTimes(pair, allowanceMs))) }));
  const { state, lower, upper, allowanceMs } = tried.find((one) => one.state !== "drift") ?? (tried[0] as (typeof tried)[number]);
  // Where most stamps meet is narrower than any of them is exact.
  return { outer, inner, lowerMs: finite(lower - allowanceMs), upperMs: finite(upper + allowanceMs), state, pairs: pairs.length };
}

function pairedTimes({ outerStartMs, outerEndMs, innerStartMs, innerEndMs }: ClockPair, allowanceMs: number) {
  return {
    clientStartMs: outerStartMs - allowanceMs,
    clientEndMs: outerEndMs + allowanceMs,
    serverStartMs: innerStartMs,
    serverEndMs: innerEndMs,
  };
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
