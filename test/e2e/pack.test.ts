import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reportOf, seenBy } from "./load-run.ts";
import { oneSpan, PitwallProcess, postTraces, runPitwall, temporaryFolder } from "./pitwall-process.ts";

/** The package as it is published: built, packed, and laid out in an empty folder as `npm install` would. */
const folder = temporaryFolder();
const installed = join(folder.path, "node_modules", "pitwall");
const bin = join(installed, "bin", "pitwall.cjs");
let packedBytes = 0;
let packed: readonly { readonly path: string; readonly size: number }[] = [];

const npm = (args: readonly string[]): string =>
  execFileSync("npm", args, { encoding: "utf8", shell: process.platform === "win32", stdio: ["ignore", "pipe", "ignore"] });

beforeAll(() => {
  execFileSync(process.execPath, ["scripts/build.ts"], { stdio: "pipe" });
  const [report] = JSON.parse(npm(["pack", "--json", "--ignore-scripts", "--pack-destination", folder.path])) as [
    { filename: string; size: number; files: typeof packed },
  ];
  packed = report.files;
  packedBytes = report.size;
  execFileSync("tar", ["-xzf", report.filename], { cwd: folder.path });
  mkdirSync(join(folder.path, "node_modules"));
  renameSync(join(folder.path, "package"), installed);
  // The one dependency that is not inside the bundle: `pitwall/define` shares it with plugins.
  symlinkSync(resolve("node_modules/zod"), join(folder.path, "node_modules", "zod"), "junction");
});
afterAll(() => folder[Symbol.dispose]());

test("the package holds exactly what it should", async () => {
  const paths = packed.map(({ path }) => path).sort();
  await expect(`${paths.join("\n")}\n`).toMatchFileSnapshot("../golden/cli/package-files.txt");
  expect(packedBytes).toBeLessThan(1_600_000);
});

test("no file of the package names a place of the machine that built it", () => {
  const leaking = packed.map(({ path }) => path).filter((path) => readFileSync(join(installed, path), "utf8").includes(process.cwd()));
  expect(leaking).toEqual([]);
});

test("the licences of everything bundled are in it", () => {
  const text = readFileSync(join(installed, "dist", "THIRD-PARTY-LICENSES.txt"), "utf8");
  for (const name of ["commander", "yaml", "zod", "pino", "prom-client", "@grpc/grpc-js"]) expect(text).toMatch(new RegExp(`^${name} \\d`, "m"));
});

test("it answers --version and validates in an empty folder", async () => {
  const { stdout, code } = await runPitwall(["--version"], { entry: bin, cwd: folder.path });
  expect({ stdout: stdout.split(" ", 1)[0], code }).toEqual({ stdout: "pitwall", code: 0 });
  const config = resolve("test/fixtures/config/seed-debug.yaml");
  expect((await runPitwall(["validate", "--config", config], { entry: bin, cwd: folder.path })).code).toBe(0);
  const bad = await runPitwall(["validate", "--config", resolve("test/fixtures/config/bad/protocol-typo.yaml")], { entry: bin, cwd: folder.path });
  expect(bad.code).toBe(78);
  expect(bad.stderr).toContain('did you mean "http"?');
});

test("it runs a load run from an empty folder: collector, ledger, verdict and documents", async () => {
  const run = await runPitwall(
    [
      ...["run", "--name", "packed", "--api", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0"],
      ...["--before", "0s", "--after", "0s", "--settle", "2s", "--threshold", "http_req_failed < 1%"],
      ...["--", process.execPath, resolve("test/e2e/load-generator.ts"), "--requests", "60"],
    ],
    { entry: bin, cwd: folder.path },
  );
  expect(run, run.stderr).toMatchObject({ code: 0 });
  const report = reportOf(run);
  expect(report.run.name).toBe("packed");
  expect(seenBy("client", report)).toMatchObject({ requests: 60, failed: 0 });
  const html = readFileSync(join(folder.path, ".pitwall", "runs", report.run.id, "report.html"), "utf8");
  expect(html).toContain("uPlot");
  // The documents of others, from files of their own too.
  const log = resolve("test/fixtures/generators/nginx/k6-mixed-timing.log");
  const imported = await runPitwall(["import", "--new", "proxy", log], { entry: bin, cwd: folder.path });
  expect(imported, imported.stderr).toMatchObject({ code: 0 });
  for (const args of [["report", "packed", "--format", "junit"], ["runs"], ["compare", "packed", "packed", "--force"], ["nginx-format"]]) {
    const ended = await runPitwall(args, { entry: bin, cwd: folder.path });
    expect(ended, ended.stderr).toMatchObject({ code: 0 });
    expect(ended.stdout).not.toBe("");
  }
});

test("the packed collector gives the report of a run over its API, from a thread of its own", async () => {
  const config = JSON.stringify({
    receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } },
    connectors: { runs: { endpoint: "127.0.0.1:0" } },
    exporters: { nop: {} },
    service: {
      telemetry: { metrics: { level: "none" } },
      pipelines: { traces: { receivers: ["otlp"], exporters: ["runs"] }, "logs/runs": { receivers: ["runs"], exporters: ["nop"] } },
    },
  });
  await using pitwall = new PitwallProcess(["start", "--config", "env:CONFIG", "--log-format", "json"], {
    entry: bin,
    cwd: folder.path,
    env: { CONFIG: config },
  });
  const { runs } = await pitwall.ready();
  const response = await fetch(`http://${runs}/api/v1/runs/latest/report.html`);
  expect(response.status).toBe(200);
  expect(await response.text()).toContain("<html");
});

test("it runs a collector, with a plugin that imports pitwall/define", async () => {
  writeFileSync(
    join(folder.path, "mine.ts"),
    `import { exporter, z } from "pitwall/define";
const words: string = "items";
export const mine = exporter({ type: "mine", about: "Counts.", signals: ["traces"], config: z.strictObject({}), async open(_, context) {
  return { push: (batch) => context.stdout(\`\${batch.count} \${words}\\n\`), async [Symbol.asyncDispose]() {} };
} });
`,
  );
  writeFileSync(
    join(folder.path, "c.yaml"),
    `plugins: [./mine.ts]
receivers: {otlp: {protocols: {http: {endpoint: "127.0.0.1:0"}, grpc: {endpoint: "127.0.0.1:0"}}}}
exporters: {mine: , debug: {verbosity: detailed}}
service:
  telemetry: {metrics: {address: "127.0.0.1:0"}}
  pipelines: {traces: {receivers: [otlp], exporters: [mine, debug]}}
`,
  );
  await using pitwall = new PitwallProcess(["--config", "c.yaml", "--log-format", "json"], { entry: bin, cwd: folder.path });
  const endpoints = await pitwall.ready();
  expect(Object.keys(endpoints).sort()).toEqual(["otlp.grpc", "otlp.http", "telemetry.metrics"]);
  await postTraces(endpoints["otlp.http"] as string, oneSpan("checkout"));
  await pitwall.until(({ stdout }) => (stdout.includes("1 items\n") && stdout.includes("Str(checkout)") ? true : undefined));
  expect(await (await fetch(`http://${endpoints["telemetry.metrics"]}/metrics`)).text()).toContain("otelcol_receiver_accepted_spans");
  expect((await pitwall.stop()).code).toBe(0);
});

test("pitwall/define and pitwall/instrument can be imported, and have their types", () => {
  const program = 'const d = await import("pitwall/define"); console.log(Object.keys(d).sort().join(" "))';
  const names = execFileSync(process.execPath, ["--input-type=module", "-e", program], { cwd: folder.path, encoding: "utf8" });
  expect(names.trim().split(" ")).toEqual(expect.arrayContaining(["exporter", "extension", "receiver", "stage", "z"]));
  const { exports } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as {
    exports: Record<string, { types: string; default: string }>;
  };
  for (const name of ["./define", "./instrument"]) {
    expect(existsSync(join(installed, exports[name]?.types ?? "?"))).toBe(true);
    expect(existsSync(join(installed, exports[name]?.default ?? "?"))).toBe(true);
  }
});
