import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLoadError } from "../../../collector/model/errors.ts";
import { ExponentialHistogram } from "../../../collector/stats/exponential-histogram.ts";
import { decodeHistogram, encodeHistogram } from "../../../collector/stats/histogram-bytes.ts";
import { histogramFromExplicit } from "../../../collector/stats/histogram-from-explicit.ts";
import { rescaledHistogram } from "../../../collector/stats/rescaled-histogram.ts";
import { VarintReader, VarintWriter } from "../../../collector/stats/varint.ts";
import { recorded, shapeOf } from "./histogram-shape.ts";

const value = fc.oneof(fc.double({ min: 0.01, max: 1e5, noNaN: true }), fc.double({ min: -10, max: 10, noNaN: true }), fc.constant(0));

describe("histograms as bytes", () => {
  test("come back as they went", () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 200 }), fc.integer({ min: 4, max: 160 }), (values, maxSize) => {
        const made = recorded(values, maxSize);
        const back = decodeHistogram(encodeHistogram(made));
        expect(shapeOf(back)).toEqual(shapeOf(made));
        expect(back.sum).toBe(made.sum);
        expect(back.maxSize).toBe(maxSize);
      }),
    );
  });

  test("with edges, blur, zero threshold, and without sum and extremes", () => {
    const coarse = rescaledHistogram(histogramFromExplicit({ bounds: [0.1, 0.5, 1], counts: [3, 0, 7, 2] }) as ExponentialHistogram, 1000);
    coarse.raiseZeroThreshold(2);
    expect(coarse).toMatchObject({ sum: undefined, max: undefined, zeroThreshold: 2 });
    expect(coarse.blur).toBeGreaterThan(1);
    expect(shapeOf(decodeHistogram(encodeHistogram(coarse)))).toEqual(shapeOf(coarse));
    const huge = new ExponentialHistogram();
    huge.record(3, 2 ** 52);
    expect(decodeHistogram(encodeHistogram(huge)).count).toBe(2 ** 52);
  });

  test("are short: a second of a steady endpoint takes less than 80 bytes", () => {
    const made = recorded(Array.from({ length: 100 }, (_, index) => 20 + index / 10));
    made.downscale(made.scale - 5);
    expect(encodeHistogram(made).length).toBeLessThan(80);
  });

  test("damaged ones are refused by an error of ours or are some histogram, and never more", () => {
    const bytes = encodeHistogram(recorded([1, 2, 3, 500, -4, 0]));
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, byte, isCut) => {
        const damaged = isCut ? bytes.slice(0, at) : bytes.with(at, byte);
        try {
          expect(decodeHistogram(damaged)).toBeInstanceOf(ExponentialHistogram);
          expect(isCut).toBe(false);
        } catch (error) {
          if (!isLoadError(error)) throw error;
          expect(["E_WIRE_TRUNCATED", "E_WIRE_MALFORMED"]).toContain(error.code);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test("whole numbers up to 2^53 and doubles keep their value as bytes", () => {
  fc.assert(
    fc.property(fc.array(fc.maxSafeInteger(), { maxLength: 40 }), fc.double(), (numbers, double) => {
      const writer = new VarintWriter();
      for (const number of numbers) {
        writer.signed(Math.trunc(number / 4));
        writer.unsigned(Math.abs(number));
      }
      writer.double(double);
      const reader = new VarintReader(writer.finish());
      for (const number of numbers) {
        expect(reader.signed()).toBe(Math.trunc(number / 4) + 0);
        expect(reader.unsigned()).toBe(Math.abs(number));
      }
      expect(reader.double()).toBe(double);
      expect(reader.isAtEnd).toBe(true);
    }),
  );
});
