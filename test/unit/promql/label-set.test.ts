import fc from "fast-check";
import { expect, test } from "vitest";
import { LabelSet } from "../../../collector/promql/label-set.ts";

const labels = fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), fc.string({ minLength: 1, maxLength: 3 }), {
  maxKeys: 4,
  noNullPrototype: true,
});

test("keys are equal where the labels are, and only there", () => {
  fc.assert(
    fc.property(labels, labels, (a, b) => {
      const isSame = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
      expect(LabelSet.from(a).key === LabelSet.from(b).key).toBe(isSame);
    }),
  );
});

test("values that look like keys do not pass for other labels", () => {
  expect(LabelSet.from({ a: "1:b1:c" }).key).not.toBe(LabelSet.from({ a: "1", b: "c" }).key);
});

test("an empty value is no label", () => {
  expect(LabelSet.from({ a: "", b: "1" }).names).toEqual(["b"]);
  expect(LabelSet.from({ a: "1" }).with("a", "")).toEqual(LabelSet.EMPTY);
});
