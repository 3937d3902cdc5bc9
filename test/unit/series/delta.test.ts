import { expect, test } from "vitest";
import type { Metric } from "../../../collector/model/metric.ts";
import { at, buckets, deltaCounter, deltaHistogram, EPOCH_MS, metric, number, resource } from "../exporters/prometheus/lab.ts";
import { exponential, exponentialData, openStoreLab } from "./lab.ts";

const delta = (value: number, start: number, time: number, fields: Partial<Metric> = {}) =>
  metric("c", deltaCounter(number(value, { start, time })), fields);

test("deltas add up from a zero at the first window's start, and keep that start time", () => {
  const lab = openStoreLab();
  lab.push(10, delta(5, 0, 10));
  lab.push(20, delta(3, 10, 20));
  expect(lab.heard()).toEqual(["zero c_total @0", "c_total 5 @10", "c_total 8 @20"]);
  expect(lab.store.table.startNs[0]).toBe(EPOCH_MS * 1e6);
});

test("a retried window is a duplicate and an older one late; neither changes the total", () => {
  const lab = openStoreLab();
  for (const [value, start, time] of [
    [5, 0, 10],
    [3, 10, 20],
  ] as const)
    lab.push(time, delta(value, start, time));
  expect([lab.push(21, delta(3, 10, 20)), lab.push(21, delta(9, 5, 15)), lab.push(21, delta(4, 12, 20))]).toEqual([
    { duplicate: 1 },
    { late: 1 },
    { late: 1 },
  ]);
  expect(lab.shown()).toEqual(["c_total 8"]);
});

test("a gap does not reset", () => {
  const lab = openStoreLab();
  lab.push(10, delta(5, 0, 10));
  lab.heard();
  lab.push(70, delta(2, 60, 70));
  expect(lab.heard()).toEqual(["c_total 7 @70"]);
});

test("behind a gap another process begins anew for a listener, and goes on adding where only a scrape would see it", () => {
  const from = (pid: number) => ({ resource: resource({ "service.name": "api", "host.name": "h", "process.pid": pid }) });
  const listening = openStoreLab();
  const scraping = openStoreLab({ listens: false });
  for (const lab of [listening, scraping]) {
    lab.push(10, delta(5, 0, 10, from(1)));
    lab.heard();
    lab.push(70, delta(7, 60, 70, from(2)));
    lab.push(80, delta(1, 70, 80, from(2)));
  }
  expect(listening.heard().filter((line) => !line.startsWith("target"))).toEqual(["zero c_total @60", "c_total 7 @70", "c_total 8 @80"]);
  expect(scraping.shown()).toEqual(["c_total 13"]);
});

test("overlapping windows are two writers: the later one is left out, counted and told once", () => {
  const lab = openStoreLab();
  lab.push(10, delta(5, 0, 10));
  expect([lab.push(15, delta(2, 5, 15)), lab.push(16, delta(2, 6, 16))]).toEqual([{ overlap: 1 }, { overlap: 1 }]);
  expect(lab.shown()).toEqual(["c_total 5"]);
  expect(lab.notices.map(({ what, metric: name }) => [what, name])).toEqual([["overlap", "c"]]);
});

test("other bounds are a true reset: a new start and a zero", () => {
  const lab = openStoreLab();
  const push = (counts: number[], bounds: number[], start: number, time: number) =>
    lab.push(time, metric("h", deltaHistogram(buckets(counts, bounds, { start, time, sum: 1 }))));
  push([1, 2], [1], 0, 10);
  push([3, 4], [1], 10, 20);
  lab.heard();
  push([1, 1], [2], 20, 30);
  expect(lab.heard()).toEqual(["zero h @20.001", "h 1 2 [1 1] @30"]);
  expect(lab.store.table.startNs[0]).toBe((EPOCH_MS + 20_000) * 1e6);
  push([1, 1], [2], 30, 40);
  expect(lab.heard()).toEqual(["h 2 4 [2 2] @40"]);
});

test("exponential deltas of different scale add up in the coarser one", () => {
  const lab = openStoreLab();
  const push = (scale: number, offset: number, counts: bigint[], start: number, time: number) =>
    lab.push(
      time,
      metric(
        "e",
        exponentialData(1, exponential({ scale, positive: { offset, bucketCounts: counts }, startUnixNano: at(start), timeUnixNano: at(time) })),
      ),
    );
  push(1, 1, [4n, 3n, 2n, 1n], 0, 10);
  push(0, 0, [1n], 10, 20);
  // Scale 1 buckets 1 | 2 3 | 4 are scale 0 buckets 0 | 1 | 2.
  expect(lab.shown()).toEqual(["e 6 11 [5 5 1 0]"]);
  push(1, 4, [1n, 1n], 20, 30);
  expect(lab.shown()).toEqual(["e 9 13 [5 5 3 0]"]);
});

test("zero buckets of different width: the wider one swallows what lies below it", () => {
  const lab = openStoreLab();
  const push = (fields: object, start: number, time: number) =>
    lab.push(time, metric("e", exponentialData(1, exponential({ ...fields, startUnixNano: at(start), timeUnixNano: at(time) }))));
  push({ zeroCount: 1n, zeroThreshold: 0, positive: { offset: -3, bucketCounts: [1n, 1n, 0n, 1n] } }, 0, 10);
  push({ zeroCount: 2n, zeroThreshold: 0.2 }, 10, 20);
  // Buckets (0.125, 0.25] and (0.25, 0.5] and (1, 2]: 0.2 falls into the first, so that the zero bucket ends at 0.25.
  const native = lab.store.classicBuckets(0);
  expect([...native.bounds.values].filter((_, index) => native.counts[index] !== 0)).toEqual([0.25, 0.5, 2]);
  expect(Array.from(native.counts).filter((count) => count !== 0)).toEqual([4, 1, 1]);
});

test("a counter that expired goes on where it was when it comes back", () => {
  for (const listens of [true, false]) {
    const lab = openStoreLab({ listens });
    lab.push(10, delta(5, 0, 10), metric("h", deltaHistogram(buckets([1, 2], [1], { start: 0, time: 10 }))));
    expect(lab.store.expire(EPOCH_MS + 400_000)).toBe(2);
    lab.heard();
    lab.push(405, delta(2, 400, 405), metric("h", deltaHistogram(buckets([1, 0], [1], { start: 400, time: 405 }))));
    expect(lab.shown()).toEqual(["c_total 7", "h 3 4 [2 2]"]);
    expect(lab.heard().filter((line) => line.startsWith("zero"))).toEqual([]);
  }
});

test("of the totals of expired counters only so many are remembered, the oldest go first", () => {
  const lab = openStoreLab({ maxSeries: 20_000, listens: false, expirationIntervals: 0 });
  const wave = (from: number, start: number) =>
    lab.push(
      start + 5,
      metric("c", deltaCounter(...Array.from({ length: 5000 }, (_, id) => number(1, { attributes: { id: from + id }, start, time: start + 5 })))),
    );
  for (let round = 0; round < 3; round++) {
    wave(round * 5000, round * 1000);
    lab.store.expire(EPOCH_MS + round * 1_000_000 + 900_000);
  }
  wave(0, 4000);
  wave(10_000, 4000);
  const shown = new Set(lab.shown());
  expect([shown.has('c_total{id="0"} 1'), shown.has('c_total{id="14999"} 2')]).toEqual([true, true]);
});

test("deltas of a sum that can fall add up to a gauge, and that is told", () => {
  const lab = openStoreLab();
  const push = (value: number, start: number, time: number) =>
    lab.push(time, metric("u", { type: "sum", temporality: 1, isMonotonic: false, points: [number(value, { start, time })] }));
  push(5, 0, 10);
  push(-2, 10, 20);
  expect(lab.heard()).toEqual(["u 5 @10", "u 3 @20"]);
  expect([lab.notices.map(({ what }) => what), lab.store.table.family(0).type]).toEqual([["delta_gauge"], "gauge"]);
});
