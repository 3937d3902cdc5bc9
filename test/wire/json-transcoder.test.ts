import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../collector/model/attributes.ts";
import { type Batch, type ItemsOf, SIGNALS, type Signal } from "../../collector/model/batch.ts";
import type { Metric } from "../../collector/model/metric.ts";
import type { Span } from "../../collector/model/span.ts";
import { batchOf } from "../../collector/wire/otlp-batch.ts";
import { formatOtlpJson, readOtlpJson } from "../../collector/wire/otlp-json.ts";
import { logColumnsOf } from "../../collector/wire/scan-batch.ts";
import { LOG_ROW } from "../../collector/wire/scan-logs.ts";
import { logRecords, metrics, spans } from "./otlp-arbitraries.ts";
import { peerDecode, peerView } from "./peer-codec.ts";
import { LOGS } from "./scan-samples.ts";

const ITEMS: Readonly<Record<Signal, fc.Arbitrary<readonly ItemsOf[Signal][]>>> = { traces: spans, metrics, logs: logRecords };

const read = (signal: Signal, text: string) => readOtlpJson(signal, Buffer.from(text));
const bytesOf = (batch: Batch) => Buffer.concat(batch.encoded);

/** The same document with its fields in another order and some names in snake_case, as `next` decides. */
function disordered(value: unknown, next: () => number): unknown {
  if (Array.isArray(value)) return value.map((inner) => disordered(inner, next));
  // JSON.stringify forgets the sign; in quotes it is a number all the same.
  if (Object.is(value, -0)) return "-0";
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    const name = next() < 0.2 ? key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : key;
    return { name, inner: disordered(inner, next), place: next() };
  });
  return Object.fromEntries(entries.sort((one, other) => one.place - other.place).map(({ name, inner }) => [name, inner]));
}

function cycled(numbers: readonly number[]): () => number {
  let at = 0;
  return () => numbers[at++ % numbers.length] as number;
}
const decisions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 20, maxLength: 40 }).map((numbers) => cycled(numbers));

describe.each(SIGNALS)("JSON becomes protobuf, %s", (signal) => {
  test("an independent codec reads the same in it", () => {
    fc.assert(
      fc.property(ITEMS[signal], (items) => {
        const { batch } = read(signal, formatOtlpJson(batchOf(signal, items)));
        expect(peerDecode(signal, bytesOf(batch))).toEqual(peerView(signal, items));
      }),
    );
  });

  test("it takes not one byte more than what we write of the items", () => {
    fc.assert(
      fc.property(ITEMS[signal], (items) => {
        const own = batchOf(signal, items);
        expect(bytesOf(read(signal, formatOtlpJson(own)).batch).length).toBe(bytesOf(own).length);
      }),
    );
  });

  test("the order of fields, the style of names and white space change nothing", () => {
    fc.assert(
      fc.property(ITEMS[signal], decisions, fc.constantFrom(undefined, 1), (items, next, indent) => {
        const text = JSON.stringify(disordered(JSON.parse(formatOtlpJson(batchOf(signal, items))), next), null, indent);
        const { batch, notes } = read(signal, text);
        expect(batch.items).toEqual(items);
        expect(notes.unknownFields.size).toBe(0);
      }),
    );
  });

  test("what is left after mistakes in the text is JSON, and protobuf", () => {
    const edit = fc.tuple(fc.nat(), fc.constantFrom(...'{}[],:"\\0129.-eanul'), fc.boolean());
    fc.assert(
      fc.property(ITEMS[signal], fc.array(edit, { minLength: 1, maxLength: 3 }), (items, edits) => {
        let text = formatOtlpJson(batchOf(signal, items));
        for (const [where, character, insert] of edits) {
          const at = where % text.length;
          text = text.slice(0, at) + character + text.slice(insert ? at : at + 1);
        }
        let batch: Batch;
        try {
          ({ batch } = read(signal, text));
        } catch (error) {
          expect(error).toMatchObject({ code: "E_JSON" });
          return;
        }
        expect(() => JSON.parse(text.toWellFormed())).not.toThrow();
        expect(() => peerDecode(signal, bytesOf(batch))).not.toThrow();
      }),
    );
  });
});

describe("attributes", () => {
  /** The run of attribute fields of the first record, as a consumer that compares series sees it. */
  function runOf(batch: Batch): string {
    if (batch.signal !== "logs") throw new Error("not logs");
    const columns = logColumnsOf(batch);
    const { words } = columns.records;
    return Buffer.from(columns.bytes.subarray(words[LOG_ROW.attributesStart], words[LOG_ROW.attributesEnd])).toString("hex");
  }

  const [record] = LOGS as [(typeof LOGS)[0] & {}, ...typeof LOGS];
  const ownRun = (attributes: Attributes) => runOf(batchOf("logs", [{ ...record, attributes }]));
  const jsonRun = (attributes: string) =>
    runOf(read("logs", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[${attributes}]}]}]}]}`).batch);

  test("the same attribute is the same bytes, in whatever way its JSON is written", () => {
    const wanted = ownRun(Attributes.of([["key", { kind: "string", value: "v" }]]));
    for (const text of [
      '{"key":"key","value":{"stringValue":"v"}}',
      '{ "key": "key", "value": { "stringValue": "v" } }',
      '{"value":{"stringValue":"v"},"key":"key"}',
      '{"value":{"string_value":"v"},"extra":[1],"key":"key"}',
      '{"key":"other","value":{"intValue":1},"value":{"stringValue":"v"},"key":"key"}',
      '{"key":"\\u006bey","value":{"stringValue":"\\u0076"}}',
      '{"key":"key","value":{"intValue":"7","stringValue":"v"}}',
    ]) {
      expect(jsonRun(text)).toBe(wanted);
    }
  });

  test("any list of attributes is the bytes that we write of it", () => {
    fc.assert(
      fc.property(logRecords, (records) => {
        fc.pre(records.length > 0);
        const own = batchOf("logs", records);
        expect(runOf(read("logs", formatOtlpJson(own)).batch)).toBe(runOf(own));
      }),
    );
  });

  test.each([90, 99, 100, 101, 110, 119, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 200, 16_370, 16_384, 70_000])(
    "text of %i bytes, in keys and in values, has lengths as we write them",
    (length) => {
      const long = "é".padEnd(length - 1, "x");
      for (const [key, value] of [
        ["k", long],
        [long, "v"],
        [long, long],
        ["a.key.of.middling.length", long],
      ] as const) {
        const wanted = ownRun(Attributes.of([[key, { kind: "string", value }]]));
        expect(jsonRun(JSON.stringify({ key, value: { stringValue: value } }))).toBe(wanted);
        expect(jsonRun(JSON.stringify({ value: { stringValue: value }, key }, null, 1))).toBe(wanted);
      }
      for (const key of [long, long.slice(1)]) {
        expect(jsonRun(JSON.stringify({ key, value: { doubleValue: 0.5 } }))).toBe(ownRun(Attributes.of([[key, { kind: "double", value: 0.5 }]])));
      }
    },
  );

  test("J-13 keys are compared as text, escaped or not, and in lists within lists", () => {
    const attribute = (key: string, value = '{"intValue":1}') => `{"key":${key},"value":${value}}`;
    const inner = `{"kvlistValue":{"values":[${attribute('"a"')},${attribute('"\\u0061"')}]}}`;
    const lists = [
      [`${attribute('"a"')},${attribute('"b"')}`, 0],
      [`${attribute('"a"')},${attribute('"b"')},${attribute('"a"')},${attribute('"a"')}`, 2],
      [`${attribute('"a"')},${attribute('"\\u0061"')}`, 1],
      [`${attribute('"日本"')},${attribute('"日本"')}`, 1],
      ['{"value":{}},{"key":""},{"key":"a"}', 1],
      [`${attribute('"a"', inner)},${attribute('"b"', inner)}`, 2],
    ] as const;
    for (const [attributes, wanted] of lists) {
      const { notes } = read("logs", `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[${attributes}]}]}]}]}`);
      expect(notes.duplicateKeys).toBe(wanted);
    }
  });
});

test("a field that comes twice in an object is what it is in protobuf: the last value counts, lists go on", () => {
  const fields =
    '"name":"a","kind":2,"name":"","events":[{"name":"e"}],"kind":0,"events":[{"name":"f"}],"status":{"code":2},"status":{"message":"m"}';
  const { batch } = read("traces", `{"resourceSpans":[{"scopeSpans":[{"spans":[{${fields}}]}]}]}`);
  expect(batch.items as readonly Span[]).toMatchObject([
    { name: "", kind: 0, events: [{ name: "e" }, { name: "f" }], statusCode: 2, statusMessage: "m" },
  ]);
});

test("a metric's data of two kinds: the last one counts", () => {
  const data = '"gauge":{"dataPoints":[{"asInt":1},{"asInt":2}]},"sum":{"isMonotonic":true,"dataPoints":[{"asInt":1,"asDouble":2}]}';
  const { batch } = read("metrics", `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{${data}}]}]}]}`);
  expect(batch.count).toBe(1);
  expect((batch.items[0] as Metric).data).toMatchObject({ type: "sum", isMonotonic: true, points: [{ number: { kind: "double", value: 2 } }] });
});

test("a batch owns its bytes: the next request leaves it as it is", () => {
  const text = (name: string) => `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"eventName":"${name}"}]}]}]}`;
  const body = Buffer.from(text("first"));
  const { batch } = readOtlpJson("logs", body);
  body.fill(0);
  readOtlpJson("logs", Buffer.from(text("other")));
  expect(batch.items).toMatchObject([{ eventName: "first" }]);
  expect(batch.retain()).toBe(batch);
});

test("a list of numbers may take far more room as protobuf than as JSON", () => {
  const numbers = Array.from({ length: 5000 }, (_, index) => index % 10);
  const point = `{"bucketCounts":[${numbers.join(",")}],"explicitBounds":[${numbers.join(",")}]}`;
  const { batch } = read("metrics", `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[${point},${point}]}}]}]}]}`);
  const points = (batch.items[0] as Metric).data.points;
  expect(points).toHaveLength(2);
  for (const one of points) expect(one).toMatchObject({ bucketCounts: numbers.map(BigInt), explicitBounds: numbers });
});
