import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256Base64 } from "../../../../collector/report/html/sha256.ts";

test("the digest is that of node:crypto, whatever the length", () => {
  const expected = (text: string) => createHash("sha256").update(text).digest("base64");
  for (let length = 0; length < 130; length++) expect(sha256Base64("a".repeat(length))).toBe(expected("a".repeat(length)));
  fc.assert(fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => sha256Base64(text) === expected(text)));
});
