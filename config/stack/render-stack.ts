import { renderAlertmanagerConfig } from "./alertmanager-config.ts";
import { GRAFANA_DASHBOARDS_FOLDER, renderCompose } from "./compose.ts";
import { renderDashboardProvider, renderDatasources } from "./grafana-provisioning.ts";
import { renderPrometheusConfig } from "./prometheus-config.ts";
import type { StackFile, StackOptions } from "./stack-options.ts";

export interface StackParts {
  /** The alert rules, as Prometheus' YAML. */
  readonly rules: string;
  /** Folder of the dashboards' JSON files, relative to `compose.yaml`. */
  readonly dashboardsFolder: string;
}

/** Everything that Prometheus, Alertmanager and Grafana need beside the dashboards themselves. */
export function renderStack(options: StackOptions, { rules, dashboardsFolder }: StackParts): readonly StackFile[] {
  return [
    { path: "compose.yaml", text: renderCompose(options, { stack: "./stack", dashboards: dashboardsFolder }) },
    { path: "stack/prometheus.yml", text: renderPrometheusConfig(options, "rules/*.yaml") },
    { path: "stack/rules/loadtest.rules.yaml", text: rules },
    { path: "stack/alertmanager.yml", text: renderAlertmanagerConfig(options) },
    { path: "stack/grafana/provisioning/datasources/pitwall.yaml", text: renderDatasources(options) },
    { path: "stack/grafana/provisioning/dashboards/pitwall.yaml", text: renderDashboardProvider(GRAFANA_DASHBOARDS_FOLDER) },
  ];
}
