import { expect, test } from "vitest";
import { counter, gauge, metric, number, type Plain, resource } from "../exporters/prometheus/lab.ts";
import { openStoreLab } from "./lab.ts";

const from = (attributes: Plain) => ({ resource: resource({ "service.name": "api", ...attributes }) });
const first = from({ "host.name": "h", "process.pid": 1 });
const second = from({ "host.name": "h", "process.pid": 2 });

test("two processes that take turns under one job get instances of their own, without a zero and without a restart", () => {
  const lab = openStoreLab();
  const send = (time: number, value: number, fields: object) => lab.push(time, metric("c", counter(number(value, { start: 0, time })), fields));
  send(10, 100, first);
  send(11, 5, second);
  expect(lab.shown()).toEqual(["c_total 5"]);
  lab.heard();
  send(15, 101, first);
  expect(lab.heard().filter((line) => !line.startsWith("target"))).toEqual(["ended c_total @11.001", 'c_total{instance="h:1"} 101 @15']);
  send(16, 6, second);
  expect(lab.shown()).toEqual(['c_total{instance="h:1"} 101', 'c_total{instance="h:2"} 6']);
  expect(lab.heard().filter((line) => line.startsWith("zero"))).toEqual([]);
  expect(lab.notices).toEqual([{ what: "interleaved", metric: "", job: "api", instance: "", instances: ["h:1", "h:2"] }]);
  // A third one is told apart from its first point on; a label value that is new later is born as ever.
  send(17, 1, from({ "host.name": "h", "process.pid": 3 }));
  lab.heard();
  lab.push(20, metric("c", counter(number(3, { start: 0, time: 20, attributes: { code: 429 } })), first));
  expect(lab.heard()).toEqual(['zero c_total{code="429",instance="h:1"} @15', 'c_total{code="429",instance="h:1"} 3 @20']);
  expect(lab.shown()).toContain('c_total{instance="h:3"} 1');
});

test("a given instance stays in front, and containers or pods tell processes apart where pids do not", () => {
  const pairs: [Plain, Plain, string[]][] = [
    [
      { "service.instance.id": "i-9", "host.name": "h", "process.pid": 1 },
      { "service.instance.id": "i-9", "host.name": "h", "process.pid": 2 },
      ["i-9/h:1", "i-9/h:2"],
    ],
    [{ "host.name": "h", "process.pid": 1, "container.id": "c1" }, { "host.name": "h", "process.pid": 1, "container.id": "c2" }, ["c1", "c2"]],
    [{ "k8s.pod.name": "p-a", "process.pid": 1 }, { "k8s.pod.name": "p-b", "process.pid": 1 }, ["p-a:1", "p-b:1"]],
  ];
  for (const [a, b, instances] of pairs) {
    const lab = openStoreLab();
    for (const [time, fields] of [
      [10, a],
      [11, b],
      [15, a],
      [16, b],
    ] as const)
      lab.push(time, metric("g", gauge(number(1, { time })), from(fields)));
    expect(lab.shown()).toEqual(instances.map((instance) => `g{instance="${instance}"} 1`));
  }
});

test("a restart, and a late retry from before it, are not two producers", () => {
  const lab = openStoreLab();
  const send = (time: number, fields: object) => lab.push(time, metric("g", gauge(number(time, { time })), fields));
  send(10, first);
  send(20, second);
  send(9, first);
  send(30, second);
  expect([lab.shown(), lab.notices]).toEqual([["g 30"], []]);
});

test("resources that differ in nothing that names a process are one producer", () => {
  const lab = openStoreLab();
  for (let time = 10; time < 20; time++) {
    lab.push(time, metric("g", gauge(number(time, { time })), from({ "host.name": "h", "process.pid": 1, "config.version": `${time % 2}` })));
  }
  expect([lab.shown(), lab.notices]).toEqual([["g 19"], []]);
});

test("both in one request, again and again, are found too", () => {
  const lab = openStoreLab();
  for (let time = 10; time < 13; time++) {
    lab.push(time, metric("g", gauge(number(1, { time })), first), metric("g", gauge(number(2, { time: time + 0.5 })), second));
  }
  expect(lab.shown()).toEqual(['g{instance="h:1"} 1', 'g{instance="h:2"} 2']);
});
