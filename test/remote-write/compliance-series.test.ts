import { describe, expect, test } from "vitest";
import { at, counter, EPOCH_MS, gauge, number } from "../unit/exporters/prometheusremotewrite/lab.ts";
import { nameOf, STALE_BITS } from "./mock-receiver.ts";
import { labelsOf, last, names, only, scraped, sent, testMetric } from "./sender.ts";
import { allSeries, classic, isSorted, labelled, native, symbols, T, value } from "./suite-metrics.ts";

/**
 * Checks of Prometheus' sender compliance suite (prometheus/compliance, remotewrite/sender: labels, symbols, samples, timestamps, histograms), each
 * under its level and name there. References into the symbol table are checked by the decoder, which throws where one leads nowhere or a list of
 * them has an odd length.
 */

describe("Labels and symbols, 2.0", () => {
  test("MUST symbols_empty_at_index_zero", async () => expect(symbols(await sent(labelled))[0]).toBe(""));
  test("RECOMMENDED symbols_deduplication", async () => {
    const table = symbols(await sent(labelled));
    expect(new Set(table).size).toBe(table.length);
  });
  test("RECOMMENDED symbol_table_efficiency", async () => {
    const calls = [
      ["GET", "200", "/api/v1"],
      ["POST", "200", "/api/v1"],
      ["GET", "404", "/api/v1"],
      ["GET", "200", "/api/v2"],
    ] as const;
    const points = calls.map(([method, status, handler], index) => number(index, { attributes: { method, status, handler } }));
    expect(symbols(await sent([scraped("http_requests", counter(...points))])).length).toBeLessThanOrEqual(31);
  });
  test("MUST labels_refs_valid_indices and labels_refs_even_length", async () => expect(allSeries(await sent(labelled))).toHaveLength(3));
  test("MUST label_lexicographic_ordering", async () => expect(allSeries(await sent(labelled)).every(isSorted)).toBe(true));
  test("MUST label_completeness", async () =>
    expect(labelsOf(only(await sent(labelled), "test_metric"))).toEqual({ __name__: "test_metric", foo: "bar", baz: "qux" }));
  test("MUST no_duplicate_labels", async () => {
    const clash = scraped("test_metric", gauge(number(1, { attributes: { "a.b": "1", a_b: "2" } })));
    const { labels } = only(await sent([clash]), "test_metric");
    expect(new Set(labels.map(([name]) => name)).size).toBe(labels.length);
  });
  test("MUST metric_name_label_present", async () =>
    expect(allSeries(await sent(labelled)).map(nameOf)).toEqual(["test_metric", "test_metric1", "another_metric"]));
  test("SHOULD metric_name_format and label_name_format", async () => {
    const lab = await sent([scraped("1 metric-name.x", gauge(number(1, { attributes: { "2nd.label-name": "v" } })))]);
    expect(allSeries(lab).every((series) => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(nameOf(series)))).toBe(true);
    expect(allSeries(lab).every(({ labels }) => labels.every(([name]) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)))).toBe(true);
  });
  test("SHOULD special_characters_in_values", async () => {
    const odd = 'back\\slash "quote" \n\t{}=,';
    expect(labelsOf(only(await sent([testMetric(number(1, { attributes: { odd } }))]), "test_metric"))["odd"]).toBe(odd);
  });
  test("MUST unicode_in_labels", async () => {
    const attributes = { emoji: "🚀", chinese: "测试", arabic: "مرحبا", vietnamese: "tôi yêu việt nam" };
    expect(labelsOf(only(await sent([testMetric(number(42, { attributes }))]), "test_metric"))).toEqual({ __name__: "test_metric", ...attributes });
  });
  test("MUST empty_label_value", async () =>
    expect(labelsOf(only(await sent([testMetric(number(42, { attributes: { foo: "", bar: "qux" } }))]), "test_metric"))).toEqual({
      __name__: "test_metric",
      bar: "qux",
    }));
  test("MUST metric_name_with_colons", async () =>
    expect(names((await sent([scraped("http:request:duration:seconds", gauge(number(0.5)))])).receiver.requests[0])).toEqual([
      "http:request:duration:seconds",
    ]));
});

describe("Samples and timestamps", () => {
  const both = [scraped("test_counter", counter(number(101.13))), classic()];
  test("MUST value", async () => expect(value(only(await sent(both), "test_counter_total"))).toBe(101.13));
  test("MUST timestamp", async () => expect(allSeries(await sent(both)).every(({ samples }) => last(samples)?.timestampMs === T)).toBe(true));
  test("SHOULD start_timestamp for counters", async () => expect(last(only(await sent(both), "test_counter_total").samples).startMs).toBe(EPOCH_MS));
  test("SHOULD start_timestamp for histograms", async () =>
    expect(last(only(await sent(both), "test_histogram_count").samples).startMs).toBe(EPOCH_MS));
  test.each([
    ["MUST positive_infinity", Infinity],
    ["MUST negative_infinity", -Infinity],
    ["MUST zero_value", 0],
    ["MUST negative_value", -123.45],
    ["SHOULD high_precision_float", 0.1 + 0.2],
    ["MUST float_sample_encoding", 1.7976931348623157e308],
  ])("%s", async (_name, sample) => {
    const point = { ...number(0.5), number: { kind: "double", value: sample } as const };
    expect(value(only(await sent([testMetric(point)]), "test_metric"))).toBe(sample);
  });
  test("MUST nan_value, which is not the stale marker", async () => {
    const point = { ...number(0.5), number: { kind: "double", value: Number.NaN } as const };
    const [sample] = only(await sent([testMetric(point)]), "test_metric").samples;
    expect(sample?.value).toBeNaN();
    expect(sample?.bits).not.toBe(STALE_BITS);
  });
  test("MUST timestamp_ordering_within_series", async () => {
    const lab = await sent([10, 11, 12].map((time) => testMetric(number(time, { time }))));
    expect(only(lab, "test_metric").samples.map(({ timestampMs }) => timestampMs)).toEqual([T, T + 1000, T + 2000]);
  });
  test("MUST millisecond_precision", async () => {
    const point = { ...number(1), timeUnixNano: at(10) + 123_456_789n };
    expect(only(await sent([testMetric(point)]), "test_metric").samples[0]?.timestampMs).toBe(T + 123);
  });
  test("SHOULD start_timestamp_before_sample_timestamp", async () => {
    const lab = await sent(both);
    expect(allSeries(lab).every(({ samples }) => samples.every(({ startMs, timestampMs }) => startMs <= timestampMs))).toBe(true);
  });
});

describe("Histograms", () => {
  test("MUST native_histogram_structure", async () => {
    const found = last(only(await sent([native()]), "test_native").histograms);
    expect({ ...found, positive: [...found.positive] }).toMatchObject({
      schema: 0,
      count: 10,
      sum: 25.5,
      positive: [
        [1, 7],
        [2, 3],
      ],
    });
  });
  test("MUST histogram_count_present", async () => expect(value(only(await sent([classic()]), "test_histogram_count"))).toBe(100));
  test("MUST histogram_sum_present", async () => expect(value(only(await sent([classic()]), "test_histogram_sum"))).toBe(250.5));
  test("SHOULD classic_histogram_encoding and histogram_buckets_ordered", async () => {
    const found = (await sent([classic()])).receiver.series("test_histogram_bucket").map((series) => [labelsOf(series)["le"], value(series)]);
    expect(found).toEqual([
      ["1.0", 2],
      ["5.0", 7],
      ["+Inf", 100],
    ]);
  });
  test("MUST histogram_schema", async () => expect(last(only(await sent([native()]), "test_native").histograms).schema).toBe(0));
  test("MUST histogram_timestamp", async () => expect(last(only(await sent([native()]), "test_native").histograms).timestampMs).toBe(T));
  test("MUST histogram_no_mixed_with_samples", async () => {
    const lab = await sent([native(), classic(), ...labelled]);
    expect(allSeries(lab).filter(({ samples, histograms }) => samples.length > 0 && histograms.length > 0)).toEqual([]);
  });
  test("SHOULD histogram_empty_buckets", async () => expect(last(only(await sent([native(0n)]), "test_native").histograms).count).toBe(0));
  test("MUST histogram_large_counts", async () =>
    expect(value(only(await sent([classic("test_histogram", 1e9)]), "test_histogram_count"))).toBe(1e9));
});
