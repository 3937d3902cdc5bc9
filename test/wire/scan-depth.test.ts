import { expect, test } from "vitest";
import { readOtlpProtobuf } from "../../collector/wire/otlp-request.ts";
import { decodeTraces } from "../../collector/wire/otlp-traces.ts";
import { TraceColumns } from "../../collector/wire/scan-traces.ts";
import { WireNotes } from "../../collector/wire/wire-notes.ts";

/** Tag and length of a length-delimited field. */
function head(number: number, length: number): number[] {
  const bytes = [number * 8 + 2];
  for (let rest = length; ; rest >>>= 7) {
    bytes.push(rest >= 0x80 ? (rest & 0x7f) | 0x80 : rest);
    if (rest < 0x80) return bytes;
  }
}

/** A span with one attribute whose value is so many arrays (or maps) in one another. */
function nested(depth: number, isMap: boolean): Uint8Array {
  const level = isMap ? [2, 1, 6] : [1, 5];
  // From the innermost field outwards: AnyValue, KeyValue, Span, ScopeSpans, ResourceSpans, the request.
  const numbers = [...Array.from({ length: depth }, () => level).flat(), 2, 9, 2, 2, 1];
  const heads: number[][] = [];
  let length = 2;
  for (const number of numbers) {
    heads.push(head(number, length));
    length += heads.at(-1)?.length ?? 0;
  }
  return Uint8Array.from([...heads.reverse().flat(), 0x18, 1]);
}

test.each([
  [63, false],
  [64, false],
  [65, false],
  [64, true],
  [65, true],
])("values %i deep (maps: %j) are cut at the same depth by scan and decoder", (depth, isMap) => {
  const columns = new TraceColumns();
  const scanned = new WireNotes();
  const decoded = new WireNotes();
  const bytes = nested(depth, isMap);
  columns.scan(bytes, scanned);
  decodeTraces([bytes], decoded);
  expect([scanned.tooDeep, decoded.tooDeep]).toEqual(depth > 64 ? [1, 1] : [0, 0]);
});

test("what is nested too deep does not go on to others, and does not exhaust the stack", () => {
  const bytes = nested(20_000, false);
  const { batch, notes } = readOtlpProtobuf("traces", bytes);
  expect(notes.tooDeep).toBe(1);
  expect(batch.count).toBe(1);
  expect(batch.encoded[0]?.length).toBeLessThan(1000);
});
