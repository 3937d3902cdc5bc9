import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Hop } from "../../collector/model/catalog.ts";
import type { CountSource, RunLedger } from "../../collector/model/ledger.ts";
import type { RunReport } from "../../collector/report/report-schema.ts";
import { readLedger } from "../../collector/run/ledger/read-ledger.ts";
import { type RunningNginx, startNginx } from "../../loadtest/nginx/start-nginx.ts";
import { PROJECT_FOLDER, peerCommand } from "../peers/peers.ts";
import { startApiServer } from "./api-server-process.ts";
import { freePort, Process } from "./child-process.ts";

/** A real k6 inside `pitwall run`: what its own summary, the proxy's log and the server say is what the report says. */

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-run-k6-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const k6 = peerCommand("k6");

interface RunOptions {
  readonly script: string;
  readonly pitwall?: readonly string[];
  readonly k6?: readonly string[];
  readonly otlpPort?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: k6 itself. */
  readonly command?: readonly string[];
}

async function runK6({ script, pitwall = [], k6: more = [], otlpPort = 0, environment = {}, command }: RunOptions) {
  const file = join(folder, "script.js");
  writeFileSync(file, script);
  const own = [k6.file, ...k6.arguments, "run", "--quiet", "--no-usage-report", ...more, file];
  await using run = new Process({
    file: process.execPath,
    arguments: [
      ...["collector/cli/main.ts", "run", "--name", "k6", "--runs-dir", join(folder, "runs")],
      ...["--api", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0", "--otlp-http", `127.0.0.1:${otlpPort}`],
      ...["--before", "0s", "--after", "1s", "--settle", "15s", ...pitwall, "--", ...(command ?? own)],
    ],
    folder: PROJECT_FOLDER,
    environment: { ...k6.environment, ...environment },
  });
  const code = await run.end();
  const path = /report: (.+)\/report\.html\n$/.exec(run.stdout)?.[1];
  if (path === undefined) throw new Error(`no report, exit code ${code}:\n${run.stderr}\n${run.stdout}`);
  const report = JSON.parse(readFileSync(join(path, "report.json"), "utf8")) as RunReport;
  return { code, report, ledger: readLedger(`${path}.sqlite`), stderr: run.stderr };
}

const seenBy = (report: RunReport, hop: Hop) => report.hops.find((row) => row.hop === hop)?.stream ?? undefined;

/** Requests in the ledger as one witness counted them in one way, by status. */
function counted(ledger: RunLedger, hop: Hop, source: CountSource): ReadonlyMap<number | undefined, number> {
  const counts = new Map<number | undefined, number>();
  for (const cell of ledger.cells) {
    if (cell.hop === hop && cell.source === source) counts.set(cell.status, (counts.get(cell.status) ?? 0) + cell.count);
  }
  return new Map([...counts].sort(([a = -1], [b = -1]) => a - b));
}

function worksScript(nginx: RunningNginx): string {
  return `import http from "k6/http"; import { check } from "k6";
export const options = { scenarios: { works: { executor: "shared-iterations", vus: 8, iterations: 300 } }, thresholds: { checks: ["rate>0.9"] } };
export default () => {
  const list = http.get("${nginx.url}/api/runtime/puzzle/gallery");
  check(list, { "200": (r) => r.status === 200 });
  http.get("${nginx.url}/api/runtime/puzzle/gallery/puzzle-profile-" + String(1 + (__ITER % 80)).padStart(4, "0"));
  http.get("${nginx.url}/api/no-such-route");
};`;
}

test("k6's summary, nginx's log, the server and the report tell the same counts, and k6's two outputs agree", { timeout: 90_000 }, async () => {
  const otlpPort = await freePort();
  await using server = await startApiServer(`127.0.0.1:${otlpPort}`, { GENARRATIVE_STORE_LATENCY_MS: "5" });
  await using nginx = await startNginx({ upstream: new URL(server.url).host, format: "timing" });
  const summaryFile = join(folder, "summary.json");
  const { code, report, ledger, stderr } = await runK6({
    script: worksScript(nginx),
    otlpPort,
    pitwall: ["--nginx-log", nginx.accessLog, "--preset", "baseline", "--threshold", "proxy 502 == 0"],
    k6: [`--summary-export=${summaryFile}`],
  });
  const summary = JSON.parse(readFileSync(summaryFile, "utf8")) as { metrics: { http_reqs: { count: number }; iterations: { count: number } } };
  expect([summary.metrics.http_reqs.count, summary.metrics.iterations.count]).toEqual([900, 300]);
  const lines = readFileSync(nginx.accessLog, "utf8").trimEnd().split("\n").length;
  expect(lines).toBe(900);

  expect([seenBy(report, "client"), seenBy(report, "proxy"), seenBy(report, "application")].map((stream) => stream?.requests)).toEqual([
    900, 900, 900,
  ]);
  expect(seenBy(report, "client")).toMatchObject({ source: "requests", witnesses: ["k6"] });
  expect(seenBy(report, "proxy")).toMatchObject({ source: "requests", witnesses: ["nginx"] });
  // A third of it asks for what is not there.
  expect(seenBy(report, "client")?.failed).toBe(300);
  expect(code, stderr).toBe(99);
  expect(report.offered.iterations).toBe(300);
  expect(report.laws.filter(({ state }) => state === "broken")).toEqual([]);

  const fromFile = counted(ledger, "client", "requests");
  const byOtlp = counted(ledger, "client", "metrics");
  expect(Object.fromEntries(fromFile)).toEqual({ 200: 600, 404: 300 });
  expect(Object.fromEntries(byOtlp)).toEqual(Object.fromEntries(fromFile));
  // The file was many times as large as what it told.
  expect(readdirSync(join(folder, "runs")).filter((name) => name.startsWith("k6-"))).toEqual([]);
});

test("thresholds that k6 finds crossed end with 99, although the run's own hold", { timeout: 60_000 }, async () => {
  await using server = await startApiServer("127.0.0.1:9");
  const script = `import http from "k6/http";
export const options = { vus: 2, iterations: 100, thresholds: { http_req_duration: ["p(95)<0.001"] } };
export default () => { http.get("${server.url}/healthz"); };`;
  const { code, report } = await runK6({ script, pitwall: ["--threshold", "http_req_failed < 1%", "--keep-k6-output"] });
  expect(code).toBe(99);
  expect(report.run.exit).toEqual({ code: 99, signal: null });
  expect(report.gates.find(({ expression }) => expression === "http_req_failed < 1%")).toMatchObject({ state: "passed" });
  expect(readdirSync(join(folder, "runs")).filter((name) => name.startsWith("k6-"))).toHaveLength(1);
});

test("a script that throws, and one that cannot be read: k6's own codes pass through, with a report", { timeout: 60_000 }, async () => {
  const thrown = await runK6({
    script: `export default () => { throw new Error("no works"); }; export function setup() { throw new Error("no data"); }`,
  });
  expect(thrown.code).toBe(107);
  expect(thrown.report.run.exit).toEqual({ code: 107, signal: null });
  const unread = await runK6({ script: "export default () => {" });
  expect(unread.code).toBe(107);
  expect(unread.report.verdict.result).not.toBe("passed");
});

test("a k6 that a script starts is heard too", { timeout: 60_000 }, async () => {
  await using server = await startApiServer("127.0.0.1:9");
  const script = `import http from "k6/http"; export const options = { vus: 2, iterations: 60 }; export default () => { http.get("${server.url}/healthz"); };`;
  const inner = `k6 run --quiet --no-usage-report ${join(folder, "script.js")} >/dev/null`;
  const path = [dirname(k6.file), process.env["PATH"] ?? ""].join(delimiter);
  expect(existsSync(join(dirname(k6.file), "k6"))).toBe(true);
  const { code, report } = await runK6({ script, command: ["sh", "-c", inner], environment: { PATH: path } });
  expect(code).toBe(0);
  expect(seenBy(report, "client")).toMatchObject({ requests: 60, source: "requests", witnesses: ["k6"] });
});

test("the phases are those that k6 itself plans, from its first request on, and gates can be held against one of them", {
  timeout: 60_000,
}, async () => {
  await using server = await startApiServer("127.0.0.1:9", { GENARRATIVE_OTEL_ENABLED: "false" });
  const stages = `[{ duration: "3s", target: 30 }, { duration: __ENV.HOLD, target: 30 }, { duration: "2s", target: 5 }]`;
  const thresholds = join(folder, "thresholds.yaml");
  writeFileSync(thresholds, "phases:\n  hold: ['http_req_failed < 1%']\n");
  const { report } = await runK6({
    script: `import http from "k6/http"; import { sleep } from "k6";
export const setup = () => sleep(3);
export const options = { scenarios: { spike: { executor: "ramping-arrival-rate", startRate: 5, timeUnit: "1s", preAllocatedVUs: 10, stages: ${stages} } } };
export default () => { http.get(__ENV.BASE_URL + "/healthz"); };`,
    pitwall: ["--thresholds", thresholds],
    environment: { BASE_URL: server.url, HOLD: "5s" },
  });
  const course = report.phases.filter(({ kind }) => kind === "ramp" || kind === "hold" || kind === "cool");
  expect(course.map(({ name, source }) => [name, source])).toEqual([
    ["ramp", "generator"],
    ["hold", "generator"],
    ["cool", "generator"],
  ]);
  expect(course.map(({ startSecond, endSecond }) => Math.round(endSecond - startSecond))).toEqual([3, 5, 2]);
  // Setting up took three seconds of which the plan knows nothing.
  expect(course[0]?.startSecond).toBeGreaterThanOrEqual(3);
  expect(report.gates).toMatchObject([{ scope: "hold", state: "passed" }]);
});
