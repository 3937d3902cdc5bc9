import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../../collector/model/attributes.ts";
import type { Batch, MetricsBatch } from "../../../collector/model/batch.ts";
import type { Metric, MetricData } from "../../../collector/model/metric.ts";
import { batchOf, countItems, encodedBatch } from "../../../collector/wire/otlp-batch.ts";
import { encodeLogs } from "../../../collector/wire/otlp-logs.ts";
import { encodeMetrics } from "../../../collector/wire/otlp-metrics.ts";
import { encodeTraces } from "../../../collector/wire/otlp-traces.ts";
import { logRecords, metrics, spans } from "../../wire/otlp-arbitraries.ts";

const resource = { attributes: Attributes.EMPTY, droppedAttributesCount: 0, entityRefs: [], schemaUrl: "" };
const scope = { name: "", version: "", attributes: Attributes.EMPTY, droppedAttributesCount: 0, schemaUrl: "" };

function metric(name: string, data: MetricData): Metric {
  return { resource, scope, name, description: "", unit: "", metadata: Attributes.EMPTY, data };
}

function gauge(name: string, ...values: readonly number[]): Metric {
  const points = values.map((value) => ({
    attributes: Attributes.EMPTY,
    startUnixNano: 0n,
    timeUnixNano: 0n,
    flags: 0,
    number: { kind: "int" as const, value },
    exemplars: [],
  }));
  return metric(name, { type: "gauge", points });
}

/** "name: values" of each metric. */
function outline(batch: Batch): string[] {
  return (batch as MetricsBatch).items.map(
    ({ name, data }) => `${name}: ${data.points.map((point) => ("number" in point ? point.number.value : "?")).join(" ")}`,
  );
}

describe("counts", () => {
  test("spans and records count one each, metrics by their points", () => {
    expect(batchOf("metrics", [gauge("a", 1, 2), gauge("b"), metric("c", { type: "empty", points: [] })]).count).toBe(2);
    const [items = []] = fc.sample(spans, { numRuns: 1, seed: 1 });
    expect(batchOf("traces", [...items, ...items]).count).toBe(items.length * 2);
  });
});

describe("bytes and items", () => {
  test("items are decoded from the pieces, bytes encoded from the items, each once", () => {
    const [bytes, more] = [encodeMetrics([gauge("a", 1)]), encodeMetrics([gauge("b", 2)])];
    const batch = encodedBatch("metrics", [bytes, more], 2);
    expect(outline(batch)).toEqual(["a: 1", "b: 2"]);
    expect(batch.items).toBe(batch.items);
    expect(batch.encoded).toEqual([bytes, more]);
    expect(batch.sizeBytes).toBe(bytes.length + more.length);

    const made = batchOf("metrics", [gauge("a", 1)]);
    expect(made.sizeBytes).toBe(0);
    expect(made.encoded).toEqual([bytes]);
    expect(made.encoded).toBe(made.encoded);
    expect(made.sizeBytes).toBe(bytes.length);
  });

  test("a batch of nothing has no pieces", () => {
    const empty = batchOf("logs", []);
    expect([empty.count, empty.encoded.length, empty.sizeBytes, empty.items.length]).toEqual([0, 0, 0, 0]);
    expect(encodedBatch("logs", [], 0).items).toEqual([]);
  });
});

describe("retain", () => {
  test("borrowed bytes are copied, once, and the copy outlives the received memory", () => {
    const received = Buffer.from(encodeMetrics([gauge("a", 1)]));
    const batch = encodedBatch("metrics", [received], 1);
    const kept = batch.retain();
    expect(batch.retain()).toBe(kept);
    expect(kept.retain()).toBe(kept);
    received.fill(0xff);
    expect(outline(kept)).toEqual(["a: 1"]);
    expect(kept.count).toBe(1);
  });

  test("owned bytes and batches of items are their own copies", () => {
    const owned = encodedBatch("metrics", [encodeMetrics([gauge("a", 1)])], 1, { owned: true });
    expect(owned.retain()).toBe(owned);
    const made = batchOf("metrics", [gauge("a", 1)]);
    expect(made.retain()).toBe(made);
  });

  test("piece boundaries stay: each is a request of its own", () => {
    const pieces = [encodeMetrics([gauge("a", 1)]), encodeMetrics([gauge("b", 2)])];
    expect(encodedBatch("metrics", pieces, 2).retain().encoded).toEqual(pieces);
  });
});

describe("concat", () => {
  test("bytes are joined without being decoded", () => {
    const broken = encodedBatch("traces", [Uint8Array.of(0x0a, 0x7f)], 3);
    const joined = broken.concat([broken, encodedBatch("traces", [Uint8Array.of(0x0a, 0x00)], 4)]);
    expect(joined.count).toBe(10);
    expect(joined.encoded).toHaveLength(3);
    expect(() => joined.items).toThrow(expect.objectContaining({ code: "E_WIRE_TRUNCATED" }));
  });

  test("a mixture gives all items in order", () => {
    const joined = batchOf("metrics", [gauge("a", 1)]).concat([
      encodedBatch("metrics", [encodeMetrics([gauge("b", 2)])], 1),
      batchOf("metrics", [gauge("c", 3, 4)]),
    ]);
    expect(joined.count).toBe(4);
    expect(outline(joined)).toEqual(["a: 1", "b: 2", "c: 3 4"]);
    // Encoding brings together what shares a resource.
    expect(outline(encodedBatch("metrics", joined.encoded, 4))).toEqual(["a: 1", "c: 3 4", "b: 2"]);
  });

  test("with no others it is the batch itself; another signal is a mistake of the caller", () => {
    const batch = batchOf("logs", []);
    expect(batch.concat([])).toBe(batch);
    expect(() => batch.concat([batchOf("traces", [])])).toThrow(TypeError);
  });

  test("a batch of borrowed bytes stays borrowed in company", () => {
    const received = Buffer.from(encodeMetrics([gauge("a", 1)]));
    const owned = encodedBatch("metrics", [encodeMetrics([gauge("b", 2)])], 1, { owned: true });
    const kept = owned.concat([encodedBatch("metrics", [received], 1)]).retain();
    received.fill(0xff);
    expect(outline(kept)).toEqual(["b: 2", "a: 1"]);
  });
});

describe("split", () => {
  test("a metric is cut between its points and keeps its name in every piece", () => {
    const pieces = batchOf("metrics", [gauge("a", 1, 2, 3), gauge("b", 4), gauge("c", 5, 6)]).split(2);
    expect(pieces.map(outline)).toEqual([["a: 1 2"], ["a: 3", "b: 4"], ["c: 5 6"]]);
    expect(pieces.map((piece) => piece.count)).toEqual([2, 2, 2]);
  });

  test("metrics without points take no room and are not lost", () => {
    const pieces = batchOf("metrics", [gauge("none"), gauge("a", 1), gauge("void"), gauge("b", 2), gauge("end")]).split(1);
    expect(pieces.map(outline)).toEqual([
      ["none: ", "a: 1", "void: "],
      ["b: 2", "end: "],
    ]);
  });

  test("a batch that is small enough, even with no items, stays whole", () => {
    const batch = batchOf("metrics", [gauge("none")]);
    expect(batch.split(1)).toEqual([batch]);
    expect(() => batch.split(0)).toThrow(RangeError);
  });

  test("whatever the size: nothing lost, nothing doubled, no piece too large, order kept", () => {
    fc.assert(
      fc.property(spans, metrics, logRecords, fc.integer({ min: 1, max: 7 }), (ofSpans, ofMetrics, ofRecords, maxItems) => {
        const batches = [
          encodedBatch("traces", [encodeTraces(ofSpans)], ofSpans.length),
          encodedBatch("metrics", [encodeMetrics(ofMetrics)], countItems("metrics", ofMetrics)),
          encodedBatch("logs", [encodeLogs(ofRecords)], ofRecords.length),
        ];
        for (const batch of batches) {
          const pieces = batch.split(maxItems);
          expect(pieces.every((piece) => piece.count <= maxItems)).toBe(true);
          expect(pieces.reduce((sum, piece) => sum + piece.count, 0)).toBe(batch.count);
          if (batch.signal === "metrics") {
            const points = (of: readonly Metric[]) => of.flatMap((one) => one.data.points.map((point) => [one.name, point]));
            expect(points(pieces.flatMap((piece) => piece.items as readonly Metric[]))).toEqual(points(batch.items));
          } else expect(pieces.flatMap((piece): readonly unknown[] => piece.items)).toEqual(batch.items);
        }
      }),
    );
  });
});
