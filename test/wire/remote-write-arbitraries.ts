import fc from "fast-check";
import type { NativeBuckets, NativeHistogram, WriteBatch, WriteMetadata, WriteSeries } from "../../collector/wire/remote-write-batch.ts";

// Whatever the contract of a batch allows, with the awkward values often.

/** Well-formed text: a lone surrogate has no UTF-8. */
const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("a", "job", "é", "日本", "😀", "__proto__", "constructor", "x".repeat(126), "x".repeat(300)) },
  fc.string({ unit: "binary", minLength: 1 }),
);
const help = fc.oneof(fc.constant(""), text);

/** Stale marker, usual NaN, Go's NaN, -0, the rest. */
const BITS = [0x7ff0_0000_0000_0002n, 0x7ff8_0000_0000_0000n, 0x7ff8_0000_0000_0001n, 0xfff8_dead_beef_0001n, 0x8000_0000_0000_0000n, 0n];
export const valueBits: fc.Arbitrary<bigint> = fc.oneof(
  fc.constantFrom(...BITS),
  fc.double().map(bitsOf),
  fc.integer({ min: 0, max: 1_000_000 }).map(bitsOf),
);
const timestampMs = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }) },
  fc.constantFrom(0, 1, 127, 128, 2 ** 28, 2 ** 35 - 1, 2 ** 35, 2 ** 42 - 1, 2 ** 42, 2 ** 53 - 1, -1, -(2 ** 53) + 1),
);
const startMs = fc.oneof(fc.constant(0), timestampMs);

const metadata: fc.Arbitrary<WriteMetadata> = fc.record({
  family: text,
  type: fc.constantFrom("counter", "gauge", "histogram", "summary", "info", "unknown"),
  help,
  unit: help,
});

const labels = fc.dictionary(text, text, { noNullPrototype: true, maxKeys: 8 }).map(sorted);

export const seriesList = (minLength: number, maxLength: number): fc.Arbitrary<readonly WriteSeries[]> =>
  fc
    .tuple(fc.array(metadata, { minLength: 1, maxLength: 3 }), fc.array(fc.tuple(labels, fc.nat()), { minLength, maxLength }))
    .map(([families, rows]) => rows.map(([pairs, family]) => ({ labels: pairs, metadata: families[family % families.length] as WriteMetadata })));

const count = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1000 }), fc.constantFrom(2 ** 31, 2 ** 52, 2 ** 53 - 1));
const buckets: fc.Arbitrary<NativeBuckets> = fc.record({ offset: fc.integer({ min: -1000, max: 1000 }), counts: fc.array(count, { maxLength: 20 }) });

const exponential: fc.Arbitrary<NativeHistogram> = fc.record({
  schema: fc.integer({ min: -4, max: 8 }),
  count: count.map((value) => value + 1),
  sum: fc.double(),
  zeroThreshold: fc.constantFrom(0, 1e-128, 0.5),
  zeroCount: count,
  positive: buckets,
  negative: buckets,
});

const NO_BUCKETS: NativeBuckets = { offset: 0, counts: [] };
const custom: fc.Arbitrary<NativeHistogram> = fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 10 }).chain((bounds) =>
  fc.record({
    schema: fc.constant(-53),
    count: count.map((value) => value + 1),
    sum: fc.double(),
    zeroThreshold: fc.constant(0),
    zeroCount: fc.constant(0),
    positive: fc.array(count, { minLength: bounds.length + 1, maxLength: bounds.length + 1 }).map((counts) => ({ offset: 0, counts })),
    negative: fc.constant(NO_BUCKETS),
    customBounds: fc.constant(bounds.toSorted((a, b) => a - b)),
  }),
);

export const STALE_HISTOGRAM: NativeHistogram = {
  schema: 0,
  count: 0,
  sum: Number.NaN,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: NO_BUCKETS,
  negative: NO_BUCKETS,
};

/** `pick` chooses series by number, so that some come again and some never. */
export function writeBatch(protocol: 1 | 2): fc.Arbitrary<WriteBatch> {
  const histogram =
    protocol === 1 ? fc.oneof(exponential, fc.constant(STALE_HISTOGRAM)) : fc.oneof(exponential, custom, fc.constant(STALE_HISTOGRAM));
  return fc
    .record({
      known: seriesList(1, 12),
      samples: fc.array(fc.record({ pick: fc.nat(), bits: valueBits, timestampMs, startMs }), { maxLength: 30 }),
      histogramSeries: seriesList(1, 4),
      histograms: fc.array(fc.record({ pick: fc.nat(), timestampMs, startMs, histogram }), { maxLength: 5 }),
      exemplars: fc.array(fc.record({ pick: fc.nat(), labels, value: fc.double(), timestampMs }), { maxLength: 5 }),
    })
    .map(({ known, samples, histogramSeries, histograms, exemplars }) => {
      const batch = batchOf(samples.map(({ pick, ...sample }) => ({ series: known[pick % known.length] as WriteSeries, ...sample })));
      const rows = histograms.map(({ pick, ...row }) => ({ series: histogramSeries[pick % histogramSeries.length] as WriteSeries, ...row }));
      const present = [...batch.series, ...rows.map(({ series }) => series)];
      return {
        ...batch,
        histograms: rows,
        exemplars:
          present.length === 0 ? [] : exemplars.map(({ pick, ...row }) => ({ series: present[pick % present.length] as WriteSeries, ...row })),
      };
    });
}

/** A batch of samples alone, its values given as bits. */
export function batchOf(
  samples: readonly { readonly series: WriteSeries; readonly bits: bigint; readonly timestampMs: number; readonly startMs?: number }[],
): WriteBatch {
  const values = new Float64Array(BigUint64Array.from(samples, ({ bits }) => bits).buffer);
  return {
    length: samples.length,
    series: samples.map(({ series }) => series),
    timestampsMs: Float64Array.from(samples, (sample) => sample.timestampMs),
    values,
    startsMs: Float64Array.from(samples, (sample) => sample.startMs ?? 0),
    histograms: [],
    exemplars: [],
  };
}

export function bitsOf(value: number): bigint {
  return new BigUint64Array(Float64Array.of(value).buffer)[0] as bigint;
}

function sorted(pairs: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(pairs).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
