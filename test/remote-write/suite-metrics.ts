import { Attributes } from "../../collector/model/attributes.ts";
import type { Exemplar, Metric, SummaryPoint } from "../../collector/model/metric.ts";
import { at, buckets, EPOCH_MS, gauge, histogram, type Lab, number } from "../unit/exporters/prometheusremotewrite/lab.ts";
import type { DecodedSeries } from "../wire/remote-write-decode.ts";
import { last, scraped } from "./sender.ts";

/** Metrics that the checks of the compliance suite push, and what they look at in what was received. */

export const T = EPOCH_MS + 10_000;
export const labelled = [
  scraped("test_metric", gauge(number(1, { attributes: { foo: "bar", baz: "qux" } }))),
  scraped("test_metric1", gauge(number(2, { attributes: { foo: "bar", baz: "qux" } }))),
  scraped("another_metric", gauge(number(3, { attributes: { foo: "bar" } }))),
];
export const allSeries = (lab: Lab): readonly DecodedSeries[] => lab.receiver.requests.flatMap(({ message }) => message.series);
export const symbols = (lab: Lab): readonly string[] => lab.receiver.requests[0]?.message.symbols ?? [];
export const isSorted = ({ labels }: DecodedSeries): boolean =>
  labels.every(
    ([name], index) => index === 0 || Buffer.compare(Buffer.from((labels[index - 1] as readonly [string, string])[0]), Buffer.from(name)) < 0,
  );
export const value = (series: DecodedSeries): number | undefined => last(series.samples)?.value;

export const classic = (name = "test_histogram", count = 100): Metric =>
  scraped(name, histogram({ ...buckets([2, 5, count - 7], [1, 5]), sum: 250.5 }));
export const native = (count = 10n): Metric =>
  scraped("test_native", {
    type: "exponential_histogram",
    temporality: 2,
    points: [
      {
        attributes: Attributes.EMPTY,
        startUnixNano: at(0),
        timeUnixNano: at(10),
        flags: 0,
        count,
        sum: 25.5,
        min: undefined,
        max: undefined,
        scale: 0,
        zeroCount: 0n,
        zeroThreshold: 0,
        positive: { offset: 0, bucketCounts: count === 0n ? [] : [count - 3n, 3n] },
        negative: undefined,
        exemplars: [],
      },
    ],
  });
export const summary = (name: string): Metric => {
  const point: SummaryPoint = {
    attributes: Attributes.EMPTY,
    startUnixNano: at(0),
    timeUnixNano: at(10),
    flags: 0,
    count: 1000n,
    sum: 100,
    quantiles: [
      { quantile: 0.5, value: 0.05 },
      { quantile: 0.9, value: 0.1 },
    ],
  };
  return scraped(name, { type: "summary", points: [point] });
};
export const exemplar = (exemplarValue: number, timeUnixNano: bigint): Exemplar => ({
  filteredAttributes: Attributes.EMPTY,
  timeUnixNano,
  number: { kind: "double", value: exemplarValue },
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
});
