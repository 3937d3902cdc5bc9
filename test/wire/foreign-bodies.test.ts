import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type ItemsOf, SIGNALS, type Signal } from "../../collector/model/batch.ts";
import type { LogRecord } from "../../collector/model/log-record.ts";
import type { HistogramPoint, Metric } from "../../collector/model/metric.ts";
import type { Span } from "../../collector/model/span.ts";
import { batchOf, encodedBatch } from "../../collector/wire/otlp-batch.ts";
import { formatOtlpJson, readOtlpJson } from "../../collector/wire/otlp-json.ts";
import { WireNotes } from "../../collector/wire/wire-notes.ts";
import { peerDecode, peerView } from "./peer-codec.ts";

const fixture = (path: string) => readFileSync(new URL(`../fixtures/${path}`, import.meta.url));

/** An item as JSON without what differs between two recordings of the same telemetry: ids, times and what was measured. */
function timeless(items: readonly ItemsOf[Signal][]): unknown {
  return JSON.parse(
    JSON.stringify(items, (key, value: unknown) => {
      if (/UnixNano$|^(traceId|spanId)$/.test(key)) return value === 0n || value === "" ? "unset" : "set";
      return typeof value === "bigint" ? `${value}n` : value;
    }),
  );
}

describe.each(SIGNALS)("bodies of the JavaScript SDK, %s", (signal) => {
  const bytes = fixture(`sdk-captures/${signal}.bin`);
  const json = fixture(`sdk-captures/${signal}.json`);

  test("protobuf: the independent codec reads the same in them", () => {
    const notes = new WireNotes();
    const { items } = encodedBatch(signal, [bytes], 0, { notes });
    expect(items.length).toBeGreaterThan(4);
    // The peer shows fields that were sent at their default; ours knows none.
    expect(withoutDefaults(peerDecode(signal, bytes))).toEqual(withoutDefaults(peerView(signal, items)));
    expect([notes.unknownFields.size, notes.invalidUtf8, notes.duplicateKeys]).toEqual([0, 0, 0]);
  });

  test("protobuf: encoding the items again loses nothing", () => {
    const { items } = encodedBatch(signal, [bytes], 0);
    expect(encodedBatch(signal, batchOf(signal, items).encoded, 0).items).toEqual(items);
  });

  test("JSON: it reads as the same telemetry as the protobuf", () => {
    const { batch, rejected, notes } = readOtlpJson(signal, json);
    expect(timeless(batch.items)).toEqual(timeless(encodedBatch(signal, [bytes], 0).items));
    expect(rejected).toEqual([]);
    expect(notes.unknownFields.size).toBe(0);
    expect(readOtlpJson(signal, Buffer.from(formatOtlpJson(batch))).batch.items).toEqual(batch.items);
  });
});

function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutDefaults(inner)] as const);
  // Members of a oneof, and optional numbers, are there even at 0.
  const kept = /Value$|^(asInt|asDouble|sum|min|max|value)$/;
  const isDefault = (inner: unknown) =>
    inner === "" || inner === 0 || inner === "0" || inner === false || (Array.isArray(inner) && inner.length === 0);
  return Object.fromEntries(entries.filter(([key, inner]) => kept.test(key) || !(isDefault(inner) || isEmptyObject(inner))));
}

function isEmptyObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

describe("the examples of the specification", () => {
  test("trace.json: ids in upper case and times as bare numbers", () => {
    const [span] = readOtlpJson("traces", fixture("otlp-examples/trace.json")).batch.items as readonly Span[];
    expect(span).toMatchObject({
      traceId: "5b8efff798038103d269b633813fc60c",
      spanId: "eee19b7ec3c1b174",
      parentSpanId: "eee19b7ec3c1b173",
      name: "I'm a server span",
      kind: 2,
      startUnixNano: 1_544_712_660_000_000_000n,
      endUnixNano: 1_544_712_661_000_000_000n,
      scope: { name: "my.library", version: "1.0.0" },
    });
    expect(span?.resource.attributes.getString("service.name")).toBe("my.service");
  });

  test("metrics.json: counter, gauge and histogram", () => {
    const { batch } = readOtlpJson("metrics", fixture("otlp-examples/metrics.json"));
    expect(batch.count).toBe(3);
    const [counter, gauge, histogram] = batch.items as readonly Metric[];
    expect(counter?.data).toMatchObject({ type: "sum", temporality: 1, isMonotonic: true, points: [{ number: { kind: "double", value: 5 } }] });
    expect(gauge?.data).toMatchObject({ type: "gauge", points: [{ timeUnixNano: 1_544_712_660_300_000_000n }] });
    expect(histogram?.data.points as readonly HistogramPoint[]).toMatchObject([
      { count: 3n, sum: 3, bucketCounts: [1n, 1n, 1n], explicitBounds: [1] },
    ]);
  });

  test("logs.json: attributes of every kind", () => {
    const [record] = readOtlpJson("logs", fixture("otlp-examples/logs.json")).batch.items as readonly LogRecord[];
    expect(record?.body).toEqual({ kind: "string", value: "Example log record" });
    expect(record?.attributes.kinds).toEqual(["string", "bool", "int", "double", "array", "map"]);
  });

  test("events.json: a kvlist that is a bare array", () => {
    const { batch, notes } = readOtlpJson("logs", fixture("otlp-examples/events.json"));
    const [record] = batch.items as readonly LogRecord[];
    expect(record?.body).toMatchObject({
      kind: "map",
      value: { keys: ["type", "url", "referrer", "title"], kinds: ["int", "string", "string", "string"] },
    });
    expect(notes.unknownFields.size).toBe(0);
  });
});
