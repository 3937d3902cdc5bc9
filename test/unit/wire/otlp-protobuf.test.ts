import { describe, expect, test } from "vitest";
import type { HistogramPoint } from "../../../collector/model/metric.ts";
import { decodeLogs } from "../../../collector/wire/otlp-logs.ts";
import { decodeMetrics } from "../../../collector/wire/otlp-metrics.ts";
import { decodeTraces, encodeTraces } from "../../../collector/wire/otlp-traces.ts";
import { WireNotes } from "../../../collector/wire/wire-notes.ts";

/** A length-delimited field of up to 127 bytes. */
function field(number: number, ...content: readonly (number | readonly number[])[]): number[] {
  const bytes = content.flat();
  const tag = number * 8 + 2;
  return [...(tag < 128 ? [tag] : [(tag & 127) | 128, tag >>> 7]), bytes.length, ...bytes];
}
const text = (value: string) => [...Buffer.from(value)];
const bytesOf = (...fields: readonly (readonly number[])[]) => Uint8Array.from(fields.flat());
const span = (...fields: readonly (readonly number[])[]) => bytesOf(field(1, field(2, field(2, ...fields))));
const metric = (...fields: readonly (readonly number[])[]) => bytesOf(field(1, field(2, field(2, ...fields))));

test("B-03 B-04 no bytes, and resources without items, are a request of no items", () => {
  expect(decodeTraces([])).toEqual([]);
  expect(decodeTraces([new Uint8Array()])).toEqual([]);
  expect(decodeTraces([bytesOf(field(1), field(1, field(2)))])).toEqual([]);
});

describe("B-08 what is not a request", () => {
  test("a message cut off is E_WIRE_TRUNCATED with the place", () => {
    const whole = span(field(5, text("name")));
    for (let size = 1; size < whole.length; size++) {
      expect(() => decodeTraces([whole.subarray(0, size)])).toThrow(expect.objectContaining({ code: "E_WIRE_TRUNCATED" }));
    }
  });

  test("a text is malformed", () => {
    expect(() => decodeTraces([Uint8Array.from(text("GET / HTTP/1.1"))])).toThrow(expect.objectContaining({ code: "E_WIRE_MALFORMED" }));
  });
});

test("B-09 an id of a wrong length is hex of what there is; judging it is the receiver's part", () => {
  const [decoded] = decodeTraces([span(field(1, [1, 2, 3, 4, 0xff]), field(2))]);
  expect(decoded).toMatchObject({ traceId: "01020304ff", spanId: "" });
});

describe("B-10 unknown fields", () => {
  test("are passed over in every message, and counted by message and number", () => {
    const notes = new WireNotes();
    const unknown = field(99, text("x"));
    const bytes = bytesOf(
      field(1, field(1, unknown), field(2, field(1, unknown), field(2, unknown, [0x98, 0x06, 0x01], field(15, unknown)), unknown), unknown),
      unknown,
    );
    expect(decodeTraces([bytes], notes)).toHaveLength(1);
    expect(Object.fromEntries(notes.unknownFields)).toEqual({
      "Resource.99": 1,
      "InstrumentationScope.99": 1,
      "Span.99": 2,
      "Status.99": 1,
      "ScopeSpans.99": 1,
      "ResourceSpans.99": 1,
      "ExportSpansServiceRequest.99": 1,
    });
  });

  test("a known number with another wire type counts as unknown", () => {
    const notes = new WireNotes();
    const [decoded] = decodeTraces([span([0x28, 0x07], field(5, text("name")), field(7, [1, 2]))], notes);
    expect(decoded).toMatchObject({ name: "name", startUnixNano: 0n });
    expect(Object.fromEntries(notes.unknownFields)).toEqual({ "Span.5": 1, "Span.7": 1 });
  });

  test("future enum values are kept and sent on", () => {
    const spans = decodeTraces([span([0x30, 0x2a])]);
    expect(spans[0]?.kind).toBe(42);
    expect(decodeTraces([encodeTraces(spans)])[0]?.kind).toBe(42);
  });

  test("references into a profile's string table are no value", () => {
    const notes = new WireNotes();
    const [decoded] = decodeTraces([span(field(9, field(1, text("k")), field(2, [0x40, 0x05])))], notes);
    expect(decoded?.attributes.get("k")).toEqual({ kind: "empty", value: null });
    expect(notes.unknownFields.get("AnyValue.8")).toBe(1);
  });
});

test("B-11 the deprecated field 1000 is read as scopes, in all signals", () => {
  const old = (...items: readonly number[]) => bytesOf(field(1, field(1000, field(1, field(1, text("lib")), field(2, text("1"))), items)));
  expect(decodeTraces([old(...field(2, field(5, text("s"))))])).toMatchObject([{ name: "s", scope: { name: "lib", version: "1" } }]);
  expect(decodeMetrics([old(...field(2, field(1, text("m"))))])).toMatchObject([{ name: "m", scope: { name: "lib" } }]);
  expect(decodeLogs([old(...field(2, field(3, text("INFO"))))])).toMatchObject([{ severityText: "INFO", scope: { name: "lib" } }]);
});

describe("protobuf's own rules", () => {
  test("a resource and a scope behind their items are theirs all the same", () => {
    const bytes = bytesOf(
      field(1, field(2, field(2), field(1, field(1, text("late")))), field(3, text("url")), field(1, field(1, field(1, text("k"))))),
    );
    const [decoded] = decodeTraces([bytes]);
    expect(decoded).toMatchObject({ scope: { name: "late" }, resource: { schemaUrl: "url" } });
    expect(decoded?.resource.attributes.has("k")).toBe(true);
  });

  test("a resource in two parts is merged", () => {
    const bytes = bytesOf(
      field(1, field(1, field(1, field(1, text("a")))), field(1, field(1, field(1, text("b"))), [0x10, 0x02]), field(2, field(2))),
    );
    expect(decodeTraces([bytes])[0]?.resource).toMatchObject({ attributes: { keys: ["a", "b"] }, droppedAttributesCount: 2 });
  });

  test("of a oneof the last field wins; the same data field twice is merged", () => {
    const point = (value: number) => field(1, [0x31, value, 0, 0, 0, 0, 0, 0, 0]);
    const [both] = decodeMetrics([metric(field(5, point(1)), field(7, point(2), [0x10, 0x02, 0x18, 0x01]))]);
    expect(both?.data).toMatchObject({ type: "sum", temporality: 2, isMonotonic: true, points: [{ number: { kind: "int", value: 2 } }] });
    const [twice] = decodeMetrics([metric(field(5, point(1)), field(5, point(2)))]);
    expect(twice?.data.points).toHaveLength(2);
  });

  test("repeated numbers are read packed and unpacked", () => {
    const one = [1, 0, 0, 0, 0, 0, 0, 0];
    const half = [0, 0, 0, 0, 0, 0, 0xe0, 0x3f];
    const [decoded] = decodeMetrics([metric(field(9, field(1, field(6, one, one), [0x31, ...one], field(7, half), [0x39, ...half])))]);
    expect(decoded?.data.points as readonly HistogramPoint[]).toMatchObject([{ bucketCounts: [1n, 1n, 1n], explicitBounds: [0.5, 0.5] }]);
    const [exponential] = decodeMetrics([metric(field(10, field(1, field(8, [0x08, 0x03], field(2, [1, 2]), [0x10, 0x05]))))]);
    expect(exponential?.data.points).toMatchObject([{ positive: { offset: -2, bucketCounts: [1n, 2n, 5n] }, negative: undefined }]);
  });

  test("J-13 keys that repeat are counted", () => {
    const notes = new WireNotes();
    const attribute = field(9, field(1, text("k")));
    decodeTraces([span(attribute, attribute), span(attribute)], notes);
    expect(notes.duplicateKeys).toBe(1);
  });
});
