import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runPitwall, temporaryFolder } from "./pitwall-process.ts";

const SEED = "test/fixtures/config/seed-debug.yaml";

test.each([
  ["no configuration", [], 64, "error E_USAGE  no configuration: give --config FILE, or --preset debug"],
  ["an unknown command", ["strat"], 64, 'error E_USAGE  there is no command "strat"\n  Did you mean "start"?'],
  ["an unknown option", ["validate", "--confg", "x"], 64, "unknown option '--confg'"],
  ["a bad --set", ["--config", SEED, "--set", "nothing"], 64, "It must be key.key=value."],
  ["a missing file", ["validate", "--config", "none.yaml"], 78, "none.yaml  there is no such file"],
  ["a folder", ["validate", "--config", "test"], 78, "test  this is a folder"],
  ["an unset variable as source", ["validate", "--config", "env:PITWALL_TEST_UNSET"], 78, 'environment variable "PITWALL_TEST_UNSET" is not set'],
  ["a URL", ["validate", "--config", "https://example.invalid/c.yaml"], 78, '"https:" is not a kind of source that Pitwall reads'],
] as const)("%s: exit code %#", async (_, args, code, said) => {
  const ended = await runPitwall(args);
  expect(ended.stderr).toContain(said);
  expect(ended).toMatchObject({ code, stdout: "" });
});

test("validate tells all mistakes of a file with 78, and with --log-format json as one object", async () => {
  const { code, stderr, stdout } = await runPitwall(["validate", "--config", "test/fixtures/config/bad/many.yaml"]);
  expect({ code, stdout }).toEqual({ code: 78, stdout: "" });
  expect(stderr).toMatch(
    /^error E_CONFIG_INVALID\ntest\/fixtures\/config\/bad\/many\.yaml:4:7 {2}receivers::otlp::protocols {2}unknown key "grcp"\n/,
  );
  expect(stderr).toMatch(/\n9 problems\n$/);
  const json = JSON.parse((await runPitwall(["validate", "--config", "test/fixtures/config/bad/many.yaml", "--log-format", "json"])).stderr) as {
    problems: unknown[];
  };
  expect(json).toMatchObject({ level: "error", code: "E_CONFIG_INVALID", exitCode: 78 });
  expect(json.problems).toHaveLength(9);
});

test("validate says what is valid, and warns of what is not used", async () => {
  expect(await runPitwall(["validate", "--config", SEED])).toEqual({
    code: 0,
    stdout: "",
    stderr: `${SEED}: valid, 3 pipelines (traces, metrics, logs)\n`,
  });
  const { code, stderr } = await runPitwall(["validate", "--config", SEED, "--set", "processors.batch="]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^warning {2}--set processors\.batch {2}processors {2}"batch" is configured but not used, so it is not started\n/);
});

test("K-09 several sources are merged: files, environment, text on the command line", async () => {
  const env = { MORE: "exporters: {debug/2: {verbosity: normal}}" };
  const sources = ["--config", `file:${SEED}`, "--config", "env:MORE", "--config=yaml:service::pipelines::traces::exporters: [debug/2]"];
  const { code, stdout } = await runPitwall(["print-config", ...sources, "--format", "json", "--set", "exporters.debug.verbosity=basic"], { env });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    exporters: { debug: { verbosity: "basic" }, "debug/2": { verbosity: "normal" } },
    service: { pipelines: { traces: { receivers: ["otlp"], exporters: ["debug/2"] }, logs: { exporters: ["debug"] } } },
  });
});

test("K-10 K-13 print-config hides secrets, unless asked to show them", async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, "c.yaml");
  const text = `receivers:
  otlp:
    protocols:
      http:
        auth: {authenticator: bearertokenauth}
exporters:
  otlp_http:
    endpoint: \${env:TARGET}
    headers: {x-api-key: k123, accept: text/plain}
    tls: {key_pem: k456, insecure: true}
extensions:
  bearertokenauth: {token: "\${env:TOKEN}"}
service:
  extensions: [bearertokenauth]
  pipelines:
    traces: {receivers: [otlp], exporters: [otlp_http]}
`;
  writeFileSync(file, text);
  const env = { TOKEN: "t789", TARGET: "http://127.0.0.1:4318" };
  const { stdout, code } = await runPitwall(["print-config", "--config", file], { env });
  expect(code).toBe(0);
  expect(stdout).not.toMatch(/k123|k456|t789/);
  await expect(stdout).toMatchFileSnapshot("../golden/cli/print-config-redacted.yaml");
  const shown = await runPitwall(["print-config", "--config", file, "--mode", "unredacted"], { env });
  expect(shown.stdout).toMatch(/k123[\s\S]*k456[\s\S]*t789/);
});

test("components lists them all with a sentence each; --json the same for machines", async () => {
  const { stdout, code } = await runPitwall(["components"]);
  expect(code).toBe(0);
  await expect(stdout).toMatchFileSnapshot("../golden/cli/components.txt");
  const json = JSON.parse((await runPitwall(["components", "--json"])).stdout) as { exporters: { type: string; aliases: string[] }[] };
  expect(json.exporters.find(({ type }) => type === "otlp_grpc")?.aliases).toEqual(["otlp"]);
});

const COMMANDS = [
  ...["start", "validate", "components", "print-config", "replay", "completion"],
  ...["run", "mark", "report", "runs", "import", "compare", "nginx-format"],
];

test.each(["", ...COMMANDS])("the help of %j", async (command) => {
  const { stdout, code } = await runPitwall([...(command === "" ? [] : [command]), "--help"], { env: { COLUMNS: "120" } });
  expect(code).toBe(0);
  await expect(stdout).toMatchFileSnapshot(`../golden/cli/help/${command || "pitwall"}.txt`);
});

test("--version names the version and Node's", async () => {
  const { stdout, code } = await runPitwall(["--version"]);
  expect(code).toBe(0);
  expect(stdout).toBe(`pitwall ${(await import("../../package.json", { with: { type: "json" } })).default.version} (node ${process.version})\n`);
});

test.each(["bash", "zsh", "fish"])("completion for %s knows every command", async (shell) => {
  const { stdout, code } = await runPitwall(["completion", shell]);
  expect(code).toBe(0);
  for (const word of [...COMMANDS, "config", "preset", "thresholds", "nginx-log", "fail-on-worse"]) expect(stdout).toContain(word);
});

test("completion for an unknown shell is a usage error", async () => {
  expect((await runPitwall(["completion", "tcsh"])).code).toBe(64);
});
