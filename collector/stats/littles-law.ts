/** Whether three measured numbers can belong to the same system. */
export interface LittleCheck {
  /** Throughput × mean time: how many must have been under way on average. */
  readonly expectedConcurrency: number;
  /** Measured over expected; 1 is consistent. NaN without throughput. */
  readonly ratio: number;
  readonly isConsistent: boolean;
}

/** Ends of a window, pauses between requests and rounded figures of a generator explain this much. */
const TOLERANCE = 0.15;

/**
 * Concurrency = throughput × mean time in the system. Measured concurrency far above it: time is spent that the mean does not hold (waiting for a
 * connection, think time); far below: times are too long, or of other requests.
 * Means only, never percentiles. `concurrency` as a time average, `meanSeconds` in s. Source: J. D. C. Little, "A proof for the queuing formula
 * L = λW" (1961).
 */
export function littleCheck(concurrency: number, perSecond: number, meanSeconds: number, tolerance: number = TOLERANCE): LittleCheck {
  const expectedConcurrency = perSecond * meanSeconds;
  const ratio = expectedConcurrency > 0 ? concurrency / expectedConcurrency : Number.NaN;
  return { expectedConcurrency, ratio, isConsistent: Math.abs(ratio - 1) <= tolerance };
}

/** s: what a closed loop of so many workers without pauses must take on average to give this throughput (200 workers at 54/s: 3.7 s). */
export function meanSecondsOf(concurrency: number, perSecond: number): number {
  return concurrency / perSecond;
}

/** Workers to start for an open load of so many iterations a second: room for the slowest hundredth and a fifth more. */
export function recommendedWorkers(iterationsPerSecond: number, p99IterationSeconds: number): number {
  return Math.max(1, Math.ceil(iterationsPerSecond * p99IterationSeconds * 1.2));
}
