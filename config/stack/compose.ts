import { stringify } from "yaml";
import { PROMETHEUS_FLAGS } from "./prometheus-config.ts";
import type { StackOptions } from "./stack-options.ts";

/** Pinned: what is drawn must not change between two runs that are compared. */
const IMAGES = { prometheus: "prom/prometheus:v3.14.0", alertmanager: "prom/alertmanager:v0.34.1", grafana: "grafana/grafana:12.2.0" };

/** Paths inside the containers. */
export const GRAFANA_DASHBOARDS_FOLDER = "/var/lib/grafana/dashboards";

/** `compose.yaml`: Prometheus, Alertmanager and Grafana beside Pitwall, all on the loopback only. `folders` are relative to the file. */
export function renderCompose(options: StackOptions, folders: { readonly stack: string; readonly dashboards: string }): string {
  const { ports } = options;
  const services = {
    prometheus: {
      image: IMAGES.prometheus,
      command: [
        "--config.file=/etc/prometheus/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        "--storage.tsdb.retention.time=30d",
        ...PROMETHEUS_FLAGS,
        ...listening(options, (address) => `--web.listen-address=${address}`, ports.prometheus),
      ],
      volumes: [
        `${folders.stack}/prometheus.yml:/etc/prometheus/prometheus.yml:ro`,
        `${folders.stack}/rules:/etc/prometheus/rules:ro`,
        "prometheus-data:/prometheus",
      ],
      ...network(options, ports.prometheus, 9090),
      ...healthy(options, `/-/ready`, ports.prometheus, 9090),
    },
    alertmanager: {
      image: IMAGES.alertmanager,
      command: [
        "--config.file=/etc/alertmanager/alertmanager.yml",
        "--storage.path=/alertmanager",
        // No cluster, and no second port for one.
        "--cluster.listen-address=",
        ...listening(options, (address) => `--web.listen-address=${address}`, ports.alertmanager),
      ],
      volumes: [`${folders.stack}/alertmanager.yml:/etc/alertmanager/alertmanager.yml:ro`, "alertmanager-data:/alertmanager"],
      ...network(options, ports.alertmanager, 9093),
      ...healthy(options, `/-/ready`, ports.alertmanager, 9093),
    },
    grafana: {
      image: IMAGES.grafana,
      environment: {
        GF_AUTH_ANONYMOUS_ENABLED: "true",
        GF_AUTH_ANONYMOUS_ORG_ROLE: "Viewer",
        GF_SECURITY_ADMIN_PASSWORD: "${GRAFANA_ADMIN_PASSWORD:-admin}",
        GF_ANALYTICS_REPORTING_ENABLED: "false",
        GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
        GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${GRAFANA_DASHBOARDS_FOLDER}/load-run.json`,
        GF_DASHBOARDS_MIN_REFRESH_INTERVAL: "1s",
        ...(options.network === "host" ? { GF_SERVER_HTTP_ADDR: "127.0.0.1", GF_SERVER_HTTP_PORT: String(ports.grafana) } : {}),
      },
      volumes: [
        `${folders.stack}/grafana/provisioning:/etc/grafana/provisioning:ro`,
        `${folders.dashboards}:${GRAFANA_DASHBOARDS_FOLDER}:ro`,
        "grafana-data:/var/lib/grafana",
      ],
      ...network(options, ports.grafana, 3000),
      ...healthy(options, `/api/health`, ports.grafana, 3000),
      depends_on: { prometheus: { condition: "service_healthy" } },
    },
  };
  const volumes = { "prometheus-data": {}, "alertmanager-data": {}, "grafana-data": {} };
  return `# Written by \`pitwall dashboards\`. Start: docker compose up --detach; stop: docker compose down (with --volumes: and forget all series).\n${stringify({ name: "pitwall", services, volumes }, { lineWidth: 0 })}`;
}

/** On the machine's own network everybody must be told to stay on the loopback; behind a bridge the published port does that. */
function listening({ network }: StackOptions, flag: (address: string) => string, port: number): readonly string[] {
  return network === "host" ? [flag(`127.0.0.1:${port}`)] : [];
}

function network(options: StackOptions, port: number, ownPort: number): object {
  if (options.network === "host") return { network_mode: "host" };
  return { ports: [`127.0.0.1:${port}:${ownPort}`], extra_hosts: ["host.docker.internal:host-gateway"] };
}

function healthy(options: StackOptions, path: string, port: number, ownPort: number): object {
  const url = `http://127.0.0.1:${options.network === "host" ? port : ownPort}${path}`;
  return {
    healthcheck: { test: ["CMD", "wget", "--quiet", "--output-document=/dev/null", url], interval: "5s", timeout: "3s", retries: 12 },
    restart: "unless-stopped",
  };
}
