import { describe, expect, test } from "vitest";
import type { Metric } from "../../collector/model/metric.ts";
import { at, buckets, counter, EPOCH_MS, gauge, histogram, metric, number, openLab } from "../unit/exporters/prometheusremotewrite/lab.ts";
import { nameOf, STALE_BITS } from "./mock-receiver.ts";
import { labelsOf, last, names, only, scraped, sent, testMetric } from "./sender.ts";
import { allSeries, classic, exemplar, isSorted, labelled, native, summary, symbols, T, value } from "./suite-metrics.ts";

/**
 * Checks of Prometheus' sender compliance suite (prometheus/compliance, remotewrite/sender: exemplars, metadata, batching, rw1 compat, combined, edge
 * cases), each under its level and name there.
 */

const RW1 = { keys: { protocol: 1 } };

describe.each([
  ["2.0", {}],
  ["1.0", RW1],
] as const)("Exemplars, %s", (_version, options) => {
  const points = [
    scraped("http_request_duration", histogram({ ...buckets([50, 50], [0.1]), exemplars: [exemplar(0.05, at(9))] }), { unit: "s" }),
    scraped("http_requests", counter(number(1000, { exemplars: [exemplar(999, 0n)] }))),
  ];
  const found = async (name: string) => (await sent(points, options)).receiver.series(name).flatMap(({ exemplars }) => exemplars);
  test("MAY exemplar_per_sample", async () => {
    expect(await found("http_request_duration_seconds_bucket")).toHaveLength(1);
    expect(await found("http_requests_total")).toHaveLength(1);
  });
  test("MUST value", async () => expect((await found("http_requests_total"))[0]?.value).toBe(999));
  test("SHOULD trace_id_label and span_id_label", async () =>
    expect(Object.fromEntries((await found("http_requests_total"))[0]?.labels ?? [])).toEqual({
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      span_id: "b7ad6b7169203331",
    }));
  test("MUST timestamp, also where none was given", async () => {
    expect((await found("http_request_duration_seconds_bucket"))[0]?.timestampMs).toBe(EPOCH_MS + 9000);
    expect((await found("http_requests_total"))[0]?.timestampMs).toBe(T);
  });
});

describe("Metadata, 2.0", () => {
  const described = [
    scraped("http_requests", counter(number(100)), { description: "Total HTTP requests" }),
    scraped("memory_usage", gauge(number(1_048_576)), { description: "Current memory usage", unit: "By" }),
    scraped("request_duration", histogram(buckets([100], [])), { unit: "s" }),
    summary("rpc_duration_seconds"),
  ];
  const of = async (name: string) => only(await sent(described), name).metadata;
  test.each([
    ["SHOULD type_counter", "http_requests_total", 1],
    ["SHOULD type_gauge", "memory_usage_bytes", 2],
    ["SHOULD type_histogram", "request_duration_seconds_sum", 3],
    ["SHOULD type_summary", "rpc_duration_seconds", 5],
  ])("%s", async (_name, series, type) => expect((await of(series))?.type).toBe(type));
  test("SHOULD help", async () => {
    expect((await of("http_requests_total"))?.help).toBe("Total HTTP requests");
    expect((await of("memory_usage_bytes"))?.help).toBe("Current memory usage");
    expect((await of("request_duration_seconds_count"))?.help).toBe("");
  });
  test("MAY unit", async () => {
    expect((await of("memory_usage_bytes"))?.unit).toBe("bytes");
    expect((await of("http_requests_total"))?.unit).toBe("");
  });
  test("RECOMMENDED help_with_special_chars", async () => {
    const lab = await sent([scraped("test_metric", gauge(number(42)), { description: "🚀 测试 yolo/d" })]);
    expect(only(lab, "test_metric").metadata?.help).toBe("🚀 测试 yolo/d");
  });
});

describe("Batching", () => {
  const many = (count: number): Metric =>
    scraped("metric", gauge(...Array.from({ length: count }, (_, index) => number(index, { attributes: { label: index } }))));
  test("SHOULD batch_multiple_series", async () => expect((await sent(labelled)).receiver.requests).toHaveLength(1));
  test("RECOMMENDED batch_size_reasonable", async () => {
    const lab = await sent([many(12_000)]);
    expect(lab.receiver.requests.map(({ message }) => message.series.length)).toEqual([2000, 2000, 2000, 2000, 2000, 2000]);
    expect(lab.ledger()).toEqual({ exported: 12_000 });
  });
  test("SHOULD size_based_flush", async () => {
    await using lab = await openLab({ keys: { batch_send_deadline: "1h", max_samples_per_send: 10 } });
    await lab.push(many(10));
    await lab.receiver.came(1);
    expect(lab.receiver.requests[0]?.message.series).toHaveLength(10);
  });
  test("SHOULD time_based_flush", async () => {
    await using lab = await openLab({ keys: { batch_send_deadline: "20ms" } });
    await lab.push(many(3));
    await lab.receiver.came(1);
    expect(lab.receiver.requests[0]?.message.series).toHaveLength(3);
  });
  test("RECOMMENDED efficient_symbol_reuse", async () => {
    const table = symbols(await sent([many(50)]));
    expect(table.filter((symbol) => symbol === "label")).toHaveLength(1);
  });
});

describe("RemoteWrite1Compatibility", () => {
  const first = async (...metrics: readonly Metric[]) => (await sent(metrics, RW1)).receiver.requests[0];
  test("SHOULD rw1_version_header", async () => expect((await first(...labelled))?.headers["x-prometheus-remote-write-version"]).toBe("0.1.0"));
  test("SHOULD rw1_content_type", async () => expect((await first(...labelled))?.headers["content-type"]).toBe("application/x-protobuf"));
  test("MUST rw1_samples_encoding", async () =>
    expect((await sent([scraped("test_counter", counter(number(100)))], RW1)).receiver.lines()).toContain(`test_counter_total 100@${T}`));
  test("MUST rw1_labels_encoding", async () =>
    expect((await sent(labelled, RW1)).receiver.lines()).toContain(`test_metric{baz="qux",foo="bar"} 1@${T}`));
  test("MUST label_lexicographic_ordering", async () => expect((await first(...labelled))?.message.series.every(isSorted)).toBe(true));
  test("MUST metric_name_label_present", async () =>
    expect((await first(...labelled))?.message.series.every(({ labels }) => labels.filter(([name]) => name === "__name__").length === 1)).toBe(true));
  test("MUST rw1_no_native_histograms", async () =>
    expect((await first(native(), classic()))?.message.series.every(({ histograms }) => histograms.length === 0)).toBe(true));
  test("MUST rw1_no_start_timestamp", async () =>
    expect(
      (await first(scraped("test_counter", counter(number(1)))))?.message.series.every(({ samples }) =>
        samples.every(({ startMs }) => startMs === 0),
      ),
    ).toBe(true));
  test("MUST rw1_symbol_table_not_used", async () => expect((await first(...labelled))?.message.symbols).toEqual([]));
  test("SHOULD remote_write_1_configuration", async () => expect((await first(...labelled))?.version).toBe(1));
});

describe("Combined features and edge cases", () => {
  const mixed = [
    scraped("process_cpu", counter(number(123.45)), { unit: "s" }),
    scraped("process_memory", gauge(number(1_048_576)), { unit: "By" }),
    classic("request_duration_seconds"),
    summary("rpc_duration"),
  ];
  test("SHOULD samples_with_metadata", async () => {
    const lab = await sent([
      scraped("http_requests", counter(number(1, { attributes: { method: "GET" } }), number(2, { attributes: { method: "POST" } })), {
        description: "Total",
      }),
    ]);
    expect(lab.receiver.series("http_requests_total").map(({ metadata }) => [metadata?.type, metadata?.help])).toEqual([
      [1, "Total"],
      [1, "Total"],
    ]);
  });
  test("MUST multiple_metric_types and mixed_sample_and_histogram_families", async () =>
    expect(names((await sent(mixed)).receiver.requests[0])).toEqual(
      expect.arrayContaining(["process_cpu_seconds_total", "process_memory_bytes", "request_duration_seconds_bucket", "rpc_duration"]),
    ));
  test("MUST complete_metric_family, in one request", async () => {
    const lab = await sent([...labelled, classic("api_request_duration_seconds")], { keys: { max_samples_per_send: 4 } });
    const request = lab.receiver.requests.find((one) => names(one).includes("api_request_duration_seconds_count"));
    expect(request?.message.series.filter((series) => nameOf(series).startsWith("api_request_duration_seconds"))).toHaveLength(5);
  });
  test("SHOULD mixed_labels_and_metadata", async () => {
    const attributes = { service: "auth", method: "POST", endpoint: "/login", region: "us-east", status: "200" };
    const series = only(
      await sent([scraped("api_calls", counter(number(1000, { attributes })), { description: "Total API calls" })]),
      "api_calls_total",
    );
    expect(labelsOf(series)).toEqual({ __name__: "api_calls_total", ...attributes });
    expect(series.metadata?.help).toBe("Total API calls");
  });
  test("MUST real_world_scenario", async () => expect((await sent([...mixed, native(), ...labelled])).ledger()).toEqual({ exported: 8 }));
  test("SHOULD empty_scrape", async () => expect((await sent([])).receiver.requests).toEqual([]));
  test("SHOULD huge_label_values", async () =>
    expect(
      labelsOf(only(await sent([testMetric(number(42, { attributes: { large_label: "x".repeat(10_000) } }))]), "test_metric"))["large_label"],
    ).toHaveLength(10_000));
  test("SHOULD very_long_metric_name", async () => {
    const name = `metric_${"very_long_name_".repeat(50)}`;
    expect(names((await sent([scraped(name, gauge(number(42)))])).receiver.requests[0])[0]?.length).toBeGreaterThan(700);
  });
  test("MUST special_float_combinations", async () => {
    const points = [Number.NaN, Infinity, -Infinity, 0, -123.45].map((special, index) => ({
      ...number(0.5, { attributes: { type: index } }),
      number: { kind: "double", value: special } as const,
    }));
    expect(allSeries(await sent([scraped("special_values", gauge(...points))])).map(value)).toEqual([Number.NaN, Infinity, -Infinity, 0, -123.45]);
  });
  test("SHOULD zero_timestamp: the time of arrival stands in for it", async () => {
    const lab = await sent([testMetric({ ...number(42), timeUnixNano: 0n })]);
    expect(only(lab, "test_metric").samples[0]?.timestampMs).toBe(T);
  });
  test("SHOULD future_timestamp: turned down here with its reason", async () =>
    expect((await sent([testMetric(number(42, { time: 86_400 }))])).ledger()).toEqual({ exported: 0, future: 1 }));
  test("MUST stale_marker", async () => {
    const lab = await openLab();
    await lab.push(metric("test_metric", gauge(number(42))));
    await lab.close();
    expect(last(only(lab, "test_metric").samples).bits).not.toBe(STALE_BITS);
    expect(last(lab.receiver.series("test_metric")).samples[0]?.bits).toBe(STALE_BITS);
  });
  test("SHOULD robustness_under_load", async () => {
    const points = Array.from({ length: 200 }, (_, index) =>
      scraped(`load_test_metric_${index}`, gauge(number(index, { attributes: { label: `value_${index % 10}` } }))),
    );
    expect(allSeries(await sent(points))).toHaveLength(200);
  });
});
