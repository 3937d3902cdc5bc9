import type { AlertOptions } from "../../collector/alerts/alert-options.ts";
import type { AlertThresholds } from "./alerts-config.ts";

/** `file_descriptor_limit` is the option `fileDescriptorLimit`; what is not given keeps its default. */
export function thresholdOptions(thresholds: AlertThresholds): Partial<AlertOptions> {
  const given = Object.entries(thresholds).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()), value]));
}
