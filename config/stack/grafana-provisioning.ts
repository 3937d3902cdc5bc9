import { stringify } from "yaml";
import { reachableUrl, type StackOptions } from "./stack-options.ts";

/** Fixed, so that links to dashboards and to Explore stay valid. */
export const PROMETHEUS_UID = "pitwall-prometheus";
const TEMPO_UID = "pitwall-tempo";

/** `provisioning/datasources/*.yaml` (Grafana: administration/provisioning, apiVersion 1). */
export function renderDatasources(options: StackOptions): string {
  const { tempoUrl, network, ports } = options;
  const exemplars = tempoUrl === undefined ? {} : { exemplarTraceIdDestinations: [{ name: "trace_id", datasourceUid: TEMPO_UID }] };
  const prometheus = {
    name: "Prometheus",
    uid: PROMETHEUS_UID,
    type: "prometheus",
    access: "proxy",
    url: network === "bridge" ? "http://prometheus:9090" : `http://127.0.0.1:${ports.prometheus}`,
    isDefault: true,
    editable: false,
    // Tells $__rate_interval how often samples come.
    jsonData: { httpMethod: "POST", timeInterval: "5s", prometheusType: "Prometheus", ...exemplars },
  };
  const tempo =
    tempoUrl === undefined
      ? []
      : [{ name: "Tempo", uid: TEMPO_UID, type: "tempo", access: "proxy", url: reachableUrl(tempoUrl, options), editable: false }];
  return `# Written by \`pitwall dashboards\`.\n${stringify({ apiVersion: 1, prune: true, datasources: [prometheus, ...tempo] }, { lineWidth: 0 })}`;
}

/** `provisioning/dashboards/*.yaml`. `folder`: where the JSON files lie, as Grafana sees it. */
export function renderDashboardProvider(folder: string): string {
  const provider = {
    name: "pitwall",
    orgId: 1,
    folder: "Load tests",
    folderUid: "loadtest",
    type: "file",
    disableDeletion: true,
    allowUiUpdates: false,
    updateIntervalSeconds: 30,
    options: { path: folder },
  };
  return `# Written by \`pitwall dashboards\`.\n${stringify({ apiVersion: 1, providers: [provider] }, { lineWidth: 0 })}`;
}
