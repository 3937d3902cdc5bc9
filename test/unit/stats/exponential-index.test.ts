import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bucketIndex, bucketRatio, lowerEdge, MAX_SCALE, MIN_SCALE, shiftToFit } from "../../../collector/stats/exponential-index.ts";

const scale = fc.integer({ min: MIN_SCALE, max: MAX_SCALE });
const positive = fc.double({ min: 2 ** -1022, max: Number.MAX_VALUE, noNaN: true });

describe("buckets of a base-2 exponential histogram", () => {
  test("a value lies above its bucket's lower edge and at or below its upper one", () => {
    fc.assert(
      fc.property(positive, scale, (value, at) => {
        const index = bucketIndex(value, at);
        expect(lowerEdge(index, at)).toBeLessThan(value);
        expect(lowerEdge(index + 1, at)).toBeGreaterThanOrEqual(value);
      }),
      { numRuns: 2000 },
    );
  });

  test("edges belong to the bucket below them, and their neighbours fall where they must", () => {
    const bits = new DataView(new ArrayBuffer(8));
    const after = (value: number) => {
      bits.setFloat64(0, value);
      bits.setBigUint64(0, bits.getBigUint64(0) + 1n);
      return bits.getFloat64(0);
    };
    fc.assert(
      fc.property(fc.integer({ min: -5000, max: 5000 }), fc.integer({ min: 0, max: 10 }), (index, at) => {
        const edge = lowerEdge(index, at);
        fc.pre(edge > 2 ** -1000 && edge < 2 ** 1000);
        expect(bucketIndex(edge, at)).toBe(index - 1);
        expect(bucketIndex(after(edge), at)).toBe(index);
      }),
    );
  });

  // The tables of the OTLP data model, "All Scales: Use the Logarithm Function" and "Scale Zero: Extract the Exponent".
  test("indices of the data model's examples", () => {
    expect([1, 1.5, 2, 2.5, 4, 5, 0.5, 0.25].map((value) => bucketIndex(value, 0))).toEqual([-1, 0, 0, 1, 1, 2, -2, -3]);
    expect([1, 4, 5, 16, 17, 0.25].map((value) => bucketIndex(value, -1))).toEqual([-1, 0, 1, 1, 2, -2]);
    expect([1, 1.2, Math.SQRT2, 1.42, 2].map((value) => bucketIndex(value, 1))).toEqual([-1, 0, 0, 1, 1]);
  });

  test("a coarser scale's bucket is the finer one's, halved", () => {
    fc.assert(
      fc.property(positive, fc.integer({ min: MIN_SCALE + 1, max: MAX_SCALE }), (value, at) => {
        expect(bucketIndex(value, at - 1)).toBe(bucketIndex(value, at) >> 1);
      }),
    );
  });

  test("the ratio of the edges is the base, and the shift is the least that fits", () => {
    expect(bucketRatio(0)).toBe(2);
    expect(bucketRatio(3)).toBeCloseTo(1.0905077, 7);
    expect(shiftToFit(0, 159, 160)).toBe(0);
    expect(shiftToFit(0, 160, 160)).toBe(1);
    // 160 buckets after the first halving would be −80 … 79; from −1 on they are 161.
    expect(shiftToFit(-1, 320, 160)).toBe(2);
  });
});
