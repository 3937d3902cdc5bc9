import type { WriteRequest } from "./write-request.ts";

/**
 * A poison pill: something in a request makes the receiver answer 500 every time (measured: duplicate label names on Prometheus 2.42 and 2.53,
 * a native histogram whose count is not the sum of its buckets on 2.53 and 3.5), and 500 must be retried. Such a request is cut into halves
 * until the pill stands alone, and is given up when the receiver demonstrably takes other things.
 */
export interface Suspicion {
  readonly request: WriteRequest;
  /** Monotonic ms of the last request that the receiver took, of any lane. */
  readonly lastTakenMs: number;
}

/** Faults in a row before a request is suspected, or one that stands alone condemned: 8 × 30 ms doubled is 7.6 s. A server that fails at random must not cost data. */
const FAULTS_UNTIL_SUSPECT = 8;
/** Faults before a part of a suspect is cut further. */
const FAULTS_UNTIL_SPLIT = 2;

/** `condemn`: it cannot be divided; to be dropped if the receiver takes other things. */
export function poisonStep({ request }: Suspicion): "none" | "split" | "condemn" {
  const isPart = request.suspectSinceMs !== undefined;
  if (request.isDivisible) return request.faults >= (isPart ? FAULTS_UNTIL_SPLIT : FAULTS_UNTIL_SUSPECT) ? "split" : "none";
  return request.faults >= FAULTS_UNTIL_SUSPECT ? "condemn" : "none";
}

/** The receiver has taken something since this one fell under suspicion, and then failed at this one again: it did not just recover. */
export function isPoisonProven({ request, lastTakenMs }: Suspicion): boolean {
  return request.suspectSinceMs !== undefined && lastTakenMs >= request.suspectSinceMs && request.lastAttemptMs >= lastTakenMs;
}
