import type { Attributes } from "../../model/attributes.ts";
import { type Correction, ERROR_KINDS, OUTCOMES } from "../../model/load-outcome.ts";
import type { LatencyView, LoadAggregate } from "../../model/load-record.ts";
import { AttributeBuilder } from "./attribute-builder.ts";
import { flagAt, mapAt, mapsAt, numberAt, numbersAt, textAt, timeAt, unprefixed, wordAt } from "./attribute-reading.ts";
import { DURATION_MEANINGS } from "./duration-meanings.ts";
import { addEndpoint, readEndpoint } from "./endpoint-attributes.ts";
import { TAG_PREFIX } from "./tags.ts";

/*
 * A generator's own sums as attributes of a log record: those of endpoint-attributes.ts and, each before its name `loadtest.aggregate.`,
 *   scope, is_total, start_unix_nano, end_unix_nano, duration_s, count, response_bytes
 *   outcomes, error_kinds  maps of counts
 *   statuses               statuses and their counts by turns
 *   latencies              a map each: of, means, correction, survivors_only, count, min_ms, mean_ms, max_ms, deviation_ms, and as numbers
 *                          by turns quantiles (q, ms) and histogram (upper bound in ms, count)
 */
const key = (name: string) => `loadtest.aggregate.${name}`;

const SCOPES = ["run", "period", "so_far"] as const satisfies readonly LoadAggregate["scope"][];
const CORRECTIONS = ["corrected", "raw", "not_needed", "broken", "unknown"] as const satisfies readonly Correction[];

export function addAggregate(attributes: AttributeBuilder, item: LoadAggregate): AttributeBuilder {
  addEndpoint(attributes, item.endpoint);
  return attributes
    .text(key("scope"), item.scope)
    .flag(key("is_total"), item.isTotal)
    .time(key("start_unix_nano"), item.startUnixNano)
    .time(key("end_unix_nano"), item.endUnixNano)
    .number(key("duration_s"), item.durationSeconds)
    .number(key("count"), item.count)
    .number(key("response_bytes"), item.responseBytes)
    .map(key("outcomes"), countsOf(item.outcomes))
    .map(key("error_kinds"), countsOf(item.errorKinds))
    .numbers(key("statuses"), [...item.statuses].flat())
    .maps(key("latencies"), item.latencies.map(latencyAttributes))
    .prefixed(TAG_PREFIX, item.tags);
}

export function readAggregate(attributes: Attributes): LoadAggregate {
  return {
    kind: "aggregate",
    endpoint: readEndpoint(attributes),
    scope: wordAt(attributes, key("scope"), SCOPES, "run"),
    isTotal: flagAt(attributes, key("is_total")) ?? true,
    startUnixNano: timeAt(attributes, key("start_unix_nano")),
    endUnixNano: timeAt(attributes, key("end_unix_nano")),
    durationSeconds: numberAt(attributes, key("duration_s")),
    count: numberAt(attributes, key("count")),
    responseBytes: numberAt(attributes, key("response_bytes")),
    outcomes: readCounts(mapAt(attributes, key("outcomes")), OUTCOMES),
    errorKinds: readCounts(mapAt(attributes, key("error_kinds")), ERROR_KINDS),
    statuses: new Map(pairs(numbersAt(attributes, key("statuses")))),
    latencies: mapsAt(attributes, key("latencies")).map(readLatency),
    tags: unprefixed(attributes, TAG_PREFIX),
  };
}

function countsOf(counts: { readonly [word: string]: number | undefined }): Attributes {
  const attributes = new AttributeBuilder();
  for (const [word, count] of Object.entries(counts)) attributes.number(word, count);
  return attributes.build();
}

function readCounts<Word extends string>(counts: Attributes, words: readonly Word[]): { readonly [word in Word]?: number } {
  const found: { [word in Word]?: number } = {};
  for (const word of words) {
    const count = numberAt(counts, word);
    if (count !== undefined) found[word] = count;
  }
  return found;
}

function latencyAttributes(view: LatencyView): Attributes {
  return new AttributeBuilder()
    .text("of", view.of)
    .text("means", view.means)
    .text("correction", view.correction)
    .flag("survivors_only", view.survivorsOnly)
    .number("count", view.count)
    .number("min_ms", view.minMs)
    .number("mean_ms", view.meanMs)
    .number("max_ms", view.maxMs)
    .number("deviation_ms", view.deviationMs)
    .numbers(
      "quantiles",
      view.quantiles.flatMap(({ q, ms }) => [q, ms]),
    )
    .numbers(
      "histogram",
      view.histogram.flatMap(({ toMs, count }) => [toMs, count]),
    )
    .build();
}

function readLatency(view: Attributes): LatencyView {
  return {
    of: textAt(view, "of"),
    means: wordAt(view, "means", DURATION_MEANINGS, "unknown"),
    correction: wordAt(view, "correction", CORRECTIONS, "unknown"),
    survivorsOnly: flagAt(view, "survivors_only"),
    count: numberAt(view, "count"),
    minMs: numberAt(view, "min_ms"),
    meanMs: numberAt(view, "mean_ms"),
    maxMs: numberAt(view, "max_ms"),
    deviationMs: numberAt(view, "deviation_ms"),
    quantiles: pairs(numbersAt(view, "quantiles")).map(([q, ms]) => ({ q, ms })),
    histogram: pairs(numbersAt(view, "histogram")).map(([toMs, count]) => ({ toMs, count })),
  };
}

function pairs(numbers: readonly number[]): readonly (readonly [number, number])[] {
  return Array.from({ length: Math.floor(numbers.length / 2) }, (_, index) => [numbers[index * 2] as number, numbers[index * 2 + 1] as number]);
}
