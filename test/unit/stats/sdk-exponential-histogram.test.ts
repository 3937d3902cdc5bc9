import {
  AggregationTemporality,
  AggregationType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import fc from "fast-check";
import { expect, test } from "vitest";
import { bucketsOf, recorded } from "./histogram-shape.ts";

interface SdkHistogram {
  readonly scale: number;
  readonly count: number;
  readonly sum?: number;
  readonly min?: number;
  readonly max?: number;
  readonly zeroCount: number;
  readonly positive: { readonly offset: number; readonly bucketCounts: readonly number[] };
}

/** What the OTel SDK for JavaScript makes of the values. */
async function bySdk(values: readonly number[], maxSize: number): Promise<SdkHistogram> {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })],
    views: [{ instrumentName: "*", aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize, recordMinMax: true } } }],
  });
  const instrument = provider.getMeter("oracle").createHistogram("latency");
  for (const value of values) instrument.record(value);
  await provider.forceFlush();
  const point = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value;
  await provider.shutdown();
  return point as SdkHistogram;
}

/** Where it lies in the doubles, empty ends left out: index of the first bucket, counts. */
function placed(buckets: SdkHistogram["positive"]): readonly [number, number][] {
  return buckets.bucketCounts.map((count, slot): [number, number] => [buckets.offset + slot, count]).filter(([, count]) => count > 0);
}

test("scale, offset and every bucket are those of the OpenTelemetry SDK", async () => {
  const value = fc.oneof(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), fc.integer({ min: 0, max: 5000 }), fc.constantFrom(0, 1, 2, 1024));
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 120 }), fc.integer({ min: 4, max: 160 }), async (values, maxSize) => {
      const theirs = await bySdk(values, maxSize);
      const ours = recorded(values, maxSize);
      expect(bucketsOf(ours.positive)).toEqual(placed(theirs.positive));
      expect({ count: ours.count, zeroCount: ours.zeroCount, min: ours.min, max: ours.max }).toEqual({
        count: theirs.count,
        zeroCount: theirs.zeroCount,
        min: theirs.min,
        max: theirs.max,
      });
      if (values.some((one) => one > 0)) expect(ours.scale).toBe(theirs.scale);
    }),
    { numRuns: 60 },
  );
});
