import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeTables } from "../../loadtest/api-server/works-data.ts";
import { type NginxOptions, type RunningNginx, startNginx } from "../../loadtest/nginx/start-nginx.ts";
import { PROJECT_FOLDER, peerCommand } from "../peers/peers.ts";
import { Process } from "./child-process.ts";

/** The works-list kit with everything real: k6 by its npm script's wrapper, nginx with the timing log, the sample api-server. */

const TOKEN = "token-of-this-test";
const PUZZLES = "/api/runtime/puzzle/gallery";
const WORLDS = "/api/runtime/custom-world-gallery";
/** Long enough that k6 gives up before; short enough to test. */
const SLOW_MS = "1500";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-works-list-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("k6, nginx and the server count the same", () => {
  test("smoke: both public lists in turn", async () => {
    const { k6, nginx, server } = await loadThroughNginx({ SCENARIO: "smoke", DURATION: "2s", PAUSE: "50ms" });
    expect([k6.code, k6.stdout]).toEqual([0, expect.stringContaining("works-list smoke")]);
    const iterations = k6.sum("iterations");
    expect(iterations).toBeGreaterThan(10);
    expect(k6.requestsByName()).toEqual({ [PUZZLES]: iterations, [WORLDS]: iterations });
    expect(nginx.byPath()).toEqual(k6.requestsByName());
    expect(server.byRouteAndStatus).toEqual({ [`${PUZZLES} 200`]: iterations, [`${WORLDS} 200`]: iterations });
    expect(k6.stdout).toMatch(new RegExp(`puzzle_gallery_list +${iterations} +0 +0 `));
    expect(k6.stderr).toContain("2 HTTP requests per iteration");
  });

  test("spike: 40 requests/s are 20 iterations/s, none dropped, and every trace id of k6 is in nginx's log", async () => {
    const { k6, nginx, server } = await loadThroughNginx({ SCENARIO: "spike", START_RPS: "5", PEAK_HTTP_RPS: "40", RAMP: "1s", HOLD: "2s" });
    expect([k6.code, k6.sum("dropped_iterations")]).toEqual([0, 0]);
    expect(k6.stderr).toContain("5 → 20 → 5 iterations/s × 2 HTTP requests per iteration = 10 → 40 → 10 HTTP requests/s offered");
    // The area below the course of rates: 12.5 + 40 + 12.5.
    expect(k6.sum("iterations")).toBeGreaterThan(60);
    expect(k6.sum("iterations")).toBeLessThan(68);
    expect(nginx.byPath()).toEqual(k6.requestsByName());
    expect(server.requests).toBe(k6.sum("http_reqs"));
    const traceIds = k6.traceIds();
    expect(new Set(traceIds).size).toBe(k6.sum("http_reqs"));
    expect(traceIds.toSorted()).toEqual(nginx.traceIds().toSorted());
  });

  test("AUTH_TOKEN adds the personal lists, DETAIL_RATIO one work for each iteration", async () => {
    const worksData = writeServersWorks();
    const { k6, server } = await loadThroughNginx({ AUTH_TOKEN: TOKEN, DETAIL_RATIO: "1", WORKS_DATA: worksData, DURATION: "2s", PAUSE: "20ms" });
    expect(k6.code).toBe(0);
    const iterations = k6.sum("iterations");
    const {
      [PUZZLES]: puzzles,
      [WORLDS]: worlds,
      "/api/runtime/puzzle/works": ownPuzzles,
      "/api/runtime/custom-world/works": ownWorlds,
      ...details
    } = k6.requestsByName();
    expect([puzzles, worlds, ownPuzzles, ownWorlds]).toEqual([iterations, iterations, iterations, iterations]);
    expect(Object.keys(details).sort()).toEqual([`${WORLDS}/by-code/{code}`, `${WORLDS}/{owner_user_id}/{profile_id}`, `${PUZZLES}/{profile_id}`]);
    expect(Object.values(details).reduce((sum, count) => sum + count, 0)).toBe(iterations);
    // The tag `name` is the server's own route.
    const statuses = Object.entries(k6.requestsByName()).map(([name, count]) => [`${name} 200`, count]);
    expect(server.byRouteAndStatus).toEqual(Object.fromEntries(statuses));
  });
});

test("ENDPOINT sends every request to that endpoint", async () => {
  const { k6, nginx } = await loadThroughNginx({ ENDPOINT: "custom_world_gallery_list", DURATION: "1s", PAUSE: "50ms" });
  expect(k6.code).toBe(0);
  expect(Object.keys(nginx.byPath())).toEqual([WORLDS]);
  expect(nginx.byPath()[WORLDS]).toBe(k6.sum("iterations"));
});

describe("failures", () => {
  test("a slow server breaks the thresholds: exit 99", async () => {
    const { k6 } = await loadThroughNginx({ SCENARIO: "baseline", DURATION: "2s", VUS: "2", PAUSE: "0s" }, { GENARRATIVE_STORE_LATENCY_MS: SLOW_MS });
    expect([k6.code, k6.stdout]).toEqual([99, expect.stringContaining("FAILED  http_req_duration p(95)<800")]);
    expect(k6.sum("works_list_failures")).toBe(0);
  });

  test("a first request that times out neither ends the iteration nor counts as a wrong shape", async () => {
    const env = { REQUEST_TIMEOUT: "300ms", DURATION: "2s", PAUSE: "100ms" };
    const { k6 } = await loadThroughNginx(env, { GENARRATIVE_STORE_LATENCY_MS: SLOW_MS, GENARRATIVE_PUZZLE_GALLERY_CACHE_TTL_MS: "0" });
    const { [PUZZLES]: puzzles, [WORLDS]: worlds } = k6.requestsByName();
    expect(k6.code).toBe(99);
    expect(puzzles).toBeGreaterThan(2);
    expect(worlds).toBe(puzzles);
    expect(k6.sum("works_list_failures", { endpoint: "puzzle_gallery_list", cause: "timeout" })).toBe(puzzles);
    // Judged are the answers that came, all of the other endpoint, and all are right.
    expect([k6.count("works_list_shape_error_rate"), k6.sum("works_list_shape_error_rate")]).toEqual([worlds, 0]);
    expect(k6.stdout).toContain("timeout: no answer within REQUEST_TIMEOUT");
  });

  test("a 2xx answer that is no list is a shape error, not a failed request", async () => {
    const { k6 } = await loadThroughNginx(
      { DURATION: "1s", PAUSE: "50ms" },
      {},
      { more: `location = ${WORLDS} { return 200 '{"ok":true,"data":{"items":[{}]}}'; }` },
    );
    const iterations = k6.sum("iterations");
    expect(k6.code).toBe(99);
    expect(k6.sum("works_list_shape_error_rate", { endpoint: "custom_world_gallery_list" })).toBe(iterations);
    expect(k6.sum("works_list_shape_error_rate", { endpoint: "puzzle_gallery_list" })).toBe(0);
    expect([k6.sum("http_req_failed"), k6.sum("works_list_failures")]).toEqual([0, 0]);
  });

  test("a switched-off entry, a wrong token and unknown works are named by cause", async () => {
    const env = { AUTH_TOKEN: "another", DETAIL_RATIO: "1", DURATION: "1s", PAUSE: "10ms" };
    const { k6 } = await loadThroughNginx(env, { GENARRATIVE_CREATION_ENTRY_DISABLED: "custom_world" });
    expect(k6.code).toBe(99);
    for (const cause of ["http_401", "http_503", "http_404"]) {
      expect(k6.stdout).toMatch(new RegExp(`^ +${k6.sum("works_list_failures", { cause })}  ${cause}: `, "m"));
      expect(k6.sum("works_list_failures", { cause })).toBeGreaterThan(0);
    }
  });

  test("wrong settings are refused together, in words, before the first request", async () => {
    const { k6, nginx } = await loadThroughNginx({ SCENARIO: "storm", DURATION: "5", ENDPOINT: "puzzles", DETAIL_RATIO: "2" });
    expect([k6.code, nginx.byPath()]).toEqual([107, {}]);
    for (const words of [
      "SCENARIO=storm: choose one of smoke, baseline, spike",
      "DURATION=5: give a time with its unit",
      "ENDPOINT=puzzles: choose one of puzzle_gallery_list",
      "DETAIL_RATIO=2: give a number from 0 to 1",
    ]) {
      expect(k6.stderr).toContain(words);
    }
  });
});

async function loadThroughNginx(
  env: Readonly<Record<string, string>>,
  serverEnv: Readonly<Record<string, string>> = {},
  nginxOptions: Partial<NginxOptions> = {},
) {
  await using server = new Process({
    file: process.execPath,
    arguments: ["loadtest/api-server/main.ts"],
    folder: PROJECT_FOLDER,
    environment: { GENARRATIVE_API_LISTEN: "127.0.0.1:0", GENARRATIVE_API_ACCESS_TOKEN: TOKEN, ...serverEnv },
  });
  const ready = await server.waitFor("ready line", () => lineOf(server.stderr, "ready"));
  const address = String(ready["address"]);
  await using nginx = await startNginx({ upstream: address, ...nginxOptions });
  const k6 = await runK6({ BASE_URL: nginx.url, ...env });
  // Both have written all they know when they have ended.
  await server.stop();
  const stopped = lineOf(server.stderr, "stopped");
  return {
    k6,
    nginx: accessLogOf(nginx),
    server: { requests: stopped?.["requests"], byRouteAndStatus: stopped?.["by_route_and_status"] },
  };
}

interface Point {
  readonly metric: string;
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly traceId: string | undefined;
}

/** The script by the wrapper behind `npm run loadtest:k6:works`, with every point in a file. */
async function runK6(env: Readonly<Record<string, string>>) {
  const points = join(folder, "points.json");
  writeFileSync(points, "");
  const { file, environment } = peerCommand("k6");
  await using k6 = new Process({
    file: process.execPath,
    arguments: ["loadtest/k6/run-k6.ts", "loadtest/k6/works-list.js", "--quiet", "--no-usage-report", `--out=json=${points}`],
    folder: PROJECT_FOLDER,
    environment: { ...environment, K6_BIN: file, ...env },
  });
  const code = await k6.end();
  const all = readPoints(points);
  const fitting = (metric: string, tags: Readonly<Record<string, string>>) =>
    all.filter((point) => point.metric === metric && Object.entries(tags).every(([key, value]) => point.tags[key] === value));
  return {
    code,
    stdout: k6.stdout,
    stderr: k6.stderr,
    sum: (metric: string, tags: Readonly<Record<string, string>> = {}) => fitting(metric, tags).reduce((sum, { value }) => sum + value, 0),
    count: (metric: string) => fitting(metric, {}).length,
    requestsByName: () => tally(fitting("http_reqs", {}).map(({ tags }) => tags["name"] ?? "")),
    traceIds: () => fitting("http_reqs", {}).map(({ traceId }) => traceId ?? "none"),
  };
}

function readPoints(file: string): readonly Point[] {
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines
    .map(
      (line) =>
        JSON.parse(line) as {
          type: string;
          metric: string;
          data: { value: number; tags?: Record<string, string>; metadata?: Record<string, string> };
        },
    )
    .filter(({ type }) => type === "Point")
    .map(({ metric, data }) => ({ metric, value: data.value, tags: data.tags ?? {}, traceId: data.metadata?.["trace_id"] }));
}

function accessLogOf(nginx: RunningNginx) {
  const lines = readFileSync(nginx.accessLog, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const paths = tally(lines.map((line) => /"GET (\S+) HTTP/.exec(line)?.[1] ?? line));
  const traceIds = lines.map((line) => / tp="00-([0-9a-f]{32})-[0-9a-f]{16}-01"/.exec(line)?.[1] ?? line);
  return { byPath: () => paths, traceIds: () => traceIds };
}

function tally(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function lineOf(stderr: string, msg: string): Readonly<Record<string, unknown>> | undefined {
  const line = stderr.split("\n").find((candidate) => candidate.includes(`"msg":"${msg}"`));
  return line === undefined ? undefined : (JSON.parse(line) as Record<string, unknown>);
}

/** Works under the ids that the sample server has: as if the data had been imported there. */
function writeServersWorks(): string {
  const { puzzle_work_profile: puzzles, custom_world_profile: worlds } = makeTables();
  const normalizedWorks = [...puzzles.map((row) => ({ row, kind: "puzzle" })), ...worlds.map((row) => ({ row, kind: "custom_world" }))].map(
    ({ row, kind }) => ({
      kind,
      profileId: row.profile_id,
      ownerUserId: row.owner_user_id,
      publicWorkCode: row.public_work_code,
      publicationStatus: row.publication_status,
    }),
  );
  const file = join(folder, "works.json");
  writeFileSync(file, JSON.stringify({ schema: "pitwall.works-list/1", normalizedWorks }));
  return file;
}
