import { copyFileSync, globSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ledgersIn, loadCommand, reportOf, runLoad, seenBy } from "./load-run.ts";
import { oneSpan, runPitwall, temporaryFolder } from "./pitwall-process.ts";

const FIXTURES = "test/fixtures/generators";
/** What lies beside the recordings: scripts, configurations, and screens whose programs also write files. */
const NO_RECORDINGS = /README\.md|\.js$|\.conf$|\.java\.txt$|mixed-stdout\.txt$|console\.txt$/;
/** Recordings without a single item: alone they make no run. */
const EMPTY = ["locust/mixed_exceptions.csv"];

const recordings = globSync(`${FIXTURES}/*/*`)
  .map((file) => file.replaceAll("\\", "/").slice(FIXTURES.length + 1))
  .filter((file) => !NO_RECORDINGS.test(file) && !EMPTY.includes(file))
  .sort();

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const runs = () => ["--runs-dir", join(folder.path, "runs")];
const importing = (...args: readonly string[]) => runPitwall(["import", ...runs(), ...args]);
const report = (...args: readonly string[]) => runPitwall(["report", ...runs(), ...args]);

describe("every recorded file of a generator", () => {
  test("there are some of each family", () => {
    expect([...new Set(recordings.map((file) => file.split("/")[0]))]).toHaveLength(13);
  });

  test.each(recordings)("%s becomes a run with a report", async (file) => {
    const imported = await importing("--new", "nightly", `${FIXTURES}/${file}`, "--began", "2026-11-20T10:00:00Z");
    expect(imported).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d{8}-\d{6}-nightly-[0-9a-f]{4}\n$/) as string });
    expect(imported.stderr).toMatch(new RegExp(`^${FIXTURES}/${file} {2}\\S+ {2}[1-9]`));
    const made = await report(imported.stdout.trim());
    expect(made.stderr).toBe("");
    expect([0, 99]).toContain(made.code);
    expect(reportOf(made).run).toMatchObject({ name: "nightly", state: "closed" });
  });
});

test("both sides of one load, in whatever order they are given, are one run", async () => {
  const files = ["nginx/k6-mixed-timing.log", "k6/mixed.ndjson.gz"].map((file) => `${FIXTURES}/${file}`);
  const imported = await importing(
    "--new",
    "both",
    ...files,
    "--label",
    "scenario=mixed",
    "--dataset",
    "d1",
    "--target",
    "http://u:p@a.test",
    "--threshold",
    "http_req_failed < 1%",
  );
  expect(imported).toMatchObject({ code: 0 });
  const made = await report("both");
  expect(made.code).toBe(99);
  const { run, conditions, gates, ...rest } = reportOf(made);
  expect(run.labels).toEqual({ scenario: "mixed" });
  expect(conditions.dataset).toBe("d1");
  expect(gates).toMatchObject([{ state: "failed" }]);
  const points = gunzipSync(readFileSync(`${FIXTURES}/k6/mixed.ndjson.gz`))
    .toString()
    .split("\n")
    .filter((line) => line.includes('"type":"Point"') && line.includes('"metric":"http_reqs"'));
  expect(rest.hops.find(({ hop }) => hop === "client")?.stream?.requests).toBe(points.length);
  const lines = readFileSync(`${FIXTURES}/nginx/k6-mixed-timing.log`, "utf8").trimEnd().split("\n").length;
  expect(rest.hops.find(({ hop }) => hop === "proxy")?.stream?.requests).toBe(lines);
});

test("files are added to a run that was recorded: its conditions stay, the proxy's side is there", async () => {
  const recorded = reportOf(
    await runLoad(folder.path, ["--name", "live", "--dataset", "d1", ...loadCommand("--requests", "60", "--pause-ms", "30")]).ended(),
  );
  const log = join(folder.path, "access.log");
  // As if it were the log of that load.
  const { startUnixMs, loadStartSecond, loadEndSecond } = recorded.run;
  const atSeconds = startUnixMs / 1000 + (loadStartSecond + loadEndSecond) / 2;
  const [line = ""] = readFileSync(`${FIXTURES}/nginx/k6-mixed-timing.log`, "utf8").split("\n");
  writeFileSync(log, `${line.replace(/msec=[\d.]+/, `msec=${atSeconds.toFixed(3)}`)}\n`.repeat(30));
  expect(await importing("live", log)).toMatchObject({ code: 0, stdout: `${recorded.run.id}\n` });
  const both = reportOf(await report("live"));
  expect(both.conditions).toMatchObject({ dataset: "d1" });
  expect(both.run.startUnixMs).toBe(recorded.run.startUnixMs);
  expect([seenBy("client", both)?.requests, seenBy("proxy", both)?.requests]).toEqual([60, 30]);
});

test("a recording of the file exporter is OTLP, and may be given with others", async () => {
  const recording = join(folder.path, "server.jsonl");
  const span = JSON.parse(oneSpan("api")) as { resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[] };
  const [only] = span.resourceSpans[0]?.scopeSpans[0]?.spans ?? [];
  Object.assign(only ?? {}, { kind: 2, startTimeUnixNano: "1763632800000000000", endTimeUnixNano: "1763632800020000000" });
  writeFileSync(recording, `${JSON.stringify(span)}\n`);
  const imported = await importing("--new", "server", recording);
  expect(imported).toMatchObject({ code: 0 });
  expect(imported.stderr).toContain(`${recording}  otlp  1 items`);
  const { run } = reportOf(await report("server"));
  expect([run.startUnixMs, run.endUnixMs]).toEqual([1_763_632_800_000, 1_763_632_800_020]);
});

test("any table, by a mapping; and the results of the WebSocket tester by name", async () => {
  const table = join(folder.path, "own.csv");
  writeFileSync(
    table,
    `when,took,code,path\n${Array.from({ length: 70 }, (_, index) => `${1_763_632_800_000 + index * 100},${10 + index},${index < 7 ? 500 : 200},/works`).join("\n")}\n`,
  );
  const mapping = join(folder.path, "own.yaml");
  writeFileSync(
    mapping,
    "as: requests\ntime: {from: when, unit: ms, means: start}\nduration: {from: took, unit: ms}\nstatus: code\nendpoint: {from: path, source: path}\n",
  );
  expect(await importing("--new", "own", table, "--mapping", mapping)).toMatchObject({ code: 0 });
  expect(seenBy("client", reportOf(await report("own")))).toMatchObject({ requests: 70, failed: 7 });

  const results = join(folder.path, "ws.json");
  writeFileSync(results, JSON.stringify({ durationSeconds: 10, connect: { attempts: 100, ok: 95, fail: 5 }, rtt: { p50: 5, p95: 20, p99: 30 } }));
  const tester = await importing("--new", "ws", results, "--mapping", "websocket-tester");
  expect(tester, tester.stderr).toMatchObject({ code: 0 });
  expect((await report("ws")).stderr).toBe("");

  writeFileSync(mapping, "as: requests\ntime: {from: when, unit: minutes, means: start}\nstatsu: code\n");
  const wrong = await importing("--new", "own", table, "--mapping", mapping);
  expect(wrong).toMatchObject({ code: 65, stdout: "" });
  expect(wrong.stderr).toMatch(/own\.yaml is no mapping:[\s\S]*time\.unit/);
});

describe("mistakes leave nothing behind", () => {
  const good = `${FIXTURES}/nginx/k6-mixed-timing.log`;

  test.each([
    ["a file that is not there", [good, "none.log"], 69, "none.log cannot be read"],
    ["a format that nobody knows", [good, "LICENSE"], 65, "LICENSE: its format is not known"],
    ["a format that does not exist", [good, "--format", "k7"], 65, 'there is no format "k7"'],
    ["a mapping that is not there", [good, "--mapping", "none.yaml"], 69, "none.yaml cannot be read"],
    ["a file without anything in it", [`${FIXTURES}/locust/mixed_exceptions.csv`], 65, "nothing in these files could be read"],
    ["a time that is none", [good, "--began", "yesterday"], 64, "It must be a time like"],
    ["thresholds with a mistake", [good, "--threshold", "p95 <"], 78, "E_THRESHOLDS"],
    ["a label without a value", [good, "--label", "a"], 64, "--label a: it must be key=value"],
  ] as const)("of a new run: %s", async (_, args, code, said) => {
    const ended = await importing("--new", "bad", ...args);
    expect(ended.stderr).toContain(said);
    expect(ended).toMatchObject({ code, stdout: "" });
    expect(ledgersIn(folder.path)).toEqual([]);
  });

  test("of a run that is there: it stays as it was, byte for byte", async () => {
    const id = (await importing("--new", "kept", good)).stdout.trim();
    const ledger = join(folder.path, "runs", `${id}.sqlite`);
    const before = readFileSync(ledger);
    const broken = join(folder.path, "broken.ndjson.gz");
    writeFileSync(broken, readFileSync(`${FIXTURES}/k6/mixed.ndjson.gz`).subarray(0, 9000));
    const ended = await importing("kept", broken);
    expect(ended).toMatchObject({ code: 65, stdout: "" });
    expect(ended.stderr).toContain("broken.ndjson.gz cannot be read to its end");
    expect(await importing("kept", good, "--label", "a=b")).toMatchObject({ code: 64 });
    expect((await importing("kept", good, "--threshold", "p95 < 1s")).stderr).toContain("--threshold is of a new run");
    expect(await importing("nobody", good)).toMatchObject({ code: 64 });
    expect(readFileSync(ledger).equals(before)).toBe(true);
    expect(readdirSync(join(folder.path, "runs"))).toEqual([basename(ledger)]);
  });
});

test("a folder of a run's name does not hide the run; a ledger may be named by its path", async () => {
  const id = (await importing("--new", "works", `${FIXTURES}/hey/ok.txt`)).stdout.trim();
  mkdirSync(join(folder.path, "works"));
  const found = await runPitwall(["report", "works", "--runs-dir", "runs"], {
    cwd: folder.path,
    entry: join(process.cwd(), "collector/cli/main.ts"),
  });
  expect(reportOf(found).run.id).toBe(id);
  const copy = join(folder.path, "copy.sqlite");
  copyFileSync(join(folder.path, "runs", `${id}.sqlite`), copy);
  expect(reportOf(await report(copy)).run.id).toBe(id);
});

test("`pitwall runs` lists them, newest first, for people and for machines", async () => {
  expect((await runPitwall(["runs", ...runs()])).stderr).toContain("there are no runs in");
  const first = (await importing("--new", "one", `${FIXTURES}/hey/ok.txt`, "--began", "2026-11-20T10:00:00Z")).stdout.trim();
  const second = (await importing("--new", "two", `${FIXTURES}/hey/ok.txt`, "--began", "2026-11-20T11:00:00Z")).stdout.trim();
  writeFileSync(join(folder.path, "runs", "odd.sqlite"), "not a database");
  const list = await runPitwall(["runs", ...runs()]);
  expect(list.stdout.split("\n").map((line) => line.split(" ")[0])).toEqual(["id", second, first, ""]);
  expect(list.stderr).toMatch(/^left out: .*odd\.sqlite/);
  const json = JSON.parse((await runPitwall(["runs", "--json", ...runs()])).stdout) as { id: string }[];
  expect(json.map(({ id }) => id)).toEqual([second, first]);
});
