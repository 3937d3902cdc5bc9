import { expect, test } from "vitest";
import type { GaugeSeries } from "../../../collector/model/ledger.ts";
import { gaugeCharts } from "../../../collector/report/gauge-charts.ts";
import { shortInstance } from "../../../collector/report/gauge-names.ts";
import { HEALTHY, START_SECOND, sampleLedger } from "./sample-ledger.ts";

const UUID = "0155de4f-ef4d-4cf3-85f3-cc2b5757db9d";

function series(name: string, values: readonly number[], rest: Partial<GaugeSeries> = {}): GaugeSeries {
  const points = values.map((value, at) => ({
    second: START_SECOND + at,
    min: value,
    max: value,
    last: value,
    sum: rest.kind === "counter" ? value : 0,
    n: 1,
  }));
  return { name, unit: "1", kind: "gauge", hop: "application", witness: "api", instance: UUID, attributes: {}, points, ...rest };
}

function chartsOf(gauges: readonly GaugeSeries[]) {
  return gaugeCharts({ ...sampleLedger({ ...HEALTHY, peakPerSecond: 0 }), gauges });
}

test("an instance is named only where there are several, and ids that machines made are cut short", () => {
  const [one] = chartsOf([series("queue.length", [1, 2])]).charts;
  expect(one).toMatchObject({ title: "queue.length \u00b7 api", series: [{ name: "queue.length" }] });
  const [two] = chartsOf([series("queue.length", [1, 2]), series("queue.length", [1, 3], { instance: UUID.replace("0155de4f", "9b1c4e0c") })]).charts;
  expect(two?.series.map(({ name }) => name)).toEqual(["queue.length \u00b7 api \u00b7 0155de4f", "queue.length \u00b7 api \u00b7 9b1c4e0c"]);
  expect([shortInstance(UUID), shortInstance("api-1"), shortInstance("10.0.0.12:8082")]).toEqual(["0155de4f", "api-1", "10.0.0.12:8082"]);
});

test("what did not change has no chart but is told with its value", () => {
  const { charts, still } = chartsOf([
    series("tcp.drops", [0, 0, 0], { kind: "counter" }),
    series("ports.limit", [28_232, 28_232]),
    series("tasks", [3, 4]),
    series("accept_queue", [0, 0], { attributes: { port: "80" } }),
    series("accept_queue", [0, 0], { attributes: { port: "443" } }),
  ]);
  expect(charts.map(({ title }) => title)).toEqual(["tasks \u00b7 api"]);
  expect(still).toEqual([
    { name: "tcp.drops", unit: "1/s", value: 0, series: 1 },
    { name: "ports.limit", unit: "1", value: 28_232, series: 1 },
    { name: "accept_queue", unit: "1", value: 0, series: 2 },
  ]);
});

test("of many series of one metric the eight that move most are drawn, the others counted by name", () => {
  const many = Array.from({ length: 12 }, (_, index) => series("listener.queue", [0, index + 1], { attributes: { port: String(8000 + index) } }));
  const { charts, leftOut } = chartsOf(many);
  expect(charts[0]?.series.map(({ name }) => name)).toEqual(Array.from({ length: 8 }, (_, index) => String(8004 + index)));
  expect(leftOut).toEqual(["listener.queue (4)"]);
});

test("processors are a stack of what they did, idle ones left out", () => {
  const mode = (name: string, values: readonly number[]) =>
    series("system.cpu.utilization", values, { hop: undefined, witness: "host", attributes: { "cpu.mode": name } });
  const { charts, still } = chartsOf([mode("user", [0.2, 0.5]), mode("system", [0.1, 0.1]), mode("idle", [0.7, 0.4]), mode("steal", [0, 0])]);
  expect(charts).toHaveLength(1);
  expect(charts[0]).toMatchObject({ id: "cpu", isStacked: true, unit: "%" });
  expect(charts[0]?.series.map(({ name }) => name)).toEqual(["user", "system"]);
  expect(still).toEqual([]);
});

test("what a generator told by file and by OTLP is drawn once", () => {
  const k6 = { hop: "client", witness: "k6" } as const;
  const { charts } = chartsOf([series("vus", [1, 2, 3], { ...k6, instance: "" }), series("vus", [1, 3], { ...k6, instance: "vm" })]);
  expect(charts.map(({ title, series: lines }) => [title, lines.length, lines[0]?.values.length])).toEqual([["Virtual users \u00b7 k6", 1, 3]]);
});

test("known pictures come first, those of the application before those of the machine", () => {
  const { charts } = chartsOf([
    series("zz.host", [1, 2], { hop: undefined, witness: "host" }),
    series("aa.app", [1, 2]),
    series("process.thread.count", [11, 12]),
  ]);
  expect(charts.map(({ id, group }) => [id, group])).toEqual([
    ["threads", "resources"],
    ["gauge-1", "other"],
    ["gauge-2", "other"],
  ]);
  expect(charts[1]?.title).toContain("aa.app");
});

test("points far outside of the run do not stretch the pictures", () => {
  const points = series("users", [1, 2]).points;
  const astray = points.map((point) => ({ ...point, second: point.second - 12_000 }));
  const { charts } = chartsOf([
    { ...series("users", []), points: [...astray, ...points] },
    { ...series("lost", []), points: astray },
  ]);
  expect(charts.map(({ title, startSecond, series: lines }) => [title, startSecond, lines[0]?.values])).toEqual([["users \u00b7 api", 0, [1, 2]]]);
});
