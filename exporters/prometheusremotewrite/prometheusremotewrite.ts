import { exporter } from "../../collector/pipeline/define.ts";
import { prometheusRemoteWriteConfig } from "./prometheusremotewrite-config.ts";

/** Sends every point on to a server that keeps series: Prometheus, Mimir, VictoriaMetrics, Thanos. */
export const prometheusRemoteWrite = exporter({
  type: "prometheusremotewrite",
  about: "Sends metrics to Prometheus, Mimir, VictoriaMetrics or Thanos by remote write 1.0 or 2.0.",
  signals: ["metrics"],
  countsItself: true,
  config: prometheusRemoteWriteConfig,
  // Loaded where it is configured: a collector without it should not pay for it.
  open: async (settings, context) => (await import("./open-remote-write.ts")).openPrometheusRemoteWrite(settings, context),
});
