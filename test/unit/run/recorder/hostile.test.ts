import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { LoadRequest } from "../../../../collector/model/load-record.ts";
import { RECORDER_LIMITS } from "../../../../collector/run/recorder/recorder-limits.ts";
import { batchOf } from "../../../../collector/wire/otlp-batch.ts";
import { buckets, counter, histogram, identity, type Lab, log, lost, metric, number, openLab, request, resource, span, total } from "./lab.ts";

/** Senders that make everything up: what a recorder keeps is bounded, and its account is whole. */

const HUGE = 100_000;

function tick({ recorder, clock }: Lab, ms = 1000): void {
  clock.ms += ms;
  recorder.flush();
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** What this process holds after a collection, MB. */
function heldMegabytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1e6;
}

/** One piece of memory, as a decoder makes it; repeated text alone would be a rope of the same few bytes. */
function flat(begin: string, length: number): string {
  return Buffer.from(`${begin} ${"x".repeat(length)}`).toString("latin1");
}

test("1e5 endpoints at 1e5 instances: every request is counted, names and different cells are bounded", () => {
  const lab = openLab();
  for (let index = 0; index < HUGE; index++) {
    const endpoint = { method: "GET", name: `name ${index} ${"y".repeat(index % 400)}`, url: "", source: "name" as const };
    lab.recorder.item(request(lab.clock.ms % 1000, { endpoint, scenario: `s${index}` }), identity({ instance: `i${index}`, name: `k6 ${index}` }));
    if (index % 10_000 === 9999) tick(lab);
  }
  lab.recorder.close();
  const { writer, recorder } = lab;
  expect(total(writer.cells)).toBe(HUGE);
  expect(writer.endpoints.length).toBeLessThanOrEqual(RECORDER_LIMITS.endpoints + 1);
  const streams = new Set(writer.cells.map(({ witness, instance, scenario }) => `${witness} ${instance} ${scenario}`));
  expect(streams.size).toBeLessThanOrEqual(16_000 + 301);
  const different = new Set(writer.cells.map((cell) => JSON.stringify([cell.witness, cell.instance, cell.scenario, cell.endpoint])));
  expect(different.size).toBeLessThanOrEqual(RECORDER_LIMITS.cellKeys * 1.5 + 301);
  expect(recorder.ownLosses().every(({ concerns }) => concerns === "detail")).toBe(true);
  expect(writer.witnesses.length).toBeLessThanOrEqual(500);
});

test("requests all over the time before now do not pile up in memory", () => {
  const lab = openLab({ limits: { openCells: 100 } });
  lab.clock.ms += 40 * 24 * 3_600_000;
  // The seconds that are not over fill the table, so that nothing can be written in order.
  for (let index = 0; index < 100; index++) {
    const endpoint = { method: "GET", name: `n${index}`, url: "", source: "name" as const };
    lab.recorder.item(request(40 * 24 * 3_600_000, { endpoint }), identity());
  }
  for (let index = 0; index < 20_000; index++) lab.recorder.item(request(index * 1000), identity());
  expect(total(lab.writer.cells)).toBeGreaterThan(19_000);
  lab.recorder.close();
  expect(total(lab.writer.cells)).toBe(20_100);
});

test("1e5 traces that never end, with huge attributes: few of them wait, and none is held whole", { timeout: 60_000 }, () => {
  const lab = openLab();
  lab.recorder.item(request(0, { traceId: "seen" }), identity());
  lab.recorder.item(request(0, { traceId: "seen", proxy: undefined }), identity({ hop: "proxy", name: "nginx" }));
  const before = heldMegabytes();
  for (let index = 0; index < HUGE / 100; index++) {
    const spans = Array.from({ length: 100 }, (_, inner) =>
      span({
        fromMs: 0,
        toMs: 1,
        kind: 1,
        traceId: `trace ${index} ${inner}`,
        spanId: `span ${inner}`,
        attributes: { "http.route": "/r", huge: flat(`${index} ${inner}`, 20_000) },
      }),
    );
    lab.recorder.push(batchOf("traces", spans));
    if (index % 100 === 99) tick(lab, 100);
  }
  const held = heldMegabytes() - before;
  expect(held).toBeLessThan(150);
  expect(lost(lab.recorder.ownLosses(), /too many at once/)).toBeGreaterThan(70_000);
  lab.recorder.close();
});

test("requests of witnesses with huge texts wait as lightly", { timeout: 60_000 }, () => {
  const lab = openLab();
  const before = heldMegabytes();
  for (let index = 0; index < 20_000; index++) {
    const text = flat(`${index}`, 20_000);
    const over: Partial<LoadRequest> = {
      traceId: `t${index}`,
      errorText: text,
      outcome: "other_error",
      endpoint: { method: "GET", name: "works", url: text, source: "name" },
      tags: Attributes.from({ text }),
    };
    lab.recorder.item(request(0, over), identity());
  }
  expect(heldMegabytes() - before).toBeLessThan(150);
  lab.recorder.close();
  expect(total(lab.writer.cells)).toBe(20_000);
  expect(lab.writer.traces.length).toBeLessThanOrEqual(20 + 50);
  expect(JSON.stringify(lab.writer.traces).length).toBeLessThan(500_000);
});

test("whole traces that are kept are bounded in spans and texts", () => {
  const lab = openLab();
  const text = "v".repeat(1000);
  const attributes = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`key ${index}`, text]));
  for (let index = 0; index < 3000; index++) {
    const trace = { traceId: `t${index}`, attributes: { ...attributes, "http.route": `/r${index % 60}` } };
    const inner = Array.from({ length: 3 }, (_, at) => span({ fromMs: 0, toMs: 5, kind: 1, ...trace, spanId: `s${at}`, parentSpanId: "root" }));
    lab.recorder.push(batchOf("traces", [span({ fromMs: 0, toMs: 10 + index, ...trace, spanId: "root" }), ...inner]));
  }
  lab.recorder.close();
  for (const { spans } of lab.writer.traces) expect(JSON.stringify(spans).length).toBeLessThan(30_000);
  expect(lab.writer.traces.length).toBeLessThanOrEqual(20 + 50 * 50);
});

test("series, streams and senders without end, by names, attributes and instances of any length", { timeout: 60_000 }, () => {
  const lab = openLab();
  const before = heldMegabytes();
  for (let index = 0; index < HUGE / 10; index++) {
    const from = resource({ "service.name": flat(`s${index}`, 5000), "service.instance.id": flat(`i${index}`, 5000) });
    const long = { key: flat(`${index}`, 10_000), other: index };
    lab.recorder.push(
      batchOf("metrics", [
        metric(flat(`m${index}`, 5000), counter([number(0, index, long)]), { resource: from }),
        metric("c", counter([number(0, index, { index })]), { resource: from }),
        metric("g", { type: "gauge", points: [number(0, index, long)] }, { resource: from }),
        metric("http.server.request.duration", histogram([buckets(0, [1], [index, 1], 1, { "http.route": `/r${index}` })]), { resource: from }),
        metric("http.server.duration", histogram([buckets(0, [1], [index, 1], 1, { "http.route": `/r${index}` })], 1), { resource: from }),
      ]),
    );
  }
  expect(heldMegabytes() - before).toBeLessThan(90);
  lab.recorder.close();
  expect(lab.writer.identities.length).toBeLessThanOrEqual(RECORDER_LIMITS.series);
  expect(lost(lab.recorder.ownLosses(), /cumulative streams/)).toBeGreaterThan(0);
  expect(lost(lab.recorder.ownLosses(), /too long/)).toBeGreaterThan(0);
});

test("a histogram of a million buckets is counted as lost", () => {
  const lab = openLab();
  const bounds = Array.from({ length: 5000 }, (_, index) => index);
  lab.recorder.push(batchOf("metrics", [metric("http.server.request.duration", histogram([buckets(0, bounds, [...bounds, 1], 1)]))]));
  lab.recorder.close();
  expect(lab.writer.cells).toEqual([]);
  expect(lost(lab.recorder.ownLosses(), /more than 1000 buckets/)).toBe(1);
});

test("a flood of warnings is counted, a few are kept, and their texts are cut", { timeout: 60_000 }, () => {
  const lab = openLab();
  const before = heldMegabytes();
  for (let index = 0; index < HUGE; index++) {
    const body = { kind: "string" as const, value: flat(`${index % 700}`, 20_000) };
    lab.recorder.push(
      batchOf("logs", [log(0, { "http.response.status_code": 503, "http.route": "/r" }, { severityNumber: 17, body, traceId: flat("f", 500) })]),
    );
  }
  expect(heldMegabytes() - before).toBeLessThan(20);
  lab.recorder.close();
  expect(total(lab.writer.cells)).toBe(HUGE);
  expect(lab.writer.logs).toHaveLength(RECORDER_LIMITS.logs);
  expect(lab.writer.logs.every(({ body, traceId }) => body.length <= 501 && traceId.length <= 64)).toBe(true);
  expect(lab.recorder.ownLosses()).toMatchObject([{ signal: "logs", items: HUGE - RECORDER_LIMITS.logs, concerns: "detail" }]);
});

test("a thousand requests a second for minutes: what is held does not grow", { timeout: 60_000 }, () => {
  const lab = openLab();
  // What the ledger got is not the recorder's memory.
  const second = (): void => {
    for (let index = 0; index < 1000; index++) {
      const traceId = `${lab.clock.ms} ${index}`;
      const nowMs = lab.clock.ms - 1_800_000_000_000;
      lab.recorder.item(request(nowMs + (index % 1000), { traceId, durationMs: index % 50 }), identity());
    }
    tick(lab);
    lab.writer.cells.length = 0;
    lab.writer.joins.length = 0;
  };
  for (let count = 0; count < 60; count++) second();
  const before = heldMegabytes();
  for (let count = 0; count < 180; count++) second();
  expect(heldMegabytes() - before).toBeLessThan(3);
  expect(lab.recorder.counts()[0]?.requests).toBe(240_000);
  lab.recorder.close();
});
