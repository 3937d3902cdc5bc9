import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { apiOf, filesIn, ledgersIn, loadCommand, openTarget, QUICK_RUN, reportOf, runLoad, seenBy } from "./load-run.ts";
import { PitwallProcess, runPitwall, temporaryFolder } from "./pitwall-process.ts";

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

describe("a run whose load is fine", () => {
  test("ends with 0: the verdict and the hop strip on stdout, progress on stderr, the report's path last", async () => {
    await using target = await openTarget();
    const ended = await runLoad(folder.path, [
      ...["--name", "spike", "--label", "scenario=spike", "--label", "team=a=b", "--dataset", "works-81", "--target", target.url],
      ...["--threshold", "http_req_failed < 1%", "--threshold", "p95 < 5s"],
      ...loadCommand("--url", target.url, "--requests", "80"),
    ]).ended();
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stdout).toMatch(/^load began\nPASSED/);
    expect(ended.stdout).toMatch(/client +▸ network/);
    expect(ended.stderr).toMatch(/^\[pitwall\] run \d{8}-\d{6}-spike-[0-9a-f]{4} is open; its collector takes OTLP at http:\/\/127\.0\.0\.1:\d+/);
    expect(ended.stderr).toContain("[pitwall] the load is over\n");
    expect(target.served()).toBe(80);
    const report = reportOf(ended);
    expect(report.run).toMatchObject({
      name: "spike",
      labels: { scenario: "spike", team: "a=b" },
      state: "closed",
      exit: { code: 0, signal: null },
    });
    expect(report.conditions).toMatchObject({ dataset: "works-81", target: target.url, generator: expect.stringContaining("node") });
    expect(report.conditions.scriptHash).toMatch(/^[0-9a-f]{64}$/);
    expect(seenBy("client", report)).toMatchObject({ requests: 80, failed: 0 });
    expect(report.gates.map(({ state }) => state)).toEqual(["passed", "passed"]);
    expect(ledgersIn(folder.path)).toEqual([`${report.run.id}.sqlite`]);
  });

  test("with --quiet says nothing but the report; a report that is no terminal's has no colours", async () => {
    const ended = await runLoad(folder.path, ["--quiet", ...loadCommand("--requests", "5")]).ended();
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
    expect(ended.stdout).not.toMatch(/\x1b/);
  });

  test("passes its input on to the command, and the command's words behind the first one without `--` too", async () => {
    const ended = await runLoad(folder.path, ["--name", "stdin", "sh", "-c", 'cat; echo "$0 $*"', "--quiet", "--name", "theirs"], {
      input: "from outside\n",
    }).ended();
    expect(ended.stdout).toMatch(/^from outside\n--quiet --name theirs\n/);
    expect(reportOf(ended).run.name).toBe("stdin");
    expect(reportOf(ended).conditions.command).toEqual(["sh", "-c", 'cat; echo "$0 $*"', "--quiet", "--name", "theirs"]);
  });

  test("writes JUnit and the summary of a GitHub job where they are wanted, and the reports where --out says", async () => {
    const [junit, summary] = [join(folder.path, "deep", "junit.xml"), join(folder.path, "summary.md")];
    const args = ["--junit", junit, "--out", join(folder.path, "documents"), "--threshold", "http_req_failed < 1%"];
    const ended = await runLoad(folder.path, [...args, ...loadCommand("--requests", "30")], { env: { GITHUB_STEP_SUMMARY: summary } }).ended();
    expect(ended).toMatchObject({ code: 0 });
    expect(readFileSync(junit, "utf8")).toContain("<testsuite");
    expect(readFileSync(summary, "utf8")).not.toBe("");
    expect(filesIn(folder.path).filter((name) => !name.endsWith(".sqlite"))).toEqual([]);
    expect(existsSync(join(folder.path, "documents", "report.html"))).toBe(true);
  });

  test("writes its report although nobody reads what it prints", async () => {
    await using run = runLoad(folder.path, loadCommand("--requests", "5"));
    await run.until(({ stdout }) => (stdout.includes("load began") ? true : undefined));
    run.child.stdout?.destroy();
    expect((await run.ended()).code).toBe(69);
    const [folderOfReport = ""] = filesIn(folder.path).filter((name) => !name.endsWith(".sqlite"));
    expect(readdirSync(join(folder.path, "runs", folderOfReport)).sort()).toEqual(["report.html", "report.json", "report.md"]);
  });

  test("tells the command by its environment where telemetry goes, whatever other places were set", async () => {
    const env = {
      OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://192.0.2.1:4318/v1/metrics",
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://192.0.2.1:4318",
      OTEL_RESOURCE_ATTRIBUTES: "team=a",
    };
    const ended = await runLoad(folder.path, ["--", process.execPath, "-p", "JSON.stringify(process.env)"], { env }).ended();
    const told = JSON.parse(ended.stdout.slice(0, ended.stdout.indexOf("\n"))) as Record<string, string>;
    const { id } = reportOf(ended).run;
    expect(told).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
      OTEL_RESOURCE_ATTRIBUTES: `loadtest.run.id=${id},team=a`,
      PITWALL_RUN_ID: id,
      PITWALL_API: expect.stringMatching(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/) as string,
    });
    expect(told).not.toHaveProperty("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
  });
});

describe("exit codes", () => {
  test("99 where a threshold does not hold", async () => {
    await using target = await openTarget(500);
    const ended = await runLoad(folder.path, ["--threshold", "http_req_failed < 1%", ...loadCommand("--url", target.url)]).ended();
    expect(ended).toMatchObject({ code: 99 });
    expect(ended.stdout).toContain("FAILED");
    expect(reportOf(ended).gates).toMatchObject([{ state: "failed" }]);
  });

  test("the command's own where that fails, the report all the same", async () => {
    const ended = await runLoad(folder.path, loadCommand("--exit-code", "107")).ended();
    expect(ended).toMatchObject({ code: 107 });
    expect(ended.stderr).toContain("the load is over, exit code 107");
    expect(reportOf(ended).run.exit).toEqual({ code: 107, signal: null });
  });

  test("128 and the signal's number where somebody kills the command", async () => {
    const ended = await runLoad(folder.path, ["--", "sh", "-c", "kill -9 $$"]).ended();
    expect(ended).toMatchObject({ code: 137 });
    expect(reportOf(ended).run.exit).toEqual({ code: null, signal: "SIGKILL" });
  });

  test("65 with --require-verdict where nobody told of a request, which is said in words", async () => {
    const silent = loadCommand("--silent", "--requests", "3");
    const ended = await runLoad(folder.path, ["--require-verdict", ...silent]).ended();
    expect(ended).toMatchObject({ code: 65 });
    expect(ended.stderr).toContain("nobody told of a single request");
    expect(reportOf(ended).verdict.result).toBe("inconclusive");
    expect((await runLoad(folder.path, silent).ended()).code).toBe(0);
  });

  test.each([
    ["no command", [], 64, "no command: write it after `--`"],
    ["an empty name", ["--name", " ", "--", "true"], 64, "--name is empty"],
    ["a label without a value", ["--label", "scenario", "--", "true"], 64, "--label scenario: it must be key=value"],
    ["a duration without a unit", ["--before", "soon", "--", "true"], 64, "It must be a duration like 30s."],
    ["a wait of years", ["--after", "9000h", "--", "true"], 64, "It must be a day at most."],
    ["an API that is no address", ["--api", "nowhere at all", "--", "true"], 64, "--api nowhere at all: it must be host:port"],
    ["an OTLP address without a port", ["--otlp-http", "localhost", "--", "true"], 64, "--otlp-http localhost: it must be host:port"],
    ["an endpoint rule without a name", ["--endpoint-rule", "/works", "--", "true"], 64, "--endpoint-rule /works: it must be PATTERN=NAME"],
    ["a preset that does not exist", ["--preset", "peak", "--", "true"], 64, "Allowed choices are smoke, baseline, spike"],
    ["thresholds that cannot be read", ["--threshold", "p95 <", "--", "true"], 78, "E_THRESHOLDS"],
    ["a file of thresholds that is not there", ["--thresholds", "none.yaml", "--", "true"], 69, "none.yaml cannot be read"],
    ["a value that the configuration does not have", ["--set", "receivers.otlp.protocls=1", "--", "true"], 78, "protocls"],
    [
      "a command that does not exist",
      ["--", "no-such-program-anywhere", "-x"],
      69,
      '"no-such-program-anywhere" cannot be run: there is no such program on the PATH',
    ],
    ["a command that is a folder", ["--", "./test"], 69, '"./test" cannot be run: it is no file that may be executed'],
  ] as const)("%s: nothing is started, and nothing is left", async (_, args, code, said) => {
    const ended = await runLoad(folder.path, args).ended();
    expect(ended.stderr).toContain(said);
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(filesIn(folder.path)).toEqual([]);
  });

  test("69 where a command cannot be started that looked as if; the run says why it is empty", async () => {
    const script = join(folder.path, "odd");
    writeFileSync(script, "#!/no/such/interpreter\n", { mode: 0o755 });
    const ended = await runLoad(folder.path, ["--name", "odd", "--", script]).ended();
    expect(ended).toMatchObject({ code: 69, stdout: "" });
    expect(ended.stderr).toContain("E_COMMAND");
    const later = await runPitwall(["report", "odd", "--runs-dir", join(folder.path, "runs")]);
    const report = reportOf(later);
    expect(report.run.state).toBe("closed");
    expect(report.marks).toMatchObject([{ kind: "system", text: expect.stringContaining("cannot be run") as string }]);
  });
});

describe("a port that is taken", () => {
  test("by something that is no run API: 69 and what to do", async () => {
    await using other = await openTarget(404);
    const ended = await runLoad(folder.path, ["--api", new URL(other.url).host, "--", "true"]).ended();
    expect(ended).toMatchObject({ code: 69, stdout: "" });
    expect(ended.stderr).toContain("is not a run API of Pitwall: it answers 404");
    expect(ended.stderr).toContain("127.0.0.1:0 takes a free one");
  });

  test("by something that never answers: 69 after a few seconds", async () => {
    const mute = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((resolve) => mute.once("listening", resolve));
    const { port } = mute.address() as { port: number };
    const ended = await runLoad(folder.path, ["--api", `127.0.0.1:${port}`, "--", "true"]).ended();
    mute.close();
    expect(ended).toMatchObject({ code: 69, stdout: "" });
    expect(ended.stderr).toContain(`the run API at http://127.0.0.1:${port} does not answer`);
  });

  test("the OTLP port: 69, and the options that take another", async () => {
    await using other = await openTarget();
    const ended = await runLoad(folder.path, ["--otlp-http", new URL(other.url).host, "--", "true"]).ended();
    expect(ended).toMatchObject({ code: 69, stdout: "" });
    expect(ended.stderr).toContain("E_PORT_IN_USE");
    expect(ended.stderr).toContain("--otlp-http 127.0.0.1:0");
    expect(ledgersIn(folder.path)).toEqual([]);
  });

  test("nothing listens at a far address: 69, no collector is started there", async () => {
    const ended = await runLoad(folder.path, ["--api", "localhost.:9", "--", "true"]).ended();
    expect(ended).toMatchObject({ code: 69 });
    expect(ended.stderr).toMatch(/nothing listens at http:\/\/localhost\.:9|does not answer/);
  });
});

test("a second run at the same collector is refused with the first one's id, and does not disturb it", async () => {
  await using first = runLoad(folder.path, ["--name", "first", ...loadCommand("--requests", "100", "--pause-ms", "50")]);
  const api = await apiOf(first);
  await first.until(({ stdout }) => (stdout.includes("load began") ? true : undefined));
  const second = await runLoad(folder.path, ["--name", "second", "--api", api, "--", "true"]).ended();
  expect(second).toMatchObject({ code: 69, stdout: "" });
  expect(second.stderr).toMatch(/run \d{8}-\d{6}-first-[0-9a-f]{4} is open at .*, and one run is recorded at a time/);
  const ended = await first.ended();
  expect(ended.code).toBe(0);
  expect(seenBy("client", reportOf(ended))).toMatchObject({ requests: 100 });
});

describe("with a collector that listens already", () => {
  async function startCollector(): Promise<{ readonly pitwall: PitwallProcess; readonly api: string; readonly otlp: string }> {
    const config = JSON.stringify({
      receivers: { otlp: { protocols: { http: { endpoint: "127.0.0.1:0" } } } },
      connectors: { runs: { endpoint: "127.0.0.1:0", directory: join(folder.path, "theirs") } },
      exporters: { nop: {} },
      service: {
        telemetry: { metrics: { level: "none" } },
        pipelines: {
          traces: { receivers: ["otlp"], exporters: ["runs"] },
          metrics: { receivers: ["otlp"], exporters: ["runs"] },
          logs: { receivers: ["otlp"], exporters: ["runs"] },
          "logs/runs": { receivers: ["runs"], exporters: ["nop"] },
          "metrics/runs": { receivers: ["runs"], exporters: ["nop"] },
        },
      },
    });
    const pitwall = new PitwallProcess(["start", "--config", "env:CONFIG", "--log-format", "json"], { env: { CONFIG: config } });
    const ready = await pitwall.ready();
    return { pitwall, api: ready["runs"] as string, otlp: ready["otlp.http"] as string };
  }

  test("the run is kept there, its ledger fetched, and the collector goes on", async () => {
    const { pitwall, api, otlp } = await startCollector();
    await using _collector = pitwall;
    const ended = await runLoad(folder.path, [
      "--name",
      "joined",
      "--api",
      api,
      "--otlp",
      `http://${otlp}`,
      "--set",
      "a.b=c",
      ...loadCommand(),
    ]).ended();
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stderr).toContain(`the collector at http://${api} takes OTLP at http://${otlp}`);
    expect(ended.stderr).toContain("--config and --set are for one that is started here");
    const report = reportOf(ended);
    expect(seenBy("client", report)).toMatchObject({ requests: 20 });
    expect(ledgersIn(folder.path)).toEqual([`${report.run.id}.sqlite`]);
    expect(existsSync(join(folder.path, "theirs", `${report.run.id}.sqlite`))).toBe(true);
    expect((await fetch(`http://${api}/api/v1/status`)).status).toBe(200);
    expect(await (await fetch(`http://${api}/api/v1/status`)).json()).toMatchObject({ run: null });
  });

  test("and takes OTLP elsewhere than thought: 69 before the run is opened", async () => {
    const { pitwall, api } = await startCollector();
    await using _collector = pitwall;
    const ended = await runLoad(folder.path, ["--api", api, "--otlp", "127.0.0.1:9", ...loadCommand()]).ended();
    expect(ended).toMatchObject({ code: 69, stdout: "" });
    expect(ended.stderr).toContain("nobody takes OTLP/HTTP at 127.0.0.1:9");
    expect(existsSync(join(folder.path, "theirs"))).toBe(false);
  });

  test("a run that somebody else ends keeps what it had until then", async () => {
    const { pitwall, api, otlp } = await startCollector();
    await using _collector = pitwall;
    await using run = runLoad(folder.path, ["--api", api, "--otlp", otlp, ...loadCommand("--requests", "60", "--pause-ms", "50")]);
    await run.until(({ stdout }) => (stdout.includes("load began") ? true : undefined));
    await expect
      .poll(
        async () =>
          ((await (await fetch(`http://${api}/api/v1/runs/current/progress`)).json()) as { hops: { requests: number }[] }).hops[0]?.requests,
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0);
    await fetch(`http://${api}/api/v1/runs/current/end`, { method: "POST" });
    const ended = await run.ended();
    expect(ended).toMatchObject({ code: 0 });
    expect(ended.stderr).toContain("was ended by somebody else");
    const requests = seenBy("client", reportOf(ended))?.requests ?? 0;
    expect(requests).toBeGreaterThan(0);
    expect(requests).toBeLessThan(60);
  });
});

test("`pitwall mark` of the command itself, and of somebody beside it, stand in the report", async () => {
  const own = `${JSON.stringify(process.execPath)} collector/cli/main.ts mark "redis stopped" --label version=1.4.2`;
  await using run = runLoad(folder.path, ["--", "sh", "-c", `${own}; sleep 3`]);
  const api = await apiOf(run);
  await run.until(({ stderr }) => (stderr.includes("marked at") ? true : undefined));
  const beside = await runPitwall(["mark", "deployed", "--api", api]);
  expect(beside).toMatchObject({ code: 0, stdout: "" });
  expect(beside.stderr).toMatch(/^marked at \d{4}-\d\d-\d\dT[\d:.]+Z: deployed\n$/);
  const report = reportOf(await run.ended());
  expect(report.marks).toMatchObject([
    { kind: "user", text: "redis stopped" },
    { kind: "user", text: "deployed" },
  ]);
  expect((await runPitwall(["mark", "late", "--api", api])).code).toBe(69);
});

test("a folder that cannot be written: 69 before the load; reports that cannot be written: 69 after the verdict was printed", async () => {
  const file = join(folder.path, "runs");
  writeFileSync(file, "");
  const ended = await runLoad(folder.path, ["--", "true"]).ended();
  expect(ended).toMatchObject({ code: 69, stdout: "" });
  expect(ended.stderr).toContain("E_LEDGER");
  const other = join(folder.path, "other");
  mkdirSync(other);
  writeFileSync(join(other, "documents"), "");
  const late = await runLoad(other, ["--out", join(other, "documents"), ...loadCommand("--requests", "5")]).ended();
  expect(late).toMatchObject({ code: 69 });
  expect(late.stdout).toContain("PASSED");
  expect(late.stderr).toContain("cannot be written");
});

test("the collector of a run takes the user's own configuration over its own", async () => {
  const config = join(folder.path, "more.yaml");
  writeFileSync(
    config,
    `exporters: {file: {path: ${JSON.stringify(join(folder.path, "all.jsonl"))}}}\nservice: {pipelines: {traces: {exporters: [runs, file]}}}\n`,
  );
  const ended = await runLoad(folder.path, ["--config", config, ...loadCommand("--requests", "7")]).ended();
  expect(ended).toMatchObject({ code: 0 });
  expect(readFileSync(join(folder.path, "all.jsonl"), "utf8")).toContain("resourceSpans");
  expect(seenBy("client", reportOf(ended))).toMatchObject({ requests: 7 });
});

test("the default ports are those of the documentation", async () => {
  const { stdout } = await runPitwall(["run", "--help"], { env: { COLUMNS: "200" } });
  for (const address of ["127.0.0.1:4317", "127.0.0.1:4318", "127.0.0.1:4319"]) expect(stdout).toContain(address);
  expect(QUICK_RUN.filter((word) => word === "127.0.0.1:0")).toHaveLength(3);
});
