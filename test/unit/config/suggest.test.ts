import fc from "fast-check";
import { expect, test } from "vitest";
import { editDistance, nearest } from "../../../config/suggest.ts";

test("the nearest word is found for slips of the finger, and none for other words", () => {
  expect(nearest("htttp", ["grpc", "http"])).toBe("http");
  expect(nearest("GRCP", ["grpc", "http"])).toBe("grpc");
  expect(nearest("recievers", ["receivers", "exporters"])).toBe("receivers");
  expect(nearest("thrift", ["grpc", "http"])).toBeUndefined();
  expect(nearest("x", ["ab"])).toBeUndefined();
});

test("the edit distance is a distance", () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
  );
});
