import fc from "fast-check";
import { expect, test } from "vitest";
import { Attributes, anyValue } from "../../../collector/model/attributes.ts";
import { SeriesStore } from "../../../collector/series/series-store.ts";
import { encodeMetrics } from "../../../collector/wire/otlp-metrics.ts";
import { MetricColumns } from "../../../collector/wire/scan-metrics.ts";
import { gauge, metric, number, resource } from "../exporters/prometheus/lab.ts";
import { shownIn } from "./lab.ts";

const EXPIRATION_MS = 1000;

function openStore(maxSeries = 1000): SeriesStore {
  return new SeriesStore(
    { strategy: "UnderscoreEscapingWithSuffixes", namespace: "", constLabels: {}, promoteResource: false, scopeInfo: true },
    { maxSeries, expirationMs: EXPIRATION_MS, expirationIntervals: 0 },
    { keepExemplars: false, hashKey: [1, 2] },
  );
}

interface Sent {
  readonly instance: number;
  readonly name: number;
  readonly id: number;
  readonly value: number;
  readonly swapped: boolean;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  instance: fc.nat(2),
  name: fc.nat(3),
  id: fc.nat(12),
  value: fc.integer(),
  swapped: fc.boolean(),
});

test("whatever the order of resources, metrics, points and attributes, each series shows its last value until it expires", () => {
  const columns = new MetricColumns();
  fc.assert(
    fc.property(fc.array(fc.record({ waitMs: fc.nat(800), points: fc.array(sent, { maxLength: 12 }) }), { maxLength: 12 }), (pushes) => {
      const store = openStore();
      const model = new Map<string, { value: number; seenMs: number }>();
      let nowMs = 10_000;
      let time = 1;
      for (const { waitMs, points } of pushes) {
        nowMs += waitMs;
        store.expire(nowMs);
        for (const [key, { seenMs }] of model) if (seenMs < nowMs - EXPIRATION_MS) model.delete(key);
        const metrics = points.map(({ instance, name, id, value, swapped }) => {
          const pair = [["id", anyValue(id)] as const, ["longer.key", anyValue(`value ${id}`)] as const];
          const attributes = Attributes.of(swapped ? pair.toReversed() : pair);
          const series = `n${name}{id="${id}",instance="${instance}",longer_key="value ${id}"}`;
          model.set(series, { value, seenMs: nowMs });
          return metric(`n${name}`, gauge({ ...number(value, { time: time++ }), attributes }), {
            resource: resource({ "service.instance.id": `${instance}` }),
          });
        });
        columns.scan(encodeMetrics(metrics));
        expect(store.ingest(columns, nowMs)).toBeUndefined();
        expect(shownIn(store)).toEqual([...model].map(([series, { value }]) => `${series} ${value}`).sort());
        expect(store.table.live).toBe(model.size);
      }
    }),
    { numRuns: 200 },
  );
});

test("thousands of series, expired and made again many times, keep their labels", () => {
  const store = openStore(10_000);
  const columns = new MetricColumns();
  for (let round = 0; round < 6; round++) {
    const points = Array.from({ length: 3000 }, (_, id) =>
      number(id, { attributes: { id: `${round % 2}-${id}`, filler: "f".repeat(40) }, time: round + 1 }),
    );
    columns.scan(encodeMetrics([metric("many", gauge(...points))]));
    expect(store.ingest(columns, round * 2000)).toBeUndefined();
    store.expire(round * 2000);
    expect(store.table.live).toBe(3000);
    const found = shownIn(store);
    expect(found).toHaveLength(3000);
    expect(found).toContain(`many{filler="${"f".repeat(40)}",id="${round % 2}-17"} 17`);
  }
});

test("shuffled attributes cannot fill the memory with keys", () => {
  const store = openStore(2);
  const columns = new MetricColumns();
  const keys = Array.from({ length: 7 }, (_, index) => `key${index}`);
  for (let round = 0; round < 3000; round++) {
    const rotated = [...keys.slice(round % 7), ...keys.slice(0, round % 7)].sort(
      (a, b) => ((a.charCodeAt(3) * (round + 3)) % 11) - ((b.charCodeAt(3) * (round + 3)) % 11),
    );
    const attributes = Attributes.of(rotated.map((key) => [key, anyValue("v")] as const));
    columns.scan(encodeMetrics([metric("one", gauge({ ...number(round, { time: round + 1 }), attributes }))]));
    expect(store.ingest(columns, 0)).toBeUndefined();
  }
  expect(store.table.live).toBe(1);
  expect(shownIn(store)[0]).toMatch(/ 2999$/);
});
