import type { Signal } from "../../collector/model/batch.ts";
import type { MessageCounts } from "./message-counts.ts";

/**
 * The line that stands before each batch: signal word, tab, JSON fields. It is what otelcol writes with `use_internal_logger: false`:
 * no time, no level, and no component fields, because stdout holds nothing but this exporter's text.
 */
export function summaryLine(signal: Signal, { resources, messages }: MessageCounts, items: number): string {
  switch (signal) {
    case "traces":
      return `Traces\t{"resource spans": ${resources}, "spans": ${items}}\n`;
    case "metrics":
      return `Metrics\t{"resource metrics": ${resources}, "metrics": ${messages}, "data points": ${items}}\n`;
    case "logs":
      return `Logs\t{"resource logs": ${resources}, "log records": ${items}}\n`;
  }
}
