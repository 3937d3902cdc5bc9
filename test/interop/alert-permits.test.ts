import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { ALERT_FILES } from "../../scripts/gen/alert-files.ts";
import { PROJECT_FOLDER } from "../peers/peers.ts";
import { openAlertWebhook } from "./alert-webhook.ts";
import { startAlertmanager } from "./alertmanager-process.ts";
import { type ApiServerProcess, startApiServer } from "./api-server-process.ts";
import { type CollectorProcess, OTLP_RECEIVER, startCollector, TELEMETRY } from "./collector-process.ts";
import { startPrometheus } from "./prometheus-process.ts";

/** From the first request that was turned away to the message. */
const MAX_DELAY_MS = 15_000;
/** After the load: 20 s of the rule's window, an evaluation, and Alertmanager's group interval. */
const RESOLVED_WITHIN_MS = 60_000;
const PERMITS = 4;
const CLIENTS = 12;

const example = readFileSync(join(PROJECT_FOLDER, "config/alerts/alertmanager.yaml"), "utf8");

test("permits run out under load: Prometheus and Alertmanager tell the webhook within 15 s, and again when it is over", {
  timeout: 150_000,
}, async () => {
  await using webhook = await openAlertWebhook();
  await using alertmanager = await startAlertmanager(example.replace("http://127.0.0.1:9095/alerts", webhook.url));
  await using collector = await startMetricsCollector({ prometheus: { endpoint: "127.0.0.1:0" } });
  await using prometheus = await startPrometheus({
    target: collector.endpoint("prometheus"),
    global: { scrape_interval: "1s", scrape_timeout: "1s" },
    config: {
      rule_files: ALERT_FILES.slice(0, 1).map(({ rules }) => join(PROJECT_FOLDER, rules)),
      alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager.address] }] }] },
    },
  });
  await using server = await startLimitedServer(collector);

  const load = openLoad(`${server.url}/api/runtime/custom-world-gallery`);
  const firing = await webhook.arrival("RequestPermitsExhausted", "firing", 45_000);
  const rejecting = await webhook.arrival("BackpressureRejecting", "firing", 45_000);
  const counts = await load.end();
  const resolved = await webhook.arrival("RequestPermitsExhausted", "resolved", RESOLVED_WITHIN_MS);

  expect(counts.accepted).toBeGreaterThan(PERMITS);
  expect(counts.rejected).toBeGreaterThan(0);
  expect(firing?.labels).toMatchObject({ alertname: "RequestPermitsExhausted", job: "genarrative-api", severity: "page", layer: "application" });
  expect(firing?.annotations["description"]).toContain("fewest left within 20s: 0, limit 0");
  expect(firing?.annotations["runbook_url"]).toBe("docs/runbooks/RequestPermitsExhausted.md");
  expect((firing?.arrivedMs ?? Number.NaN) - (counts.firstRejectedMs ?? Number.NaN)).toBeLessThanOrEqual(MAX_DELAY_MS);
  expect(rejecting?.annotations["summary"]).toContain("turns requests away with 429");
  expect(resolved?.labels["instance"]).toBe(firing?.labels["instance"]);
  const [state] = await prometheus.query('ALERTS{alertname="RequestPermitsExhausted",alertstate="firing"}');
  expect(state).toBeUndefined();
});

test("the same with nothing but Pitwall: its own evaluator tells the webhook within 15 s, and again when it is over", {
  timeout: 150_000,
}, async () => {
  await using webhook = await openAlertWebhook();
  await using collector = await startMetricsCollector({ alerts: { sample_interval: "1s", webhook: { url: webhook.url } } });
  await using server = await startLimitedServer(collector);

  const load = openLoad(`${server.url}/api/runtime/custom-world-gallery`);
  const firing = await webhook.arrival("RequestPermitsExhausted", "firing", 45_000);
  const rejecting = await webhook.arrival("BackpressureRejecting", "firing", 45_000);
  const counts = await load.end();
  const resolved = await webhook.arrival("RequestPermitsExhausted", "resolved", RESOLVED_WITHIN_MS);

  expect(firing?.labels).toMatchObject({ alertname: "RequestPermitsExhausted", job: "genarrative-api", severity: "page", layer: "application" });
  expect(firing?.annotations["description"]).toContain("fewest left within 4s: 0, limit 0");
  expect((firing?.arrivedMs ?? Number.NaN) - (counts.firstRejectedMs ?? Number.NaN)).toBeLessThanOrEqual(MAX_DELAY_MS);
  expect(rejecting?.annotations["summary"]).toContain("turns requests away with 429");
  expect(resolved?.labels).toEqual(firing?.labels);
});

function startMetricsCollector(exporters: Readonly<Record<string, unknown>>): Promise<CollectorProcess> {
  return startCollector({
    config: {
      receivers: { otlp: OTLP_RECEIVER },
      exporters,
      service: { telemetry: TELEMETRY, pipelines: { metrics: { receivers: ["otlp"], exporters: Object.keys(exporters) } } },
    },
    form: "built",
  });
}

/** Every request waits for the store: a few clients are enough to take all permits. */
function startLimitedServer(collector: CollectorProcess): Promise<ApiServerProcess> {
  return startApiServer(collector.endpoint("otlp.http"), {
    GENARRATIVE_API_MAX_CONCURRENT_REQUESTS: String(PERMITS),
    GENARRATIVE_STORE_LATENCY_MS: "150",
    OTEL_METRIC_EXPORT_INTERVAL: "1000",
    OTEL_METRIC_EXPORT_TIMEOUT: "1000",
  });
}

interface LoadCounts {
  readonly accepted: number;
  readonly rejected: number;
  /** `performance.now()` of the first 429. */
  readonly firstRejectedMs: number | undefined;
}

/** More clients than permits, each with one request at a time, until told to end. */
function openLoad(url: string): { end(): Promise<LoadCounts> } {
  let isOver = false;
  const counts = { accepted: 0, rejected: 0, firstRejectedMs: undefined as number | undefined };
  const client = async () => {
    while (!isOver) {
      const response = await fetch(url);
      await response.arrayBuffer();
      if (response.status === 429) {
        counts.firstRejectedMs ??= performance.now();
        counts.rejected++;
        await wait(50);
      } else counts.accepted++;
    }
  };
  const clients = Array.from({ length: CLIENTS }, client);
  return {
    async end() {
      isOver = true;
      await Promise.all(clients);
      return counts;
    },
  };
}
