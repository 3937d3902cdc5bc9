import { expect, test } from "vitest";
import { Attributes } from "../../collector/model/attributes.ts";
import type { Signal } from "../../collector/model/batch.ts";
import { encodeLogs } from "../../collector/wire/otlp-logs.ts";
import { encodeMetrics } from "../../collector/wire/otlp-metrics.ts";
import { readOtlpProtobuf } from "../../collector/wire/otlp-request.ts";
import { encodeTraces } from "../../collector/wire/otlp-traces.ts";
import { metricColumnsOf } from "../../collector/wire/scan-batch.ts";
import { LOGS, METRICS, SPANS } from "./scan-samples.ts";

const [SPAN] = SPANS as [(typeof SPANS)[0] & {}, ...typeof SPANS];

test("a good request goes on as the very bytes that came, counted but not decoded", () => {
  const bodies: [Signal, Uint8Array, number][] = [
    ["traces", encodeTraces(SPANS), 4],
    ["logs", encodeLogs(LOGS), 4],
    ["metrics", encodeMetrics(METRICS), 7],
  ];
  for (const [signal, bytes, count] of bodies) {
    const { batch, rejected, notes } = readOtlpProtobuf(signal, bytes);
    expect(batch).toMatchObject({ signal, count, sizeBytes: bytes.length });
    expect(batch.encoded[0]).toBe(bytes);
    expect(rejected).toEqual([]);
    expect(notes.unknownFields.size).toBe(0);
  }
});

test("the scan of the request serves the sinks that ask in the same turn", () => {
  const { batch } = readOtlpProtobuf("metrics", encodeMetrics(METRICS));
  if (batch.signal !== "metrics") throw new Error("not metrics");
  const { generation } = metricColumnsOf(batch);
  expect(metricColumnsOf(batch).generation).toBe(generation);
});

test("B-03 no bytes are an empty request", () => {
  expect(readOtlpProtobuf("traces", new Uint8Array(0)).batch.count).toBe(0);
});

test("B-08 a request that ends in the middle is refused as a whole", () => {
  const bytes = encodeTraces(SPANS);
  expect(() => readOtlpProtobuf("traces", bytes.subarray(0, -1))).toThrow(expect.objectContaining({ code: "E_WIRE_TRUNCATED" }));
});

test("B-09 spans with ids of the wrong length are rejected, their neighbours kept", () => {
  const bad = [
    { ...SPAN, traceId: "0123456789" },
    { ...SPAN, spanId: "01" },
    { ...SPAN, parentSpanId: "0123456789abcdef01" },
  ];
  const { batch, rejected } = readOtlpProtobuf("traces", encodeTraces([SPAN, ...bad, { ...SPAN, name: "last" }]));
  expect(rejected).toEqual([{ reason: "bad_id", items: 3, message: "3 with a trace id that is not 16 bytes long, or a span id that is not 8" }]);
  expect(batch.count).toBe(2);
  if (batch.signal !== "traces") throw new Error("not traces");
  expect(batch.items.map(({ name }) => name)).toEqual([SPAN.name, "last"]);
});

test("B-09 the same for log records", () => {
  const [record] = LOGS as [(typeof LOGS)[0] & {}, ...typeof LOGS];
  const { batch, rejected } = readOtlpProtobuf("logs", encodeLogs([record, { ...record, spanId: "0102" }]));
  expect(batch.count).toBe(1);
  expect(rejected.map(({ items, reason }) => [items, reason])).toEqual([[1, "bad_id"]]);
});

test("B-09 a bad id in a link or an exemplar costs only that", () => {
  const link = { ...(SPAN.links[0] as (typeof SPAN.links)[0] & {}), spanId: "01" };
  const traces = readOtlpProtobuf("traces", encodeTraces([{ ...SPAN, links: [...SPAN.links, link] }]));
  expect(traces.rejected).toEqual([]);
  expect(traces.notes.droppedLinks).toBe(1);
  if (traces.batch.signal !== "traces") throw new Error("not traces");
  expect(traces.batch.items[0]).toMatchObject({ links: SPAN.links, droppedLinksCount: SPAN.droppedLinksCount + 1 });

  const [gauge] = METRICS as [(typeof METRICS)[0] & {}, ...typeof METRICS];
  if (gauge.data.type !== "gauge") throw new Error("not a gauge");
  const points = gauge.data.points.map((point) => ({ ...point, exemplars: point.exemplars.map((exemplar) => ({ ...exemplar, traceId: "01" })) }));
  const metrics = readOtlpProtobuf("metrics", encodeMetrics([{ ...gauge, data: { type: "gauge", points } }]));
  expect(metrics.batch.count).toBe(2);
  expect(metrics.notes.droppedExemplars).toBe(1);
});

test("B-10 fields of the future are passed over and counted", () => {
  const bytes = encodeTraces([SPAN]);
  // A field 99 (varint) at the end of the request itself.
  const { batch, notes } = readOtlpProtobuf("traces", Uint8Array.from([...bytes, 0x98, 0x06, 1]));
  expect(batch.count).toBe(1);
  expect([...notes.unknownFields]).toEqual([["ExportSpansServiceRequest.99", 1]]);
});

test("B-11 the withdrawn instrumentation_library fields become scopes", () => {
  const resource = { attributes: Attributes.EMPTY, droppedAttributesCount: 0, entityRefs: [], schemaUrl: "" };
  // Without a resource the request is 0x0a, length, 0x12 (field 2), length, scope: each length takes two bytes here.
  const body = encodeTraces([{ ...SPAN, resource }]).subarray(6);
  const moved = [0xc2, 0x3e, ...lengthOf(body.length), ...body];
  const { batch } = readOtlpProtobuf("traces", Uint8Array.from([0x0a, ...lengthOf(moved.length), ...moved]));
  if (batch.signal !== "traces") throw new Error("not traces");
  expect(batch.items[0]).toMatchObject({ name: SPAN.name, scope: { name: SPAN.scope.name } });
  expect(batch.encoded[0]?.[3]).toBe(0x12);
});

function lengthOf(length: number): number[] {
  return [(length & 0x7f) | 0x80, length >>> 7];
}
