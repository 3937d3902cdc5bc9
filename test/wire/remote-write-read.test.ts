import fc from "fast-check";
import { expect, test } from "vitest";
import { openWriteEncoder } from "../../collector/wire/remote-write-encoder.ts";
import { readWriteBody2 } from "../../collector/wire/remote-write-read-2.ts";
import { writeBatch } from "./remote-write-arbitraries.ts";
import { decodeWriteBody } from "./remote-write-decode.ts";

const OPTIONS = { protocol: 2, sendMetadata: true, sendExemplars: true, sendStarts: true } as const;

test("what is read back from a 2.0 body makes the same message once more, every NaN included", () => {
  fc.assert(
    fc.property(writeBatch(2), (batch) => {
      const body = openWriteEncoder(OPTIONS).encode(batch);
      const again = openWriteEncoder(OPTIONS).encode(readWriteBody2(body));
      expect(decodeWriteBody(again, 2).series).toEqual(decodeWriteBody(body, 2).series);
    }),
    { numRuns: 200 },
  );
});

test("damaged bodies throw and end", () => {
  fc.assert(
    fc.property(writeBatch(2), fc.nat(), fc.nat({ max: 255 }), (batch, at, byte) => {
      const body = Uint8Array.from(openWriteEncoder(OPTIONS).encode(batch));
      if (body.length > 0) body[at % body.length] = byte;
      try {
        readWriteBody2(body);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^E_WIRE_/) });
      }
    }),
    { numRuns: 200 },
  );
});
