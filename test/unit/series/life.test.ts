import { expect, test } from "vitest";
import { buckets, counter, EPOCH_MS, gauge, histogram, metric, number, resource } from "../exporters/prometheus/lab.ts";
import { openStoreLab } from "./lab.ts";

const later = (seconds: number) => EPOCH_MS + seconds * 1000;
const ofRun = (run: string, instance = run) => ({
  resource: resource({ "service.name": "api", "service.instance.id": instance, "loadtest.run.id": run }),
});
const withoutTargets = (heard: readonly string[]) => heard.filter((line) => !line.startsWith("target"));

test("a point without recorded value ends its series, and the later points of its metric are not lost", () => {
  const lab = openStoreLab();
  const points = (value: number, time: number, flags: number) => [
    number(value, { attributes: { id: 1 }, time, flags }),
    number(value, { attributes: { id: 2 }, time }),
  ];
  lab.push(10, metric("g", gauge(...points(1, 10, 0))));
  lab.heard();
  expect(lab.push(20, metric("g", gauge(...points(2, 20, 1))))).toEqual({});
  expect(lab.heard()).toEqual(['ended g{id="1"} @20', 'g{id="2"} 2 @20']);
  expect(lab.shown()).toEqual(['g{id="2"} 2']);
  lab.push(30, metric("g", gauge(...points(3, 30, 0))));
  expect(lab.shown()).toEqual(['g{id="1"} 3', 'g{id="2"} 3']);
});

test("a series without points expires: it has ended right behind its last one, and its index is free", () => {
  const lab = openStoreLab();
  lab.push(10, metric("g", gauge(number(1, { time: 10 }))));
  lab.heard();
  expect([lab.store.expire(later(309)), lab.store.expire(later(311))]).toEqual([0, 1]);
  expect(lab.heard()).toEqual(["ended g @10.001", "removed 0"]);
});

test("expiry waits for 3 of the stream's own export intervals, also where these are longer than it", () => {
  const lab = openStoreLab({ expirationMs: 60_000 });
  // At first all that is known is the configured time.
  lab.push(0, metric("g", gauge(number(1, { time: 0 }))));
  expect(lab.store.expire(later(61))).toBe(1);
  lab.push(100, metric("g", gauge(number(1, { time: 100 }))));
  lab.push(200, metric("g", gauge(number(1, { time: 200 }))));
  expect([lab.store.expire(later(499)), lab.store.expire(later(501))]).toEqual([0, 1]);
});

test("at the end of a run its series leave at once, others stay, and a later point brings one back", () => {
  const lab = openStoreLab();
  lab.push(10, metric("g", gauge(number(1, { time: 10 })), ofRun("a")), metric("g", gauge(number(2, { time: 10 })), ofRun("b")));
  lab.heard();
  lab.store.end("a", later(12));
  expect(lab.heard()).toEqual(['ended g{instance="a"} @10.001', "target loadtest_run_id=a,job=api,instance=a > - @12"]);
  expect(lab.shown()).toEqual(['g{instance="b"} 2']);
  expect([...lab.store.targets.values()].map(({ labels }) => labels.get("instance"))).toEqual(["b"]);
  lab.store.end("a", later(13));
  expect(lab.heard()).toEqual([]);
  // Sent again after a timeout: nothing new.
  expect(lab.push(13, metric("g", gauge(number(1, { time: 10 })), ofRun("a")))).toEqual({});
  lab.push(14, metric("g", gauge(number(3, { time: 11 })), ofRun("a")));
  expect(withoutTargets(lab.heard())).toEqual(['g{instance="a"} 3 @11']);
  expect(lab.shown()).toEqual(['g{instance="a"} 3', 'g{instance="b"} 2']);
});

test("at shutdown everything ends", () => {
  const lab = openStoreLab();
  lab.push(10, metric("g", gauge(number(1, { time: 10 }))), metric("loadtest.run.active", gauge(number(1, { attributes: { run_id: "a" } }))));
  lab.store.end(undefined, later(12));
  expect([lab.shown(), [...lab.store.targets.values()]]).toEqual([[], []]);
});

test("when the sender's next run begins, the end of the one before still finds what only that one had", () => {
  const lab = openStoreLab();
  const point = (id: number, time: number) => number(1, { attributes: { id }, time });
  lab.push(10, metric("g", gauge(point(1, 10), point(2, 10)), ofRun("a", "i-1")));
  lab.push(20, metric("g", gauge(point(1, 20)), ofRun("b", "i-1")));
  lab.store.end("a", later(21));
  expect(lab.shown()).toEqual(['g{id="1"} 1']);
});

test("loadtest.run.active at 0 ends its run, once, and leaves the run's own series", () => {
  const lab = openStoreLab();
  const active = (value: number, time: number) =>
    metric("loadtest.run.active", gauge(number(value, { attributes: { "run.id": "a" }, time })), ofRun("a"));
  const load = (time: number) => metric("g", gauge(number(1, { time })), ofRun("a"));
  lab.push(10, load(10), active(1, 10));
  lab.push(20, load(20), active(0, 20));
  expect(lab.shown()).toEqual(['loadtest_run_active{instance="a",run_id="a"} 0']);
  // What is still sent afterwards is shown, although the 0 is repeated.
  lab.push(25, load(25), active(0, 25));
  expect(lab.shown()).toHaveLength(2);
  lab.push(30, active(1, 30));
  lab.push(35, active(0, 35));
  expect(lab.shown()).toHaveLength(1);
});

test("new series beyond the limit are refused, those that live go on, and an expired one makes room", () => {
  const lab = openStoreLab({ maxSeries: 2, expirationMs: 60_000 });
  const points = (time: number, ...ids: number[]) => metric("g", gauge(...ids.map((id) => number(id, { attributes: { id }, time }))));
  expect(lab.push(10, points(10, 1, 2, 3, 4))).toEqual({ series_limit: 2 });
  for (let time = 20; time <= 80; time += 10) expect(lab.push(time, points(time, 1))).toEqual({});
  expect(lab.store.expire(later(81))).toBe(1);
  expect(lab.push(82, points(82, 1, 3))).toEqual({});
});

test("memory stays flat under an hour in which every 5 seconds a tenth of the series is new", () => {
  const lab = openStoreLab({ maxSeries: 10_000, expirationMs: 60_000, listens: false });
  const sizes: number[] = [];
  const perExport = 100;
  for (let step = 0; step < 720; step++) {
    const time = step * 5;
    const oldest = Math.floor(step / 10) * 10;
    const point = (index: number) => ({
      attributes: { slot: index, name: `made-of-step-${index % 10 === step % 10 ? step : oldest - 10 + (index % 10)}` },
      start: time,
      time: time + 1,
    });
    const ids = Array.from({ length: perExport }, (_, index) => index);
    const pushed = lab.push(
      time,
      metric("c", counter(...ids.map((id) => number(step, point(id))))),
      metric("h", histogram(...ids.map((id) => buckets([1, 2], [1], point(id))))),
    );
    expect(pushed).toEqual({});
    if (step % 3 === 0) lab.store.expire(later(time));
    if (step % 60 === 59) sizes.push(lab.store.table.sizeBytes + lab.store.table.capacity * 48);
  }
  expect(lab.store.table.live).toBeLessThan(10 * perExport);
  expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual((sizes[1] as number) * 1.1);
});

test("target_info says what the newest resource of a job and instance says, once for all its scopes, and ends with it", () => {
  const lab = openStoreLab();
  const from = (host: string) => ({ resource: resource({ "service.name": "api", "service.instance.id": "i-1", region: host }) });
  const push = (host: string, time: number) => lab.push(time, metric("g", gauge(number(1, { time })), from(host)));
  push("h1", 10);
  push("h2", 20);
  push("h1", 30);
  push("h2", 40);
  expect(lab.heard().filter((line) => line.startsWith("target"))).toEqual([
    "target - > region=h1,job=api,instance=i-1 @10",
    "target region=h1,job=api,instance=i-1 > region=h2,job=api,instance=i-1 @20",
  ]);
  lab.store.expire(later(1000));
  expect(lab.heard().at(-1)).toBe("target region=h2,job=api,instance=i-1 > - @1000");
});
