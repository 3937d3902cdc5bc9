import fc from "fast-check";
import { uncompress } from "snappyjs";
import { describe, expect, test } from "vitest";
import type { WriteBatch, WriteSeries } from "../../collector/wire/remote-write-batch.ts";
import { openWriteEncoder, type WriteEncoderOptions } from "../../collector/wire/remote-write-encoder.ts";
import { decompressSnappy } from "../../collector/wire/snappy.ts";
import { batchOf, bitsOf, seriesList, valueBits, writeBatch } from "./remote-write-arbitraries.ts";
import { decodeWriteBody } from "./remote-write-decode.ts";
import { isAsExpected } from "./remote-write-expected.ts";

const ALL = { sendMetadata: true, sendExemplars: true, sendStarts: true };
const WITHOUT = { maxBytes: 0, maxSequences: 0 };
const NOW_MS = 1_763_000_000_000;

/** Both decoders' reading, which must be one. */
function raw(body: Uint8Array): Buffer {
  const ours = Buffer.from(decompressSnappy(body, 1e8));
  expect(ours.equals(uncompress(body))).toBe(true);
  return ours;
}

/** Every body is, decompressed, what an encoder without templates makes, and stays so; and a receiver finds the batch in it. */
function expectSame(options: WriteEncoderOptions, batches: readonly WriteBatch[], mayGiveBack = false): void {
  const plain = openWriteEncoder({ ...options, templates: WITHOUT });
  const encoder = openWriteEncoder(options);
  const bodies = batches.map((batch) => {
    const body = encoder.encode(batch);
    const found = raw(body);
    expect(found.equals(raw(plain.encode(batch)))).toBe(true);
    expect(isAsExpected(decodeWriteBody(body, options.protocol), batch, options)).toBe(true);
    if (mayGiveBack) encoder.giveBack(body);
    return { body, found };
  });
  if (!mayGiveBack) for (const { body, found } of bodies) expect(raw(body).equals(found)).toBe(true);
}

/** Whether it came from a template: only such a body comes again after it was given back. */
function isFromTemplate(encoder: ReturnType<typeof openWriteEncoder>, batch: WriteBatch): boolean {
  const body = encoder.encode(batch);
  encoder.giveBack(body);
  return encoder.encode(batch) === body;
}

const bucket = (index: number): WriteSeries => ({
  labels: [
    ["__name__", "http_server_request_duration_seconds_bucket"],
    ["http_route", `/api/${index % 7}`],
    ["instance", `api-${Math.floor(index / 12)}`],
    ["job", "shop/api"],
    ["le", `${index % 12}.5`],
  ],
  metadata: { family: "http_server_request_duration_seconds", type: "histogram", help: "Duration of requests.", unit: "seconds" },
});
const BUCKETS = Array.from({ length: 500 }, (_, index) => bucket(index));

function flush(round: number, { series = BUCKETS as readonly WriteSeries[], timestampMs = (_: number) => NOW_MS + round * 5000, startMs = 0 } = {}) {
  return batchOf(series.map((one, index) => ({ series: one, bits: bitsOf(round * 1000 + index), timestampMs: timestampMs(index), startMs })));
}

describe.each([1, 2] as const)("a template of remote write %i.0", (protocol) => {
  const options = { protocol, ...ALL };

  test("gives what the plain encoder gives, for any values, timestamps, starts and sequences", () => {
    const timestampsMs = fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(NOW_MS, NOW_MS + 1, NOW_MS + 5000) },
      fc.constantFrom(0, 2 ** 35 - 1, 2 ** 35, 2 ** 42 - 1, 2 ** 42, -5),
    );
    const rounds = fc.array(
      fc.record({
        bits: fc.array(valueBits, { minLength: 24, maxLength: 24 }),
        times: fc.oneof(
          timestampsMs.map((time) => [time]),
          fc.array(timestampsMs, { minLength: 24, maxLength: 24 }),
        ),
        startMs: fc.constantFrom(0, 0, NOW_MS - 1, 5),
        drop: fc.constantFrom(0, 0, 0, 1, 5),
        rotate: fc.constantFrom(0, 0, 0, 3),
        extra: fc.option(writeBatch(protocol), { nil: undefined, freq: 3 }),
      }),
      { minLength: 3, maxLength: 9 },
    );
    fc.assert(
      fc.property(fc.boolean(), fc.boolean(), seriesList(24, 24), rounds, (sendMetadata, mayGiveBack, series, drawn) => {
        const batches = drawn.map(({ bits, times, startMs, drop, rotate, extra }) => {
          const kept = [...series.slice(rotate), ...series.slice(0, rotate)].slice(0, 24 - drop);
          const samples = batchOf(
            kept.map((one, index) => ({ series: one, bits: bits[index] as bigint, timestampMs: times[index % times.length] as number, startMs })),
          );
          if (extra === undefined) return samples;
          const { histograms } = extra;
          const exemplars = extra.exemplars.map((row, index) => ({ ...row, series: kept[index % kept.length] as WriteSeries }));
          return { ...samples, histograms, exemplars };
        });
        expectSame({ ...options, sendMetadata }, batches, mayGiveBack);
      }),
      { numRuns: 150 },
    );
  });

  test("is used from the third time on, and the second makes it", () => {
    const encoder = openWriteEncoder(options);
    expect(encoder.encode(flush(0))).not.toBe(encoder.encode(flush(1)));
    expect(isFromTemplate(encoder, flush(2))).toBe(true);
    expectSame(
      options,
      [0, 1, 2, 3].map((round) => flush(round)),
    );
  });

  test("copes with series longer than a copy reaches", () => {
    const long = Array.from(
      { length: 20 },
      (_, index): WriteSeries => ({
        ...bucket(index),
        labels: [
          ["__name__", `n${index}`],
          ["x", String(index % 3).repeat(70_000)],
        ],
      }),
    );
    expectSame(
      options,
      [0, 1, 2].map((round) => flush(round, { series: long })),
    );
  });

  test("with one timestamp for all is smaller than with one for each", () => {
    const sizeOf = (timestampMs: (index: number) => number) => {
      const encoder = openWriteEncoder(options);
      return [0, 1, 2].map((round) => encoder.encode(flush(round, { timestampMs })).length)[2] as number;
    };
    expect(sizeOf(() => NOW_MS)).toBeLessThan(sizeOf((index) => NOW_MS + index) - 500 * 4);
  });

  test("that counted on equal timestamps is made again without, once they differ", () => {
    const encoder = openWriteEncoder(options);
    const jittered = (round: number) => flush(round, { timestampMs: (index) => NOW_MS + round * 5000 + Math.floor(((index * round) % 7) / 3) });
    for (const round of [0, 1]) encoder.encode(flush(round));
    encoder.encode(jittered(2));
    expect(isFromTemplate(encoder, jittered(3))).toBe(true);
    expect(isFromTemplate(encoder, flush(4))).toBe(true);
    expectSame(options, [flush(0), flush(1), jittered(2), jittered(3), flush(4), jittered(5)]);
  });

  test("is left when a series is new, and made anew for the new sequence", () => {
    const grown = { series: [...BUCKETS, bucket(500)] };
    const encoder = openWriteEncoder(options);
    for (let round = 0; round < 10; round++) encoder.encode(flush(round));
    for (const round of [10, 11]) encoder.encode(flush(round, grown));
    expect(isFromTemplate(encoder, flush(12, grown))).toBe(true);
    expectSame(options, [flush(0), flush(1), flush(2), flush(3, grown), flush(4, grown), flush(5, grown), flush(6)]);
  });

  test("outlives a batch that differs for once", () => {
    const encoder = openWriteEncoder(options);
    for (const round of [0, 1, 2]) encoder.encode(flush(round));
    encoder.encode(flush(3, { series: [...BUCKETS, bucket(500)] }));
    encoder.encode(flush(4, { series: BUCKETS.slice(0, 100) }));
    expect(isFromTemplate(encoder, flush(5))).toBe(true);
  });

  test("does not read beyond the batch's length", () => {
    const spare = (batch: WriteBatch): WriteBatch => ({
      ...batch,
      series: [...batch.series, bucket(900)],
      timestampsMs: Float64Array.of(...batch.timestampsMs, Number.NaN),
      values: Float64Array.of(...batch.values, Number.NaN),
      startsMs: Float64Array.of(...batch.startsMs, Number.NaN),
    });
    const [encoder, exact] = [openWriteEncoder(options), openWriteEncoder(options)];
    for (const round of [0, 1, 2, 3]) expect(raw(encoder.encode(spare(flush(round)))).equals(raw(exact.encode(flush(round))))).toBe(true);
    expect(isFromTemplate(encoder, spare(flush(4)))).toBe(true);
  });

  test("is made ever more seldom for sequences that do not last", () => {
    const encoder = openWriteEncoder(options);
    let made = 0;
    for (let generation = 0; generation < 40; generation++) {
      const series = { series: [...BUCKETS, bucket(1000 + generation)] };
      for (const round of [0, 1, 2]) encoder.encode(flush(round, series));
      if (isFromTemplate(encoder, flush(3, series))) made++;
    }
    expect(made).toBeLessThanOrEqual(3);
    for (let round = 0; round < 16; round++) encoder.encode(flush(round));
    expect(isFromTemplate(encoder, flush(99))).toBe(true);
  });

  test("is not used when two series changed places in the midst of many", () => {
    const swapped = BUCKETS.with(7, BUCKETS[8] as WriteSeries).with(8, BUCKETS[7] as WriteSeries);
    expectSame(options, [flush(0), flush(1), flush(2), flush(3, { series: swapped }), flush(4, { series: swapped }), flush(5)]);
  });

  test("is kept for several sequences at a time, and the oldest goes when there are too many", () => {
    const part = (index: number) => ({ series: BUCKETS.slice(index * 20, index * 20 + 20) });
    const encoder = openWriteEncoder({ ...options, templates: { maxBytes: 1e6, maxSequences: 3 } });
    for (const round of [0, 1]) for (const index of [0, 1, 2]) encoder.encode(flush(round, part(index)));
    expect([0, 1, 2].map((index) => isFromTemplate(encoder, flush(2, part(index))))).toEqual([true, true, true]);
    encoder.encode(flush(3, part(3)));
    expect(isFromTemplate(encoder, flush(4, part(1)))).toBe(true);
    expect(isFromTemplate(encoder, flush(4, part(2)))).toBe(true);
    expect(isFromTemplate(encoder, flush(4, part(0)))).toBe(false);
  });

  test("is not kept where memory for it is not allowed", () => {
    const encoder = openWriteEncoder({ ...options, templates: { maxBytes: 10_000, maxSequences: 10 } });
    for (const round of [0, 1, 2]) encoder.encode(flush(round));
    expect(isFromTemplate(encoder, flush(3))).toBe(false);
  });

  test("fills a body anew only when it was given back", () => {
    const encoder = openWriteEncoder(options);
    for (const round of [0, 1]) encoder.encode(flush(round));
    const first = encoder.encode(flush(2));
    const before = raw(first);
    const second = encoder.encode(flush(3));
    expect(second).not.toBe(first);
    expect(raw(first).equals(before)).toBe(true);
    encoder.giveBack(first);
    encoder.giveBack(first);
    const third = encoder.encode(flush(4));
    expect(third).toBe(first);
    expect(encoder.encode(flush(5))).not.toBe(third);
    expect(raw(third).equals(raw(openWriteEncoder({ ...options, templates: WITHOUT }).encode(flush(4))))).toBe(true);
  });
});

test("a template of 1.0 serves batches with histograms and exemplars too, which are appended", () => {
  const options = { protocol: 1, ...ALL } as const;
  const histogram = {
    schema: 0,
    count: 3,
    sum: 4.5,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { offset: 1, counts: [1, 2] },
    negative: { offset: 0, counts: [] },
  };
  const rounds = [0, 1, 2, 3].map(
    (round): WriteBatch => ({
      ...flush(round),
      histograms: [{ series: bucket(900), timestampMs: NOW_MS + round, startMs: 0, histogram: { ...histogram, sum: round } }],
      exemplars: [{ series: BUCKETS[round] as WriteSeries, labels: [["trace_id", `${round}`.repeat(32)]], value: round, timestampMs: NOW_MS }],
    }),
  );
  expectSame(options, rounds);
});

test("a template of 2.0 is not used for another start timestamp", () => {
  const options = { protocol: 2, ...ALL } as const;
  const encoder = openWriteEncoder(options);
  for (const round of [0, 1]) encoder.encode(flush(round, { startMs: 5 }));
  expect(isFromTemplate(encoder, flush(2, { startMs: 5 }))).toBe(true);
  expectSame(options, [
    flush(0, { startMs: 5 }),
    flush(1, { startMs: 5 }),
    flush(2, { startMs: 6 }),
    flush(3, { startMs: 0 }),
    flush(4, { startMs: 5 }),
  ]);
});
