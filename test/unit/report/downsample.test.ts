import fc from "fast-check";
import { expect, test } from "vitest";
import { keepExtremes, keepMeans } from "../../../collector/report/downsample.ts";

const series = fc.array(fc.option(fc.integer({ min: -1000, max: 1000 }), { nil: null }), { minLength: 1, maxLength: 3000 });

test("thinning keeps the least and the greatest value, and at most the columns asked for", () => {
  fc.assert(
    fc.property(series, fc.integer({ min: 2, max: 700 }), (values, most) => {
      const thinned = keepExtremes(values, most);
      const told = (list: readonly (number | null)[]) => list.filter((value) => value !== null);
      expect(thinned.values.length).toBeLessThanOrEqual(most);
      const spare = thinned.values.length * thinned.stepSeconds - values.length;
      expect(spare).toBeGreaterThanOrEqual(0);
      expect(spare).toBeLessThan(2 * thinned.stepSeconds);
      if (told(values).length === 0) {
        expect(told(thinned.values)).toEqual([]);
        return;
      }
      const [least, greatest] = [Math.min(...told(values)), Math.max(...told(values))];
      expect([Math.min(...told(thinned.values)), Math.max(...told(thinned.values))]).toEqual([least, greatest]);
    }),
  );
});

test("means of columns add up to what they were made from", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 600, maxLength: 600 }), (values) => {
      const { stepSeconds, values: means } = keepMeans(values, 150);
      const total = means.reduce<number>((sum, value) => sum + (value ?? 0) * stepSeconds, 0);
      expect(total).toBeCloseTo(
        values.reduce((sum, value) => sum + value, 0),
        6,
      );
    }),
  );
});
