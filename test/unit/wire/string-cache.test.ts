import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_CACHED_BYTES, StringCache } from "../../../collector/wire/string-cache.ts";

function get(cache: StringCache, text: string, offset = 0): string | undefined {
  const buffer = Buffer.from(`${"#".repeat(offset)}${text}#tail`);
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  return cache.get(buffer, view, offset, offset + Buffer.byteLength(text));
}

test("gives the very text, whatever was in the slot before", () => {
  const cache = new StringCache(2);
  const ascii = fc.string({ unit: "binary-ascii", maxLength: MAX_CACHED_BYTES });
  fc.assert(
    fc.property(fc.array(ascii, { maxLength: 20 }), fc.nat(8), (texts, offset) => {
      for (const text of [...texts, ...texts]) expect(get(cache, text, offset)).toBe(text);
    }),
  );
});

test("texts that differ in one byte are kept apart", () => {
  const cache = new StringCache(1);
  const base = "x".repeat(23);
  for (let index = 0; index < base.length; index++) {
    const other = `${base.slice(0, index)}y${base.slice(index + 1)}`;
    expect([get(cache, base), get(cache, other), get(cache, base)]).toEqual([base, other, base]);
  }
});

test("leaves anything but ASCII to the caller", () => {
  const cache = new StringCache();
  for (const text of ["é", "aé", "abé", "abcé", "abcdefé", "éabcdefg"]) expect(get(cache, text)).toBeUndefined();
});

test("finishes a string once, as long as it stays in its slot", () => {
  let finished = 0;
  const cache = new StringCache(64, (text) => {
    finished++;
    return text.toUpperCase();
  });
  expect([get(cache, "name"), get(cache, "name"), get(cache, "name")]).toEqual(["NAME", "NAME", "NAME"]);
  expect(finished).toBe(1);
});
