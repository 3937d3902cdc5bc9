import { isDeepStrictEqual } from "node:util";
import {
  type NativeBuckets,
  STALE_NAN_BITS,
  type WriteBatch,
  type WriteMetadata,
  type WriteSeries,
} from "../../collector/wire/remote-write-batch.ts";
import type { WriteEncoderOptions } from "../../collector/wire/remote-write-encoder.ts";
import { bitsOf } from "./remote-write-arbitraries.ts";
import type { DecodedHistogram, DecodedMetadata, DecodedRequest, DecodedSeries } from "./remote-write-decode.ts";

const TYPES: Readonly<Record<WriteMetadata["type"], number>> = { unknown: 0, counter: 1, gauge: 2, histogram: 3, summary: 5, info: 6 };

/** What a receiver should find in the body of a batch, said plainly. */
export function expectedRequest(batch: WriteBatch, options: WriteEncoderOptions): Omit<DecodedRequest, "symbols"> {
  const bits = new BigUint64Array(batch.values.buffer);
  const starts = options.protocol === 2 && options.sendStarts;
  const exemplars = options.sendExemplars ? batch.exemplars : [];
  const sampled = [...new Set(batch.series)];
  const withHistograms = [...new Set(batch.histograms.map(({ series }) => series))];
  const exemplarsOf = (series: WriteSeries) =>
    exemplars.filter((exemplar) => exemplar.series === series).map(({ labels, value, timestampMs }) => ({ labels, value, timestampMs }));
  const make = (series: WriteSeries, rest: Partial<DecodedSeries>): DecodedSeries => ({
    labels: series.labels,
    samples: [],
    histograms: [],
    exemplars: options.protocol === 2 ? exemplarsOf(series) : [],
    metadata: options.protocol === 2 && options.sendMetadata ? { ...metadataOf(series.metadata), family: "" } : undefined,
    ...rest,
  });
  const series = [
    ...sampled.map((one) => {
      const indexes = batch.series.flatMap((candidate, index) => (candidate === one ? [index] : []));
      const samples = indexes.map((index) => ({
        value: batch.values[index] as number,
        bits: bits[index] as bigint,
        timestampMs: batch.timestampsMs[index] as number,
        startMs: starts ? (batch.startsMs[index] as number) : 0,
      }));
      return make(one, { samples });
    }),
    ...withHistograms.map((one) =>
      make(one, { histograms: batch.histograms.filter((row) => row.series === one).map((row) => histogramOf(row, starts)) }),
    ),
  ];
  if (options.protocol === 2) return { series, metadata: [] };
  const marked = [...new Set(exemplars.map((exemplar) => exemplar.series))].map((one) => make(one, { exemplars: exemplarsOf(one) }));
  const families = [...new Set(sampled.map(({ metadata }) => metadata)), ...new Set(withHistograms.map(({ metadata }) => metadata))];
  return { series: [...series, ...marked], metadata: options.sendMetadata ? families.map(metadataOf) : [] };
}

export function isAsExpected(found: DecodedRequest, batch: WriteBatch, options: WriteEncoderOptions): boolean {
  const { symbols: _, ...rest } = found;
  return isDeepStrictEqual(rest, expectedRequest(batch, options));
}

function metadataOf({ family, type, help, unit }: WriteMetadata): DecodedMetadata {
  return { type: TYPES[type], family, help, unit };
}

function histogramOf({ histogram, timestampMs, startMs }: WriteBatch["histograms"][number], starts: boolean): DecodedHistogram {
  const { schema, count, sum, zeroThreshold, zeroCount, positive, negative, customBounds } = histogram;
  const sumBits = Number.isNaN(sum) ? (count === 0 ? STALE_NAN_BITS : 0x7ff8_0000_0000_0001n) : bitsOf(sum);
  const filled = ({ offset, counts }: NativeBuckets) =>
    new Map(Array.from(counts, (value, index) => [offset + index, value] as const).filter(([, value]) => value !== 0));
  return {
    timestampMs,
    startMs: starts ? startMs : 0,
    schema,
    count,
    sum,
    sumBits,
    zeroThreshold,
    zeroCount,
    positive: filled(positive),
    negative: filled(negative),
    customBounds: Array.from(customBounds ?? []),
  };
}
