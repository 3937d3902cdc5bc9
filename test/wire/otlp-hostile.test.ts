import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ItemsOf, SIGNALS, type Signal } from "../../collector/model/batch.ts";
import { isLoadError } from "../../collector/model/errors.ts";
import { batchOf, encodedBatch } from "../../collector/wire/otlp-batch.ts";
import { formatOtlpJson, readOtlpJson } from "../../collector/wire/otlp-json.ts";
import { decodeLogs } from "../../collector/wire/otlp-logs.ts";
import { decodeTraces } from "../../collector/wire/otlp-traces.ts";
import { WireNotes } from "../../collector/wire/wire-notes.ts";
import { logRecords, metrics, spans } from "./otlp-arbitraries.ts";

const ITEMS: Readonly<Record<Signal, fc.Arbitrary<readonly ItemsOf[Signal][]>>> = { traces: spans, metrics, logs: logRecords };

/** The code of the LoadError that `read` ends with; "" when it reads through. Any other error passes on. */
function codeOf(read: () => unknown): string {
  try {
    read();
    return "";
  } catch (error) {
    if (isLoadError(error)) return error.code;
    throw error;
  }
}

const decodeCode = (signal: Signal, bytes: Uint8Array) => codeOf(() => encodedBatch(signal, [bytes], 0, { notes: new WireNotes() }).items);
const jsonCode = (signal: Signal, bytes: Uint8Array) => codeOf(() => readOtlpJson(signal, bytes));
const wireCodes = ["", "E_WIRE_TRUNCATED", "E_WIRE_MALFORMED"];

/** Overwrites, inserts or removes a few bytes. */
function mutated(bytes: Uint8Array, edits: readonly (readonly [number, number, number])[]): Uint8Array {
  const result = [...bytes];
  for (const [where, value, kind] of edits) {
    const at = where % (result.length + 1);
    if (kind === 0) result[at] = value;
    else if (kind === 1) result.splice(at, 0, value);
    else result.splice(at, 1);
  }
  return Uint8Array.from(result);
}
const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.nat(2)), { minLength: 1, maxLength: 4 });

describe.each(SIGNALS)("hostile %s", (signal) => {
  test("a request cut off anywhere reads through to a field's end, or is E_WIRE_TRUNCATED", () => {
    fc.assert(
      fc.property(ITEMS[signal], fc.nat(), (items, where) => {
        const bytes = Buffer.concat(batchOf(signal, items).encoded);
        const code = decodeCode(signal, bytes.subarray(0, where % (bytes.length + 1)));
        expect(["", "E_WIRE_TRUNCATED"]).toContain(code);
      }),
    );
  });

  test("changed bytes read through or end in our own errors", () => {
    fc.assert(
      fc.property(ITEMS[signal], edits, (items, changes) => {
        expect(wireCodes).toContain(decodeCode(signal, mutated(Buffer.concat(batchOf(signal, items).encoded), changes)));
      }),
    );
  });

  test("random bytes read through or end in our own errors", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(wireCodes).toContain(decodeCode(signal, bytes));
      }),
    );
  });

  test("JSON cut off anywhere is E_JSON", () => {
    fc.assert(
      fc.property(ITEMS[signal], fc.nat(), (items, where) => {
        const bytes = Buffer.from(formatOtlpJson(batchOf(signal, items)));
        expect(jsonCode(signal, bytes.subarray(0, where % bytes.length))).toBe("E_JSON");
      }),
    );
  });

  test("changed JSON reads through or is E_JSON", () => {
    fc.assert(
      fc.property(ITEMS[signal], edits, (items, changes) => {
        const bytes = mutated(Buffer.from(formatOtlpJson(batchOf(signal, items))), changes);
        expect(["", "E_JSON"]).toContain(jsonCode(signal, bytes));
      }),
    );
  });

  test("whatever the platform's parser refuses, ours refuses too", () => {
    const pieces = fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      '"a"',
      '"\\u00',
      '"\\x"',
      "1",
      "-",
      "01",
      "1.",
      "1e5",
      "tru",
      "true",
      "null",
      " ",
      "\u0001",
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = `{"unknown":${parts.join("")}}`;
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        expect(jsonCode(signal, Buffer.from(text)) === "").toBe(valid);
      }),
      { numRuns: 500 },
    );
  });
});

describe("nesting without end", () => {
  /** An AnyValue (field 5 of a log record: its body) with arrays in arrays. */
  function nestedLogRecord(depth: number): Uint8Array {
    let inner: Buffer = Buffer.from([0x10, 0x01]);
    // From the inside out: AnyValue{array_value{values{…}}}, with lengths as varints.
    for (let level = 0; level < depth; level++) inner = field(0x2a, field(0x0a, inner));
    return field(0x0a, field(0x12, field(0x12, field(0x2a, inner))));
  }

  function field(tag: number, content: Buffer): Buffer {
    const length: number[] = [];
    let rest = content.length;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) length.push((rest % 128) | 0x80);
    return Buffer.concat([Buffer.from([tag, ...length, rest]), content]);
  }

  function depthOf(value: unknown): number {
    const inner = typeof value === "object" && value !== null && "value" in value && Array.isArray(value.value) ? value.value[0] : undefined;
    return inner === undefined ? 0 : 1 + depthOf(inner);
  }

  test("J-12 protobuf: arrays 64 deep stay, the 65th is dropped to empty and counted", () => {
    const notes = new WireNotes();
    expect(depthOf(decodeLogs([nestedLogRecord(64)], notes)[0]?.body)).toBe(64);
    expect(notes.tooDeep).toBe(0);
    expect(depthOf(decodeLogs([nestedLogRecord(65)], notes)[0]?.body)).toBe(64);
    expect(notes.tooDeep).toBe(1);
  });

  test("J-12 protobuf: 10 000 levels cost one value, not the process", () => {
    const notes = new WireNotes();
    expect(decodeLogs([nestedLogRecord(10_000)], notes)).toHaveLength(1);
    expect(notes.tooDeep).toBe(1);
  });

  test("J-12 JSON: a kvlist 10 000 deep is dropped to empty at 64 and counted, and what stands behind it is read", () => {
    const depth = 10_000;
    const value = `${'{"kvlistValue":{"values":[{"key":"k","value":'.repeat(depth)}{"intValue":"1"}${"}]}}".repeat(depth)}`;
    const body = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${value},"severityText":"after"}]}]}]}`;
    const { batch, notes } = readOtlpJson("logs", Buffer.from(body));
    expect(notes.tooDeep).toBe(1);
    expect(batch.items[0]).toMatchObject({ severityText: "after" });
  });

  test("J-12 JSON: two million open brackets are refused without overflowing the stack", () => {
    expect(jsonCode("logs", Buffer.from(`{"unknown":${"[".repeat(2_000_000)}`))).toBe("E_JSON");
    expect(jsonCode("logs", Buffer.from(`{"resourceLogs":${"[".repeat(2_000_000)}`))).toBe("E_JSON");
  });

  test("a million null fields are passed over", () => {
    const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{${'"name":null,'.repeat(1_000_000)}"kind":2}]}]}]}`;
    expect(readOtlpJson("traces", Buffer.from(body)).batch.items).toHaveLength(1);
  });
});

test("errors of a later piece count their offset from the first", () => {
  const good = Uint8Array.of(0x0a, 0x00);
  const bad = Uint8Array.of(0x0a, 0x05);
  expect(() => decodeTraces([good, good, bad])).toThrow("byte 5");
});
