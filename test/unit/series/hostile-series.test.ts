import { expect, test } from "vitest";
import { buckets, deltaCounter, EPOCH_MS, gauge, histogram, metric, number, resource } from "../exporters/prometheus/lab.ts";
import { openStoreLab } from "./lab.ts";

/** What a sender may do, by mistake or on purpose, must neither grow the store without end nor stop it. */

test("at the limit, ever new label names and values take no more room", () => {
  const lab = openStoreLab({ maxSeries: 10, listens: false });
  const push = (index: number) =>
    lab.push(10, metric("g", gauge(number(1, { attributes: { [`name_${index}`]: `value ${index}`.padEnd(1000, ".") }, time: 10 }))));
  for (let index = 0; index < 10; index++) expect(push(index)).toEqual({});
  const before = lab.store.table.sizeBytes;
  for (let index = 10; index < 5000; index++) expect(push(index)).toEqual({ series_limit: 1 });
  expect(lab.store.table.sizeBytes).toBe(before);
});

test("label names and values that have gone give their room back", () => {
  const lab = openStoreLab({ maxSeries: 100_000, expirationMs: 1000, expirationIntervals: 0, listens: false });
  const sizes: number[] = [];
  for (let round = 0; round < 20; round++) {
    const points = Array.from({ length: 1000 }, (_, index) =>
      number(1, { attributes: { [`name_${round}_${index}`]: `${round} ${index}`.padEnd(100, ".") }, time: round * 10 }),
    );
    expect(lab.push(round * 10, metric("g", gauge(...points)))).toEqual({});
    lab.store.expire(EPOCH_MS + round * 10_000);
    sizes.push(lab.store.table.sizeBytes);
  }
  expect(sizes.at(-1)).toBeLessThanOrEqual((sizes[2] as number) * 1.1);
});

test("a point with hundreds of attributes is one series, and finds itself again in another order", () => {
  const lab = openStoreLab({ listens: false });
  const names = Array.from({ length: 500 }, (_, index) => [`k${index}`, index] as const);
  lab.push(10, metric("g", gauge(number(1, { attributes: Object.fromEntries(names), time: 10 }))));
  lab.push(20, metric("g", gauge(number(2, { attributes: Object.fromEntries(names.toReversed()), time: 20 }))));
  expect([lab.store.table.live, lab.store.labels(0).length]).toEqual([1, 502]);
});

test("a series whose kind, bounds and temporality change with each point stays one series of the newest shape", () => {
  const lab = openStoreLab();
  for (let time = 1; time < 200; time++) {
    const bounds = Array.from({ length: (time * 7) % 50 }, (_, index) => index);
    const point = buckets([1, ...bounds.map(() => 1)], bounds, { start: time - 1, time });
    lab.push(time, metric("h", time % 3 === 0 ? { type: "histogram", temporality: 1, points: [point] } : histogram(point)));
  }
  expect(lab.store.table.live).toBe(1);
  expect(lab.shown()[0]?.split("[")[1]?.split(" ")).toHaveLength(((199 * 7) % 50) + 1);
});

test("resources without end are refused at the limit and forgotten after it", () => {
  const lab = openStoreLab({ maxSeries: 50, expirationMs: 1000, listens: false });
  const push = (time: number, index: number) =>
    lab.push(time, metric("g", gauge(number(1, { time })), { resource: resource({ "service.name": "api", "service.instance.id": `i-${index}` }) }));
  const losses = Array.from({ length: 200 }, (_, index) => push(10, index));
  expect(losses.filter((lost) => "series_limit" in lost)).toHaveLength(150);
  lab.store.expire(EPOCH_MS + 60_000);
  expect([lab.store.table.live, [...lab.store.targets.values()].length, push(61, 999)]).toEqual([0, 0, {}]);
});

test("histograms that get ever more buckets have a bound too", () => {
  const lab = openStoreLab({ maxSeries: 8000 });
  const many = (bounds: readonly number[], time: number) => {
    const counts = Array.from({ length: bounds.length + 1 }, () => 1);
    return metric("m.h", histogram(...Array.from({ length: 8000 }, (_, id) => buckets(counts, bounds, { attributes: { id }, time }))));
  };
  expect(lab.push(10, many([], 10))).toEqual({});
  const lost = lab.push(
    20,
    many(
      Array.from({ length: 1000 }, (_, index) => index),
      20,
    ),
  );
  expect(lost["series_limit"]).toBeGreaterThan(1000);
  // Twice 16 MiB and 1 KiB a series; the last growth of the column is an eighth of what was there.
  expect(lab.store.table.sizeBytes).toBeLessThan(1.2 * 2 * (16_777_216 + 8000 * 1024));
  // What has room already goes on.
  expect(lab.push(30, many([], 30))).toEqual({});
});

test("a series of deltas takes three numbers: the total, and where its last window began and ended", () => {
  const lab = openStoreLab();
  lab.push(10, metric("m.c", deltaCounter(number(5, { time: 10 }))));
  lab.push(20, metric("m.c", deltaCounter(number(5, { start: 10, time: 20 }))));
  expect(lab.shown()).toEqual(["m_c_total 10"]);
  expect(lab.store.table.cells.used).toBe(3);
});
