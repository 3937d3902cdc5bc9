import { expect, test } from "vitest";
import { readFlowView, readServerView } from "../../../../loadtest/demo/collector-view.ts";
import { histogramQuantile, parseExposition, sumOf } from "../../../../loadtest/demo/exposition.ts";

test("names, labels with escapes, values and timestamps of both text formats are told apart", () => {
  const samples = parseExposition(
    [
      "# HELP a_total Some {braces} 1",
      "# TYPE a_total counter",
      'a_total{x="1",y="a\\"b\\\\c\\nd}, e"} 5 1700000000000',
      'a_total{x="2"} 7 # {trace_id="1"} 1 2',
      "b 2.5e3",
      "c +Inf",
      "",
      "# EOF",
    ].join("\n"),
  );
  expect(samples.map(({ name, value }) => [name, value])).toEqual([
    ["a_total", 5],
    ["a_total", 7],
    ["b", 2500],
    ["c", Number.POSITIVE_INFINITY],
  ]);
  expect(samples[0]?.labels.get("y")).toBe('a"b\\c\nd}, e');
  expect(sumOf(samples, "a_total")).toBe(12);
  expect(sumOf(samples, "a_total", { x: "2" })).toBe(7);
  expect(sumOf(samples, "none")).toBeUndefined();
});

test("a quantile is interpolated over all series of a histogram and stops at the highest finite bound", () => {
  const samples = parseExposition(
    [
      'h_bucket{route="a",le="0.1"} 10',
      'h_bucket{route="a",le="1.0"} 10',
      'h_bucket{route="a",le="+Inf"} 10',
      'h_bucket{route="b",le="0.1"} 0',
      'h_bucket{route="b",le="1.0"} 9',
      'h_bucket{route="b",le="+Inf"} 10',
    ].join("\n"),
  );
  expect(histogramQuantile(samples, "h", 0.25)).toBeCloseTo(0.05);
  expect(histogramQuantile(samples, "h", 0.725)).toBeCloseTo(0.55);
  expect(histogramQuantile(samples, "h", 1)).toBe(1);
  expect(histogramQuantile(samples, "none", 0.5)).toBeUndefined();
});

test("the server's values are read from a scrape; what is not there is not made up", () => {
  const view = readServerView(
    [
      'genarrative_http_server_request_permits_available{job="genarrative-api"} 3',
      'genarrative_http_server_request_permits_limit{job="genarrative-api"} 8',
      "genarrative_puzzle_gallery_cache_hits_total 30",
      "genarrative_puzzle_gallery_cache_misses_total 10",
      'http_server_request_duration_seconds_count{http_route="/a",http_response_status_code="200"} 5',
      'http_server_request_duration_seconds_count{http_route="/a",http_response_status_code="200",error_type=""} 1',
      'http_server_request_duration_seconds_count{http_response_status_code="404"} 2',
    ].join("\n"),
  );
  expect(view).toMatchObject({ permits: 3, permitsLimit: 8, permitsMin: undefined, cacheHitRatio: 0.75, residentBytes: undefined, p95Ms: undefined });
  expect([...view.requests].map(([route, statuses]) => [route, [...statuses]])).toEqual([
    ["/a", [[200, 6]]],
    ["", [[404, 2]]],
  ]);
});

test("the collector's counts are read with and without _total", () => {
  const view = readFlowView(
    [
      'otelcol_receiver_accepted_spans_total{receiver="otlp",transport="http"} 5',
      'otelcol_receiver_accepted_metric_points{receiver="otlp"} 7',
      'otelcol_receiver_accepted_log_records_total{receiver="otlp"} 2',
      'otelcol_receiver_refused_spans_total{receiver="otlp"} 100',
      'otelcol_exporter_sent_spans_total{exporter="file"} 5',
      'otelcol_exporter_sent_log_records{exporter="file"} 2',
      'pitwall_dropped_items_total{component="filter",reason="filtered",signal="metrics"} 3',
    ].join("\n"),
  );
  expect(view).toEqual({ received: 14, exported: 7, dropped: 3, spans: 5, metricPoints: 7, logRecords: 2 });
});
