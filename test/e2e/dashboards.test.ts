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
exporters: { prometheus: { endpoint: "0.0.0.0:9999", add_metric_suffixes: false } }
service: { pipelines: { metrics: { receivers: [otlp], exporters: [prometheus] } } }
`,
  );
  const target = join(folder.path, "out");
  expect(await runPitwall(["dashboards", target, "--config", config, "--grafana-port", "3001"])).toMatchObject({ code: 0 });
  expect(readFileSync(join(target, "stack/prometheus.yml"), "utf8")).toContain("127.0.0.1:9999");
  expect(readFileSync(join(target, "compose.yaml"), "utf8")).toContain('GF_SERVER_HTTP_PORT: "3001"');
  const dashboard = readFileSync(join(target, "dashboards/api-server.json"), "utf8");
  expect(dashboard).toContain("process_memory_usage{");
  expect(dashboard).not.toContain("process_memory_usage_bytes");
  expect(readFileSync(join(target, "stack/rules/loadtest.rules.yaml"), "utf8")).not.toContain("process_memory_usage_bytes");
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
  [["--config", "test/fixtures/config/seed-debug.yaml"], "the configuration has no prometheus exporter"],
] as const)("dashboards %j is refused in words", async (args, said) => {
  using folder = temporaryFolder();
  const { code, stderr } = await runPitwall(["dashboards", join(folder.path, "out"), ...args]);
  expect({ code, said: stderr.includes(said) ? said : stderr }).toEqual({ code: 64, said });
});
