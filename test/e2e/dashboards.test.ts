import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runPitwall, temporaryFolder } from "./pitwall-process.ts";

const FILES = [
  "compose.yaml",
  "dashboards/api-server.json",
  "dashboards/collector.json",
  "dashboards/load-run.json",
  "stack/alertmanager.yml",
  "stack/grafana/provisioning/dashboards/pitwall.yaml",
  "stack/grafana/provisioning/datasources/pitwall.yaml",
  "stack/prometheus.yml",
  "stack/rules/loadtest.rules.yaml",
];

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

test("dashboards writes everything that Prometheus, Alertmanager and Grafana need, prints the paths, and does so again", async () => {
  using folder = temporaryFolder();
  const target = join(folder.path, "grafana");
  for (let round = 0; round < 2; round++) {
    const { code, stdout, stderr } = await runPitwall(["dashboards", target]);
    expect({ code, printed: stdout.trim().split("\n").sort() }).toEqual({ code: 0, printed: FILES.map((file) => join(target, file)) });
    expect(stderr).toContain(`docker compose --file ${join(target, "compose.yaml")} up --detach`);
    expect(filesBelow(target)).toEqual(FILES);
  }
});

test("dashboards takes names and port from the configuration", async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, "collector.yaml");
  writeFileSync(
    config,
    `receivers: { otlp: { protocols: { http: } } }
exporters: { prometheus: { endpoint: "0.0.0.0:9999", path: /load, add_metric_suffixes: false } }
service: { pipelines: { metrics: { receivers: [otlp], exporters: [prometheus] } } }
`,
  );
  const target = join(folder.path, "out");
  expect(await runPitwall(["dashboards", target, "--config", config, "--grafana-port", "3001"])).toMatchObject({ code: 0 });
  expect(readFileSync(join(target, "stack/prometheus.yml"), "utf8")).toContain("127.0.0.1:9999");
  expect(readFileSync(join(target, "stack/prometheus.yml"), "utf8")).toContain("metrics_path: /load");
  expect(readFileSync(join(target, "compose.yaml"), "utf8")).toContain('GF_SERVER_HTTP_PORT: "3001"');
  const dashboard = readFileSync(join(target, "dashboards/api-server.json"), "utf8");
  expect(dashboard).toContain("process_memory_usage{");
  expect(dashboard).not.toContain("process_memory_usage_bytes");
  expect(readFileSync(join(target, "stack/rules/loadtest.rules.yaml"), "utf8")).not.toContain("process_memory_usage_bytes");
});

test("dashboards follows the overrides of the names, the thresholds of the alerts exporter, and says where runbooks are", async () => {
  using folder = temporaryFolder();
  const config = join(folder.path, "collector.yaml");
  writeFileSync(
    config,
    `receivers: { otlp: { protocols: { http: } } }
exporters:
  prometheus:
    endpoint: "127.0.0.1:9464"
    metric_overrides_preset: genarrative
    metric_overrides: [{ metric: process.memory.usage, name: rss }]
  alerts: { sample_interval: 15s, thresholds: { latency_target_seconds: 0.5, file_descriptor_limit: 65536 } }
service: { pipelines: { metrics: { receivers: [otlp], exporters: [prometheus, alerts] } } }
`,
  );
  const target = join(folder.path, "out");
  expect(await runPitwall(["dashboards", target, "--config", config, "--runbooks", "https://git.example.org/blob/main"])).toMatchObject({ code: 0 });
  const text = (path: string) => readFileSync(join(target, path), "utf8");
  expect(text("dashboards/api-server.json")).toContain("(rss_bytes{");
  expect(text("dashboards/api-server.json")).toContain("(genarrative_spacetime_read_duration_ms_bucket{");
  expect(text("dashboards/api-server.json")).not.toMatch(/process_memory_usage|_ms_milliseconds/);
  const rules = text("stack/rules/loadtest.rules.yaml");
  expect(rules).toContain("min_over_time(rss_bytes[");
  expect(rules).not.toContain("process_memory_usage");
  expect(rules).toContain('le="0.5"');
  expect(rules).toContain("65536");
  expect(rules).toContain("_available[1m]");
  expect(rules).toContain('runbook_url: "https://git.example.org/blob/main/docs/runbooks/LatencySLOBurning.md"');
  // A second call knows its own file again.
  expect(await runPitwall(["dashboards", target, "--config", config])).toMatchObject({ code: 0 });
  expect(text("stack/rules/loadtest.rules.yaml")).toContain('runbook_url: "docs/runbooks/LatencySLOBurning.md"');
});

test("dashboards without a configuration writes the files as they are shipped", async () => {
  using folder = temporaryFolder();
  expect(await runPitwall(["dashboards", folder.path])).toMatchObject({ code: 0 });
  const written = (path: string) => readFileSync(join(folder.path, path), "utf8");
  expect(written("stack/rules/loadtest.rules.yaml")).toBe(readFileSync("config/alerts/loadtest.rules.yaml", "utf8"));
  for (const name of ["api-server", "collector", "load-run"]) {
    expect(written(`dashboards/${name}.json`)).toBe(readFileSync(`dashboards/json/suffixed/${name}.json`, "utf8"));
  }
});

test("dashboards leaves files alone that somebody else has written, unless told to replace them", async () => {
  using folder = temporaryFolder();
  const foreign = join(folder.path, "compose.yaml");
  writeFileSync(foreign, "services: {}\n");
  const refused = await runPitwall(["dashboards", folder.path]);
  expect(refused).toMatchObject({ code: 69, stdout: "" });
  expect(refused.stderr).toContain(`not written by Pitwall, and in the way: ${foreign}`);
  expect(filesBelow(folder.path)).toEqual(["compose.yaml"]);
  expect(await runPitwall(["dashboards", folder.path, "--force"])).toMatchObject({ code: 0 });
  expect(readFileSync(foreign, "utf8")).toContain("prometheus");
});

test("dashboards keeps what somebody has changed in a file of its own, and tells no password of the webhook", async () => {
  using folder = temporaryFolder();
  expect(await runPitwall(["dashboards", folder.path])).toMatchObject({ code: 0 });
  const path = join(folder.path, "stack/alertmanager.yml");
  const changed = `${readFileSync(path, "utf8")}# my receiver\n`;
  writeFileSync(path, changed);
  const again = await runPitwall(["dashboards", folder.path, "--webhook", "http://me:s3cret@127.0.0.1:8080/alerts?token=s3cret"]);
  expect(again).toMatchObject({ code: 0 });
  expect(again.stderr).not.toContain("s3cret");
  expect(readFileSync(path, "utf8")).toContain("127.0.0.1:8080");
  expect(readFileSync(`${path}.bak`, "utf8")).toBe(changed);
});

test("dashboards refuses a configuration whose names have a namespace", async () => {
  const config =
    'yaml:{receivers: {otlp: {protocols: {http: }}}, exporters: {prometheus: {endpoint: "127.0.0.1:1", namespace: my}}, service: {pipelines: {metrics: {receivers: [otlp], exporters: [prometheus]}}}}';
  using folder = temporaryFolder();
  const refused = await runPitwall(["dashboards", folder.path, "--config", config]);
  expect(refused.stderr).toContain('there are no dashboards for names with the namespace "my"');
  expect(refused.code).toBe(64);
});

test("dashboards --dry-run writes nothing", async () => {
  using folder = temporaryFolder();
  const target = join(folder.path, "out");
  expect(await runPitwall(["dashboards", target, "--dry-run"])).toMatchObject({ code: 0, stderr: "" });
  expect(existsSync(target)).toBe(false);
});

test.each([
  [["--strategy", "NoTranslation"], "there are no dashboards for names of the strategy NoTranslation"],
  [["--strategy", "Underscores"], "argument 'Underscores' is invalid"],
  [["--grafana-port", "none"], "It must be a port, 1 to 65535."],
  [["--webhook", "8080"], "It must be a URL"],
  [["--runbooks", "docs"], "It must be a URL"],
  [["--config", "test/fixtures/config/seed-debug.yaml"], "the configuration has no prometheus exporter"],
] as const)("dashboards %j is refused in words", async (args, said) => {
  using folder = temporaryFolder();
  const { code, stderr } = await runPitwall(["dashboards", join(folder.path, "out"), ...args]);
  expect({ code, said: stderr.includes(said) ? said : stderr }).toEqual({ code: 64, said });
});
