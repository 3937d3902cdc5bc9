import type { Decoded } from "./decode-protobuf.ts";
import type { ParsedFamily } from "./families.ts";

/** One number of an exposition: its name with all labels, as Prometheus would store it. */
export type Flat = readonly [series: string, value: number];

const TYPES = ["counter", "gauge", "summary", "untyped", "histogram"];

/** What a text exposition would say of the same families: classic histograms, `+Inf` filled in. */
export function flattenProtobuf(families: readonly Decoded[]): readonly Flat[] {
  return families.flatMap((family) => list(family, "metric").flatMap((metric) => flattenMetric(family, metric)));
}

export function typeOf(family: Decoded): string {
  return TYPES[family["type"] as number] ?? `type ${family["type"]}`;
}

function flattenMetric(family: Decoded, metric: Decoded): readonly Flat[] {
  const name = family["name"] as string;
  const labels = list(metric, "label").map((label) => [label["name"], label["value"]] as [string, string]);
  const flat = (suffix: string, value: unknown, extra: [string, string][] = []): Flat => [
    seriesKey(`${name}${suffix}`, [...labels, ...extra]),
    Number(value),
  ];
  switch (typeOf(family)) {
    case "histogram": {
      const histogram = metric["histogram"] as Decoded;
      const buckets = list(histogram, "bucket").filter((bucket) => bucket["upper_bound"] !== Infinity);
      return [
        ...buckets.map((bucket) => flat("_bucket", bucket["cumulative_count"], [["le", number(bucket["upper_bound"] as number)]])),
        flat("_bucket", histogram["sample_count"], [["le", "+Inf"]]),
        ...(Number.isNaN(histogram["sample_sum"]) ? [] : [flat("_sum", histogram["sample_sum"])]),
        flat("_count", histogram["sample_count"]),
      ];
    }
    case "summary": {
      const summary = metric["summary"] as Decoded;
      const quantiles = list(summary, "quantile");
      return [
        ...quantiles.map((quantile) => flat("", quantile["value"], [["quantile", number(quantile["quantile"] as number)]])),
        flat("_sum", summary["sample_sum"]),
        flat("_count", summary["sample_count"]),
      ];
    }
    default:
      return [flat("", (metric[typeOf(family)] as Decoded)["value"])];
  }
}

/** The same of a parsed text exposition. */
export function flattenText(families: readonly ParsedFamily[]): readonly Flat[] {
  return families.flatMap(({ type, samples }) => {
    const bound = type === "histogram" ? "le" : type === "summary" ? "quantile" : undefined;
    return samples.map(({ name, labels, value }): Flat => {
      return [
        seriesKey(
          name,
          labels.map(([label, text]) => [label, label === bound && text !== "+Inf" ? number(Number(text)) : text] as const),
        ),
        value,
      ];
    });
  });
}

function seriesKey(name: string, labels: readonly (readonly [string, string])[]): string {
  return JSON.stringify([name, ...[...labels].sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Bounds compare as numbers: each format writes them its own way. */
function number(value: number): string {
  return String(value);
}

function list(message: Decoded, field: string): readonly Decoded[] {
  return (message[field] ?? []) as readonly Decoded[];
}
