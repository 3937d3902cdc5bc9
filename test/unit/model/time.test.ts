import fc from "fast-check";
import { expect, test } from "vitest";
import { wholeMs } from "../../../collector/model/time.ts";

/** As the scan of a point does it: a double of nanoseconds, exact to 128 ns. */
const throughDouble = (ns: bigint) => wholeMs(Number(ns) / 1e6);

test("whole milliseconds come back as themselves, although a double of nanoseconds cannot hold them", () => {
  expect(Math.floor(Number(1_700_000_000_122_000_000n) / 1e6)).toBe(1_700_000_000_121);
  expect(throughDouble(1_700_000_000_122_000_000n)).toBe(1_700_000_000_122);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => {
      expect(throughDouble(BigInt(ms) * 1_000_000n)).toBe(ms);
    }),
  );
});

test("fractions are cut off, as Prometheus does", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2e12 }), fc.integer({ min: 0, max: 999_000 }), (ms, ns) => {
      expect(throughDouble(BigInt(ms) * 1_000_000n + BigInt(ns))).toBe(ms);
    }),
  );
});
