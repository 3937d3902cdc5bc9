import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLoadError } from "../../collector/model/errors.ts";
import { decodeLogs, encodeLogs } from "../../collector/wire/otlp-logs.ts";
import { decodeMetrics, encodeMetrics } from "../../collector/wire/otlp-metrics.ts";
import { decodeTraces, encodeTraces } from "../../collector/wire/otlp-traces.ts";
import { LogColumns } from "../../collector/wire/scan-logs.ts";
import { MetricColumns } from "../../collector/wire/scan-metrics.ts";
import { TraceColumns } from "../../collector/wire/scan-traces.ts";
import { WireNotes } from "../../collector/wire/wire-notes.ts";
import { LOGS, METRICS, SPANS } from "./scan-samples.ts";

const CASES = {
  traces: {
    body: encodeTraces(SPANS),
    columns: new TraceColumns(),
    count: (bytes: Uint8Array, notes: WireNotes) => decodeTraces([bytes], notes).length,
  },
  logs: { body: encodeLogs(LOGS), columns: new LogColumns(), count: (bytes: Uint8Array, notes: WireNotes) => decodeLogs([bytes], notes).length },
  metrics: {
    body: encodeMetrics(METRICS),
    columns: new MetricColumns(),
    count: (bytes: Uint8Array, notes: WireNotes) => decodeMetrics([bytes], notes).reduce((sum, metric) => sum + metric.data.points.length, 0),
  },
} as const;

type Outcome = { readonly items: number; readonly unknown: Record<string, number>; readonly tooDeep: number } | string;

function outcome(read: (notes: WireNotes) => number): Outcome {
  const notes = new WireNotes();
  try {
    const items = read(notes);
    return { items, unknown: Object.fromEntries([...notes.unknownFields].sort()), tooDeep: notes.tooDeep };
  } catch (error) {
    if (isLoadError(error) && error.code.startsWith("E_WIRE_")) return "refused";
    throw error;
  }
}

function expectAgreement({ columns, count }: (typeof CASES)[keyof typeof CASES], bytes: Uint8Array): void {
  const scanned = outcome((notes) => {
    columns.scan(bytes, notes);
    return columns.items;
  });
  expect(scanned).toEqual(outcome((notes) => count(bytes, notes)));
}

describe.each(Object.entries(CASES))("%s", (_, signal) => {
  test("a scan of whole bytes counts what the decoder counts", () => {
    signal.columns.scan(signal.body);
    expect(signal.columns.items).toBe(signal.count(signal.body, new WireNotes()));
    expect(signal.columns.items).toBeGreaterThan(3);
    expect(signal.columns.scattered).toBe(false);
  });

  test("cut off anywhere, scan and decoder agree", () => {
    for (let length = 0; length <= signal.body.length; length++) expectAgreement(signal, signal.body.slice(0, length));
  });

  test("with any one byte changed, scan and decoder agree", () => {
    for (let at = 0; at < signal.body.length; at++) {
      for (const value of [0, 1, 0x7f, 0x80, 0xff, (signal.body[at] as number) + 1, (signal.body[at] as number) ^ 0x08]) {
        const bytes = signal.body.slice();
        bytes[at] = value & 255;
        expectAgreement(signal, bytes);
      }
    }
  });

  test("with many bytes changed, removed or repeated, scan and decoder agree", () => {
    const at = fc.nat(signal.body.length - 1);
    const edit = fc.oneof(
      fc.record({ kind: fc.constant("set" as const), at, value: fc.nat(255) }),
      fc.record({ kind: fc.constant("cut" as const), at, value: fc.integer({ min: 1, max: 9 }) }),
      fc.record({ kind: fc.constant("repeat" as const), at, value: fc.integer({ min: 1, max: 60 }) }),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        let bytes = [...signal.body];
        for (const { kind, at: where, value } of edits) {
          if (kind === "set") bytes[where] = value;
          else if (kind === "cut") bytes.splice(where, value);
          else bytes = [...bytes.slice(0, where), ...bytes.slice(where, where + value), ...bytes.slice(where)];
        }
        expectAgreement(signal, Uint8Array.from(bytes));
      }),
      { numRuns: 1000 },
    );
  });

  test("random bytes give only our own errors, the same from both", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => expectAgreement(signal, bytes)),
      { numRuns: 1000 },
    );
  });
});
