import { expect, test } from "vitest";
import { buckets, counter, deltaCounter, deltaHistogram, EPOCH_MS, gauge, histogram, metric, number, resource } from "../exporters/prometheus/lab.ts";
import { openStoreLab } from "./lab.ts";

test("deltas beyond 2^53 add up like any others", () => {
  const lab = openStoreLab();
  lab.push(10, metric("m.c", deltaCounter(number(2n ** 60n, { start: 0, time: 10 }))));
  lab.push(20, metric("m.c", deltaCounter(number(2n ** 60n, { start: 10, time: 20 }))));
  expect(lab.shown()).toEqual([`m_c_total ${2 ** 61}`]);
});

test("a wall clock that is set right by years does not make every series expire at each turn", () => {
  const lab = openStoreLab();
  lab.push(-EPOCH_MS / 1000, metric("m.old", gauge(number(1, { time: 1 }))));
  for (let index = 1; index <= 3; index++) {
    lab.push(index * 10, metric("m.g", gauge(number(index, { time: index * 10 }))));
    lab.store.expire(EPOCH_MS + index * 10_000 + 1000);
    expect(lab.shown()).toContain(`m_g ${index}`);
  }
});

test("the time of a point that is refused for being far in the future ends and begins nothing", () => {
  const lab = openStoreLab({ maxAheadMs: 600_000 });
  const of = (version: string) => resource({ "service.name": "api", version });
  lab.push(10, metric("m.g", gauge(number(1, { time: 10 })), { resource: of("1") }));
  lab.heard();
  lab.push(20, metric("m.g", gauge(number(1, { time: 1e9 }), number(2, { time: 20 })), { resource: of("2") }));
  expect(lab.heard().filter((line) => line.startsWith("target"))[0]).toMatch(/@20$/);
});

test("deltas of a new process go on adding, whatever the time of its very first point", () => {
  const lab = openStoreLab({ maxAheadMs: 600_000 });
  const of = (pid: number) => resource({ "service.name": "api", "host.name": "h", "process.pid": pid });
  const delta = (pid: number, value: number, start: number, time: number) =>
    metric("m.c", deltaCounter(number(value, { start, time })), { resource: of(pid) });
  lab.push(10, delta(1, 5, 0, 10));
  expect(lab.push(15, delta(2, 5, 12, 1e9))).toEqual({ future: 1 });
  lab.push(20, delta(2, 5, 12, 20));
  lab.push(30, delta(2, 5, 20, 30));
  lab.push(40, delta(2, 5, 30, 40));
  expect(lab.shown()[0]).toMatch(/ 15$/);
});

test("a counter that comes back after it was forgotten for want of room was not born then", () => {
  const lab = openStoreLab({ maxSeries: 20_000 });
  const counters = (seconds: number, ids: readonly number[]) =>
    metric("m.c", counter(...ids.map((id) => number(100 + id, { attributes: { id }, start: -1000, time: seconds }))));
  const all = Array.from({ length: 9000 }, (_, id) => id);
  lab.push(10, counters(10, all));
  for (let seconds = 70; seconds <= 400; seconds += 60) lab.push(seconds, counters(seconds, [0]));
  lab.store.expire(EPOCH_MS + 400_000);
  lab.heard();
  lab.push(410, counters(410, all));
  expect(lab.heard().filter((line) => line.startsWith("zero"))).toEqual([]);
});

test("a histogram with a bound at infinity has one bucket there", () => {
  const lab = openStoreLab();
  lab.push(10, metric("m.h", histogram(buckets([1, 2, 3], [1, Infinity]))));
  expect(lab.shown()).toEqual(["m_h 1.5 6 [1 5]"]);
});

test("a delta whose window ends in another century does not keep out those after it", () => {
  const lab = openStoreLab({ listens: false });
  lab.push(10, metric("m.c", deltaCounter(number(5, { start: 0, time: 1e9 }))));
  lab.push(20, metric("m.c", deltaCounter(number(5, { start: 10, time: 20 }))));
  lab.push(30, metric("m.c", deltaCounter(number(5, { start: 20, time: 30 }))));
  expect(lab.shown()).toEqual(["m_c_total 15"]);
});

test("a run without an id ends nothing", () => {
  const lab = openStoreLab();
  lab.push(10, metric("m.g", gauge(number(1, { time: 10 }))));
  lab.push(20, metric("loadtest.run.active", gauge(number(0, { time: 20, attributes: { "loadtest.run.id": "" } }))));
  expect(lab.shown()).toContain("m_g 1");
});

test("runs that end in one request all end", () => {
  const lab = openStoreLab();
  const of = (run: string) => resource({ "service.name": "api", "service.instance.id": run, "loadtest.run.id": run });
  for (const run of ["a", "b", "c"]) lab.push(10, metric("m.g", gauge(number(1, { time: 10 })), { resource: of(run) }));
  const over = ["a", "b"].map((run) => number(0, { time: 20, attributes: { "loadtest.run.id": run } }));
  lab.push(20, metric("loadtest.run.active", gauge(...over)));
  expect(lab.shown().filter((line) => line.startsWith("m_g"))).toEqual(['m_g{instance="c"} 1']);
});

test("a restart whose start time is the very time of the last point is one, though the value does not fall", () => {
  const lab = openStoreLab();
  lab.push(10, metric("m.c", counter(number(3, { start: 0, time: 10 }))));
  lab.heard();
  lab.push(20, metric("m.c", counter(number(5, { start: 10, time: 20 }))));
  expect(lab.heard()).toEqual(["zero m_c_total @10.001", "m_c_total 5 @20"]);
  // Where the first start is the first point's own time it says nothing, and stays what it is.
  lab.push(10, metric("m.d", counter(number(3, { start: 10, time: 10 }))));
  lab.push(20, metric("m.d", counter(number(5, { start: 10, time: 20 }))));
  expect(lab.heard()).toEqual(["m_d_total 3 @10", "m_d_total 5 @20"]);
});

test("a point that is refused where totals turn into deltas leaves nothing behind that cannot be shown", () => {
  for (const listens of [true, false]) {
    const lab = openStoreLab({ listens });
    lab.push(10, metric("m.h", histogram(buckets([1, 2], [1], { time: 10 }))));
    lab.heard();
    const wrong = { ...deltaHistogram(buckets([1, 2, 3], [2, 1], { start: 10, time: 20 })) };
    expect(lab.push(20, metric("m.h", wrong))).toEqual({ invalid_histogram: 1 });
    expect(lab.shown()).toEqual([]);
    expect(lab.heard()).toEqual(listens ? ["ended m_h @10.001"] : []);
    lab.push(30, metric("m.h", histogram(buckets([1, 3], [1], { time: 30 }))));
    expect(lab.shown()).toEqual(["m_h 1.5 4 [1 3]"]);
  }
});
