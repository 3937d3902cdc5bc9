import fc from "fast-check";
import { expect, test } from "vitest";
import { NATIVE_CELL, SERIES_KIND } from "../../../collector/series/cells.ts";
import { at, metric } from "../exporters/prometheus/lab.ts";
import { exponential, exponentialData, openStoreLab, type StoreLab } from "./lab.ts";

const push = (lab: StoreLab, fields: object, time = 10) =>
  lab.push(time, metric("e", exponentialData(2, exponential({ timeUnixNano: at(time), ...fields }))));

/** The cells of the first series, by name. */
function cells({ store: { table } }: StoreLab): Record<string, unknown> {
  const start = table.cellStarts[0] as number;
  const cell = (name: keyof typeof NATIVE_CELL) => table.cells.values[start + NATIVE_CELL[name]] as number;
  const side = (from: number, length: number) => [
    ...table.cells.values.subarray(start + NATIVE_CELL.buckets + from, start + NATIVE_CELL.buckets + from + length),
  ];
  const length = cell("positiveLength");
  return {
    scale: cell("scale"),
    zero: [cell("zeroThreshold"), cell("zeroCount")],
    positive: [cell("positiveOffset"), side(0, length)],
    negative: [cell("negativeOffset"), side(length, cell("negativeLength"))],
  };
}

test("an exponential histogram keeps its own buckets", () => {
  const lab = openStoreLab();
  const sides = { positive: { offset: 2, bucketCounts: [4n, 0n, 2n] }, negative: { offset: -1, bucketCounts: [5n] } };
  expect(push(lab, { scale: 3, zeroCount: 1n, zeroThreshold: 0.001, ...sides })).toEqual({});
  expect(lab.store.table.kind(0)).toBe(SERIES_KIND.native);
  expect(cells(lab)).toEqual({ scale: 3, zero: [0.001, 1], positive: [2, [4, 0, 2]], negative: [-1, [5]] });
});

test("scales above 8 become 8, bucket by bucket index: offset 1, [4, 3, 2, 1] by 2 is [4, 5, 1]", () => {
  const lab = openStoreLab();
  push(lab, { scale: 9, positive: { offset: 1, bucketCounts: [4n, 3n, 2n, 1n] }, negative: { offset: -3, bucketCounts: [1n, 1n] } });
  expect(cells(lab)).toEqual({ scale: 8, zero: [0, 0], positive: [0, [4, 5, 1]], negative: [-2, [1, 1]] });
});

test("scales below -4, counts that are not the sum of the buckets, and negative thresholds are refused", () => {
  const lab = openStoreLab();
  const one = { positive: { offset: 0, bucketCounts: [1n] } };
  const losses = [
    { scale: -5, ...one },
    { scale: 21, ...one },
    { ...one, count: 2n },
    { ...one, zeroThreshold: -1 },
  ].map((fields) => push(lab, fields));
  expect(losses).toEqual(Array(4).fill({ invalid_histogram: 1 }));
  expect(lab.shown()).toEqual([]);
});

test("more than 160 buckets a side are made coarser until they fit", () => {
  const lab = openStoreLab();
  push(lab, { scale: 4, positive: { offset: -250, bucketCounts: Array(500).fill(1n) } });
  const { scale, positive } = cells(lab) as { scale: number; positive: [number, number[]] };
  expect([scale, positive[0], positive[1].length, positive[1].reduce((sum, count) => sum + count, 0)]).toEqual([2, -63, 126, 500]);
  // Two lone buckets at both ends of what a double can say.
  expect(push(lab, { scale: 0, positive: { offset: -1000, bucketCounts: [1n, ...Array(1999).fill(0n), 1n] } }, 11)).toEqual({});
  expect(cells(lab)).toMatchObject({ scale: -4, positive: [-63, expect.any(Array)] });
});

test("classic bounds once shown stay, though the buckets behind them move on", () => {
  const lab = openStoreLab();
  const bounds = () => [...lab.store.classicBuckets(0).bounds.values];
  push(lab, { positive: { offset: 0, bucketCounts: [1n, 1n] } });
  expect(bounds()).toEqual([2, 4]);
  push(lab, { positive: { offset: 2, bucketCounts: [1n] } }, 20);
  expect(bounds()).toEqual([2, 4, 8]);
  push(lab, { positive: { offset: 0, bucketCounts: [1n] } }, 30);
  expect([bounds(), Array.from(lab.store.classicBuckets(0).counts)]).toEqual([
    [2, 4, 8],
    [1, 0, 0, 0],
  ]);
});

test("without a sum there is none", () => {
  const lab = openStoreLab();
  push(lab, { sum: undefined, positive: { offset: 0, bucketCounts: [1n] } });
  expect((lab.store.table.bits[0] as number) & 4).toBe(0);
});

test("its exemplars stand at the classic bucket that they fall into", () => {
  const lab = openStoreLab();
  const exemplars = [3, 4, 0.3, -3].map((value, index) => ({
    filteredAttributes: exponential({}).attributes,
    timeUnixNano: at(index),
    number: { kind: "double", value } as const,
    traceId: "",
    spanId: "",
  }));
  push(lab, { exemplars, scale: 2, zeroCount: 1n });
  expect(lab.store.exemplars.of(0).map(({ bound, value }) => [bound, value])).toEqual([
    [4, 4],
    [0.5, 0.3],
    [-2, -3],
  ]);
});

const deltaSide = fc.record({ offset: fc.integer({ min: -40, max: 40 }), counts: fc.array(fc.nat(5), { maxLength: 30 }) });
const deltaPoint = fc.record({ scale: fc.integer({ min: 0, max: 10 }), positive: deltaSide, negative: deltaSide, zeros: fc.nat(3) });

test("whatever the scales of the deltas, powers of two divide what was counted as the deltas themselves do", () => {
  fc.assert(
    fc.property(fc.array(deltaPoint, { minLength: 1, maxLength: 8 }), (points) => {
      const lab = openStoreLab({ listens: false });
      const expected = new Map<number, number>();
      const add = (bound: number, count: number) => expected.set(bound, (expected.get(bound) ?? 0) + count);
      for (const [step, { scale, positive, negative, zeros }] of points.entries()) {
        const toWire = ({ offset, counts }: { offset: number; counts: number[] }) => ({ offset, bucketCounts: counts.map(BigInt) });
        const point = exponential({
          scale,
          zeroCount: BigInt(zeros),
          positive: toWire(positive),
          negative: toWire(negative),
          startUnixNano: at(step),
          timeUnixNano: at(step + 1),
        });
        expect(lab.push(step + 1, metric("e", exponentialData(1, point)))).toEqual({});
        add(0, zeros);
        // Bucket i at scale s lies in the power that ends at 2^(floor(i / 2^s) + 1).
        for (const [index, count] of positive.counts.entries()) add(2 ** (Math.floor((positive.offset + index) / 2 ** scale) + 1), count);
        for (const [index, count] of negative.counts.entries()) add(-(2 ** Math.floor((negative.offset + index) / 2 ** scale)), count);
      }
      const { bounds, counts } = lab.store.classicBuckets(0);
      const shown = [...bounds.values].map((bound, index) => [bound, counts[index]] as const).filter(([, count]) => count !== 0);
      expect(shown).toEqual([...expected].filter(([, count]) => count !== 0).sort(([a], [b]) => a - b));
    }),
    { numRuns: 150 },
  );
});
