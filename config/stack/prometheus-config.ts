import { stringify } from "yaml";
import { reachable, type StackOptions } from "./stack-options.ts";

/** A load run takes minutes: Prometheus' usual minute between scrapes would leave three points of it. */
const INTERVAL = "5s";

/** `prometheus.yml`, for Prometheus 2.39 and later. */
export function renderPrometheusConfig(options: StackOptions, rulesPath: string): string {
  const config = {
    global: { scrape_interval: INTERVAL, scrape_timeout: INTERVAL, evaluation_interval: INTERVAL },
    // Late points of a remote write sender that was cut off are taken, too.
    storage: { tsdb: { out_of_order_time_window: "10m" } },
    rule_files: [rulesPath],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanagerAddress(options)] }] }] },
    scrape_configs: [
      // What is sent to Pitwall: job and instance are those of the services that sent it.
      {
        job_name: "otlp",
        honor_labels: true,
        ...(options.scrapePath === undefined || options.scrapePath === "/metrics" ? {} : { metrics_path: options.scrapePath }),
        static_configs: [{ targets: [reachable(options.scrapeTarget, options)] }],
      },
      // Pitwall about itself.
      ...(options.selfTarget === undefined
        ? []
        : [{ job_name: "pitwall", honor_labels: true, static_configs: [{ targets: [reachable(options.selfTarget, options)] }] }]),
      { job_name: "prometheus", static_configs: [{ targets: [ownAddress(options)] }] },
    ],
  };
  return `# Written by \`pitwall dashboards\`.\n${stringify(config, { lineWidth: 0 })}`;
}

/**
 * Flags beside the config file. Exemplars are kept only if asked for. A counter begins at 0 at its start time, which protobuf tells: without
 * it `increase` of a counter that was at 100 when it was first scraped, and is at 195 now, is 95. Remote write is for who prefers pushing.
 */
export const PROMETHEUS_FLAGS: readonly string[] = [
  "--enable-feature=exemplar-storage,created-timestamp-zero-ingestion",
  "--web.enable-remote-write-receiver",
];

function alertmanagerAddress({ network, ports }: StackOptions): string {
  return network === "bridge" ? "alertmanager:9093" : `127.0.0.1:${ports.alertmanager}`;
}

function ownAddress({ network, ports }: StackOptions): string {
  return network === "bridge" ? "127.0.0.1:9090" : `127.0.0.1:${ports.prometheus}`;
}
