import fc from "fast-check";
import { compress, uncompress } from "snappyjs";
import { expect, test } from "vitest";
import { decompressSnappy } from "../../../collector/wire/snappy.ts";
import { compressSnappy, compressSnappyPiece, maxCompressedBytes, snappyPreamble } from "../../../collector/wire/snappy-compress.ts";

function expectRoundTrip(input: Uint8Array): void {
  const body = compressSnappy(input);
  expect(Buffer.from(uncompress(body)).equals(input)).toBe(true);
  expect(Buffer.from(decompressSnappy(body, 1e8)).equals(input)).toBe(true);
  expect(body.length).toBeLessThanOrEqual(snappyPreamble(input.length).length + maxCompressedBytes(input.length));
}

/** Pieces of earlier bytes, between bytes that occur nowhere: what a compressor must find. */
const repetitive = fc
  .array(fc.record({ noise: fc.uint8Array({ maxLength: 300 }), back: fc.nat(70_000), length: fc.nat(400) }), { maxLength: 60 })
  .map((steps) => {
    const bytes: number[] = [];
    for (const { noise, back, length } of steps) {
      bytes.push(...noise);
      const from = Math.max(0, bytes.length - back);
      for (let index = 0; index < length && from + index < bytes.length; index++) bytes.push(bytes[from + index] as number);
    }
    return Uint8Array.from(bytes);
  });

test("whatever is compressed comes out again, in our decoder and in snappyjs", () => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), repetitive), expectRoundTrip), { numRuns: 300 });
});

test.each([0, 1, 4, 14, 15, 16, 59, 60, 61, 64, 65, 67, 68, 69, 127, 128, 255, 256, 257, 65_535, 65_536, 65_537, 131_073, 200_000])(
  "%i bytes, all alike and none alike",
  (length) => {
    expectRoundTrip(new Uint8Array(length).fill(7));
    expectRoundTrip(Uint8Array.from({ length }, (_, index) => Math.imul(index + 1, 0x9e37_79b1) >>> 24));
  },
);

test("it is as small as snappyjs makes it, within a hundredth", () => {
  const text = Array.from(
    { length: 3000 },
    (_, index) => `http_requests_total{job="api",instance="i-${index % 97}",code="${200 + (index % 5)}"} ${index * 37}`,
  );
  const input = Buffer.from(text.join("\n"));
  expect(compressSnappy(input).length).toBeLessThanOrEqual(compress(input).length * 1.01);
});

test("pieces compressed apart are one block when joined", () => {
  const pieces = ["first piece, first piece, first piece", "", "second second second second"].map((text) => Buffer.from(text.repeat(20)));
  const output = new Uint8Array(10_000);
  let at = 0;
  for (const piece of pieces) at += compressSnappyPiece(piece, piece.length, output, at);
  const whole = Buffer.concat(pieces);
  const body = Buffer.concat([snappyPreamble(whole.length), output.subarray(0, at)]);
  expect(Buffer.from(uncompress(body)).equals(whole)).toBe(true);
});
