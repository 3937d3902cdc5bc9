import { describe, expect, test } from "vitest";
import { counter, EPOCH_MS, gauge, metric, NO_SCOPE, number } from "../exporters/prometheus/lab.ts";
import { openStoreLab } from "./lab.ts";

const scope = (name: string) => ({ scope: { ...NO_SCOPE, name } });

describe("two OTLP metrics, one Prometheus name", () => {
  test("collisions: of the same type they share one family", () => {
    const lab = openStoreLab();
    expect(lab.push(1, metric("a.b", gauge(number(1)), scope("x")), metric("a_b", gauge(number(2)), scope("y")))).toEqual({});
    expect([...lab.store.families.sorted()].map(({ sample }) => sample)).toEqual(["a_b"]);
    expect(lab.shown()).toHaveLength(2);
    expect(lab.conflicts).toEqual([]);
  });

  test("collisions: of other types the whole later metric is dropped, counted and told once", () => {
    const lab = openStoreLab();
    expect(lab.push(1, metric("x_total", gauge(number(1))), metric("x", counter(number(2), number(3, { attributes: { a: 1 } }))))).toEqual({
      type_conflict: 2,
    });
    expect(lab.push(2, metric("x", counter(number(2, { time: 11 }))))).toEqual({ type_conflict: 1 });
    expect(lab.shown()).toEqual(["x_total 1"]);
    expect(lab.conflicts).toEqual(["type x x_total"]);
  });

  test("collisions: HELP and UNIT that differ keep the points, under the first one's words, and are told", () => {
    const lab = openStoreLab({ translation: { strategy: "UnderscoreEscapingWithoutSuffixes" } });
    const first = metric("x_seconds", gauge(number(1)), { ...scope("a"), description: "one", unit: "s" });
    const second = metric("x_seconds", gauge(number(2)), { ...scope("b"), description: "two", unit: "ms" });
    expect(lab.push(1, first, second)).toEqual({});
    expect(lab.shown()).toHaveLength(2);
    expect(lab.store.families.sorted().map(({ help, unit }) => [help, unit])).toEqual([["one", "seconds"]]);
    expect(lab.conflicts.map((words) => words.split(" ")[0]).sort()).toEqual(["help", "unit"]);
  });

  test("collisions: the winner is the first seen, and keeps the name until it expires", () => {
    const lab = openStoreLab({ expirationMs: 60_000 });
    const asGauge = (time: number) => metric("x_total", gauge(number(1, { time })));
    const asCounter = (time: number) => metric("x", counter(number(2, { time, start: time - 1 })));
    lab.push(1, asGauge(1));
    expect(lab.push(30, asCounter(30))).toEqual({ type_conflict: 1 });
    lab.push(31, asGauge(31));
    expect(lab.push(80, asCounter(80))).toEqual({ type_conflict: 1 });
    lab.store.expire(EPOCH_MS + 200_000);
    expect(lab.push(201, asCounter(201))).toEqual({});
    expect(lab.push(202, asGauge(202))).toEqual({ type_conflict: 1 });
  });

  test("metadata unit: given only where the family's name ends in it", () => {
    const lab = openStoreLab();
    lab.push(1, metric("size", gauge(number(1)), { unit: "By" }), metric("bytes.used", gauge(number(1)), { unit: "By" }));
    expect(lab.store.families.sorted().map(({ sample, unit }) => [sample, unit])).toEqual([
      ["bytes_used", ""],
      ["size_bytes", "bytes"],
    ]);
  });

  test("an override makes one metric of two, or two of one", () => {
    const overrides = [{ pattern: /^old\.name$/, override: { metric: "old.name", name: "new.name" } }];
    const lab = openStoreLab({ translation: { overrides } });
    lab.push(1, metric("old.name", gauge(number(1)), scope("a")), metric("new.name", gauge(number(2)), scope("b")));
    expect(lab.store.families.sorted().map(({ sample }) => sample)).toEqual(["new_name"]);
  });

  test("deltas are turned down and counted where the translation says so", () => {
    const lab = openStoreLab({ translation: { dropDeltas: true } });
    const delta = { type: "sum", temporality: 1, isMonotonic: true, points: [number(5)] } as const;
    expect(lab.push(1, metric("d", delta), metric("c", counter(number(1))))).toEqual({ delta_temporality: 1 });
    expect(lab.shown()).toEqual(["c_total 1"]);
  });
});
