import { expect, test } from "vitest";
import { redactCommand, redactRecord, redactText } from "../../../collector/report/redact.ts";
import { visibleLine, visibleText } from "../../../collector/report/visible-text.ts";

test("what cannot be seen is written out", () => {
  expect(visibleText("a\u202eb\u2028c\u200bd")).toBe("a<U+202E>b<U+2028>c<U+200B>d");
  expect(visibleText("\u001b[31mred\u0000\u007f\u009b")).toBe("<U+001B>[31mred<U+0000><U+007F><U+009B>");
  expect(visibleText("one\r\ntwo\tthree\u4e2d\u6587 \ud83d\ude00")).toBe("one\ntwo\tthree\u4e2d\u6587 \ud83d\ude00");
  expect(visibleText("half \ud83d")).toBe("half \ufffd");
});

test("a line is one line, cut without splitting a character", () => {
  expect(visibleLine(" a\n b ")).toBe("a b");
  expect(visibleLine("\ud83d\ude00\ud83d\ude00\ud83d\ude00", 2)).toBe("\ud83d\ude00\u2026");
});

test.each([
  ["Authorization: Bearer abc.def", "Authorization: Bearer ***"],
  ["GET /x?token=abc&page=2", "GET /x?token=***&page=2"],
  ['{"password":"p w","user":"u"}', '{"password":"*** w","user":"u"}'],
  ["postgres://me:pw@db/x", "postgres://***@db/x"],
  ["nothing to hide: 12 tokens left", "nothing to hide: 12 tokens left"],
])("%s is shown as %s", (text, shown) => {
  expect(redactText(text)).toBe(shown);
});

test("values are hidden by the names that they have", () => {
  expect(redactRecord({ API_TOKEN: "x", Cookie: "y", PEAK_RPS: "60" })).toEqual({ API_TOKEN: "***", Cookie: "***", PEAK_RPS: "60" });
  expect(redactCommand(["k6", "--secret", "x", "--verbose", "run.js"])).toEqual(["k6", "--secret", "***", "--verbose", "run.js"]);
});
