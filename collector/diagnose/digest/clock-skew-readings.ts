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
/** ms that a server's span may end after its client's request at most, by the offset of the others, and still be an answer to it. */
const LATE_MS = 50;
/** Of the pairs: more of them say something of the clocks. */
const MOST_LATE = 0.5;

function readingOf(pairs: readonly ClockPair[]): SkewReading {
  const { outer, inner } = pairs[0] as ClockPair;
  const all = fitted(pairs);
  const answered = all.state === "drift" ? pairs.filter((pair) => !isLate(pair, all.lower)) : pairs;
  const areFew = answered.length < pairs.length && answered.length > MOST_LATE * pairs.length;
  const others = areFew ? fitted(answered) : all;
  const { lower, upper, allowanceMs } = others;
  // Where most stamps meet is narrower than any of them is exact.
  const [lowerMs, upperMs] = [finite(lower - allowanceMs), finite(upper + allowanceMs)];
  return { outer, inner, lowerMs, upperMs, state: areFew && others.state === "consistent" ? "mostly" : others.state, pairs: pairs.length };
}

function fitted(pairs: readonly ClockPair[]) {
  const tried = ALLOWANCES_MS.map((allowanceMs) => ({ allowanceMs, ...clockSkew(pairs.map((pair) => pairedTimes(pair, allowanceMs))) }));
  return tried.find(({ state }) => state !== "drift") ?? (tried[0] as (typeof tried)[number]);
}

/** A request that its client had given up when the server took it up: no offset of clocks explains it. */
function isLate({ outerEndMs, innerEndMs }: ClockPair, lower: number): boolean {
  return outerEndMs - innerEndMs < lower - LATE_MS;
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
