import fc from "fast-check";
import { expect, test } from "vitest";
import { SUM_KEYS } from "../../../../collector/model/ledger.ts";
import { decodeCountedSums, encodeCountedSums } from "../../../../collector/run/ledger/counted-sums.ts";

const NAMES = [...SUM_KEYS];
const numberOf = (name: string) => (NAMES as string[]).indexOf(name);
const n = fc.oneof(fc.nat(), fc.maxSafeNat(), fc.double(), fc.constantFrom(-0, -1, 0.5, 2 ** 60, Number.NaN));

test("sums come back with every digit, whatever numbers they are", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom(...NAMES), fc.record({ n, sum: fc.double() }, { noNullPrototype: true }), { noNullPrototype: true }),
      (sums) => {
        const bytes = encodeCountedSums(sums, numberOf);
        expect(bytes === undefined ? {} : decodeCountedSums(bytes, NAMES)).toStrictEqual(sums);
      },
    ),
  );
});

test("nothing takes no bytes, and a sum of 500 requests takes eleven", () => {
  expect(encodeCountedSums({}, numberOf)).toBeUndefined();
  expect(encodeCountedSums({ blocked: undefined }, numberOf)).toBeUndefined();
  expect(encodeCountedSums({ blocked: { n: 500, sum: 12.25 } }, numberOf)?.length).toBe(11);
});

test("bytes that name what is not there, or end too early, are refused", () => {
  const bytes = encodeCountedSums({ recv: { n: 500, sum: 12.25 } }, numberOf) as Uint8Array;
  expect(() => decodeCountedSums(bytes, NAMES.slice(0, 2))).toThrow(/unknown name 5/);
  expect(() => decodeCountedSums(bytes.subarray(0, 6), NAMES)).toThrow(/end too early/);
});
