import { expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Exemplar } from "../../../../collector/model/metric.ts";
import { SeriesStore } from "../../../../collector/series/series-store.ts";
import { encodeMetrics } from "../../../../collector/wire/otlp-metrics.ts";
import { MetricColumns } from "../../../../collector/wire/scan-metrics.ts";
import { at, buckets, counter, deltaCounter, gauge, histogram, metric, number, OPENMETRICS, openLab, resource } from "./lab.ts";

/** What a sender may do, by mistake or on purpose, must neither grow this process without end nor cost others their scrape. */

const MIB = 1_048_576;

function openStore(maxSeries: number): { readonly store: SeriesStore; push(...metrics: Parameters<typeof encodeMetrics>[0]): unknown } {
  const store = new SeriesStore(
    { strategy: "UnderscoreEscapingWithSuffixes", namespace: "", constLabels: {}, promoteResource: false, scopeInfo: true },
    { maxSeries, expirationMs: 1000 },
    { keepExemplars: true, hashKey: [1, 2] },
  );
  const columns = new MetricColumns();
  return {
    store,
    push: (...metrics) => {
      columns.scan(encodeMetrics(metrics));
      return store.ingest(columns, 1);
    },
  };
}

test("a NUL in a label, a name, a help text or an exemplar becomes U+FFFD: to Prometheus' lexers it is the end of the text", async () => {
  const exemplar: Exemplar = {
    timeUnixNano: at(5),
    number: { kind: "double", value: 1 },
    spanId: "",
    traceId: "",
    filteredAttributes: Attributes.from({ user: "a\0b" }),
  };
  for (const strategy of ["UnderscoreEscapingWithSuffixes", "NoUTF8EscapingWithSuffixes"]) {
    await using lab = await openLab({ translation_strategy: strategy });
    const nul = { name: "n\0m", description: "d\0e", resource: resource({ "service.name": "a\0pi", "k\0": "v\0" }) };
    await lab.push(metric("n\0m", counter(number(1, { attributes: { "x\0": "y\0" }, exemplars: [exemplar] })), nul));
    for (const accept of [OPENMETRICS, "text/plain"]) {
      const page = await lab.scrape(`${accept};escaping=allow-utf-8`);
      expect(page).toContain("y\uFFFD");
      expect(page).not.toContain("\0");
    }
  }
});

test("other bounds with each point are forgotten, not collected", () => {
  const { store, push } = openStore(1000);
  const points = (from: number) =>
    Array.from({ length: 100 }, (_, index) =>
      buckets(
        [1],
        Array.from({ length: 1000 }, (_unused, bound) => from + index + bound / 1000),
        { time: 10 + from + index },
      ),
    );
  for (let request = 0; request < 5; request++) expect(push(metric("d", histogram(...points(request * 100))))).toBeUndefined();
  expect(store.les.held).toBeLessThan(100_000);
  expect(store.table.live).toBe(1);
});

test("more buckets than anybody means are refused", async () => {
  await using lab = await openLab();
  const bounds = Array.from({ length: 2000 }, (_, index) => index);
  await expect(lab.push(metric("d", histogram(buckets([1], bounds))))).rejects.toMatchObject({ reason: "invalid_histogram", items: 1 });
});

test("exemplars under bounds that have gone go with them", async () => {
  await using lab = await openLab();
  const exemplar = (value: number): Exemplar => ({
    timeUnixNano: at(5),
    number: { kind: "double", value },
    spanId: "",
    traceId: "5b8efff798038103d269b633813fc60c",
    filteredAttributes: Attributes.EMPTY,
  });
  await lab.push(metric("d", histogram(buckets([1, 0], [1], { exemplars: [exemplar(0.5)] }))));
  await lab.push(metric("d", histogram(buckets([1, 0], [2], { time: 11, exemplars: [exemplar(1.5)] }))));
  await lab.push(metric("d", histogram(buckets([1, 0], [1], { time: 12, exemplars: [exemplar(9)] }))));
  const page = await lab.scrape(OPENMETRICS);
  expect([page.includes(" 0.5 "), page.includes(" 9 ")]).toEqual([false, true]);
});

test("long labels use up the room of new series and are then refused; series that exist go on", () => {
  const { store, push } = openStore(100);
  const long = (index: number, value: number, time: number) =>
    metric("m", gauge(number(value, { attributes: { id: `${index}`.padEnd(MIB, ".") }, time })));
  const losses = Array.from({ length: 40 }, (_, index) => push(long(index, 1, 10)));
  expect(losses.filter((loss) => loss === undefined).length).toBeLessThan(20);
  expect(losses.at(-1)).toEqual(new Map([["series_limit", 1]]));
  expect(store.table.sizeBytes).toBeLessThan(20 * MIB);
  expect(push(long(0, 2, 11))).toBeUndefined();
});

test("long descriptions and resources use up that room too, and give it back when they expire", () => {
  const { store, push } = openStore(100);
  const long = (index: number) =>
    metric(`m${index}`, gauge(number(1)), { description: "d".repeat(MIB), resource: resource({ "service.name": `${index}` }) });
  const losses = Array.from({ length: 40 }, (_, index) => push(long(index)));
  expect(losses.filter((loss) => loss === undefined).length).toBeLessThan(10);
  store.expire(10_000);
  expect(push(long(99))).toBeUndefined();
});

test("a help text of megabytes is cut", async () => {
  await using lab = await openLab();
  await lab.push(metric("m", gauge(number(1)), { description: "d".repeat(4 * MIB) }));
  expect((await lab.scrape()).length).toBeLessThan(10_000);
});

test("a resource with other keys each time does not make target_info grow for ever", async () => {
  await using lab = await openLab();
  for (let index = 0; index < 600; index++) {
    await lab.push(metric("m", gauge(number(1)), { resource: resource({ "service.name": "api", [`key_${index}`]: "x", host: "a" }) }));
  }
  const info = (await lab.scrape()).split("\n").find((line) => line.startsWith("target_info{")) ?? "";
  expect(info).toContain('host="a"');
  expect(info.split(",").length).toBeLessThan(300);
});

test("what is turned down is explained to its sender: two writers of one delta", async () => {
  await using lab = await openLab();
  await lab.push(metric("d", deltaCounter(number(1, { start: 0, time: 10 }))));
  await expect(lab.push(metric("d", deltaCounter(number(1, { start: 5, time: 15 }))))).rejects.toThrow("1 × overlap (a delta whose window overlaps");
});
