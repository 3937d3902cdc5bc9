import { expect, test } from "vitest";
import { formatMs as findingMs, formatShare as findingShare } from "../../../collector/diagnose/rules/format-value.ts";
import { formatCount, formatMs, formatRatio, formatValue } from "../../../collector/report/format-number.ts";

test.each([
  [0, "0 ms"],
  [0.004, "0 ms"],
  [0.417, "0.42 ms"],
  [-0.0137, "\u22120.01 ms"],
  [4.13, "4.1 ms"],
  [42.4, "42 ms"],
  [999.6, "1 s"],
  [2310, "2.31 s"],
  [31_400, "31.4 s"],
  [200_000, "3 min 20 s"],
  [undefined, "\u2013"],
])("%s ms is written %s", (ms, text) => {
  expect(formatMs(ms)).toBe(text);
});

test("times and shares are written as findings write them", () => {
  for (const ms of [1.04, 4.13, 9.94, 10.4, 88, 441, 701.4, 1910, 2310, 12_300]) expect(formatMs(ms)).toBe(findingMs(ms));
  for (const share of [0, 0.0004, 0.0067, 0.021, 0.2, 0.219, 0.5, 0.9997, 1]) expect(formatRatio(share)).toBe(findingShare(share));
});

test("what is less than nothing is nothing, and what is nearly all is not all", () => {
  expect(formatRatio(-0.00001)).toBe("0 %");
  expect(formatRatio(0.00001)).toBe("< 0.01 %");
  expect(formatRatio(0.99999)).not.toBe("100 %");
  expect(formatCount(-45)).toBe("\u221245");
});

test("bytes a second keep their unit", () => {
  expect(formatValue(3 * 1024 * 1024, "By/s")).toBe("3 MiB/s");
});
