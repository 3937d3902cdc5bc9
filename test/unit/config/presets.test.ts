import { describe, expect, test } from "vitest";
import { loadConfig } from "../../../config/load.ts";
import { PRESETS, renderPreset } from "../../../config/presets.ts";
import { registry } from "../../../config/registry.ts";

const EVERYTHING = {
  PITWALL_PROMETHEUS_ENDPOINT: "127.0.0.1:9464",
  PITWALL_ALERT_WEBHOOK: "http://127.0.0.1:8080/alerts",
  PITWALL_TOKEN: "t0ken",
  PITWALL_ALLOWED_HOSTS: "loadtest.lan,10.0.0.5",
  PITWALL_GRAFANA_ENDPOINT: "http://127.0.0.1:3000",
  PITWALL_GRAFANA_TOKEN: "gr4fana",
  PITWALL_NGINX_LOG: "/var/log/nginx/a.log, /var/log/nginx/b.log",
  PITWALL_HOST_PROCESSES: "api-server,nginx",
};

async function loaded(text: string, env: Readonly<Record<string, string>>) {
  return await loadConfig({ sources: ["env:TEXT"], env: { ...env, TEXT: text }, catalogue: registry });
}

describe.each(PRESETS)("preset %s", (preset) => {
  test.each([
    ["nothing set", {}],
    ["everything set", EVERYTHING],
  ])("is a valid configuration without a warning: %s", async (_, env) => {
    const { warnings, config } = await loaded(renderPreset(preset, env, { own: true }), env);
    expect(warnings).toEqual([]);
    expect(config.connectors.has("runs")).toBe(true);
  });

  test("has nothing but otelcol's own parts where OTELCOL_BIN runs it", () => {
    const text = renderPreset(preset, EVERYTHING, { own: false });
    expect(text).not.toMatch(/runs|alerts|prometheus|grafana|nginx|host:/);
  });

  test("keeps every secret in the environment", () => {
    const text = renderPreset(preset, EVERYTHING, { own: true });
    expect(text).not.toContain("t0ken");
    expect(text).not.toContain("gr4fana");
  });
});

test("the proxy's log and this machine's figures reach the ledger, and figures the alerts and the scrape endpoint too", async () => {
  const { config } = await loaded(renderPreset("debug", EVERYTHING, { own: true }), EVERYTHING);
  const pipelines = new Map(config.service.pipelines.map((pipeline) => [pipeline.id, pipeline]));
  expect(pipelines.get("traces/witnesses")).toMatchObject({ receivers: ["nginx"], exporters: ["runs"] });
  expect(pipelines.get("metrics/witnesses")).toMatchObject({ receivers: ["nginx", "host"], exporters: ["alerts", "prometheus", "runs"] });
  expect(pipelines.get("metrics/runs")?.exporters).toContain("grafana_annotations");
  expect(pipelines.get("logs/runs")?.exporters).toContain("grafana_annotations");
});

test("`none` asks for the machine without any process", async () => {
  const env = { PITWALL_HOST_PROCESSES: "none" };
  const { config } = await loaded(renderPreset("debug", env, { own: true }), env);
  expect(config.receivers.get("host")?.config).toMatchObject({ processes: [] });
});
