import { type CollectorOptions, type CollectorProcess, OTLP_RECEIVER, startCollector, TELEMETRY } from "./collector-process.ts";

/** A collector that takes metrics by OTLP and hands them to these exporters. */
export function startMetricsCollector(
  exporters: Readonly<Record<string, object>>,
  form: NonNullable<CollectorOptions["form"]> = "sources",
): Promise<CollectorProcess> {
  const pipeline = { receivers: ["otlp"], exporters: Object.keys(exporters) };
  return startCollector({
    form,
    config: { receivers: { otlp: OTLP_RECEIVER }, exporters, service: { telemetry: TELEMETRY, pipelines: { metrics: pipeline } } },
  });
}
