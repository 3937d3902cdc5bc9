import type { Attributes } from "../../model/attributes.ts";
import type { GaugeSeries } from "../../model/ledger.ts";
import type { Metric, NumberPoint } from "../../model/metric.ts";
import { k6RateOf } from "../../wire/generators/otlp-generators.ts";
import type { GaugeIdentity } from "../ledger-writer.ts";
import type { GaugeFeed } from "./gauge-table.ts";
import { DELTA, type MetricGains, numberOf } from "./metric-gains.ts";
import { originOf, secondOf } from "./point-origin.ts";
import { textsOf } from "./read-value.ts";
import type { RecorderParts } from "./recorder-parts.ts";
import type { Sender } from "./senders.ts";
import { hopOfMetric, sampleTags, tagKey } from "./series-keys.ts";
import type { WitnessRecord } from "./witness-table.ts";

const K6_SCOPE = "k6";

/** A metric that counts no requests: one series for each sender and set of attributes. */
export function recordSeries(parts: RecorderParts, gains: MetricGains, sender: Sender, metric: Metric): void {
  const { data } = metric;
  const witness = witnessOf(sender, metric);
  for (const point of data.points) witness.heard(parts.arrivedMs(), secondOf(parts, point, sender) * 1000);
  switch (data.type) {
    case "gauge":
      for (const point of data.points) recordReading(parts, sender, metric, point);
      return;
    case "sum":
      if (isK6(sender, metric) && data.points.some(({ attributes }) => k6RateOf(metric.name, attributes) !== undefined)) {
        recordRates(parts, gains, sender, metric);
      } else if (data.isMonotonic) recordCounter(parts, gains, sender, metric);
      else for (const point of data.points) recordLevel(parts, sender, metric, point, data.temporality);
      return;
    case "histogram":
    case "exponential_histogram":
    case "summary":
      recordDistribution(parts, gains, sender, metric);
  }
}

function witnessOf(sender: Sender, metric: Metric): WitnessRecord {
  if (isK6(sender, metric)) return sender.witness("client");
  const hop = metric.name.startsWith("system.") ? "host" : hopOfMetric(metric.name);
  return hop === undefined ? sender.bystander() : sender.witness(hop);
}

function isK6({ service }: Sender, { scope }: Pick<Metric, "scope">): boolean {
  return scope.name === K6_SCOPE || service === "k6";
}

function recordReading(parts: RecorderParts, sender: Sender, metric: Metric, point: NumberPoint): void {
  const value = readingOf(point);
  const feed = value === undefined ? undefined : feedOf(parts, sender, metric, point.attributes, "gauge");
  if (feed !== undefined && value !== undefined) parts.gauges.read(feed, secondOf(parts, point, sender), value);
}

/** Of a sum that may fall, what counts is where it stands. */
function recordLevel(parts: RecorderParts, sender: Sender, metric: Metric, point: NumberPoint, temporality: number): void {
  const value = readingOf(point);
  const feed = value === undefined ? undefined : feedOf(parts, sender, metric, point.attributes, "gauge");
  if (feed === undefined || value === undefined) return;
  feed.total = temporality === DELTA ? (feed.total ?? 0) + value : value;
  parts.gauges.read(feed, secondOf(parts, point, sender), feed.total);
}

function recordCounter(parts: RecorderParts, gains: MetricGains, sender: Sender, metric: Metric): void {
  if (metric.data.type !== "sum") return;
  for (const point of metric.data.points) {
    const gain = gains.ofNumber(originOf(parts, sender, metric.scope.name, metric.name, point.attributes, metric.data.temporality), point);
    const feed = gain === undefined ? undefined : feedOf(parts, sender, metric, point.attributes, "counter");
    if (feed !== undefined && gain !== undefined) parts.gauges.increase(feed, secondOf(parts, point, sender), gain);
  }
}

/**
 * A rate of k6 becomes two counters by `condition`, whichever way it was sent. Up to k6 1.x all and those that were true are counted: what is
 * not true is the difference, and both stand in the same export, so it comes right within the second.
 */
function recordRates(parts: RecorderParts, gains: MetricGains, sender: Sender, metric: Metric): void {
  if (metric.data.type !== "sum") return;
  for (const point of metric.data.points) {
    const rate = k6RateOf(metric.name, point.attributes);
    const gain = gains.ofNumber(originOf(parts, sender, metric.scope.name, metric.name, point.attributes, metric.data.temporality), point);
    if (rate === undefined || gain === undefined) continue;
    const tags = point.attributes.without("condition");
    const add = (condition: "zero" | "nonzero", by: number) => {
      const attributes = tags.with("condition", { kind: "string", value: condition });
      const feed = feedOf(parts, sender, { ...metric, name: rate.rate }, attributes, "counter");
      if (feed !== undefined) parts.gauges.increase(feed, secondOf(parts, point, sender), by);
    };
    if (rate.counts === "all") add("zero", gain);
    else add(rate.counts, gain);
    if (metric.name.endsWith(".occurred")) add("zero", -gain);
  }
}

function recordDistribution(parts: RecorderParts, gains: MetricGains, sender: Sender, metric: Metric): void {
  const { data } = metric;
  if (data.type !== "histogram" && data.type !== "exponential_histogram" && data.type !== "summary") return;
  const temporality = data.type === "summary" ? 0 : data.temporality;
  for (const point of data.points) {
    const origin = originOf(parts, sender, metric.scope.name, metric.name, point.attributes, temporality);
    const gain = "quantiles" in point ? gains.ofSummary(origin, point) : gains.ofHistogram(origin, point);
    if (gain === undefined || gain.count <= 0 || gain.sum === undefined) continue;
    const feed = feedOf(parts, sender, metric, point.attributes, "histogram");
    const told = "histogram" in gain ? gain.histogram : undefined;
    if (feed !== undefined)
      parts.gauges.measure(feed, secondOf(parts, point, sender), { n: gain.count, sum: gain.sum, min: told?.min, max: told?.max });
  }
}

export function feedOf(
  parts: RecorderParts,
  sender: Sender,
  metric: Pick<Metric, "name" | "unit" | "scope">,
  attributes: Attributes,
  kind: GaugeSeries["kind"],
): GaugeFeed | undefined {
  const isGenerator = isK6(sender, metric);
  const key = `${kind}\n${sender.key}\n${metric.name}\n${isGenerator ? tagKey(attributes, true) : attributes.canonicalKey}`;
  return parts.gauges.feed(key, (): GaugeIdentity => {
    const { name, unit } = metric;
    const hop = hopOfMetric(name) ?? (isGenerator ? "client" : undefined);
    const told = isGenerator ? sampleTags(attributes, true) : textsOf(attributes);
    return { name, unit, kind, hop, witness: sender.service, instance: sender.instance, attributes: told };
  });
}

function readingOf(point: NumberPoint): number | undefined {
  return (point.flags & 1) === 0 ? numberOf(point.number) : undefined;
}
