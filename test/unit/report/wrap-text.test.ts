import fc from "fast-check";
import { expect, test } from "vitest";
import { textWidth, wrapText } from "../../../collector/report/wrap-text.ts";

test("no line ends within a number or between it and its unit", () => {
  const text = "was 2.1 %; 38 of 1 824 requests; with 95 % confidence from 1.5 ms to 2.8 MiB, p95 4.1 ms";
  for (let width = 12; width < 60; width++) {
    for (const line of wrapText(text, width)) expect(line, String(width)).not.toMatch(/^(%|ms|MiB|824)/);
  }
});

test("nothing is lost, and every line fits", () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z0-9%\u4e00-\u4e10]{1,30}$/), { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 10, max: 60 }),
      (words, width) => {
        const lines = wrapText(words.join(" "), width);
        expect(lines.join("").replaceAll(" ", "")).toBe(words.join(""));
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
      },
    ),
  );
});
