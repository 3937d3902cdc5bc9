import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { VERSION } from "../../collector/cli/version.ts";
import { LAUNCHER, oneSpan, PitwallProcess, postTraces, runPitwall, temporaryFolder } from "./pitwall-process.ts";

const FREE = { OTELCOL_OTLP_HTTP_ENDPOINT: "127.0.0.1:0", OTELCOL_OTLP_GRPC_ENDPOINT: "127.0.0.1:0", PITWALL_RUNS_ENDPOINT: "127.0.0.1:0" };
const NO_SELF_METRICS = ["--set", "service.telemetry.metrics.level=none"];

test("--preset debug writes its configuration from the environment and runs it", async () => {
  using folder = temporaryFolder();
  await using pitwall = new PitwallProcess(["start", "--preset", "debug", "--log-format", "json", ...NO_SELF_METRICS], {
    cwd: folder.path,
    env: FREE,
  });
  const endpoints = await pitwall.ready();
  expect(Object.keys(endpoints).sort()).toEqual(["otlp.grpc", "otlp.http", "runs"]);
  await postTraces(endpoints["otlp.http"] as string, oneSpan("checkout"));
  await pitwall.until(({ stdout }) => (stdout.includes("service.name: Str(checkout)") ? true : undefined));
  expect((await pitwall.stop()).code).toBe(0);
  expect(readFileSync(join(folder.path, ".pitwall/otelcol/debug.yaml"), "utf8")).toContain('endpoint: "127.0.0.1:0" # OTELCOL_OTLP_HTTP_ENDPOINT');
});

test.each(["debug", "rider"])("the configuration of --preset %s with nothing set", async (preset) => {
  using folder = temporaryFolder();
  const binary = join(folder.path, "otelcol-fake");
  writeFileSync(binary, "#!/bin/sh\nexit 0\n");
  chmodSync(binary, 0o755);
  expect((await runPitwall(["start", "--preset", preset], { cwd: folder.path, env: { OTELCOL_BIN: binary } })).code).toBe(0);
  await expect(readFileSync(join(folder.path, `.pitwall/otelcol/${preset}.yaml`), "utf8")).toMatchFileSnapshot(`../golden/cli/preset-${preset}.yaml`);
  expect((await runPitwall(["validate", "--config", `.pitwall/otelcol/${preset}.yaml`], { cwd: folder.path })).code).toBe(0);
});

test("Pitwall's own run of a preset also raises alerts, and is scraped where PITWALL_PROMETHEUS_ENDPOINT says", async () => {
  using folder = temporaryFolder();
  const env = { ...FREE, PITWALL_PROMETHEUS_ENDPOINT: "127.0.0.1:0", PITWALL_ALERT_WEBHOOK: "http://127.0.0.1:9/alerts" };
  await using pitwall = new PitwallProcess(["start", "--preset", "debug", "--log-format", "json", ...NO_SELF_METRICS], { cwd: folder.path, env });
  const endpoints = await pitwall.ready();
  expect((await fetch(`http://${endpoints["prometheus"]}/metrics`)).status).toBe(200);
  const text = readFileSync(join(folder.path, ".pitwall/otelcol/debug.yaml"), "utf8");
  expect(text).toContain("exporters: [debug, alerts, prometheus, runs]\n");
  expect(text).toContain('url: "http://127.0.0.1:9/alerts" # PITWALL_ALERT_WEBHOOK');
  const body = JSON.stringify(permitsRunOut());
  await fetch(`http://${endpoints["otlp.http"]}/v1/metrics`, { method: "POST", headers: { "content-type": "application/json" }, body });
  await pitwall.until(({ stderr }) => (stderr.includes("RequestPermitsExhausted") ? true : undefined));
  await pitwall.stop();
});

test("Pitwall's own run of a preset records load runs through the run API, and marks them in what it prints", async () => {
  using folder = temporaryFolder();
  await using pitwall = new PitwallProcess(["start", "--preset", "debug", "--log-format", "json", ...NO_SELF_METRICS], {
    cwd: folder.path,
    env: FREE,
  });
  const endpoints = await pitwall.ready();
  const api = `http://${endpoints["runs"]}/api/v1`;
  const post = async (path: string, body: object) => {
    const response = await fetch(`${api}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    expect(response.ok).toBe(true);
    return (await response.json()) as { readonly id: string };
  };
  expect(await (await fetch(`${api}/status`)).json()).toMatchObject({ version: VERSION, run: null });
  const { id } = await post("/runs", { name: "first" });
  await postTraces(endpoints["otlp.http"] as string, oneSpan("checkout"));
  await post("/marks", { text: "cache cleared" });
  await post("/runs/current/end", {});
  await pitwall.until(({ stdout }) => (stdout.includes("cache cleared") && stdout.includes("loadtest.run.end") ? true : undefined));
  expect((await pitwall.stop()).code).toBe(0);
  expect(readdirSync(join(folder.path, ".pitwall/runs"))).toEqual([`${id}.sqlite`]);
});

test("a port of the run API that is taken does not keep a preset from starting", async () => {
  using folder = temporaryFolder();
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, "127.0.0.1", resolve));
  const env = { ...FREE, PITWALL_RUNS_ENDPOINT: `127.0.0.1:${(holder.address() as { port: number }).port}` };
  await using pitwall = new PitwallProcess(["start", "--preset", "debug", "--log-format", "json", ...NO_SELF_METRICS], { cwd: folder.path, env });
  expect(Object.keys(await pitwall.ready()).sort()).toEqual(["otlp.grpc", "otlp.http"]);
  await pitwall.until(({ stderr }) => (/no load runs are recorded by this collector/.test(stderr) ? true : undefined));
  expect((await pitwall.stop()).code).toBe(0);
  holder.close();
});

test("a run API beyond this machine takes its token from the environment, and the file does not hold it", async () => {
  using folder = temporaryFolder();
  const env = { ...FREE, PITWALL_RUNS_ENDPOINT: "0.0.0.0:0", PITWALL_TOKEN: "t0ken" };
  await using pitwall = new PitwallProcess(["start", "--preset", "debug", "--log-format", "json", ...NO_SELF_METRICS], { cwd: folder.path, env });
  const port = (await pitwall.ready())["runs"]?.split(":").at(-1);
  const ask = async (headers: Readonly<Record<string, string>>) => (await fetch(`http://127.0.0.1:${port}/api/v1/status`, { headers })).status;
  expect([await ask({}), await ask({ authorization: "Bearer t0ken" })]).toEqual([401, 200]);
  expect(readFileSync(join(folder.path, ".pitwall/otelcol/debug.yaml"), "utf8")).not.toContain("t0ken");
  expect((await pitwall.stop()).code).toBe(0);
});

/** One export of a server whose permits are all taken. */
function permitsRunOut(): object {
  const gauge = (name: string, value: number) => ({
    name,
    unit: "{permit}",
    gauge: { dataPoints: [{ asInt: String(value), timeUnixNano: `${Date.now()}000000` }] },
  });
  const metrics = [gauge("genarrative.http.server.request_permits.available", 0), gauge("genarrative.http.server.request_permits.limit", 256)];
  const attributes = [{ key: "service.name", value: { stringValue: "api" } }];
  return { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ scope: { name: "t" }, metrics }] }] };
}

test("--preset rider says how Rider's port is fixed", async () => {
  using folder = temporaryFolder();
  await using pitwall = new PitwallProcess(["start", "--preset", "rider", ...NO_SELF_METRICS], { cwd: folder.path, env: FREE });
  await pitwall.until(({ stderr }) => (/Rider listens on a random port unless its fixed OTLP server port is set/.test(stderr) ? true : undefined));
  expect((await pitwall.stop()).code).toBe(0);
});

test("OTELCOL_BIN runs in Pitwall's place on the same configuration; its output, exit code and signals pass through", async () => {
  using folder = temporaryFolder();
  const binary = join(folder.path, "otelcol-fake");
  writeFileSync(binary, '#!/bin/sh\necho "args $*"\ntrap "exit 7" TERM\necho running\nfor i in $(seq 400); do sleep 0.05; done\n');
  chmodSync(binary, 0o755);
  await using pitwall = new PitwallProcess(["start", "--preset", "debug", "--set", "a=b"], {
    cwd: folder.path,
    env: { ...FREE, OTELCOL_BIN: binary },
  });
  await pitwall.until(({ stdout }) => (stdout.includes("running") ? true : undefined));
  const { code, stdout } = await pitwall.stop("SIGTERM");
  expect(code).toBe(7);
  expect(stdout).toContain("args --config .pitwall/otelcol/debug.yaml --set a=b");
});

test("an OTELCOL_BIN that does not exist is told with 69", async () => {
  using folder = temporaryFolder();
  const { code, stderr } = await runPitwall(["start", "--preset", "debug"], { cwd: folder.path, env: { OTELCOL_BIN: "otelcol-not-there" } });
  expect(code).toBe(69);
  expect(stderr).toContain('error E_OTELCOL_BIN  OTELCOL_BIN names "otelcol-not-there", which cannot be run');
});

test("an OTELCOL_BIN that is Pitwall itself runs Pitwall, also through a link on the PATH", async () => {
  using folder = temporaryFolder();
  symlinkSync(LAUNCHER, join(folder.path, "otelcol-contrib"));
  const env = { ...FREE, OTELCOL_BIN: "otelcol-contrib", PATH: `${folder.path}:${process.env["PATH"]}` };
  await using pitwall = new PitwallProcess(["start", "--preset", "debug", "--log-format", "json", ...NO_SELF_METRICS], {
    cwd: folder.path,
    env,
    entry: LAUNCHER,
  });
  await pitwall.ready();
  expect((await pitwall.stop()).code).toBe(0);
});

test("the launcher tells an old Node in one sentence what is needed", async () => {
  using folder = temporaryFolder();
  const old = join(folder.path, "old-node.cjs");
  writeFileSync(old, `Object.defineProperty(process.versions, "node", { value: "18.20.0" }); require(${JSON.stringify(LAUNCHER)});`);
  const { code, stderr, stdout } = await runPitwall(["--version"], { entry: old });
  expect({ code, stdout }).toEqual({ code: 69, stdout: "" });
  expect(stderr).toMatch(/^Pitwall needs Node 24\.12 or newer, and this is Node 18\.20\.0\.\n/);
});

test("Pitwall can be an OTELCOL_BIN: --config runs it, validate checks", async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, "c.yaml"), readFileSync("test/fixtures/config/seed-debug.yaml"));
  expect((await runPitwall(["validate", "--config", "c.yaml"], { cwd: folder.path, entry: LAUNCHER })).code).toBe(0);
});

test("the worked example of a component from outside the project runs", async () => {
  const args = [
    "--config",
    "examples/plugin/collector.yaml",
    "--set",
    "receivers.otlp.protocols.http.endpoint=127.0.0.1:0",
    "--log-format",
    "json",
    ...NO_SELF_METRICS,
  ];
  await using pitwall = new PitwallProcess(args);
  const http = (await pitwall.ready())["otlp.http"] as string;
  await postTraces(http, oneSpan("checkout"));
  await postTraces(http, oneSpan("basket"));
  await pitwall.until(({ stdout }) => (stdout.includes("seen so far: checkout=1 basket=1\n") ? true : undefined));
  expect((await pitwall.stop()).code).toBe(0);
});

test("a plugin outside any project, and one from an npm package, find pitwall/define", async () => {
  using folder = temporaryFolder();
  const source = (type: string) => `import { exporter, z } from "pitwall/define";
export const it = exporter({ type: "${type}", about: "Counts.", signals: ["traces"], config: z.strictObject({}), async open(_, context) {
  return { push: (batch) => context.stdout("${type} " + batch.count + "\\n"), async [Symbol.asyncDispose]() {} };
} });
`;
  const { mkdirSync } = await import("node:fs");
  mkdirSync(join(folder.path, "node_modules/my-exporters"), { recursive: true });
  writeFileSync(
    join(folder.path, "node_modules/my-exporters/package.json"),
    '{"name":"my-exporters","type":"module","exports":{"import":"./main.js"}}',
  );
  writeFileSync(join(folder.path, "node_modules/my-exporters/main.js"), source("from_package"));
  writeFileSync(join(folder.path, "mine.ts"), source("from_file"));
  writeFileSync(
    join(folder.path, "c.yaml"),
    `plugins: [./mine.ts, my-exporters]
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}}}}
exporters: {from_file: , from_package: }
service: {telemetry: {metrics: {level: none}}, pipelines: {traces: {receivers: [otlp], exporters: [from_file, from_package]}}}
`,
  );
  await using pitwall = new PitwallProcess(["--config", join(folder.path, "c.yaml"), "--log-format", "json"]);
  await postTraces((await pitwall.ready())["otlp.http"] as string, oneSpan("a"));
  await pitwall.until(({ stdout }) => (stdout.includes("from_file 1") && stdout.includes("from_package 1") ? true : undefined));
  expect((await pitwall.stop()).code).toBe(0);
});
