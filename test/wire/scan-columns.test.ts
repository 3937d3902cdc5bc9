import { describe, expect, test } from "vitest";
import { Attributes, anyValue } from "../../collector/model/attributes.ts";
import { batchOf, encodedBatch } from "../../collector/wire/otlp-batch.ts";
import { encodeMetrics } from "../../collector/wire/otlp-metrics.ts";
import { encodeTraces } from "../../collector/wire/otlp-traces.ts";
import { readAttributes, readValue } from "../../collector/wire/read-attributes.ts";
import { logColumnsOf, metricColumns, metricColumnsOf, traceColumns, traceColumnsOf } from "../../collector/wire/scan-batch.ts";
import { LOG_ROW } from "../../collector/wire/scan-logs.ts";
import { METRIC_KIND, METRIC_ROW, POINT_BIT, POINT_ROW } from "../../collector/wire/scan-metric-rows.ts";
import { MetricColumns } from "../../collector/wire/scan-metrics.ts";
import { SCOPE_ROW } from "../../collector/wire/scan-tables.ts";
import { SPAN_ROW, TraceColumns } from "../../collector/wire/scan-traces.ts";
import { ATTRIBUTES, LOGS, METRICS, SPANS } from "./scan-samples.ts";

const textAt = (bytes: Uint8Array, words: Uint32Array, range: number) => Buffer.from(bytes.subarray(words[range], words[range + 1])).toString();

describe("metrics", () => {
  const columns = new MetricColumns();
  columns.scan(encodeMetrics(METRICS));
  const metric = (index: number, word: number) => columns.metrics.words[index * METRIC_ROW.stride + word] as number;
  const point = (index: number, word: number) => columns.points.words[index * POINT_ROW.stride + word] as number;
  const double = (index: number, word: number) => columns.points.doubles[(index * POINT_ROW.stride + word) / 2];

  test("each metric is described by its row", () => {
    expect(columns.metrics.length).toBe(METRICS.length);
    const kinds = METRICS.map((_, index) => metric(index, METRIC_ROW.kind));
    expect(kinds).toEqual([
      METRIC_KIND.gauge,
      METRIC_KIND.sum,
      METRIC_KIND.histogram,
      METRIC_KIND.exponentialHistogram,
      METRIC_KIND.summary,
      METRIC_KIND.none,
    ]);
    expect(METRICS.map((_, index) => textAt(columns.bytes, columns.metrics.words, index * METRIC_ROW.stride + METRIC_ROW.nameStart))).toEqual(
      METRICS.map(({ name }) => name),
    );
    expect(textAt(columns.bytes, columns.metrics.words, METRIC_ROW.unitStart)).toBe("s");
    expect(textAt(columns.bytes, columns.metrics.words, METRIC_ROW.descriptionStart)).toBe("what it is");
    expect([metric(1, METRIC_ROW.temporality), metric(1, METRIC_ROW.monotonic), metric(3, METRIC_ROW.temporality)]).toEqual([2, 1, 1]);
    expect([metric(1, METRIC_ROW.firstPoint), metric(1, METRIC_ROW.pointCount)]).toEqual([2, 2]);
    const { bytes, metrics } = columns;
    const metadata = readAttributes(bytes, metrics.words[METRIC_ROW.metadataStart] as number, metrics.words[METRIC_ROW.metadataEnd] as number, 12);
    expect(metadata.getString("prometheus.type")).toBe("gauge");
  });

  test("numbers come as they were: int64 in two words, doubles, times, flags", () => {
    expect(point(0, POINT_ROW.bits) & POINT_BIT.isInt).toBe(POINT_BIT.isInt);
    expect([point(0, POINT_ROW.intLow) | 0, point(0, POINT_ROW.intHigh) | 0]).toEqual([-7, -1]);
    expect([double(0, POINT_ROW.value), double(1, POINT_ROW.value)]).toEqual([-7, 2.5]);
    expect(point(1, POINT_ROW.flags)).toBe(1);
    const time = (BigInt(point(0, POINT_ROW.timeHigh)) << 32n) | BigInt(point(0, POINT_ROW.timeLow));
    expect(time).toBe(METRICS[0]?.data.points[0]?.timeUnixNano);
    const start = (BigInt(point(0, POINT_ROW.startTimeHigh)) << 32n) | BigInt(point(0, POINT_ROW.startTimeLow));
    expect(start).toBe(METRICS[0]?.data.points[0]?.startUnixNano);
    expect(point(0, POINT_ROW.bits) & POINT_BIT.hasExemplars).toBe(POINT_BIT.hasExemplars);
    expect(point(1, POINT_ROW.bits) & POINT_BIT.hasExemplars).toBe(0);
  });

  test("attributes are one run of bytes", () => {
    const read = readAttributes(columns.bytes, point(1, POINT_ROW.attributesStart), point(1, POINT_ROW.attributesEnd), 7);
    expect(read.canonicalKey).toBe(ATTRIBUTES.canonicalKey);
  });

  test("distributions: totals, extremes and packed lists", () => {
    expect([point(4, POINT_ROW.countLow), double(4, POINT_ROW.value), double(4, POINT_ROW.min), double(4, POINT_ROW.max)]).toEqual([6, 4.5, 0.1, 2]);
    const counts = [0, 8, 16].map((at) => columns.view.getUint32(point(4, POINT_ROW.bucketCountsStart) + at, true));
    expect(counts).toEqual([1, 2, 3]);
    expect(point(4, POINT_ROW.bucketCountsEnd) - point(4, POINT_ROW.bucketCountsStart)).toBe(24);
    expect(columns.view.getFloat64(point(4, POINT_ROW.boundsStart) + 8, true)).toBe(1);
    expect(point(5, POINT_ROW.scale) | 0).toBe(-1);
    expect([point(5, POINT_ROW.zeroCountLow), double(5, POINT_ROW.zeroThreshold)]).toEqual([1, 0.001]);
    expect(point(6, POINT_ROW.quantilesEnd)).toBeGreaterThan(point(6, POINT_ROW.quantilesStart));
  });
});

describe("traces", () => {
  const columns = new TraceColumns();
  const route = columns.want("http.route");
  const absent = columns.want("http.request.method");
  const long = columns.want("long");
  columns.scan(encodeTraces(SPANS));
  const { bytes, spans } = columns;
  const rangeOf = (span: number, slot: number) => {
    const at = span * columns.valueStride + slot * 2;
    return [columns.values[at] as number, columns.values[at + 1] as number] as const;
  };

  test("name, kind, status, times and ids of a span", () => {
    expect(textAt(bytes, spans.words, SPAN_ROW.nameStart)).toBe("GET /api/items/:id");
    expect([spans.words[SPAN_ROW.kind], spans.words[SPAN_ROW.statusCode]]).toEqual([2, 2]);
    const traceId = spans.words[SPAN_ROW.traceId] as number;
    expect(Buffer.from(bytes.subarray(traceId, traceId + 16)).toString("hex")).toBe(SPANS[0]?.traceId);
    expect(spans.words[SPAN_ROW.stride + SPAN_ROW.traceId]).toBe(0);
    const end = (BigInt(spans.words[SPAN_ROW.endTimeHigh] as number) << 32n) | BigInt(spans.words[SPAN_ROW.endTimeLow] as number);
    expect(end).toBe(SPANS[0]?.endUnixNano);
  });

  test("the values of wanted attributes, and none where the span has none", () => {
    expect(readValue(bytes, ...rangeOf(0, route))).toEqual(anyValue("/api/items/:id"));
    expect(readValue(bytes, ...rangeOf(0, long))).toEqual(anyValue("x".repeat(200)));
    expect(rangeOf(0, absent)).toEqual([0, 0]);
    expect(rangeOf(1, route)).toEqual([0, 0]);
    expect(readValue(bytes, ...rangeOf(2, route))).toEqual(anyValue("/api/items/:id"));
  });

  test("a value before its key is found too", () => {
    // Span { attributes (9) { value (2) { string (1) "/x" }, key (1) "http.route" } } in its envelope.
    const pair = [0x12, 4, 0x0a, 2, 0x2f, 0x78, 0x0a, 10, ...Buffer.from("http.route")];
    const span = [0x4a, pair.length, ...pair];
    const scope = [0x12, span.length, ...span];
    const resource = [0x12, scope.length, ...scope];
    const swapped = new TraceColumns();
    const slot = swapped.want("http.route");
    swapped.scan(Uint8Array.from([0x0a, resource.length, ...resource]));
    expect(readValue(swapped.bytes, swapped.values[slot * 2] as number, swapped.values[slot * 2 + 1] as number)).toEqual(anyValue("/x"));
  });
});

describe("the shared columns", () => {
  test("are scanned once for a batch, and again when another one came between", () => {
    const first = batchOf("metrics", METRICS);
    const second = batchOf("metrics", METRICS.slice(0, 1));
    const { generation } = metricColumnsOf(first);
    expect(metricColumnsOf(first).generation).toBe(generation);
    expect(metricColumnsOf(second).items).toBe(2);
    expect(metricColumnsOf(first).generation).toBe(generation + 2);
    expect(metricColumns.items).toBe(first.count);
  });

  test("a key wanted after the scan is looked for at once", () => {
    const batch = batchOf("traces", SPANS);
    traceColumnsOf(batch);
    const slot = traceColumns.want("http.response.status_code");
    const columns = traceColumnsOf(batch);
    expect(readValue(columns.bytes, columns.values[slot * 2] as number, columns.values[slot * 2 + 1] as number)).toEqual(anyValue(200));
  });

  test("the pieces of a joined batch are read as one request", () => {
    const joined = batchOf("logs", LOGS.slice(0, 2)).concat([batchOf("logs", LOGS.slice(2))]);
    const pieces = encodedBatch("logs", [...batchOf("logs", LOGS.slice(0, 2)).encoded, ...batchOf("logs", LOGS.slice(2)).encoded], 4);
    if (joined.signal !== "logs") throw new Error("not logs");
    for (const batch of [joined, pieces]) {
      const { records, items } = logColumnsOf(batch);
      expect(items).toBe(4);
      expect(Array.from({ length: 4 }, (_, row) => records.words[row * LOG_ROW.stride + LOG_ROW.severityNumber])).toEqual([9, 9, 9, 9]);
    }
  });

  test("attributes in several runs are put together first", () => {
    // NumberDataPoint { attributes a, as_double 1, attributes b }: legal, but no encoder writes it.
    const attribute = (key: string) => [0x3a, 7, 0x0a, 1, key.charCodeAt(0), 0x12, 2, 0x10, 1];
    const point = [...attribute("a"), 0x21, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, ...attribute("b")];
    const data = [0x0a, point.length, ...point];
    const metric = [0x0a, 1, 0x6d, 0x2a, data.length, ...data];
    const scope = [0x12, metric.length, ...metric];
    const resource = [0x12, scope.length, ...scope];
    const columns = metricColumnsOf(encodedBatch("metrics", [Uint8Array.from([0x0a, resource.length, ...resource])], 1));
    expect(columns.scattered).toBe(false);
    const { words } = columns.points;
    const read = readAttributes(columns.bytes, words[POINT_ROW.attributesStart] as number, words[POINT_ROW.attributesEnd] as number, 7);
    expect(read.canonicalKey).toBe(Attributes.from({ a: true, b: true }).canonicalKey);
  });
});

test("every metric knows its resource and scope", () => {
  const other = METRICS.map((metric) => ({ ...metric, resource: { ...metric.resource }, scope: { ...metric.scope, name: "other" } }));
  const columns = new MetricColumns();
  columns.scan(encodeMetrics([...METRICS, ...other]));
  const words = columns.metrics.words;
  const last = (columns.metrics.length - 1) * METRIC_ROW.stride;
  expect(words[METRIC_ROW.resource]).toBe(0);
  const scope = words[last + METRIC_ROW.scope] as number;
  expect(columns.scopes.words[scope * SCOPE_ROW.stride + SCOPE_ROW.resource]).toBe(words[last + METRIC_ROW.resource]);
  expect(words[last + METRIC_ROW.resource]).toBeGreaterThan(0);
});
