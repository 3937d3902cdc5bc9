import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createApp } from "../../../../loadtest/api-server/app.ts";
import { matchRoute, ROUTES } from "../../../../loadtest/api-server/routes.ts";
import { parseSettings } from "../../../../loadtest/api-server/settings.ts";
import { Store } from "../../../../loadtest/api-server/store.ts";
import { makeTables } from "../../../../loadtest/api-server/works-data.ts";
import { collecting, histogramPointsOf, onlyValue, pointsOf } from "../instrument/collect.ts";

async function startApp(env: Record<string, string> = {}) {
  const sdk = collecting();
  const { settings, mistakes } = parseSettings({ GENARRATIVE_STORE_LATENCY_MS: "2", ...env });
  expect(mistakes).toEqual([]);
  const store = new Store(makeTables(), sdk.telemetry, { latencyMs: settings.storeLatencyMs });
  const server = createServer(createApp({ settings, telemetry: sdk.telemetry, store }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const fetchJson = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(baseUrl + path, { headers });
    return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
  };
  return { ...sdk, store, fetchJson };
}

test("the galleries list 80 puzzles and 1 custom world in one envelope, with a meta of its own for each request", async () => {
  const { fetchJson } = await startApp();
  const puzzles = await fetchJson("/api/runtime/puzzle/gallery", { "x-request-id": "one" });
  expect(puzzles.status).toBe(200);
  expect(puzzles.body.ok).toBe(true);
  expect(puzzles.body.data.items).toHaveLength(80);
  expect(puzzles.body.meta).toEqual({ request_id: "one", cache: "miss" });
  const again = await fetchJson("/api/runtime/puzzle/gallery", { "x-request-id": "two" });
  expect(again.body.meta).toEqual({ request_id: "two", cache: "hit" });
  expect(again.body.data).toEqual(puzzles.body.data);
  const worlds = await fetchJson("/api/runtime/custom-world-gallery");
  expect(worlds.body.data.items).toHaveLength(1);
});

test("details are found by id, by owner and id, and by code; others are 404", async () => {
  const { fetchJson } = await startApp();
  const [world] = (await fetchJson("/api/runtime/custom-world-gallery")).body.data.items;
  expect((await fetchJson("/api/runtime/puzzle/gallery/puzzle-profile-0080")).body.data.profile_id).toBe("puzzle-profile-0080");
  expect((await fetchJson(`/api/runtime/custom-world-gallery/${world.owner_user_id}/${world.profile_id}`)).body.data).toEqual(world);
  expect((await fetchJson(`/api/runtime/custom-world-gallery/by-code/${world.public_work_code}`)).body.data).toEqual(world);
  for (const path of [
    "/api/runtime/puzzle/gallery/none",
    "/api/runtime/puzzle/gallery/puzzle-profile-0081",
    "/api/runtime/custom-world-gallery/x/y",
  ]) {
    expect((await fetchJson(path)).body).toMatchObject({ ok: false, error: { code: "work_not_found" } });
  }
  expect((await fetchJson("/elsewhere")).status).toBe(404);
});

test("personal lists need the access token", async () => {
  const { fetchJson } = await startApp({ GENARRATIVE_API_ACCESS_TOKEN: "secret-token" });
  const paths = ["/api/runtime/puzzle/works", "/api/runtime/puzzle/works/puzzle-profile-0001", "/api/runtime/custom-world/works"];
  for (const path of paths) {
    const refused = await fetchJson(path);
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toBe("Bearer");
    expect((await fetchJson(path, { authorization: "Bearer wrong" })).status).toBe(401);
  }
  const signedIn = { authorization: "Bearer secret-token" };
  const mine = (await fetchJson("/api/runtime/puzzle/works", signedIn)).body.data.items;
  expect(mine.length).toBeGreaterThan(0);
  expect((await fetchJson(`/api/runtime/puzzle/works/${mine[0].profile_id}`, signedIn)).body.data).toEqual(mine[0]);
  expect((await fetchJson("/api/runtime/custom-world/works", signedIn)).body.data.items).toHaveLength(1);
});

test("without a configured token nobody is let in", async () => {
  const { fetchJson } = await startApp();
  expect((await fetchJson("/api/runtime/puzzle/works", { authorization: "Bearer " })).status).toBe(401);
  expect((await fetchJson("/api/runtime/puzzle/works", { authorization: "Bearer undefined" })).status).toBe(401);
});

test("a switched-off entry answers 503 creation_entry_disabled, the other one does not", async () => {
  const { fetchJson } = await startApp({ GENARRATIVE_CREATION_ENTRY_DISABLED: "puzzle" });
  expect(await fetchJson("/api/runtime/puzzle/gallery")).toMatchObject({ status: 503, body: { error: { code: "creation_entry_disabled" } } });
  expect((await fetchJson("/api/runtime/custom-world-gallery")).status).toBe(200);
  expect((await fetchJson("/healthz")).status).toBe(200);
});

test("above the limit galleries answer 429 under their own route, and the health check still answers 200", async () => {
  const { fetchJson, metrics } = await startApp({ GENARRATIVE_API_MAX_CONCURRENT_REQUESTS: "1", GENARRATIVE_STORE_LATENCY_MS: "300" });
  const slow = fetchJson("/api/runtime/puzzle/gallery");
  await expect.poll(async () => onlyValue(await metrics(), "genarrative.http.server.request_permits.available")).toBe(0);
  expect((await fetchJson("/healthz")).status).toBe(200);
  const refused = await fetchJson("/api/runtime/custom-world-gallery/by-code/WO0001");
  expect(refused).toMatchObject({ status: 429, body: { ok: false, error: { code: "too_many_requests" } } });
  expect((await slow).status).toBe(200);
  const statuses = histogramPointsOf(await metrics(), "http.server.request.duration").map(({ attributes }) => [
    attributes["http.route"],
    attributes["http.response.status_code"],
  ]);
  expect(statuses).toContainEqual([ROUTES.customWorldByCode, 429]);
});

test("the gallery reads the store once for many requests, as a CLIENT span inside the request that rebuilt it", async () => {
  const { fetchJson, metrics, spans, store } = await startApp({ GENARRATIVE_STORE_LATENCY_MS: "50" });
  await Promise.all(Array.from({ length: 10 }, () => fetchJson("/api/runtime/puzzle/gallery")));
  expect(store.reads).toBe(1);
  const exported = await metrics();
  const [calls] = pointsOf(exported, "genarrative.spacetime.read.calls");
  expect(calls).toMatchObject({ value: 1, attributes: { read: "list_puzzle_gallery" } });
  expect(histogramPointsOf(exported, "genarrative.spacetime.read.duration_ms")[0]?.value.count).toBe(1);
  expect(onlyValue(exported, "genarrative.puzzle_gallery.cache.misses")).toBe(10);
  expect(onlyValue(exported, "genarrative.puzzle_gallery.cache.rebuilds")).toBe(1);
  const read = spans.getFinishedSpans().find((span) => span.kind === 2);
  expect(read?.attributes).toMatchObject({
    "db.system": "spacetimedb",
    "db.operation.name": "list_puzzle_gallery",
    "db.collection.name": "puzzle_work_profile",
  });
});

test("a play outdates the cached gallery, and the new one counts it", async () => {
  const { fetchJson, store } = await startApp();
  const before = (await fetchJson("/api/runtime/puzzle/gallery")).body.data.items[0];
  store.recordPlay(before.profile_id);
  const after = await fetchJson("/api/runtime/puzzle/gallery");
  expect(after.body.meta.cache).toBe("miss");
  expect(after.body.data.items[0]).toEqual({ ...before, recent_play_count_7d: before.recent_play_count_7d + 1 });
});

test("the data are the same for the same seed", () => {
  expect(makeTables(3)).toEqual(makeTables(3));
  expect(makeTables(3)).not.toEqual(makeTables(4));
});

test("routes are told from paths before anything is routed; literal parts win over parameters", () => {
  expect(matchRoute("/healthz")).toBe(ROUTES.health);
  expect(matchRoute("/api/runtime/puzzle/gallery/abc")).toBe(ROUTES.puzzleGalleryWork);
  expect(matchRoute("/api/runtime/custom-world-gallery/by-code/abc")).toBe(ROUTES.customWorldByCode);
  expect(matchRoute("/api/runtime/custom-world-gallery/u/p")).toBe(ROUTES.customWorldWork);
  expect(matchRoute("/api/runtime/puzzle/gallery/abc/def")).toBeUndefined();
});
