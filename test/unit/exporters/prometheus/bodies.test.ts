import { expect, test } from "vitest";
import { SeriesStore } from "../../../../collector/series/series-store.ts";
import { encodeMetrics } from "../../../../collector/wire/otlp-metrics.ts";
import { MetricColumns } from "../../../../collector/wire/scan-metrics.ts";
import { Bodies } from "../../../../exporters/prometheus/bodies.ts";
import { type FormatKind, negotiateFormat } from "../../../../exporters/prometheus/negotiate.ts";
import { counter, gauge, metric, number, OPENMETRICS, PROTOBUF } from "./lab.ts";

const ACCEPTS: Readonly<Record<FormatKind, string>> = { text: "text/plain", openmetrics: OPENMETRICS, protobuf: PROTOBUF };
const format = (kind: FormatKind) => negotiateFormat(ACCEPTS[kind], { openMetrics: true, protobuf: true });

function open(keptBytes = 1 << 20) {
  const store = new SeriesStore(
    { strategy: "UnderscoreEscapingWithSuffixes", namespace: "", constLabels: {}, promoteResource: false, scopeInfo: true },
    { maxSeries: 100_000, expirationMs: 1000 },
    { keepExemplars: true, hashKey: [1, 2] },
  );
  const columns = new MetricColumns();
  const bodies = new Bodies(store, {
    utf8Names: false,
    timestamps: false,
    created: false,
    nativeHistograms: "with_classic_buckets",
    keptBytes,
    onHidden() {},
  });
  return {
    store,
    bodies,
    push(...metrics: Parameters<typeof encodeMetrics>[0]) {
      columns.scan(encodeMetrics(metrics));
      store.ingest(columns, 1);
    },
    text(kind: FormatKind = "text") {
      const body = bodies.render(format(kind));
      const text = body.bytes.toString();
      body.release();
      return text;
    },
  };
}

const many = (count: number, value: number, time = 10) =>
  metric("many", gauge(...Array.from({ length: count }, (_, id) => number(id + value, { attributes: { id: `${id}`.padStart(60, "x") }, time }))));

test("two scrapers that ask without anything new in between share one body; one with something new gets another", () => {
  const { bodies, push } = open();
  push(metric("g", gauge(number(1))));
  const first = bodies.render(format("text"));
  const second = bodies.render(format("text"));
  expect(second.bytes.buffer).toBe(first.bytes.buffer);
  push(metric("g", gauge(number(2, { time: 20 }))));
  const third = bodies.render(format("text"));
  expect([first, second, third].map(({ bytes }) => bytes.toString().split("\n")[1])).toEqual([
    'g{instance="i-1",job="api"} 1',
    'g{instance="i-1",job="api"} 1',
    'g{instance="i-1",job="api"} 2',
  ]);
});

test("a body that is still on its way stays as it was, however many come after it", () => {
  const { bodies, push, text } = open();
  push(many(3000, 1));
  const slow = bodies.render(format("text"));
  const before = slow.bytes.toString();
  for (let round = 2; round < 6; round++) {
    push(many(3000, round, 10 * round));
    text();
    text("openmetrics");
  }
  expect(slow.bytes.toString()).toBe(before);
  slow.release();
  slow.release();
  expect(text()).not.toBe(before);
});

test("lines are kept up to the limit and a chunk; what goes beyond it is rendered anew, and says the same", () => {
  const limited = open(100_000);
  const free = open(1 << 25);
  for (let round = 1; round < 4; round++) {
    for (const { push } of [limited, free]) push(many(20_000, round, 10 * round));
    expect(limited.text() === free.text()).toBe(true);
    expect(limited.text("protobuf") === free.text("protobuf")).toBe(true);
  }
  expect(limited.bodies.keptBytes).toBeLessThan(700_000);
  expect(free.bodies.keptBytes).toBeGreaterThan(4_000_000);
});

test("kept lines go with their series, and with the scraper that wanted them", () => {
  const { store, bodies, push, text } = open(1 << 25);
  push(many(5000, 1));
  text();
  const one = bodies.keptBytes;
  expect(one).toBeGreaterThan(300_000);
  text("openmetrics");
  expect(bodies.keptBytes).toBeGreaterThan(1.9 * one);
  for (let round = 2; round < 20; round++) {
    push(many(5000, round, 10 * round));
    text();
  }
  expect(bodies.keptBytes).toBeLessThan(1.1 * one);
  store.expire(10_000);
  expect(text()).toBe("");
  expect(bodies.keptBytes).toBe(0);
});

test("new series, series without a value and series that are gone: the lines that are kept follow", () => {
  const { push, text } = open(1 << 25);
  const points = (...ids: number[]) => ids.map((id) => number(id, { attributes: { id }, time: 10 + ids.length }));
  const ids = () => text().match(/id="\d+"/g);
  push(metric("g", gauge(...points(1, 2))));
  expect(ids()).toEqual(['id="1"', 'id="2"']);
  push(metric("g", gauge(...points(1, 2, 3))));
  expect(ids()).toEqual(['id="1"', 'id="2"', 'id="3"']);
  push(metric("g", gauge(number(0, { attributes: { id: 2 }, flags: 1, time: 20 }))));
  expect(ids()).toEqual(['id="1"', 'id="3"']);
  push(metric("g", gauge(number(7, { attributes: { id: 2 }, time: 30 }))));
  expect(text()).toContain('id="2",instance="i-1",job="api"} 7\n');
});

test("an error while rendering is not taken for a body", () => {
  const { store, bodies, push, text } = open();
  push(metric("c", counter(number(1))));
  const { values } = store.table.cells;
  Object.defineProperty(store.table.cells, "values", {
    get: () => {
      throw new Error("broken");
    },
    configurable: true,
  });
  expect(() => bodies.render(format("text"))).toThrow("broken");
  Object.defineProperty(store.table.cells, "values", { value: values, writable: true, configurable: true });
  expect(text()).toContain('c_total{instance="i-1",job="api"} 1\n');
});
