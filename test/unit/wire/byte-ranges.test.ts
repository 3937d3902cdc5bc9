import fc from "fast-check";
import { expect, test } from "vitest";
import { hashRange, RangeMap } from "../../../collector/wire/byte-ranges.ts";

const view = (...words: readonly number[]): DataView => {
  const made = new DataView(new ArrayBuffer(words.length * 4));
  for (const [index, word] of words.entries()) made.setUint32(index * 4, word, true);
  return made;
};
const word = fc.nat(0xffff_ffff);

test("two ranges do not collide under every key, not even where words differ in their top bits only", () => {
  const one = view(0x41424344, 0x45464748);
  // Under a hash that multiplies and shifts, each of these cancels the difference that the word before has made.
  const others = [0x80010000, 0x80000000, 0x00010000, 0x80018000].map((difference) => view(0x41424344 ^ 0x80000000, 0x45464748 ^ difference));
  const keys = Array.from({ length: 64 }, (_, index) => [index * 0x9e3779b1, ~index] as const);
  for (const other of others) expect(keys.filter((key) => hashRange(one, 0, 8, 0, key) === hashRange(other, 0, 8, 0, key))).toEqual([]);
});

test("the hash depends on the key, on the number beside the range and on the length", () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 2, maxLength: 8 }), word, word, (words, low, high) => {
      const bytes = view(...words);
      const hash = hashRange(bytes, 0, bytes.byteLength, 7, [low, high]);
      const others = [
        hashRange(bytes, 0, bytes.byteLength, 7, [low ^ 1, high]),
        hashRange(bytes, 0, bytes.byteLength, 7, [low, high ^ 1]),
        hashRange(bytes, 0, bytes.byteLength, 8, [low, high]),
        hashRange(bytes, 0, bytes.byteLength - 1, 7, [low, high]),
      ];
      // One of 2^32 may happen to be equal.
      expect(others.filter((other) => other === hash).length).toBeLessThan(2);
    }),
    { seed: 1 },
  );
});

test("RangeMap keeps ranges apart by every byte and forgets what it is told to, with the bytes it counted", () => {
  const map = new RangeMap<number>([1, 2]);
  const bytes = new DataView(Uint8Array.from({ length: 40 }, (_, index) => index % 7).buffer);
  for (let end = 0; end <= 40; end++) map.set(bytes, 0, end, end);
  for (let end = 0; end <= 40; end++) expect(map.get(bytes, 0, end)).toBe(end);
  expect([map.size, map.keyBytes]).toEqual([41, 820]);
  map.prune((value) => value > 10);
  expect([map.size, map.keyBytes, map.get(bytes, 0, 11), map.get(bytes, 0, 10)]).toEqual([11, 55, undefined, 10]);
});
