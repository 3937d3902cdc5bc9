import type { BatchObservableCallback, Meter } from "@opentelemetry/api";
import { METRICS } from "../../collector/model/catalog.ts";
import { catalogObservable } from "./catalog-instrument.ts";
import { type ProcessReading, readProcess } from "./process-reading.ts";

const READINGS = [
  [METRICS.processMemoryUsage, "residentBytes"],
  [METRICS.processMemoryVirtual, "virtualBytes"],
  [METRICS.processMemoryPrivate, "privateBytes"],
  [METRICS.processThreadCount, "threads"],
  [METRICS.processUnixFileDescriptorCount, "fileDescriptors"],
  [METRICS.processWindowsHandleCount, "handles"],
] as const satisfies readonly (readonly [object, keyof ProcessReading])[];

/**
 * Memory, threads and descriptors of this process, read once per export. What the system does not tell is not reported at all (never as 0).
 * The returned function ends it.
 */
export function instrumentProcess(meter: Meter, read: () => ProcessReading = readProcess): () => void {
  const observables = READINGS.map(([metric, key]) => ({ key, observable: catalogObservable(meter, metric) }));
  const callback: BatchObservableCallback = (result) => {
    const reading = read();
    for (const { key, observable } of observables) {
      const value = reading[key];
      if (value !== undefined) result.observe(observable, value);
    }
  };
  const all = observables.map(({ observable }) => observable);
  meter.addBatchObservableCallback(callback, all);
  return () => meter.removeBatchObservableCallback(callback, all);
}
