import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { RunReport } from "../../collector/report/report-schema.ts";
import { BreakingRelay, nginxMore, type RunningLab, runInLab, told, unreadable } from "./fault-lab.ts";

/** Real runs in which nothing is lost, or not by the system: healthy ones, tests that are none, limits of the generator, slow moments, the end of a run. */

const TIMEOUT_MS = 60_000;
const arrivals = (perSecond: number, vus: number, seconds = 3) =>
  `export const options = { scenarios: { steady: { executor: "constant-arrival-rate", rate: ${perSecond}, timeUnit: "1s", duration: "${seconds}s", preAllocatedVUs: ${vus} } } };`;
const BOTH_LISTS = "export default () => { get(WORLDS); get(PUZZLES); };";

describe("nothing is the matter", { timeout: TIMEOUT_MS }, () => {
  test("a healthy run passes, all laws hold, and the time is where it was put: in the store", async () => {
    const { report, code, text } = await runInLab({
      script: `${arrivals(40, 20)} export default () => { get(OWN_PUZZLES, { token: "t0ken" }); get(OWN_WORLDS, { token: "t0ken" }); };`,
      // Lists of one owner cost the store half of it.
      server: { GENARRATIVE_STORE_LATENCY_MS: "200", GENARRATIVE_API_ACCESS_TOKEN: "t0ken" },
      proxy: async () => ({}),
      thresholds: ["http_req_failed < 1%", "p95 < 2000ms", "dropped_iterations == 0", "proxy 502 == 0", "app 5xx == 0", "min(permits) > 0"],
    });
    expect(told(report)).toMatchObject({
      result: "passed",
      hop: null,
      confidence: "high",
      sentence: expect.stringMatching(/all 6 gates hold; 24\d requests, 0 failed, p95 1\d\d ms; slowest hop: store \(9\d\.\d % of the time\)$/),
      rules: [],
      excluded: [],
      broken: [],
      holding: ["L2", "L3", "L4", "L5", "L6", "L8"],
    });
    expect(report.offered).toMatchObject({ droppedIterations: 0, requestsPerIteration: 2, vusMax: 20 });
    expect(report.laws.filter(({ state }) => state === "broken")).toEqual([]);
    const whole = report.decompositions.find(({ scope, endpoint }) => scope === "load" && endpoint === "");
    expect(whole).toMatchObject({ by: "trace", isComplete: true });
    const store = whole?.parts.find(({ id }) => id === "store")?.meanMs;
    expect(store).toBeGreaterThan(85);
    expect(store).toBeLessThan(115);
    expect(report.losses).toEqual([]);
    expect([code, text.includes("PASSED")]).toEqual([0, true]);
    expect(unreadable(report)).toEqual([]);
  });

  test("without a proxy on one machine there is no network to blame", async () => {
    const { report } = await runInLab({ script: `export const options = { vus: 3, duration: "3s" }; ${BOTH_LISTS}` });
    expect(told(report)).toMatchObject({ result: "passed", rules: [], broken: [], holding: ["L2", "L3", "L4", "L6"] });
    expect(report.verdict.sentence).not.toContain("network");
    const parts = report.decompositions.find(({ scope, endpoint }) => scope === "load" && endpoint === "")?.parts.map(({ id }) => id);
    expect(parts).toContain("R3");
    expect(parts).not.toContain("R1");
    expect(report.gaps.map(({ id }) => id)).toEqual(expect.arrayContaining(["coordinated-omission", "no-proxy-log", "one-machine"]));
    expect(unreadable(report)).toEqual([]);
  });

  test("retries that hide resets: the run passes, and says what nobody saw", async () => {
    const { report } = await runInLab({
      script: `${arrivals(40, 20)} ${BOTH_LISTS}`,
      proxy: async (address, stack) => {
        const relay = stack.use(await BreakingRelay.open(address, 10));
        const passed = 'proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header X-Request-Id $request_id;';
        const again = `server ${relay.address} max_fails=0;`;
        return nginxMore({
          server: `location /api { proxy_pass http://lab; ${passed} proxy_next_upstream error timeout; }`,
          http: `upstream lab { ${again} ${again} }`,
        });
      },
      thresholds: ["http_req_failed < 1%"],
    });
    expect(told(report)).toMatchObject({ result: "passed", rules: expect.arrayContaining(["D13"]), blamed: [], excluded: [], broken: ["L5"] });
    expect(report.verdict.reasons).toContainEqual(
      expect.stringMatching(/^D13: the proxy asked the application \d+ times for \d+ requests: \d+ failed tries \(\d+\.\d %\) that no client saw\.$/),
    );
    expect(report.hops.find(({ hop }) => hop === "client")?.stream?.failed).toBe(0);
    expect(unreadable(report)).toEqual([]);
  });

  test("requests that are cut off at the end are nobody's fault, and the laws hold", async () => {
    const { report } = await runInLab({
      script: `export const options = { scenarios: { closed: { executor: "constant-vus", vus: 10, duration: "3s", gracefulStop: "0s" } } };
        export default () => { get(WORLDS); };`,
      server: { GENARRATIVE_STORE_LATENCY_MS: "2000" },
      proxy: async () => ({}),
    });
    const [client, proxy] = (["client", "proxy"] as const).map((hop) => report.hops.find((row) => row.hop === hop)?.stream?.requests ?? 0);
    expect((proxy ?? 0) - (client ?? 0)).toBeGreaterThan(0);
    expect(told(report)).toMatchObject({ result: "passed", rules: [], broken: [], holding: expect.arrayContaining(["L2", "L3", "L4", "L5"]) });
    expect(unreadable(report)).toEqual([]);
  });
});

describe("the test is none", { timeout: TIMEOUT_MS }, () => {
  test("a wrong token: 401 to all", async () => {
    const { report } = await runInLab({
      script: `${arrivals(40, 20)} export default () => { get(OWN_PUZZLES, { token: "wrong" }); };`,
      server: { GENARRATIVE_API_ACCESS_TOKEN: "t0ken" },
      proxy: async () => ({}),
      thresholds: ["http_req_failed < 1%"],
    });
    expect(told(report)).toMatchObject({ result: "invalid", hop: null, confidence: "high", rules: ["D0"], blamed: [null] });
    expect(report.verdict.sentence).toMatch(/answered 401 to all \d+ requests: its credentials are not accepted$/);
    expect(unreadable(report)).toEqual([]);
  });

  test("an entry that is switched off: 503 to all of one endpoint", async () => {
    const { report } = await runInLab({
      script: `${arrivals(40, 20)} ${BOTH_LISTS}`,
      server: { GENARRATIVE_CREATION_ENTRY_DISABLED: "puzzle" },
      proxy: async () => ({}),
    });
    expect(told(report)).toMatchObject({ result: "invalid", hop: null, confidence: "high", rules: ["D0"], blamed: [null], broken: [] });
    expect(report.verdict.sentence).toMatch(/puzzle\/gallery answered 503 to all \d+ requests: the entry is turned off or not configured$/);
    expect(unreadable(report)).toEqual([]);
  });

  test("too few virtual users: the generator's limit, whatever the gates say, and not the server's fault", async () => {
    const { report } = await runInLab({
      script: `${arrivals(100, 3)} export default () => { get(WORLDS); };`,
      server: { GENARRATIVE_STORE_LATENCY_MS: "500" },
      proxy: async () => ({}),
      thresholds: ["p95 < 2000ms"],
    });
    expect(told(report)).toMatchObject({ rules: expect.arrayContaining(["D1"]), excluded: [], broken: [] });
    // On a machine that was busy all the time the generator is only the likely limit.
    const wasBusy = report.findings.find(({ rule }) => rule === "D1")?.counterEvidence.length !== 0;
    expect(report.verdict).toMatchObject(
      wasBusy ? { result: "passed", confidence: "medium" } : { result: "invalid", hop: "client", confidence: "high" },
    );
    expect(report.findings.find(({ rule }) => rule === "D1")?.claim).toMatch(
      /^the generator did not begin \d+ iterations \(\d\d\.\d % of those due\): a smaller load was measured than was asked for$/,
    );
    expect(report.gaps.find(({ id }) => id === "coordinated-omission")?.what).toBe("requests that were due were not sent");
    expect(unreadable(report)).toEqual([]);
  });
});

describe("it is slow at times", { timeout: TIMEOUT_MS }, () => {
  test("a closed model hardly sees a standstill, and the report says so", async () => {
    const { report } = await runInLab({
      script: `export const options = { vus: 2, duration: "5s" }; export default () => { get(WORLDS); };`,
      server: { GENARRATIVE_STORE_LATENCY_MS: "0" },
      thresholds: ["p99 < 500ms"],
      during: standStill,
    });
    expect(told(report)).toMatchObject({ result: "passed", confidence: "medium", blamed: [] });
    expect(report.verdict.reasons[0]).toMatch(/^The longest request took 1\.\d+ s, and what would have been sent meanwhile was not/);
    expect(report.gaps.find(({ id }) => id === "coordinated-omission")?.effect).toMatch(/the longest request took 1\.\d+ s/);
    expect(unreadable(report)).toEqual([]);
  });

  test("an open model sees it, and the wait is put before the application, not into it and not into the network", async () => {
    const { report } = await runInLab({
      script: `${arrivals(100, 300, 5)} export default () => { get(WORLDS); };`,
      server: { GENARRATIVE_STORE_LATENCY_MS: "0" },
      thresholds: ["p99 < 500ms"],
      during: standStill,
    });
    expect(told(report)).toMatchObject({
      result: "failed",
      hop: "application",
      confidence: "medium",
      blamed: [],
      rules: expect.arrayContaining(["D11", "D18"]),
    });
    expect(report.verdict.sentence).toMatch(/p99 < 500ms \(1\.\d+ s\) does not hold: requests waited .* before the application began with them$/);
    expect(report.findings.find(({ rule }) => rule === "D18")?.claim).toMatch(/is slow in bursts: \d+ slow requests ended in \d seconds of the load/);
    expect(unreadable(report)).toEqual([]);
  });

  test("a cache that never answers: rebuilt all the time", async () => {
    const { report } = await runInLab({
      script: `${arrivals(60, 60)} export default () => { get(PUZZLES); };`,
      server: { GENARRATIVE_PUZZLE_GALLERY_CACHE_TTL_MS: "0", GENARRATIVE_PLAY_INTERVAL_MS: "20", GENARRATIVE_STORE_LATENCY_MS: "150" },
      proxy: async () => ({}),
      thresholds: ["p95 < 100ms"],
    });
    expect(told(report)).toMatchObject({
      result: "failed",
      hop: "application",
      confidence: "high",
      rules: expect.arrayContaining(["D22"]),
      blamed: ["application"],
      broken: [],
    });
    expect(report.verdict.sentence).toMatch(
      /cache answered 0 % of the questions and was rebuilt \d+ times: 100 % of the time a rebuild was under way$/,
    );
    expect(timeIn(report, "store")).toBeGreaterThan(0.5);
    expect(unreadable(report)).toEqual([]);
  });
});

/** Twice for 1.5 s. */
async function standStill({ server }: RunningLab): Promise<void> {
  for (let times = 0; times < 2; times++) {
    await sleep(900);
    server.child.kill("SIGSTOP");
    await sleep(1500);
    server.child.kill("SIGCONT");
  }
}

/** Share of the time. */
function timeIn(report: RunReport, hop: "store"): number {
  return report.hops.find((row) => row.hop === hop)?.timeShare ?? 0;
}
