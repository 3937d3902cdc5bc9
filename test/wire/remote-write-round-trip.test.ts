import { readFileSync } from "node:fs";
import fc from "fast-check";
import protobuf from "protobufjs";
import { uncompress } from "snappyjs";
import { describe, expect, test } from "vitest";
import type { WriteBatch, WriteSeries } from "../../collector/wire/remote-write-batch.ts";
import { openWriteEncoder, type WriteEncoderOptions } from "../../collector/wire/remote-write-encoder.ts";
import { decompressSnappy } from "../../collector/wire/snappy.ts";
import { batchOf, bitsOf, STALE_HISTOGRAM, writeBatch } from "./remote-write-arbitraries.ts";
import { decodeWriteBody } from "./remote-write-decode.ts";
import { expectedRequest, isAsExpected } from "./remote-write-expected.ts";

const flags = fc.record({ sendMetadata: fc.boolean(), sendExemplars: fc.boolean(), sendStarts: fc.boolean() });
const ALL = { sendMetadata: true, sendExemplars: true, sendStarts: true };

const proto = (file: string) => protobuf.parse(readFileSync(new URL(`../fixtures/remote-write/${file}`, import.meta.url), "utf8")).root;
const PEER = {
  1: proto("write-1.proto").lookupType("prometheus.WriteRequest"),
  2: proto("write-2.proto").lookupType("io.prometheus.write.v2.Request"),
};

describe.each([1, 2] as const)("remote write %i.0", (protocol) => {
  test("what was encoded is what a receiver finds, in any order of batches", () => {
    fc.assert(
      fc.property(flags, fc.array(writeBatch(protocol), { minLength: 1, maxLength: 4 }), (options, batches) => {
        const encoder = openWriteEncoder({ protocol, ...options });
        return batches.every((batch) => isAsExpected(decodeWriteBody(encoder.encode(batch), protocol), batch, { protocol, ...options }));
      }),
      { numRuns: 150 },
    );
  });

  test("protobufjs reads the same from it", () => {
    fc.assert(
      fc.property(flags, writeBatch(protocol), (options, batch) => {
        const body = openWriteEncoder({ protocol, ...options }).encode(batch);
        const message = PEER[protocol].decode(uncompress(body));
        const found = PEER[protocol].toObject(message, { longs: Number, defaults: true }) as PeerRequest;
        expect(peerSamples(found)).toEqual(samplesOf(batch, { protocol, ...options }));
      }),
      { numRuns: 100 },
    );
  });

  test("our snappy decoder and snappyjs agree about every body", () => {
    fc.assert(
      fc.property(writeBatch(protocol), (batch) => {
        const body = openWriteEncoder({ protocol, ...ALL }).encode(batch);
        expect(Buffer.from(decompressSnappy(body, 1e8)).equals(uncompress(body))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test("an empty batch is an empty request", () => {
    const { series, metadata } = decodeWriteBody(openWriteEncoder({ protocol, ...ALL }).encode(batchOf([])), protocol);
    expect({ series, metadata }).toEqual({ series: [], metadata: [] });
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, 1.5, 2 ** 60])("a timestamp of %d is refused", (timestampMs) => {
    const encoder = openWriteEncoder({ protocol, ...ALL });
    expect(() => encoder.encode(batchOf([{ series: ONE, bits: 0n, timestampMs }]))).toThrow(expect.objectContaining({ code: "E_INTERNAL" }));
    const good = batchOf([{ series: ONE, bits: 0n, timestampMs: 1 }]);
    expect(isAsExpected(decodeWriteBody(encoder.encode(good), protocol), good, { protocol, ...ALL })).toBe(true);
  });

  test("the body of an earlier call stays as it was", () => {
    const encoder = openWriteEncoder({ protocol, ...ALL });
    const bodies = Array.from({ length: 6 }, (_, index) =>
      encoder.encode(batchOf([{ series: ONE, bits: bitsOf(index), timestampMs: 1.7e12 + index }])),
    );
    const values = bodies.map((body) => decodeWriteBody(body, protocol).series[0]?.samples[0]);
    expect(values.map((sample) => sample?.value)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(values.map((sample) => sample?.timestampMs)).toEqual([0, 1, 2, 3, 4, 5].map((index) => 1.7e12 + index));
  });
});

const ONE: WriteSeries = { labels: [["__name__", "up"]], metadata: { family: "up", type: "gauge", help: "Up.", unit: "" } };
const custom = { ...STALE_HISTOGRAM, schema: -53, customBounds: [1], count: 1, sum: 1, positive: { offset: 0, counts: [1] } };

test("custom buckets are refused by 1.0, where receivers would store garbage", () => {
  const batch = { ...batchOf([]), histograms: [{ series: ONE, timestampMs: 1, startMs: 0, histogram: custom }] };
  expect(() => openWriteEncoder({ protocol: 1, ...ALL }).encode(batch)).toThrow(/custom buckets/);
  expect(decodeWriteBody(openWriteEncoder({ protocol: 2, ...ALL }).encode(batch), 2).series).toHaveLength(1);
});

test("an exemplar without a sample beside it is refused by 2.0, whose receivers refuse such a series", () => {
  const exemplars = [{ series: ONE, labels: [["trace_id", "4bf9"]] as const, value: 1, timestampMs: 1 }];
  const batch: WriteBatch = { ...batchOf([]), exemplars };
  expect(() => openWriteEncoder({ protocol: 2, ...ALL }).encode(batch)).toThrow(/exemplar/);
  expect(decodeWriteBody(openWriteEncoder({ protocol: 1, ...ALL }).encode(batch), 1).series[0]?.exemplars).toHaveLength(1);
});

test("symbols of 2.0 begin with the empty string, stand once, and common ones come first", () => {
  const many = Array.from({ length: 300 }, (_, index): WriteSeries => ({ ...ONE, labels: [...ONE.labels, ["path", `/${index}`]] }));
  const batch = batchOf(many.map((series) => ({ series, bits: 0n, timestampMs: 1 })));
  const { symbols } = decodeWriteBody(openWriteEncoder({ protocol: 2, ...ALL }).encode(batch), 2);
  expect(symbols.slice(0, 6)).toEqual(["", "__name__", "up", "path", "/0", "Up."]);
  expect(symbols).toHaveLength(5 + 300);
});

test("symbols of 2.0 are right after so many that the table was emptied", () => {
  const options = { protocol: 2, ...ALL } as const;
  const encoder = openWriteEncoder(options);
  const series = (index: number, text: string): WriteSeries => ({ ...ONE, labels: [...ONE.labels, ["x", `${index}${text}`]] });
  const few = batchOf(Array.from({ length: 5 }, (_, index) => ({ series: series(index, ""), bits: bitsOf(index), timestampMs: 1 })));
  expect(isAsExpected(decodeWriteBody(encoder.encode(few), 2), few, options)).toBe(true);
  const megabyte = "x".repeat(1_048_576);
  encoder.encode(batchOf(Array.from({ length: 65 }, (_, index) => ({ series: series(index, megabyte), bits: 0n, timestampMs: 1 }))));
  const others = batchOf([{ series: series(7, "other"), bits: 0n, timestampMs: 1 }]);
  expect(isAsExpected(decodeWriteBody(encoder.encode(others), 2), others, options)).toBe(true);
  expect(isAsExpected(decodeWriteBody(encoder.encode(few), 2), few, options)).toBe(true);
});

interface PeerRequest {
  readonly symbols?: readonly string[];
  readonly timeseries: readonly {
    readonly labels?: readonly { readonly name: string; readonly value: string }[];
    readonly labelsRefs?: readonly number[];
    readonly samples: readonly { readonly value: number; readonly timestamp: number }[];
    readonly histograms: readonly { readonly sum: number; readonly timestamp: number; readonly schema: number; readonly countInt: number }[];
    readonly exemplars: readonly { readonly value: number; readonly timestamp: number }[];
  }[];
}

/** As much of a request as tells whether fields, groups and order are right; the rest is the strict decoder's. */
function peerSamples({ symbols = [], timeseries }: PeerRequest): unknown {
  return timeseries.map(({ labels, labelsRefs, samples, histograms, exemplars }) => ({
    labels: labels?.flatMap(({ name, value }) => [name, value]) ?? labelsRefs?.map((reference) => symbols[reference]),
    samples: samples.map(({ value, timestamp }) => [value, timestamp]),
    histograms: histograms.map(({ sum, timestamp, schema, countInt }) => [sum, timestamp, schema, countInt]),
    exemplars: exemplars.map(({ value, timestamp }) => [value, timestamp]),
  }));
}

function samplesOf(batch: WriteBatch, options: WriteEncoderOptions): unknown {
  return expectedRequest(batch, options).series.map(({ labels, samples, histograms, exemplars }) => ({
    labels: labels.flat(),
    samples: samples.map(({ value, timestampMs }) => [value, timestampMs]),
    histograms: histograms.map(({ sum, timestampMs, schema, count }) => [sum, timestampMs, schema, count]),
    exemplars: exemplars.map(({ value, timestampMs }) => [value, timestampMs]),
  }));
}
