import fc from "fast-check";
import { expect, test } from "vitest";
import { Attributes, anyValue } from "../../../collector/model/attributes.ts";
import { counter, EPOCH_MS, gauge, metric, NO_SCOPE, number, resource } from "../exporters/prometheus/lab.ts";
import { openStoreLab } from "./lab.ts";

test("another type under one name is left out as a whole, counted each time and told once, until the first has expired", () => {
  const other = (time: number) => metric("x", counter(number(1, { time, start: 9 }), number(2, { time, attributes: { a: 1 } })));
  const strategy = { strategy: "UnderscoreEscapingWithoutSuffixes" } as const;
  const lab = openStoreLab({ translation: strategy });
  lab.push(10, metric("x", gauge(number(1, { time: 10 }))));
  expect([lab.push(11, other(11)), lab.push(12, other(12))]).toEqual([{ type_conflict: 2 }, { type_conflict: 2 }]);
  expect(lab.conflicts).toEqual(["type x x"]);
  lab.store.expire(EPOCH_MS + 400_000);
  expect(lab.push(401, other(401))).toEqual({});
  expect(lab.shown()).toEqual(["x 1", 'x{a="1"} 2']);
});

test("another help text or unit keeps its points, under the first one's comment, and is told once", () => {
  const lab = openStoreLab({ translation: { strategy: "UnderscoreEscapingWithoutSuffixes" } });
  const scope = (name: string) => ({ ...NO_SCOPE, name });
  for (let time = 10; time < 13; time++) {
    lab.push(
      time,
      metric("x", gauge(number(1, { time })), { scope: scope("a"), description: "first", unit: "s" }),
      metric("x", gauge(number(2, { time })), { scope: scope("b"), description: "second", unit: "ms" }),
    );
  }
  expect(lab.shown()).toEqual(['x{otel_scope_name="a"} 1', 'x{otel_scope_name="b"} 2']);
  expect(lab.store.families.sorted().map(({ help }) => help)).toEqual(["first"]);
  expect(lab.conflicts).toEqual(["help x x", "unit x x"]);
});

test("labels that look alike when run together are different series", () => {
  const lab = openStoreLab();
  const attributes = [{ a: "b*c*d" }, { a: "b", c: "d" }, { a: 'b",c="d' }, { a: "b,c", d: "" }];
  lab.push(10, metric("g", gauge(...attributes.map((one, index) => number(index, { attributes: one, time: 10 })))));
  expect(lab.store.table.live).toBe(4);
});

test("one set of labels is one series, wherever its labels come from", () => {
  const lab = openStoreLab();
  lab.push(10, metric("g", gauge(number(1, { time: 10 })), { resource: resource({ "service.name": "shop" }) }));
  const nameless = resource({ "host.name": "h" });
  lab.push(11, metric("g", gauge(number(2, { attributes: { job: "shop" }, time: 11 })), { resource: nameless }));
  lab.push(12, metric("g", gauge(number(3, { attributes: { job: "shop", a: "b" }, time: 12 })), { resource: nameless }));
  lab.push(13, metric("g", gauge(number(4, { attributes: { a: "b" }, time: 13 })), { resource: resource({ "service.name": "shop" }) }));
  expect(lab.shown()).toEqual(['g{a="b",job="shop"} 4', 'g{job="shop"} 2']);
});

test("the overflow attribute of an SDK is noticed, once per metric", () => {
  const lab = openStoreLab();
  for (let time = 10; time < 13; time++) {
    lab.push(
      time,
      metric("c", counter(number(1, { attributes: { "otel.metric.overflow": true }, time }), number(2, { attributes: { a: 1 }, time }))),
    );
  }
  expect([[...lab.store.overflowed], lab.notices.map(({ what, metric: name }) => [what, name])]).toEqual([["c"], [["overflow", "c"]]]);
  expect(lab.shown()).toContain('c_total{otel_metric_overflow="true"} 1');
});

test("promoted and constant labels fill up what a point leaves open, in whatever step the series is found", () => {
  const lab = openStoreLab({ translation: { constLabels: { env: "test", zone: "z" }, promoteResource: true } });
  const from = { resource: resource({ "service.name": "api", "service.instance.id": "i-1", env: "prod" }) };
  lab.push(10, metric("g", gauge(number(1, { time: 10, attributes: { zone: "own" } }), number(2, { time: 10 })), from));
  const promoted = 'env="prod",service_instance_id="i-1",service_name="api"';
  expect(lab.shown()).toEqual([`g{${promoted},zone="own"} 1`, `g{${promoted},zone="z"} 2`]);
});

const key = fc.constantFrom("a", "b.c", "b_c", "le", "job", "instance", "otel_scope_name", "__name__", "9x", "ü");
const value = fc.constantFrom("", "1", "2", "x;y");

test("however a point writes its attributes, the quick ways to its series agree with the full rules", () => {
  fc.assert(
    fc.property(fc.array(fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 6 }), { maxLength: 12 }), (sets) => {
      const quick = openStoreLab({ listens: false });
      const seen = new Map<string, string>();
      for (const [index, set] of sets.entries()) {
        const attributes = Attributes.of(set.map(([name, text]) => [name, anyValue(text)] as const));
        const point = { ...number(index, { time: 10 + index }), attributes };
        const fields = { resource: resource({ "service.name": "api" }) };
        quick.push(10 + index, metric("g", gauge(point), fields));
        // A store that has met nothing before decides by the rules alone.
        const fresh = openStoreLab({ listens: false });
        fresh.push(10 + index, metric("g", gauge(point), fields));
        const [line = ""] = fresh.shown();
        seen.set(line.slice(0, line.lastIndexOf(" ")), line);
      }
      expect(quick.shown()).toEqual([...seen.values()].sort());
    }),
    { numRuns: 150 },
  );
});
