import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { ALERT_FILES } from "../../scripts/gen/alert-files.ts";
import { PROJECT_FOLDER, peerCommand } from "../peers/peers.ts";
import { startApiServer } from "./api-server-process.ts";
import { freePort, Process } from "./child-process.ts";
import { OTLP_RECEIVER, startCollector, TELEMETRY } from "./collector-process.ts";
import { type PrometheusProcess, startPrometheus } from "./prometheus-process.ts";

/** The script sleeps in an arrival-rate scenario with far too few VUs, and every second request goes to a port where nothing listens. */
const script = (serverUrl: string, deadPort: number) => `
import http from "k6/http";
import { sleep } from "k6";
export const options = {
  scenarios: { spike: { executor: "constant-arrival-rate", rate: 40, timeUnit: "1s", duration: "90s", preAllocatedVUs: 2, maxVUs: 2 } },
};
export default () => {
  http.get("${serverUrl}/api/runtime/custom-world-gallery", { tags: { name: "custom_world_gallery_list" } });
  http.get("http://127.0.0.1:${deadPort}/", { tags: { name: "nobody" } });
  sleep(0.2);
};`;

const EXPECTED = ["ClientSeesFailuresServerDoesNot", "DroppedIterations", "GeneratorSaturated", "RunErrorBudgetBurning"];

test("what a real k6 sends by OTLP sets off the alerts about client and generator, under both naming strategies", { timeout: 150_000 }, async () => {
  await using collector = await startCollector({
    config: {
      receivers: { otlp: OTLP_RECEIVER },
      exporters: Object.fromEntries(
        ALERT_FILES.map(({ strategy }) => [exporterId(strategy), { endpoint: "127.0.0.1:0", translation_strategy: strategy }]),
      ),
      service: {
        telemetry: TELEMETRY,
        pipelines: { metrics: { receivers: ["otlp"], exporters: ALERT_FILES.map(({ strategy }) => exporterId(strategy)) } },
      },
    },
  });
  await using server = await startApiServer(collector.endpoint("otlp.http"), { OTEL_METRIC_EXPORT_INTERVAL: "1000" });
  await using stack = new AsyncDisposableStack();
  const watchers: PrometheusProcess[] = [];
  for (const { strategy, rules } of ALERT_FILES) {
    const watcher = await startPrometheus({
      target: collector.endpoint(exporterId(strategy)),
      global: { scrape_interval: "1s", scrape_timeout: "1s" },
      config: { rule_files: [join(PROJECT_FOLDER, rules)] },
    });
    watchers.push(stack.use(watcher));
  }

  const file = join(collector.folder, "script.js");
  writeFileSync(file, script(server.url, await freePort()));
  const k6 = peerCommand("k6");
  await using load = new Process({
    file: k6.file,
    arguments: [...k6.arguments, "run", "--quiet", "--no-usage-report", "--out=opentelemetry", file],
    environment: {
      ...k6.environment,
      K6_OTEL_SERVICE_NAME: "k6",
      K6_OTEL_EXPORT_INTERVAL: "1s",
      K6_OTEL_EXPORTER_PROTOCOL: "http/protobuf",
      K6_OTEL_HTTP_EXPORTER_INSECURE: "true",
      K6_OTEL_HTTP_EXPORTER_ENDPOINT: collector.endpoint("otlp.http"),
    },
    discardStdout: true,
  });
  for (const watcher of watchers) {
    expect(await firingUntil(watcher, EXPECTED, load)).toEqual(EXPECTED);
    const [client] = await watcher.query("loadtest:client_failures:ratio_rate30s");
    expect(client?.value).toBeCloseTo(0.5, 1);
  }
});

function exporterId(strategy: string): string {
  return `prometheus/${strategy}`;
}

/** Asks until all of these fire, or the load is over; then says which alerts fire. */
async function firingUntil(prometheus: PrometheusProcess, alerts: readonly string[], load: Process): Promise<readonly string[]> {
  for (;;) {
    const series = await prometheus.query('ALERTS{alertstate="firing"}');
    const firing = [...new Set(series.map(({ labels }) => labels["alertname"] ?? ""))].sort();
    if (alerts.every((alert) => firing.includes(alert)) || load.ended) return firing;
    await wait(250);
  }
}
