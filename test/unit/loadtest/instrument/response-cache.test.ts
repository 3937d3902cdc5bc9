import { expect, test } from "vitest";
import { responseCache } from "../../../../loadtest/instrument/instrument.ts";
import { collecting, histogramPointsOf, onlyValue, pointsOf } from "./collect.ts";

const NAME = "genarrative.puzzle_gallery";

function cacheOf(rebuild: () => Promise<unknown>, ttlMs = 1000) {
  const sdk = collecting();
  const clock = { nowMs: 0 };
  const cache = responseCache(sdk.telemetry.meter, NAME, { ttlMs, rebuild, now: () => clock.nowMs });
  const counts = async () => {
    const metrics = await sdk.metrics();
    return ["hits", "misses", "rebuilds"].map((what) => onlyValue(metrics, `${NAME}.cache.${what}`) ?? 0);
  };
  return { cache, clock, counts, metrics: sdk.metrics };
}

test("readers that come during a rebuild share it, and hit afterwards until the time to live is over", async () => {
  const gate = Promise.withResolvers<unknown>();
  let rebuilds = 0;
  const { cache, clock, counts } = cacheOf(() => {
    rebuilds++;
    return gate.promise;
  });
  const waiting = Array.from({ length: 20 }, () => cache.read());
  gate.resolve({ items: ["ä", 1] });
  const answers = await Promise.all(waiting);
  expect(rebuilds).toBe(1);
  expect(answers.every(({ hit }) => !hit)).toBe(true);
  const hit = await cache.read();
  expect(hit.hit).toBe(true);
  // The same bytes, not a copy.
  expect(hit.json).toBe(answers[0]?.json);
  expect(JSON.parse(hit.json.toString())).toEqual({ items: ["ä", 1] });
  clock.nowMs = 999;
  expect((await cache.read()).hit).toBe(true);
  clock.nowMs = 1000;
  expect((await cache.read()).hit).toBe(false);
  expect(await counts()).toEqual([2, 21, 2]);
});

test("a rebuild that was overtaken by an invalidation serves its waiters and is not cached", async () => {
  const gates = [Promise.withResolvers<unknown>(), Promise.withResolvers<unknown>()];
  let rebuilds = 0;
  const { cache, counts } = cacheOf(() => gates[rebuilds++]?.promise ?? Promise.resolve("third"));
  const early = cache.read();
  cache.invalidate();
  const late = cache.read();
  gates[1]?.resolve("new");
  expect((await late).json.toString()).toBe('"new"');
  gates[0]?.resolve("old");
  expect((await early).json.toString()).toBe('"old"');
  expect(await cache.read()).toMatchObject({ hit: true });
  expect((await cache.read()).json.toString()).toBe('"new"');
  expect(await counts()).toEqual([2, 2, 2]);
});

test("a failed rebuild fails its waiters and is tried again by the next reader", async () => {
  let fails = true;
  const { cache, counts } = cacheOf(async () => {
    if (fails) throw new Error("store away");
    return 1;
  });
  const failed = await Promise.allSettled([cache.read(), cache.read()]);
  expect(failed.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  fails = false;
  expect((await cache.read()).hit).toBe(false);
  expect(await counts()).toEqual([0, 3, 2]);
});

test("size and rebuild time are exported with their units, the size only when something is cached", async () => {
  const { cache, clock, metrics } = cacheOf(async () => {
    clock.nowMs += 30;
    return "four";
  });
  expect(pointsOf(await metrics(), `${NAME}.cache.data_json_bytes`)).toEqual([]);
  await cache.read();
  const exported = await metrics();
  expect(onlyValue(exported, `${NAME}.cache.data_json_bytes`)).toBe(6);
  const [duration] = histogramPointsOf(exported, `${NAME}.cache.rebuild.duration`);
  expect(duration?.value).toMatchObject({ count: 1, sum: 30 });
  const units = new Map(exported.map(({ descriptor }) => [descriptor.name, descriptor.unit]));
  expect(units.get(`${NAME}.cache.data_json_bytes`)).toBe("By");
  expect(units.get(`${NAME}.cache.rebuild.duration`)).toBe("ms");
});
