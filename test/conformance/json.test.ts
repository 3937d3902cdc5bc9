import { expect, test } from "vitest";
import type { AnyValue } from "../../collector/model/attributes.ts";
import type { LogRecord } from "../../collector/model/log-record.ts";
import type { Metric } from "../../collector/model/metric.ts";
import type { Span } from "../../collector/model/span.ts";
import { formatOtlpJson } from "../../collector/wire/otlp-json.ts";
import { type Harness, JSON_TYPE, openReceiver, PROTOBUF, post } from "./harness.ts";
import { encodeTraces, jsonSpan, jsonTraces, SPAN_ID, span, TRACE_ID } from "./messages.ts";

/** Sends one request and gives what went on into the pipeline. */
async function through<Item>(receiver: Harness, path: string, body: string): Promise<readonly Item[]> {
  const reply = await post(receiver, path, body, JSON_TYPE);
  expect([reply.status, reply.body.toString()]).toEqual([200, "{}"]);
  return (receiver.batches.at(-1)?.items ?? []) as readonly Item[];
}

async function spanOf(overrides: object): Promise<Span> {
  await using receiver = await openReceiver();
  return (await through<Span>(receiver, "/v1/traces", jsonTraces([jsonSpan(overrides)])))[0] as Span;
}

/** The value of an attribute sent as this text (JSON.stringify could not write all of them). */
async function attributeOf(valueText: string): Promise<AnyValue | undefined> {
  await using receiver = await openReceiver();
  const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a","attributes":[{"key":"k","value":${valueText}}]}]}]}]}`;
  return (await through<Span>(receiver, "/v1/traces", body))[0]?.attributes.get("k");
}

test("J-01 snake_case field names are accepted beside camelCase", async () => {
  await using receiver = await openReceiver();
  const body = JSON.stringify({
    resource_spans: [
      { scope_spans: [{ spans: [{ trace_id: TRACE_ID, span_id: SPAN_ID, name: "a", start_time_unix_nano: "7", trace_state: "x=1" }] }] },
    ],
  });
  expect(await through<Span>(receiver, "/v1/traces", body)).toMatchObject([
    { traceId: TRACE_ID, spanId: SPAN_ID, startUnixNano: 7n, traceState: "x=1" },
  ]);
  expect(formatOtlpJson(receiver.batches[0] as never)).toContain('"startTimeUnixNano":"7"');
});

test("J-02 ids are hex of either case; a wrong length costs its span only", async () => {
  expect(await spanOf({ traceId: TRACE_ID.toUpperCase() })).toMatchObject({ traceId: TRACE_ID });
  await using receiver = await openReceiver();
  const reply = await post(receiver, "/v1/traces", jsonTraces([jsonSpan({ spanId: "abcd" }), jsonSpan({ name: "kept" })]), JSON_TYPE);
  expect(JSON.parse(reply.body.toString()).partialSuccess.rejectedSpans).toBe("1");
  expect(receiver.batches[0]?.items).toMatchObject([{ name: "kept" }]);
});

test("J-03 an id in base64 is refused with a word about it", async () => {
  await using receiver = await openReceiver();
  const base64 = Buffer.from(TRACE_ID, "hex").toString("base64");
  const reply = await post(receiver, "/v1/traces", jsonTraces([jsonSpan({ traceId: base64 })]), JSON_TYPE);
  expect(JSON.parse(reply.body.toString()).partialSuccess).toMatchObject({
    rejectedSpans: "1",
    errorMessage: expect.stringContaining("this looks like base64; OTLP/JSON wants hex"),
  });
});

test("J-04 enums as numbers and as names; numbers are emitted", async () => {
  expect(await spanOf({ kind: "SPAN_KIND_SERVER", status: { code: "STATUS_CODE_ERROR" } })).toMatchObject({ kind: 2, statusCode: 2 });
  expect(await spanOf({ kind: 3, status: { code: 1 } })).toMatchObject({ kind: 3, statusCode: 1 });
  await using receiver = await openReceiver();
  await through(receiver, "/v1/traces", jsonTraces([jsonSpan({ kind: "SPAN_KIND_SERVER" })]));
  expect(formatOtlpJson(receiver.batches[0] as never)).toContain('"kind":2');
});

test("J-05 64-bit integers keep all digits, as strings and as bare numbers", async () => {
  expect(await spanOf({ startTimeUnixNano: "1544712660300000123" })).toMatchObject({ startUnixNano: 1544712660300000123n });
  await using receiver = await openReceiver();
  const bare = jsonTraces([jsonSpan({ startTimeUnixNano: "@" })]).replace('"@"', "1544712660300000123");
  expect(await through<Span>(receiver, "/v1/traces", bare)).toMatchObject([{ startUnixNano: 1544712660300000123n }]);
  expect(await attributeOf('{"intValue":9223372036854775807}')).toEqual({ kind: "int", value: 9223372036854775807n });
  expect(await attributeOf('{"intValue":"-9223372036854775808"}')).toEqual({ kind: "int", value: -9223372036854775808n });
});

test.each([
  ["1.5", 1.5],
  ['"NaN"', Number.NaN],
  ['"Infinity"', Number.POSITIVE_INFINITY],
  ['"-Infinity"', Number.NEGATIVE_INFINITY],
  ['"2.5e3"', 2500],
  ["-0", -0],
])("J-06 a double may be written %s", async (text, value) => {
  expect(await attributeOf(`{"doubleValue":${text}}`)).toEqual({ kind: "double", value });
});

test("J-06 special doubles are emitted as strings", async () => {
  await using receiver = await openReceiver();
  const attributes = [{ key: "k", value: { doubleValue: "NaN" } }];
  await through(receiver, "/v1/traces", jsonTraces([jsonSpan({ attributes })]));
  expect(formatOtlpJson(receiver.batches[0] as never)).toContain('"doubleValue":"NaN"');
});

test.each(["+/8A", "-_8A", "+/8=", "+/8", "-_8"])("J-07 bytes in base64, standard or url-safe, padded or not: %s", async (text) => {
  expect(await attributeOf(JSON.stringify({ bytesValue: text }))).toEqual({ kind: "bytes", value: new Uint8Array(Buffer.from(text, "base64url")) });
});

test("J-08 unknown fields are ignored, whatever they hold, and counted", async () => {
  await using receiver = await openReceiver();
  const body = jsonTraces([jsonSpan({ fooBar: { deep: [1, { x: null }] } })]);
  expect(await through<Span>(receiver, "/v1/traces", body)).toMatchObject([{ name: "GET /" }]);
  expect(receiver.meter.total("pitwall_receiver_unknown_fields", { field: "Span.fooBar" })).toBe(1);
});

test("J-09 null is the same as absent, everywhere", async () => {
  const nulls = { parentSpanId: null, kind: null, attributes: null, events: null, status: null, droppedAttributesCount: null, endTimeUnixNano: null };
  expect(await spanOf(nulls)).toMatchObject({ kind: 0, parentSpanId: "", droppedAttributesCount: 0, endUnixNano: 0n, events: [], statusCode: 0 });
  expect(await attributeOf('{"boolValue":null,"stringValue":"s"}')).toEqual({ kind: "string", value: "s" });
});

test("J-10 of two values in one AnyValue the last wins", async () => {
  expect(await attributeOf('{"intValue":"1","stringValue":"two"}')).toEqual({ kind: "string", value: "two" });
  expect(await attributeOf('{"stringValue":"two","intValue":"1"}')).toEqual({ kind: "int", value: 1 });
});

test("J-11 an attribute without a value is empty", async () => {
  expect(await attributeOf("{}")).toEqual({ kind: "empty", value: null });
});

test.each(["json", "protobuf"])("J-12 a value nested 10 000 deep is dropped and counted, in %s: its span goes on", async (format) => {
  await using receiver = await openReceiver();
  const depth = 10_000;
  const value = `${'{"arrayValue":{"values":['.repeat(depth)}{}${"]}}".repeat(depth)}`;
  const json = `{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a","attributes":[{"key":"deep","value":${value}},{"key":"k","value":{"stringValue":"v"}}]}]}]}]}`;
  const reply =
    format === "json" ? await post(receiver, "/v1/traces", json, JSON_TYPE) : await post(receiver, "/v1/traces", deepProtobuf(depth), PROTOBUF);
  expect(reply.status).toBe(200);
  expect(receiver.batches[0]?.items).toMatchObject([{ name: "a" }]);
  expect(receiver.meter.total("pitwall_receiver_too_deep")).toBe(1);
});

test("J-13 of duplicate keys the last one counts, and they are counted", async () => {
  await using receiver = await openReceiver();
  const attributes = ["first", "last"].map((text) => ({ key: "k", value: { stringValue: text } }));
  const [item] = await through<Span>(receiver, "/v1/traces", jsonTraces([jsonSpan({ attributes })]));
  expect(item?.attributes.getString("k")).toBe("last");
  expect(receiver.meter.total("pitwall_receiver_duplicate_keys")).toBe(1);
});

test("J-14 text in protobuf that is not UTF-8 is read with U+FFFD and counted; forwarded bytes stay as they came", async () => {
  // Something in the pipeline reads the text, as the debug exporter does.
  await using receiver = await openReceiver({ http: {} }, { push: async (batch) => void batch.items });
  const body = Buffer.from(encodeTraces([span({ name: "bad?name" })]));
  body[body.indexOf("bad?name") + 3] = 0xff;
  expect((await post(receiver, "/v1/traces", body)).status).toBe(200);
  expect(receiver.batches[0]?.items).toMatchObject([{ name: "bad\uFFFDname" }]);
  expect(receiver.meter.total("pitwall_receiver_invalid_utf8")).toBe(1);
  expect(Buffer.concat(receiver.batches[0]?.encoded ?? [])).toEqual(body);
});

test("J-14 text in JSON that is not UTF-8 is replaced, counted, and the sender is told", async () => {
  await using receiver = await openReceiver();
  const body = Buffer.from(jsonTraces([jsonSpan({ name: "bad?name" })]));
  body[body.indexOf("bad?name") + 3] = 0xff;
  const reply = await post(receiver, "/v1/traces", body, JSON_TYPE);
  expect(JSON.parse(reply.body.toString())).toEqual({ partialSuccess: { errorMessage: expect.stringContaining("UTF-8") } });
  expect(receiver.batches[0]?.items).toMatchObject([{ name: "bad\uFFFDname" }]);
  expect(receiver.meter.total("pitwall_receiver_invalid_utf8")).toBe(1);
});

test("J-15 the withdrawn instrumentationLibrarySpans is accepted", async () => {
  await using receiver = await openReceiver();
  const body = JSON.stringify({
    resourceSpans: [{ instrumentationLibrarySpans: [{ instrumentationLibrary: { name: "old" }, spans: [jsonSpan()] }] }],
  });
  expect(await through<Span>(receiver, "/v1/traces", body)).toMatchObject([{ name: "GET /", scope: { name: "old" } }]);
});

test("J-16 64-bit integers are emitted as strings", async () => {
  await using receiver = await openReceiver();
  const metric = { name: "m", sum: { dataPoints: [{ timeUnixNano: 5, asInt: 6 }], aggregationTemporality: 2 } };
  await through<Metric>(receiver, "/v1/metrics", JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }));
  const text = formatOtlpJson(receiver.batches[0] as never);
  expect(text).toContain('"timeUnixNano":"5"');
  expect(text).toContain('"asInt":"6"');
});

test("J-17 flags and dropped counts as numbers and as strings", async () => {
  expect(await spanOf({ flags: 257, droppedAttributesCount: 3 })).toMatchObject({ flags: 257, droppedAttributesCount: 3 });
  expect(await spanOf({ flags: "257", droppedAttributesCount: "3" })).toMatchObject({ flags: 257, droppedAttributesCount: 3 });
});

test("J-18 entity refs and profile ids do not disturb", async () => {
  await using receiver = await openReceiver();
  const resource = { attributes: [{ key: "host.id", value: { stringValue: "h" } }], entityRefs: [{ type: "host", idKeys: ["host.id"] }] };
  const logRecord = { body: { stringValue: "hello" }, profileId: "00112233445566778899aabbccddeeff" };
  const [record] = await through<LogRecord>(
    receiver,
    "/v1/logs",
    JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [logRecord] }] }] }),
  );
  expect(record?.resource.entityRefs).toMatchObject([{ type: "host", idKeys: ["host.id"] }]);
});

/** One span "a" with an attribute whose value is `depth` arrays within one another. */
function deepProtobuf(depth: number): Uint8Array {
  let value: Buffer = Buffer.alloc(0);
  // AnyValue.array_value is field 5, ArrayValue.values field 1.
  for (let level = 0; level < depth; level++) value = field(5, field(1, value));
  const attribute = Buffer.concat([field(1, Buffer.from("deep")), field(2, value)]);
  const spanBytes = Buffer.concat([field(5, Buffer.from("a")), field(9, attribute)]);
  return field(1, field(2, field(2, spanBytes)));
}

function field(number: number, bytes: Buffer): Buffer {
  const prefix = [(number << 3) | 2];
  for (let rest = bytes.length; ; rest >>>= 7) {
    prefix.push(rest > 0x7f ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 0x7f) break;
  }
  return Buffer.concat([Buffer.from(prefix), bytes]);
}
