import type { BatchObservableCallback, Meter } from "@opentelemetry/api";
import { METRICS } from "../../collector/model/catalog.ts";
import { catalogObservable } from "./catalog-instrument.ts";

/** Back-pressure at the door of an application: at most `limit` requests at a time, the others are turned away at once. */
export interface RequestPermits {
  readonly limit: number;
  readonly available: number;
  /** Takes a permit. The function gives it back, however often it is called. Undefined = none left: answer 429. */
  acquire(): (() => void) | undefined;
}

/**
 * Reports the permits left at the moment of export, the fewest since the export before (a dip of 100 ms between two exports is what a load
 * test looks for), and the limit. One metric reader: each export begins a new minimum.
 * Throws a RangeError where the limit is not a positive integer.
 */
export function requestPermits(meter: Meter, limit: number): RequestPermits {
  if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`A limit of ${limit} request permits is none: give a whole number from 1 up.`);
  let available = limit;
  let fewest = limit;
  const now = catalogObservable(meter, METRICS.requestPermitsAvailable);
  const minimum = catalogObservable(meter, METRICS.requestPermitsAvailableMin);
  const all = catalogObservable(meter, METRICS.requestPermitsLimit);
  const callback: BatchObservableCallback = (result) => {
    result.observe(now, available);
    result.observe(minimum, fewest);
    result.observe(all, limit);
    fewest = available;
  };
  meter.addBatchObservableCallback(callback, [now, minimum, all]);

  return {
    limit,
    get available() {
      return available;
    },
    acquire() {
      if (available === 0) return undefined;
      available--;
      fewest = Math.min(fewest, available);
      let held = true;
      return () => {
        if (held) available++;
        held = false;
      };
    },
  };
}
