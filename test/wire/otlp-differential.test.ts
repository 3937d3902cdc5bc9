import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ItemsOf, Signal } from "../../collector/model/batch.ts";
import { batchOf, encodedBatch } from "../../collector/wire/otlp-batch.ts";
import { logRecords, metrics, spans } from "./otlp-arbitraries.ts";
import { peerDecode, peerEncode, peerView } from "./peer-codec.ts";

type Items = readonly ItemsOf[Signal][];

const SIGNALS: readonly (readonly [Signal, fc.Arbitrary<Items>])[] = [
  ["traces", spans],
  ["metrics", metrics],
  ["logs", logRecords],
];

describe.each(SIGNALS)("an independent codec and ours, %s", (signal, arbitrary) => {
  test("what it writes we read", () => {
    fc.assert(
      fc.property(arbitrary, (items) => {
        expect(encodedBatch(signal, [peerEncode(signal, items)], 0).items).toEqual(items);
      }),
    );
  });

  test("what we write it reads", () => {
    fc.assert(
      fc.property(arbitrary, (items) => {
        const bytes = Buffer.concat(batchOf(signal, items).encoded);
        expect(peerDecode(signal, bytes)).toEqual(peerView(signal, items));
      }),
    );
  });
});
