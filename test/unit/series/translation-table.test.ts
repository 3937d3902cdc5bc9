import { expect, test } from "vitest";
import { Attributes } from "../../../collector/model/attributes.ts";
import type { Metric } from "../../../collector/model/metric.ts";
import { randomHashKey } from "../../../collector/pipeline/hash-key.ts";
import { SeriesStore } from "../../../collector/series/series-store.ts";
import type { StoreOptions } from "../../../collector/series/store-options.ts";
import { translationLog } from "../../../collector/series/translation-log.ts";
import { TranslationTable } from "../../../collector/series/translation-table.ts";
import { encodeMetrics } from "../../../collector/wire/otlp-metrics.ts";
import { MetricColumns } from "../../../collector/wire/scan-metrics.ts";
import { buckets, counter, gauge, metric, number } from "../exporters/prometheus/lab.ts";

function feed(options: Partial<StoreOptions>, ...requests: readonly (readonly Metric[])[]): void {
  const store = new SeriesStore(
    { strategy: "UnderscoreEscapingWithSuffixes", namespace: "", constLabels: {}, promoteResource: false, scopeInfo: true },
    { maxSeries: 10_000, expirationMs: 1000 },
    { keepExemplars: false, hashKey: randomHashKey(), ...options },
  );
  const columns = new MetricColumns();
  for (const request of requests) {
    columns.scan(encodeMetrics(request));
    store.ingest(columns, 0);
  }
}

const histogram = (...points: ReturnType<typeof buckets>[]) => ({ type: "histogram", temporality: 2, points }) as const;

test("every metric that was seen stands in the table with its name, its type and all labels of its series", () => {
  const table = new TranslationTable();
  feed(
    { onNaming: table.note },
    [metric("read.time", histogram(buckets([1, 0], [1], { attributes: { read: "a" } })), { unit: "s" })],
    [metric("read.time", histogram(buckets([1, 0], [1], { attributes: { other: "b" } })), { unit: "s" }), metric("hits", counter(number(1)))],
  );
  expect(table.rows()).toEqual([
    { metric: "hits", unit: "", name: "hits_total", type: "counter", labels: ["instance", "job"], problem: "" },
    {
      metric: "read.time",
      unit: "s",
      name: "read_time_seconds",
      type: "histogram",
      labels: ["instance", "job", "le", "other", "read"],
      problem: "",
    },
  ]);
});

test("a metric that is not shown stands in the table with the reason", () => {
  const table = new TranslationTable();
  feed({ onNaming: table.note }, [
    metric("x", counter(number(1)), { unit: "1" }),
    metric("x_total", gauge(number(1))),
    metric("@@", gauge(number(1))),
    metric("nothing", gauge()),
  ]);
  expect(table.rows().map(({ metric: name, problem }) => [name, problem])).toEqual([
    ["@@", "invalid_name"],
    ["nothing", "no_points"],
    ["x", ""],
    ["x_total", "type_conflict"],
  ]);
});

test("a sender that makes up names fills neither the table nor the log", () => {
  const lines: string[] = [];
  const log = { debug: () => {}, info: (_: object, message: string) => lines.push(message), warn: () => {}, error: () => {} };
  const table = new TranslationTable();
  const { onNaming } = translationLog(log);
  feed(
    {
      onNaming: (...naming) => {
        table.note(...naming);
        onNaming(...naming);
      },
    },
    Array.from({ length: 3000 }, (_, index) => metric(`m${index}`, gauge(number(1)))),
  );
  expect(table.rows()).toHaveLength(2000);
  expect(table.surplus).toBe(1000);
  expect(lines).toHaveLength(201);
  expect(lines.at(-1)).toContain("validate --translate");
});

test("the log has each metric once, and each joined label once with its attributes", () => {
  const told: unknown[] = [];
  const tell = (fields: object, message: string) => void told.push([message, fields]);
  const log = { debug: tell, info: tell, warn: tell, error: tell };
  const point = (id: number, time: number) => number(1, { attributes: { "a.b": "1", a_b: "2", id }, time });
  feed(translationLog(log), [metric("m", gauge(point(1, 1), point(2, 1)))], [metric("m", gauge(point(1, 2), point(3, 2)))]);
  expect(told).toEqual([
    ["several attributes become one label: their values are joined with ;", { label: "a_b", attributes: ["a.b", "a_b"] }],
    ["m → m → gauge", { metric: "m", unit: "", name: "m", type: "gauge", labels: ["a_b", "id", "instance", "job"] }],
  ]);
});

test("labels of one metric are listed up to a bound", () => {
  const table = new TranslationTable();
  const header = { name: "m", unit: "", description: "", metadata: Attributes.EMPTY, kind: 1, temporality: 0, isMonotonic: false };
  for (let index = 0; index < 200; index++) table.note(header, { sample: "m", type: "gauge" }, [`l${index}`], "");
  expect(table.rows()[0]?.labels).toHaveLength(64);
});
