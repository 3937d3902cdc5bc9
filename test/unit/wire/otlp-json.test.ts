import { describe, expect, test } from "vitest";
import { Attributes } from "../../../collector/model/attributes.ts";
import type { Signal } from "../../../collector/model/batch.ts";
import type { LogRecord } from "../../../collector/model/log-record.ts";
import type { HistogramPoint, Metric, NumberPoint } from "../../../collector/model/metric.ts";
import type { Span } from "../../../collector/model/span.ts";
import { JsonError } from "../../../collector/wire/json-error.ts";
import { formatOtlpJson, type OtlpJson, readOtlpJson } from "../../../collector/wire/otlp-json.ts";

const TRACE_ID = "5b8efff798038103d269b633813fc60c";
const SPAN_ID = "eee19b7ec3c1b174";

const read = (signal: Signal, text: string): OtlpJson => readOtlpJson(signal, Buffer.from(text));

/** Each text is one span's fields without the braces. */
function readSpans(...spans: readonly string[]): OtlpJson & { readonly spans: readonly Span[] } {
  const result = read("traces", `{"resourceSpans":[{"scopeSpans":[{"spans":[${spans.map((span) => `{${span}}`).join(",")}]}]}]}`);
  return { ...result, spans: result.batch.items as readonly Span[] };
}

function readLog(fields: string): LogRecord {
  return read("logs", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{${fields}}]}]}]}`).batch.items[0] as LogRecord;
}

function readMetric(fields: string): Metric {
  return read("metrics", `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{${fields}}]}]}]}`).batch.items[0] as Metric;
}

const readGauge = (fields: string) => readMetric(`"gauge":{"dataPoints":[{${fields}}]}`).data.points[0] as NumberPoint;
const readBody = (value: string) => readLog(`"body":${value}`).body;

function errorOf(signal: Signal, text: string): JsonError {
  try {
    read(signal, text);
  } catch (error) {
    if (error instanceof JsonError) return error;
    throw error;
  }
  throw new Error(`nothing was thrown for ${text}`);
}

describe("the body as a whole", () => {
  test("B-05 no bytes at all are an error with the words 'empty JSON body'", () => {
    expect(errorOf("traces", "").message).toContain("empty JSON body");
    expect(errorOf("traces", " \r\n\t").message).toContain("empty JSON body");
  });

  test.each(["[]", '"text"', "1", "true", "null"])("B-06 %s at the top is an error", (text) => {
    expect(errorOf("logs", text)).toMatchObject({ code: "E_JSON", path: "" });
  });

  test.each(["{} x", "{}{}", "{},", '{"resourceLogs":[]}]'])("B-07 %s, an object followed by something else, is an error", (text) => {
    expect(errorOf("logs", text).message).toContain("text after the end of the object");
  });

  test("an empty object, and resources without items, are a request of no items", () => {
    expect(read("traces", "{}").batch.count).toBe(0);
    expect(read("metrics", '{"resourceMetrics":[{"resource":{},"scopeMetrics":[]}]}').batch.count).toBe(0);
  });

  test("a byte order mark and white space round the object are passed over", () => {
    expect(read("traces", '\uFEFF\n {"resourceSpans" : [ ] }\n').batch.count).toBe(0);
  });
});

describe("names", () => {
  test("J-01 snake_case names are read like camelCase ones", () => {
    const { batch, notes } = read(
      "traces",
      `{"resource_spans":[{"schema_url":"r","scope_spans":[{"spans":[{"trace_id":"${TRACE_ID}","span_id":"${SPAN_ID}","start_time_unix_nano":"7",
        "dropped_attributes_count":3,"attributes":[{"key":"a","value":{"string_value":"b"}}]}]}]}]}`,
    );
    expect(batch.items).toMatchObject([
      { traceId: TRACE_ID, spanId: SPAN_ID, startUnixNano: 7n, droppedAttributesCount: 3, resource: { schemaUrl: "r" } },
    ]);
    expect((batch.items[0] as Span).attributes.getString("a")).toBe("b");
    expect(notes.unknownFields.size).toBe(0);
  });

  test("J-08 unknown fields are ignored, whatever they hold, and counted by name", () => {
    const { spans, notes } = readSpans('"name":"n","fooBar":{"a":[1,{"b":null}]},"x":[[],{}],"foo_bar":1', '"fooBar":"again"');
    expect(spans.map((span) => span.name)).toEqual(["n", ""]);
    expect([...notes.unknownFields]).toEqual([
      ["Span.fooBar", 3],
      ["Span.x", 1],
    ]);
  });

  test("field names that JavaScript objects have of themselves are fields like any other", () => {
    const { notes } = readSpans('"__proto__":{"name":"x"},"constructor":1,"toString":2');
    expect([...notes.unknownFields.keys()]).toEqual(["Span.__proto__", "Span.constructor", "Span.toString"]);
    expect(({} as { name?: string }).name).toBeUndefined();
  });

  test("J-15 B-11 instrumentationLibrarySpans and instrumentationLibrary are read as scopes", () => {
    const { batch } = read(
      "traces",
      '{"resourceSpans":[{"instrumentationLibrarySpans":[{"instrumentationLibrary":{"name":"old","version":"1"},"spans":[{"name":"s"}]}]}]}',
    );
    expect(batch.items).toMatchObject([{ name: "s", scope: { name: "old", version: "1" } }]);
  });

  test("a resource that stands behind its spans is theirs all the same", () => {
    const { batch } = read(
      "traces",
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"s"}],"scope":{"name":"late"}}],"resource":{"attributes":[{"key":"k","value":{"boolValue":true}}]}}]}',
    );
    expect(batch.items[0]?.scope.name).toBe("late");
    expect(batch.items[0]?.resource.attributes.get("k")).toEqual({ kind: "bool", value: true });
  });
});

describe("ids", () => {
  test("J-02 ids are hex of either case, given back in lower case; empty ones are unset", () => {
    const { spans, rejected } = readSpans(`"traceId":"${TRACE_ID.toUpperCase()}","spanId":"${SPAN_ID.toUpperCase()}","parentSpanId":""`);
    expect(spans).toMatchObject([{ traceId: TRACE_ID, spanId: SPAN_ID, parentSpanId: "" }]);
    expect(rejected).toEqual([]);
  });

  test.each([
    ["too short", "5b8eff"],
    ["too long", `${TRACE_ID}00`],
    ["not hex", "zz8efff798038103d269b633813fc60c"],
  ])("J-02 a trace id that is %s costs its span and leaves the neighbours", (_, traceId) => {
    const { spans, batch, rejected } = readSpans(`"traceId":"${TRACE_ID}","name":"first"`, `"traceId":"${traceId}"`, '"name":"last"');
    expect(spans.map((span) => span.name)).toEqual(["first", "last"]);
    expect(batch.count).toBe(2);
    expect(rejected).toEqual([{ reason: "bad_id", items: 1, message: expect.stringContaining("resourceSpans[0].scopeSpans[0].spans[1].traceId: ") }]);
    expect(rejected[0]?.message).toContain("32 hex digits");
  });

  test("J-02 many bad ids are one rejection with their number and the place of the first", () => {
    const { rejected, batch } = readSpans('"spanId":"ab"', '"parentSpanId":"ab"', '"name":"good"', '"traceId":"cd"');
    expect(batch.count).toBe(1);
    expect(rejected).toHaveLength(1);
    expect(rejected[0]).toMatchObject({ items: 3, message: expect.stringContaining("spans[0].spanId") });
    expect(rejected[0]?.message).toContain("(3 spans in all)");
  });

  test("J-03 a base64 id is told apart from a merely wrong one", () => {
    const base64 = Buffer.from(TRACE_ID, "hex").toString("base64");
    const { rejected } = readSpans(`"traceId":"${base64}"`, `"spanId":"${Buffer.from(SPAN_ID, "hex").toString("base64url")}"`, '"spanId":"12"');
    expect(rejected.map(({ items }) => items)).toEqual([2, 1]);
    expect(rejected[0]?.message).toContain("this looks like base64; OTLP/JSON wants hex");
    expect(rejected[1]?.message).not.toContain("base64");
  });

  test("a bad id in a link costs the link, which its span counts as dropped", () => {
    const { spans, rejected, notes } = readSpans(`"droppedLinksCount":1,"links":[{"traceId":"ab"},{"traceId":"${TRACE_ID}","spanId":"${SPAN_ID}"}]`);
    expect(spans).toMatchObject([{ links: [{ traceId: TRACE_ID }], droppedLinksCount: 2 }]);
    expect(rejected).toEqual([]);
    expect(notes.droppedLinks).toBe(1);
  });

  test("a bad id costs a log record", () => {
    const { batch, rejected } = read("logs", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"traceId":"ab"},{"spanId":"${SPAN_ID}"}]}]}]}`);
    expect(batch.items).toMatchObject([{ spanId: SPAN_ID }]);
    expect(rejected).toMatchObject([{ reason: "bad_id", items: 1 }]);
  });

  test("a bad id in an exemplar costs the exemplar, not its point", () => {
    const { batch, rejected, notes } = read(
      "metrics",
      '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"asInt":"1","exemplars":[{"spanId":"1"},{"asDouble":2}]}]}}]}]}]}',
    );
    const [point] = (batch.items[0] as Metric).data.points as readonly NumberPoint[];
    expect(point?.exemplars).toMatchObject([{ number: { kind: "double", value: 2 } }]);
    expect(rejected).toEqual([]);
    expect(notes.droppedExemplars).toBe(1);
  });
});

describe("numbers", () => {
  test("J-04 enums are read by number and by name, and written as numbers", () => {
    const { spans, batch } = readSpans(
      '"kind":2,"status":{"code":2}',
      '"kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"}',
      '"kind":"3"',
    );
    expect(spans.map(({ kind, statusCode }) => [kind, statusCode])).toEqual([
      [2, 2],
      [2, 2],
      [3, 0],
    ]);
    expect(formatOtlpJson(batch)).toContain('"kind":2');
    expect(readLog('"severityNumber":"SEVERITY_NUMBER_ERROR2"').severityNumber).toBe(18);
    expect(readLog('"severityNumber":"SEVERITY_NUMBER_TRACE"').severityNumber).toBe(1);
    expect(readMetric('"sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE"}').data).toMatchObject({ temporality: 2 });
  });

  test("J-04 an enum name that does not exist is an error", () => {
    expect(errorOf("traces", '{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":"SPAN_KIND_SERVFR"}]}]}]}').message).toContain("SPAN_KIND_SERVER");
  });

  test.each(["1544712660300000123", '"1544712660300000123"'])("J-05 a time of %s keeps all its digits", (text) => {
    expect(readSpans(`"startTimeUnixNano":${text}`).spans[0]?.startUnixNano).toBe(1_544_712_660_300_000_123n);
  });

  test("J-05 the ends of the 64-bit ranges survive, bare and in quotes", () => {
    for (const quote of ["", '"']) {
      expect(readSpans(`"startTimeUnixNano":${quote}18446744073709551615${quote}`).spans[0]?.startUnixNano).toBe(2n ** 64n - 1n);
      expect(readBody(`{"intValue":${quote}-9223372036854775808${quote}}`)).toEqual({ kind: "int", value: -(2n ** 63n) });
      expect(readBody(`{"intValue":${quote}9223372036854775807${quote}}`)).toEqual({ kind: "int", value: 2n ** 63n - 1n });
      expect(readGauge(`"asInt":${quote}-5${quote}`).number).toEqual({ kind: "int", value: -5 });
    }
  });

  test.each([
    ["traces", "startTimeUnixNano", "18446744073709551616"],
    ["traces", "startTimeUnixNano", "-1"],
    ["traces", "startTimeUnixNano", '"abc"'],
    ["traces", "startTimeUnixNano", "1.5"],
    ["traces", "startTimeUnixNano", "{}"],
    ["traces", "flags", "4294967296"],
    ["traces", "droppedEventsCount", '"-1"'],
    ["traces", "kind", "1e10"],
  ] as const)("J-05 in %s, %s: %s is an error with its path", (signal, field, value) => {
    const error = errorOf(signal, `{"resourceSpans":[{},{"scopeSpans":[{"spans":[{},{},{"name":"x","${field}":${value}}]}]}]}`);
    expect(error).toMatchObject({ code: "E_JSON", path: `resourceSpans[1].scopeSpans[0].spans[2].${field}` });
  });

  test("J-05 whole numbers in other clothes are integers", () => {
    expect(readSpans('"kind":1.0,"flags":"1e2","startTimeUnixNano":1e3').spans).toMatchObject([{ kind: 1, flags: 100, startUnixNano: 1000n }]);
  });

  test("J-06 doubles are numbers, NaN and the infinities in quotes, and numeric strings", () => {
    const values = ['"NaN"', '"Infinity"', '"-Infinity"', '"1.5"', "1e300", "-0", "3", "0.1", "123456789012345678", "5e-324"];
    const numbers = values.map((text) => readGauge(`"asDouble":${text}`).number.value);
    expect(numbers).toEqual([Number.NaN, Infinity, -Infinity, 1.5, 1e300, -0, 3, 0.1, 123456789012345680, 5e-324]);
  });

  test.each(['"abc"', "true", '""', "1e999", "[]"])("J-06 %s is no double", (text) => {
    expect(() => readGauge(`"asDouble":${text}`)).toThrow("a number expected");
  });

  test("J-06 what JSON has no number for is written in quotes", () => {
    const text = '{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"asDouble":"NaN"},{"asDouble":"-Infinity"}]}}]}]}]}';
    expect(formatOtlpJson(read("metrics", text).batch)).toBe(text);
  });

  test("J-16 64-bit integers are written as strings", () => {
    const text = formatOtlpJson(readSpans('"endTimeUnixNano":1544712660300000123,"attributes":[{"key":"a","value":{"intValue":7}}]').batch);
    expect(text).toContain('"endTimeUnixNano":"1544712660300000123"');
    expect(text).toContain('"intValue":"7"');
  });

  test("J-17 flags and dropped counts are read from numbers and strings", () => {
    expect(readSpans('"flags":257,"droppedAttributesCount":2', '"flags":"257","droppedAttributesCount":"2"').spans).toMatchObject([
      { flags: 257, droppedAttributesCount: 2 },
      { flags: 257, droppedAttributesCount: 2 },
    ]);
  });

  test("bounds that repeat, and bounds that only begin alike, are read as they stand", () => {
    const texts = ["[1,2]", "[1,2]", "[1,2,3]", "[]", "[1,2]", "[1, 2]", "[1,20]"];
    const points = readMetric(`"histogram":{"dataPoints":[${texts.map((bounds) => `{"explicitBounds":${bounds}}`).join(",")}]}`).data.points;
    expect((points as readonly HistogramPoint[]).map((point) => point.explicitBounds)).toEqual(texts.map((bounds) => JSON.parse(bounds) as unknown));
  });

  test("a histogram point tells absent sums from zeros", () => {
    const points = readMetric('"histogram":{"dataPoints":[{"count":"3","bucketCounts":["1",2],"explicitBounds":[0.5],"sum":0},{"min":-1}]}').data
      .points;
    expect(points as readonly HistogramPoint[]).toMatchObject([
      { count: 3n, bucketCounts: [1n, 2n], explicitBounds: [0.5], sum: 0, min: undefined },
      { count: 0n, sum: undefined, min: -1 },
    ]);
  });
});

describe("values", () => {
  test.each(["+/8=", "-_8=", "+/8", "-_8"])("J-07 bytes %s are read whatever the base64 alphabet and padding", (text) => {
    expect(readBody(`{"bytesValue":"${text}"}`)).toEqual({ kind: "bytes", value: Uint8Array.of(0xfb, 0xff) });
  });

  test("J-07 bytes that are not base64 are an error", () => {
    expect(() => readBody('{"bytesValue":"a b!"}')).toThrow("resourceLogs[0].scopeLogs[0].logRecords[0].body.bytesValue: base64 expected");
  });

  test("J-09 null is the same as absent, for every kind of field", () => {
    const { spans, rejected } = readSpans(
      '"traceId":null,"name":null,"kind":null,"startTimeUnixNano":null,"attributes":null,"events":[null,{"name":null}],"links":null,"status":null,"flags":null',
    );
    expect(rejected).toEqual([]);
    expect(spans).toMatchObject([{ traceId: "", name: "", kind: 0, startUnixNano: 0n, events: [{ name: "" }], links: [], statusCode: 0 }]);
    expect(read("traces", '{"resourceSpans":null}').batch.count).toBe(0);
    expect(read("traces", '{"resourceSpans":[null,{"resource":null,"scopeSpans":[null,{"scope":null,"spans":[null]}]}]}').batch.count).toBe(0);
    expect(readGauge('"asDouble":null').number).toEqual({ kind: "empty", value: null });
    expect(readLog('"attributes":[null,{"key":"a","value":null}]').attributes).toEqual(Attributes.of([["a", { kind: "empty", value: null }]]));
    expect(readBody('{"arrayValue":{"values":[null,{"boolValue":null}]}}')).toMatchObject({
      kind: "array",
      value: [{ kind: "empty" }, { kind: "empty" }],
    });
  });

  test("J-09 an attribute whose value is null has the empty one, in compact text too", () => {
    const attributes = ["string", "int", "double", "bool"].map((kind) => `{"key":"${kind}","value":{"${kind}Value":null}}`).join(",");
    expect(readLog(`"attributes":[${attributes},{"key":"last","value":{"intValue":"1"}}]`).attributes).toEqual(
      Attributes.of([
        ["string", { kind: "empty", value: null }],
        ["int", { kind: "empty", value: null }],
        ["double", { kind: "empty", value: null }],
        ["bool", { kind: "empty", value: null }],
        ["last", { kind: "int", value: 1 }],
      ]),
    );
  });

  test("an attribute that begins in the usual form and goes on in another is read all the same", () => {
    const texts = [
      '{"key":"k","value":{"stringValue":"v","intValue":"1"}}',
      '{"key":"k","value":{"intValue":1},"extra":true}',
      '{"key":"k","value":{"intValue":"1"} }',
      '{"key":"k","extra":{},"value":{"intValue":1}}',
      '{"value":{"intValue":1},"key":"k"}',
    ];
    for (const text of texts) expect(readLog(`"attributes":[${text}]`).attributes).toEqual(Attributes.of([["k", { kind: "int", value: 1 }]]));
  });

  test("J-10 of two values in one AnyValue the last wins", () => {
    expect(readBody('{"intValue":"1","stringValue":"two"}')).toEqual({ kind: "string", value: "two" });
    expect(readBody('{"stringValue":"two","intValue":"1"}')).toEqual({ kind: "int", value: 1 });
  });

  test("J-11 an attribute without a value has the empty one", () => {
    expect(readLog('"attributes":[{"key":"a"},{"key":"b","value":{}}]').attributes.kinds).toEqual(["empty", "empty"]);
  });

  test("J-13 keys that repeat are kept, counted, and the last one is got", () => {
    const attribute = (value: number) => `{"key":"a","value":{"intValue":${value}}}`;
    const { spans, notes } = readSpans(`"attributes":[${attribute(1)},${attribute(2)}]`, `"attributes":[${attribute(3)}]`);
    expect(spans[0]?.attributes.size).toBe(2);
    expect(spans[0]?.attributes.get("a")).toEqual({ kind: "int", value: 2 });
    expect(notes.duplicateKeys).toBe(1);
  });

  test("J-14 bytes that are not UTF-8 become U+FFFD and are counted; a U+FFFD that was sent is not", () => {
    const start = '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityText":"';
    const bytes = Buffer.concat([
      Buffer.from(`${start}a`),
      Buffer.from([0xff]),
      Buffer.from('","eventName":"\uFFFD","body":{"stringValue":"\\ud800x"}}]}]}]}'),
    ]);
    const { batch, notes } = readOtlpJson("logs", bytes);
    expect(batch.items).toMatchObject([{ severityText: "a\uFFFD", eventName: "\uFFFD", body: { value: "\uFFFDx" } }]);
    expect(notes.invalidUtf8).toBe(2);
  });

  test("escapes are read in values and in names", () => {
    const log = readLog('"severityText":"\\u0041\\n\\"\\\\\\ud83d\\ude00","event\\u004eame":"e"');
    expect(log).toMatchObject({ severityText: 'A\n"\\😀', eventName: "e" });
  });

  test("J-18 entity references are read and written", () => {
    const text =
      '{"resourceLogs":[{"resource":{"entityRefs":[{"schemaUrl":"s","type":"host","idKeys":["host.id"],"descriptionKeys":["host.name"]}]},"scopeLogs":[{"logRecords":[{"eventName":"e"}]}]}]}';
    const { batch } = read("logs", text);
    expect(batch.items[0]?.resource.entityRefs).toEqual([{ schemaUrl: "s", type: "host", idKeys: ["host.id"], descriptionKeys: ["host.name"] }]);
    expect(formatOtlpJson(batch)).toBe(text);
  });
});

describe("E-02 errors name the place", () => {
  test.each([
    ['{"resourceSpans":{}}', "resourceSpans", "an array expected"],
    [
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":5}]}]}]}',
      "resourceSpans[0].scopeSpans[0].spans[0].name",
      "a string expected, but at byte 51 stands 5",
    ],
    [
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"},{"events":[{"name":"]},{"},{"timeUnixNano":true}]}]}]}]}',
      "resourceSpans[0].scopeSpans[0].spans[1].events[1].timeUnixNano",
      "stands true",
    ],
    ['{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a"', "resourceSpans[0].scopeSpans[0].spans[0].name", "the text ends"],
    ['{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a', "resourceSpans[0].scopeSpans[0].spans[0].name", "the text ends inside a string"],
    ['{"resourceSpans":[{,}]}', "resourceSpans[0]", "a field name in quotes expected"],
    ['{"resourceSpans":[}', "resourceSpans[0]", "an object expected"],
    ['{"resource_spans":[{"scope_spans":7}]}', "resource_spans[0].scope_spans", "an array expected"],
    ['{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"a\tb"}]}]}]}', "resourceSpans[0].scopeSpans[0].spans[0].name", "control character"],
    ['{"x":tru}', "x", "a value expected"],
  ])("%s", (text, path, words) => {
    const error = errorOf("traces", text);
    expect(error).toMatchObject({ code: "E_JSON", path, fieldViolations: [{ field: path, description: expect.stringContaining(words) }] });
    expect(error.message).toContain(path);
  });
});
