import { expect, test } from "vitest";
import { at, buckets, counter, deltaCounter, gauge, histogram, metric, number, upDownCounter } from "../exporters/prometheus/lab.ts";
import { exponential, exponentialData, openStoreLab } from "./lab.ts";

test("a listener hears every point of one request in order; a scrape shows the newest", () => {
  const lab = openStoreLab();
  expect(lab.push(30, metric("g", gauge(number(1, { time: 10 }), number(2, { time: 20 }), number(3, { time: 30 }))))).toEqual({});
  expect(lab.heard()).toEqual(["g 1 @10", "g 2 @20", "g 3 @30"]);
  expect(lab.shown()).toEqual(["g 3"]);
});

test("the same point again loses nothing, another value at the same time is a conflict, and the first stays", () => {
  const lab = openStoreLab();
  const push = (...points: Parameters<typeof gauge>) => lab.push(10, metric("g", gauge(...points)));
  push(number(1, { time: 10 }));
  expect(push(number(1, { time: 10 }))).toEqual({});
  expect(push(number(2, { time: 10 }))).toEqual({ conflict: 1 });
  // Within one ms: for a server that is the same time.
  expect(push(number(3, { time: 10.0004 }))).toEqual({ conflict: 1 });
  expect(lab.heard()).toEqual(["g 1 @10"]);
});

test("an older point is out of order for a listener, and superseded in silence for a scrape", () => {
  const listening = openStoreLab();
  const scraping = openStoreLab({ listens: false });
  for (const lab of [listening, scraping]) lab.push(20, metric("g", gauge(number(2, { time: 20 }))));
  expect(listening.push(21, metric("g", gauge(number(1, { time: 10 }))))).toEqual({ out_of_order: 1 });
  expect(scraping.push(21, metric("g", gauge(number(1, { time: 10 }))))).toEqual({});
  expect([listening.shown(), scraping.shown()]).toEqual([["g 2"], ["g 2"]]);
});

test("of two cumulative points within one ms the later moves to the next ms, where that is asked for; never a gauge", () => {
  const lab = openStoreLab({ spreadCollisions: true });
  lab.push(10, metric("c", counter(number(1, { start: 10, time: 10 }))), metric("g", gauge(number(1, { time: 10 }))));
  lab.heard();
  expect(lab.push(10, metric("c", counter(number(2, { start: 10, time: 10.0004 }))))).toEqual({});
  expect(lab.push(10, metric("g", gauge(number(2, { time: 10.0004 }))))).toEqual({ conflict: 1 });
  expect(lab.heard()).toEqual(["c_total 2 @10.001"]);
});

test("a point from far in the future does not shut out those that come after it", () => {
  const lab = openStoreLab({ maxAheadMs: 600_000 });
  expect(lab.push(10, metric("g", gauge(number(1, { time: 2000 }))))).toEqual({ future: 1 });
  expect(lab.push(10, metric("g", gauge(number(2, { time: 10 }))))).toEqual({});
  expect(lab.heard()).toEqual(["g 2 @10"]);
});

test("a restart that PromQL cannot see becomes visible by a zero: at the new start, or just behind the last point", () => {
  const lab = openStoreLab();
  const push = (value: number, start: number, time: number) => lab.push(time, metric("c", counter(number(value, { start, time }))));
  push(5, 9, 10);
  lab.heard();
  push(7, 12, 15);
  expect(lab.heard()).toEqual(["zero c_total @12", "c_total 7 @15"]);
  push(9, 15.0003, 20);
  expect(lab.heard()).toEqual(["zero c_total @15.001", "c_total 9 @20"]);
});

test("no zero where the value falls, where the start is the point's own time, or where it lies before the last point", () => {
  const lab = openStoreLab();
  const push = (value: number, start: number, time: number) => lab.push(time, metric("c", counter(number(value, { start, time }))));
  push(5, 9, 10);
  lab.heard();
  push(3, 12, 15);
  push(4, 20, 20);
  push(6, 19, 25);
  expect(lab.heard()).toEqual(["c_total 3 @15", "c_total 4 @20", "c_total 6 @25"]);
});

test("a hidden restart of a histogram is a zero too, of gauges and up-down counters never", () => {
  const lab = openStoreLab();
  const all = (start: number, time: number, count: number) => [
    metric("h", histogram(buckets([count, 0], [1], { start, time }))),
    metric(
      "e",
      exponentialData(2, exponential({ startUnixNano: at(start), timeUnixNano: at(time), positive: { offset: 0, bucketCounts: [BigInt(count)] } })),
    ),
    metric("u", upDownCounter(number(count, { start, time }))),
    metric("g", gauge(number(count, { start, time }))),
  ];
  lab.push(10, ...all(9, 10, 1));
  lab.heard();
  lab.push(20, ...all(12, 20, 2));
  expect(lab.heard().filter((line) => line.startsWith("zero"))).toEqual(["zero h @12", "zero e @12"]);
});

test("a counter born in the middle of a run was 0 when its metric was exported before", () => {
  const lab = openStoreLab();
  const status = (code: number, value: number, time: number) => number(value, { attributes: { code }, start: 0, time });
  lab.push(1000, metric("c", counter(status(200, 5, 1000))));
  lab.heard();
  lab.push(1005, metric("c", counter(status(200, 6, 1005), status(429, 3, 1005))));
  expect(lab.heard()).toEqual(['c_total{code="200"} 6 @1005', 'zero c_total{code="429"} @1000', 'c_total{code="429"} 3 @1005']);
  // The rest of the same export, in a request of its own.
  lab.push(1005, metric("c", counter(status(503, 1, 1005))));
  expect(lab.heard()).toEqual(['zero c_total{code="503"} @1000', 'c_total{code="503"} 1 @1005']);
});

test("the very first export has its zero at the start time while that is less than 5 minutes ago", () => {
  const lab = openStoreLab();
  lab.push(200, metric("young", counter(number(5, { start: 0, time: 200 }))));
  expect(lab.heard()).toEqual(["zero young_total @0", "young_total 5 @200"]);
  lab.push(400, metric("old", counter(number(5, { start: 0, time: 400 }))), metric("unknown", counter(number(5, { start: 400, time: 400 }))));
  expect(lab.heard()).toEqual(["old_total 5 @400", "unknown_total 5 @400"]);
});

test("histograms are born with zeros too; what was refused for want of room is not taken for new", () => {
  const lab = openStoreLab({ maxSeries: 2 });
  const point = (id: number, time: number) => buckets([1, 0], [1], { attributes: { id }, start: 0, time });
  lab.push(1000, metric("h", histogram(point(1, 1000))));
  lab.push(1005, metric("h", histogram(point(1, 1005), point(2, 1005))));
  expect(lab.heard()).toEqual(['h{id="1"} 1.5 1 [1 0] @1000', 'h{id="1"} 1.5 1 [1 0] @1005', 'zero h{id="2"} @1000', 'h{id="2"} 1.5 1 [1 0] @1005']);
  expect(lab.push(1010, metric("h", histogram(point(3, 1010))))).toEqual({ series_limit: 1 });
  for (let time = 1100; time < 1400; time += 100) lab.push(time, metric("h", histogram(point(1, time))));
  lab.store.expire(1_790_000_000_000 + 1_400_000);
  lab.heard();
  lab.push(1405, metric("h", histogram(point(3, 1405))));
  expect(lab.heard()).toEqual(['h{id="3"} 1.5 1 [1 0] @1405']);
});

test("a series that its sender was only silent about is not born again", () => {
  const lab = openStoreLab({ expirationIntervals: 0 });
  const point = (id: number, time: number) => number(10, { attributes: { id }, start: 0, time });
  lab.push(1000, metric("c", counter(point(1, 1000), point(2, 1000))));
  for (let time = 1100; time <= 1500; time += 100) lab.push(time, metric("c", counter(point(1, time))));
  expect(lab.store.expire(1_790_000_000_000 + 1_500_000)).toBe(1);
  lab.heard();
  lab.push(1505, metric("c", counter(point(2, 1505))));
  expect(lab.heard()).toEqual(['c_total{id="2"} 10 @1505']);
});

test("two writers of one series, told apart by nothing, cost the older one its points instead of a reset with each", () => {
  const lab = openStoreLab();
  const push = (value: number, start: number, time: number) => lab.push(time, metric("c", counter(number(value, { start, time }))));
  push(100, 1, 10);
  push(5, 2, 11);
  const losses = [push(101, 1, 15), push(6, 2, 16), push(102, 1, 20), push(7, 2, 21)];
  expect(losses).toEqual([{ interleaved: 1 }, {}, { interleaved: 1 }, {}]);
  expect(lab.heard()).toEqual(["zero c_total @1", "c_total 100 @10", "c_total 5 @11", "c_total 6 @16", "c_total 7 @21"]);
  expect(lab.notices.map(({ what, instances }) => [what, instances])).toEqual([["interleaved", []]]);
  // The newer one is gone: the other is alone now.
  expect(push(200, 1, 100)).toEqual({});
});

test("deltas within one ms of each other still rise in time for the listener", () => {
  const lab = openStoreLab();
  lab.push(10, metric("c", deltaCounter(number(1, { start: 9, time: 10 }), number(2, { start: 10, time: 10.0004 }))));
  expect(lab.heard()).toEqual(["zero c_total @9", "c_total 1 @10", "c_total 3 @10.001"]);
});
