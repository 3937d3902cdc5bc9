import { constants, createZstdCompress, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BodyTooLarge } from "../../../../collector/receivers/otlp/body.ts";
import { BadCompression, decompress } from "../../../../collector/receivers/otlp/decompress.ts";
import { InFlight } from "../../../../collector/receivers/otlp/in-flight.ts";
import { splitZstdFrames } from "../../../../collector/receivers/otlp/zstd-frames.ts";

const lease = () => new InFlight(100_000_000).open();

test("zstd: every frame is found, whatever its content, level and checksum", () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 3000 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 19 }),
      fc.boolean(),
      (parts, level, checksum) => {
        const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0 };
        const frames = parts.map((part) => zstdCompressSync(part, { params }));
        const found = splitZstdFrames(Buffer.concat(frames));
        expect(found.map(({ bytes }) => bytes.length)).toEqual(frames.map(({ length }) => length));
        // Node writes the content size only where it knows it: then it is right.
        expect(found.every(({ contentBytes }, index) => contentBytes === undefined || contentBytes === parts[index]?.length)).toBe(true);
      },
    ),
    { numRuns: 100 },
  );
});

test("zstd: random bytes give an error, never anything else", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const body = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), bytes]);
      const error = await decompress("zstd", body, 10_000, lease()).then(
        () => undefined,
        (caught: unknown) => caught,
      );
      if (error !== undefined) expect(error instanceof BadCompression || error instanceof BodyTooLarge).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("zstd: a frame that wants a window beyond the limit's is refused before memory is taken", async () => {
  const body = await streamed(
    createZstdCompress({ params: { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_enableLongDistanceMatching]: 1 } }),
    Buffer.alloc(100),
  );
  await expect(decompress("zstd", body, 1_000_000, lease())).rejects.toThrow(BadCompression);
});

test.each([0, 5, 0x7fff_ffff, 0xffff_ffff])("gzip: a last member that claims %d bytes changes nothing but the way", async (claimed) => {
  const content = Buffer.alloc(3_000_000, "abc");
  const body = gzipSync(content);
  const lying = Buffer.from(body);
  lying.writeUInt32LE(claimed, lying.length - 4);
  // The length is checked by zlib itself: a lie is an error, at the end of the body, within the limit.
  await expect(decompress("gzip", lying, 10_000_000, lease())).rejects.toThrow(BadCompression);
  await expect(decompress("gzip", lying, 2_000_000, lease())).rejects.toThrow(BodyTooLarge);
  const honest = await decompress("gzip", body, 3_000_000, lease());
  expect(Buffer.from(honest.bytes).equals(content)).toBe(true);
  honest.release();
});

function streamed(stream: NodeJS.ReadWriteStream, input: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.on("end", () => resolve(Buffer.concat(parts)));
    stream.on("error", reject);
    stream.end(input);
  });
}
