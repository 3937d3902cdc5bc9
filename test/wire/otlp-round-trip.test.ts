import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ItemsOf, Signal } from "../../collector/model/batch.ts";
import { batchOf } from "../../collector/wire/otlp-batch.ts";
import { formatOtlpJson, readOtlpJson } from "../../collector/wire/otlp-json.ts";
import { decodeLogs, encodeLogs } from "../../collector/wire/otlp-logs.ts";
import { decodeMetrics, encodeMetrics } from "../../collector/wire/otlp-metrics.ts";
import { decodeTraces, encodeTraces } from "../../collector/wire/otlp-traces.ts";
import { WireNotes } from "../../collector/wire/wire-notes.ts";
import { logRecords, metrics, spans } from "./otlp-arbitraries.ts";

type Items = readonly ItemsOf[Signal][];

/** Which items share a resource, and which a scope: equal groups have equal numbers. */
function sharing(items: Items): { resource: number; scope: number }[] {
  return items.map(({ resource, scope }) => ({
    resource: items.findIndex((other) => other.resource === resource),
    scope: items.findIndex((other) => other.scope === scope),
  }));
}

function expectSame(got: Items, wanted: Items): void {
  expect(got).toEqual(wanted);
  expect(sharing(got)).toEqual(sharing(wanted));
}

describe("protobuf: decoding undoes encoding", () => {
  test("traces", () => {
    fc.assert(fc.property(spans, (items) => expectSame(decodeTraces([encodeTraces(items)]), items)));
  });

  test("metrics", () => {
    fc.assert(fc.property(metrics, (items) => expectSame(decodeMetrics([encodeMetrics(items)]), items)));
  });

  test("logs", () => {
    fc.assert(fc.property(logRecords, (items) => expectSame(decodeLogs([encodeLogs(items)]), items)));
  });

  test("requests one behind the other decode as all their items", () => {
    fc.assert(
      fc.property(spans, spans, (first, second) => {
        const pieces = [encodeTraces(first), encodeTraces(second)];
        expectSame(decodeTraces(pieces), [...first, ...second]);
        expectSame(decodeTraces([Buffer.concat(pieces)]), [...first, ...second]);
      }),
    );
  });

  test("what we write ourselves holds nothing unknown", () => {
    fc.assert(
      fc.property(metrics, (items) => {
        const notes = new WireNotes();
        decodeMetrics([encodeMetrics(items)], notes);
        expect([notes.unknownFields.size, notes.invalidUtf8, notes.tooDeep]).toEqual([0, 0, 0]);
      }),
    );
  });
});

describe("JSON: reading undoes formatting", () => {
  function roundTrip(signal: Signal, items: Items): void {
    const text = formatOtlpJson(batchOf(signal, items));
    const { batch, rejected } = readOtlpJson(signal, Buffer.from(text));
    expectSame(batch.items, items);
    expect(rejected).toEqual([]);
    expect(formatOtlpJson(batch)).toBe(text);
  }

  test("traces", () => {
    fc.assert(fc.property(spans, (items) => roundTrip("traces", items)));
  });

  test("metrics", () => {
    fc.assert(fc.property(metrics, (items) => roundTrip("metrics", items)));
  });

  test("logs", () => {
    fc.assert(fc.property(logRecords, (items) => roundTrip("logs", items)));
  });

  test("the text is what the platform's own parser takes, with white space or without", () => {
    fc.assert(
      fc.property(logRecords, (items) => {
        const text = formatOtlpJson(batchOf("logs", items));
        expect(() => JSON.parse(text)).not.toThrow();
        const spaced = text.replace(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g, (token) => (token.length === 1 ? ` ${token}\r\n\t` : token));
        expectSame(readOtlpJson("logs", Buffer.from(spaced)).batch.items, items);
      }),
    );
  });
});
