import { expect, test } from "vitest";
import { plainSentence } from "../../../collector/report/verdict-words.ts";

test.each([
  [
    "FAILED: 2.1 % of requests failed at the limit (confidence high): 38 were turned away",
    "2.1 % of requests failed at the limit: 38 were turned away",
  ],
  ["FAILED \u2014 too many", "too many"],
  // Another confidence than the verdict's own is news.
  ["FAILED: x (confidence low): y", "x (confidence low): y"],
  ["a failed request", "a failed request"],
])("%s", (sentence, plain) => {
  expect(plainSentence({ result: "failed", confidence: "high", sentence })).toBe(plain);
});
