import { exporter } from "../../collector/pipeline/define.ts";
import { alertsConfig } from "./alerts-config.ts";

/** Alerts without a Prometheus: rules over every raw point that arrives. */
export const alerts = exporter({
  type: "alerts",
  about: "Evaluates alert rules in the process, on every raw point, and tells a webhook and the log.",
  signals: ["metrics"],
  config: alertsConfig,
  // Loaded where it is configured: a collector without alerts should not pay for PromQL's grammar.
  open: async (settings, context) => (await import("./open-alerts.ts")).openAlerts(settings, context),
});
