import fc from "fast-check";
import { expect, test } from "vitest";
import { timeText } from "../../../../exporters/debug/time-text.ts";

/** The same by exact division. */
function slowTimeText(time: bigint): string {
  const signed = BigInt.asIntN(64, time);
  const nanos = ((signed % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const iso = new Date(Number((signed - nanos) / 1_000_000_000n) * 1000).toISOString();
  const fraction = String(nanos).padStart(9, "0").replace(/0+$/, "");
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}${fraction === "" ? "" : `.${fraction}`} +0000 UTC`;
}

test.each([
  [0n, "1970-01-01 00:00:00 +0000 UTC"],
  [1n, "1970-01-01 00:00:00.000000001 +0000 UTC"],
  [1_581_452_773_000_000_789n, "2020-02-11 20:26:13.000000789 +0000 UTC"],
  [1_581_452_773_120_000_000n, "2020-02-11 20:26:13.12 +0000 UTC"],
  [1_581_452_773_999_999_999n, "2020-02-11 20:26:13.999999999 +0000 UTC"],
])("%s is %s", (time, text) => {
  expect(timeText(time)).toBe(text);
});

test("every time of 64 bits is right to the nanosecond", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (time) => timeText(time) === slowTimeText(time)));
});

test("times next to a second's edge fall on their side of it", () => {
  const edge = fc.tuple(fc.bigInt({ min: 0n, max: 9_223_372_036n }), fc.bigInt({ min: -300n, max: 300n }));
  fc.assert(
    fc.property(edge, ([seconds, nanos]) => {
      const time = BigInt.asUintN(64, seconds * 1_000_000_000n + nanos);
      return timeText(time) === slowTimeText(time);
    }),
    { numRuns: 1000 },
  );
});
