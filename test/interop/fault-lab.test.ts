import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { RunReport } from "../../collector/report/report-schema.ts";
import { nginxMore, type RunningLab, runInLab, told, unreadable } from "./fault-lab.ts";

/** Faults that lose requests, put into a real system: the verdict names the hop that was broken, and no other one for sure. */

const TIMEOUT_MS = 60_000;
const STEADY = `{ executor: "constant-arrival-rate", timeUnit: "1s", duration: "3s", gracefulStop: "5s"`;
const arrivals = (perSecond: number, vus: number) =>
  `export const options = { scenarios: { steady: ${STEADY}, rate: ${perSecond}, preAllocatedVUs: ${vus} } } };`;
const BOTH_LISTS = "export default () => { get(WORLDS); get(PUZZLES); };";
const limited = (directives: string) =>
  nginxMore({ server: `limit_req zone=lab burst=5 nodelay; ${directives}`, http: "limit_req_zone $server_port zone=lab:1m rate=30r/s;" });

const crash = async ({ server }: RunningLab) => {
  await sleep(1500);
  server.child.kill("SIGKILL");
};

describe("requests are lost", { timeout: TIMEOUT_MS }, () => {
  test("a throttled way out: the response path, although nginx says 200 to all", async () => {
    const { report, code } = await runInLab({
      script: `${arrivals(20, 60)} export default () => { get(WORLDS, { timeout: "1s" }); get(PUZZLES, { timeout: "1s" }); };`,
      proxy: async () => ({ more: "limit_rate 20k;" }),
      thresholds: ["http_req_failed < 1%"],
    });
    expect(told(report)).toMatchObject({
      result: "failed",
      hop: "network",
      confidence: "high",
      sentence: expect.stringMatching(
        /50\.\d % of requests failed on the response path between proxy and client.*: \d+ requests timed out while the answer was on its way/,
      ),
      rules: expect.arrayContaining(["D4", "D3", "D7"]),
      blamed: ["network"],
      excluded: ["application", "store"],
      holding: expect.arrayContaining(["L2", "L3", "L4", "L5", "L6"]),
    });
    expect(statusesOf(report, "proxy")).toEqual([200]);
    expect(code).toBe(99);
    expect(unreadable(report)).toEqual([]);
  });

  test("a server that is gone, asked directly: refused, and at the application", async () => {
    const { report } = await runInLab({ script: `${arrivals(40, 20)} ${BOTH_LISTS}`, during: crash });
    expect(told(report)).toMatchObject({
      result: "failed",
      hop: "application",
      confidence: "high",
      rules: expect.arrayContaining(["D5"]),
      blamed: ["application"],
      excluded: [],
    });
    expect(report.verdict.sentence).toMatch(/were refused a connection at once: nothing was listening where the client connects, for a time$/);
    expect(unreadable(report)).toEqual([]);
  });

  test("a server that is gone behind nginx: 502, and at the application all the same", async () => {
    const { report } = await runInLab({ script: `${arrivals(40, 20)} ${BOTH_LISTS}`, proxy: async () => ({}), during: crash });
    expect(told(report)).toMatchObject({
      result: "failed",
      hop: "application",
      confidence: "high",
      rules: expect.arrayContaining(["D12"]),
      blamed: ["application"],
      excluded: [],
    });
    expect(report.verdict.sentence).toMatch(
      /refused the proxy's connection at once in \d+ tries: nothing was listening there, and the proxy answered \d+ requests with 502$/,
    );
    expect(statusesOf(report, "client")).toEqual([200, 502]);
    expect(unreadable(report)).toEqual([]);
  });

  test("an accept queue that overflows: never called refused, and not put to the network", async () => {
    const { report } = await runInLab({
      script: `export const options = { noConnectionReuse: true, scenarios: { steady: ${STEADY}, rate: 30, preAllocatedVUs: 100 } } };
        export default () => { get(WORLDS, { timeout: "2s" }); };`,
      server: { GENARRATIVE_API_LISTEN_BACKLOG: "4" },
      during: async ({ server }) => {
        await sleep(700);
        server.child.kill("SIGSTOP");
        await sleep(3300);
        server.child.kill("SIGCONT");
      },
    });
    expect(told(report)).toMatchObject({ result: "failed", hop: "application", confidence: "high", blamed: ["application"], excluded: [] });
    expect(told(report).rules[0]).toBe("D6");
    expect(report.verdict.sentence).toContain("before their connections were accepted: the accept queue overflowed");
    const overflows = report.findings[0]?.evidence.find(({ field }) => field === "pitwall.host.tcp.listen_overflows");
    // What the machine has counted since it was switched on is not of this run.
    expect(countOf(overflows?.value)).toBeGreaterThan(0);
    expect(countOf(overflows?.value)).toBeLessThan(2000);
    expect(report.findings.map(({ rule, claim }) => `${rule} ${claim}`).join()).not.toMatch(/D5|refused/);
    expect(report.gaps.map(({ id }) => id)).not.toContain("clock-skew-unknown");
    expect(unreadable(report)).toEqual([]);
  });

  test("five permits under load: back-pressure of the application, counted alike at all hops", async () => {
    const { report } = await runInLab({
      script: `export const options = { vus: 20, duration: "3s" }; export default () => { get(WORLDS); sleep(0.05); };`,
      server: { GENARRATIVE_API_MAX_CONCURRENT_REQUESTS: "5", GENARRATIVE_STORE_LATENCY_MS: "200" },
      proxy: async () => ({}),
      thresholds: ["http_req_failed < 1%"],
    });
    expect(told(report)).toMatchObject({
      result: "failed",
      hop: "application",
      confidence: "high",
      rules: expect.arrayContaining(["D9"]),
      blamed: ["application"],
      excluded: [],
      broken: [],
    });
    const refusals = (["client", "proxy", "application"] as const).map((hop) => statusCount(report, hop, 429));
    expect(refusals[0]).toBeGreaterThan(50);
    expect(Math.max(...refusals) - Math.min(...refusals)).toBeLessThanOrEqual(20);
    expect(unreadable(report)).toEqual([]);
  });

  test.each([
    { status: 429, directives: "limit_req_status 429;" },
    { status: 503, directives: "" },
  ])("limit_req that answers $status: a limit of the proxy, the application excluded", async ({ status, directives }) => {
    const { report } = await runInLab({ script: `${arrivals(40, 20)} ${BOTH_LISTS}`, proxy: async () => limited(directives) });
    expect(told(report)).toMatchObject({
      result: "failed",
      hop: "proxy",
      confidence: "high",
      rules: expect.arrayContaining(["D9b"]),
      blamed: ["proxy"],
      excluded: ["application"],
      holding: expect.arrayContaining(["L2", "L3", "L5"]),
    });
    expect(report.verdict.sentence).toContain(`requests away with ${status} by itself, without asking the application`);
    expect(unreadable(report)).toEqual([]);
  });

  test("a slow store and a client without patience: the application, and of its time the store", async () => {
    const { report } = await runInLab({
      script: `${arrivals(10, 60)} export default () => { get(OWN_PUZZLES, { token: "t0ken", timeout: "1s" }); get(WORLDS, { timeout: "1s" }); };`,
      server: { GENARRATIVE_STORE_LATENCY_MS: "4000", GENARRATIVE_API_ACCESS_TOKEN: "t0ken" },
      proxy: async () => ({}),
    });
    expect(told(report)).toMatchObject({
      result: "failed",
      hop: "application",
      confidence: "high",
      rules: expect.arrayContaining(["D14", "D27"]),
      blamed: ["application"],
      excluded: [],
    });
    expect(report.verdict.sentence).toMatch(
      /while the application was still at work, after 1(\.\d+)? s on average; \d+(\.\d+)? % of its time went to the store$/,
    );
    expect(statusesOf(report, "proxy")).toEqual([200, 499]);
    expect(unreadable(report)).toEqual([]);
  });
});

type HopName = "client" | "proxy" | "application";

function statusesOf(report: RunReport, hop: HopName): readonly number[] {
  return (streamOf(report, hop)?.statuses ?? []).map(({ status }) => status).sort();
}

function statusCount(report: RunReport, hop: HopName, wanted: number): number {
  return streamOf(report, hop)?.statuses.find(({ status }) => status === wanted)?.requests ?? 0;
}

function streamOf(report: RunReport, hop: HopName) {
  return report.hops.find((row) => row.hop === hop)?.stream;
}

/** `40 186` */
function countOf(value = ""): number {
  return Number(value.replaceAll(/\D/g, ""));
}
