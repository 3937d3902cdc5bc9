import { median } from "./summary.ts";

/** One step of a load, or one stretch of time. */
export interface LoadStep {
  readonly offeredRps: number;
  readonly finishedRps: number;
  /** Requests under way on average; undefined where nobody counted. */
  readonly inFlight?: number | undefined;
}

export interface ThroughputLimit {
  /** What the system finishes however much is offered. */
  readonly limitRps: number;
  /** The most that was offered and still finished; 0 when the first step was too much already. */
  readonly keptUpRps: number;
  /** The least that was offered and not finished. */
  readonly exceededRps: number;
  /** In flight above the limit over in flight below it. undefined without figures on both sides. Growth confirms a queue. */
  readonly inFlightGrowth: number | undefined;
}

/** Less than this share of the offered is not keeping up. */
const KEPT_UP = 0.95;
/** Above the limit the finished rate stays within this share of its median: else it is not flat, but falling or noisy. */
const FLAT = 0.2;

/**
 * The rate beyond which more load only makes the queue longer. undefined when every step was kept up with, or what was finished above is not flat.
 * A generator at the end of its own strength looks the same: check that first. Steps in any order.
 */
export function throughputLimit(steps: readonly LoadStep[]): ThroughputLimit | undefined {
  const rising = steps.filter(({ offeredRps }) => offeredRps > 0).sort((a, b) => a.offeredRps - b.offeredRps);
  const lastKept = rising.findLastIndex(({ offeredRps, finishedRps }) => finishedRps >= KEPT_UP * offeredRps);
  const [below, above] = [rising.slice(0, lastKept + 1), rising.slice(lastKept + 1)];
  const first = above[0];
  if (first === undefined) return undefined;
  const limitRps = median(above.map(({ finishedRps }) => finishedRps));
  if (above.some(({ finishedRps }) => Math.abs(finishedRps - limitRps) > FLAT * limitRps)) return undefined;
  const [quiet, busy] = [below, above].map((part) => median(part.flatMap(({ inFlight }) => inFlight ?? []))) as [number, number];
  const growth = busy / quiet;
  return {
    limitRps,
    keptUpRps: below.at(-1)?.offeredRps ?? 0,
    exceededRps: first.offeredRps,
    inFlightGrowth: Number.isFinite(growth) ? growth : undefined,
  };
}
