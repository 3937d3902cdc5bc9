import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ATTRIBUTES, type CatalogMetric, METRICS } from "../../../collector/model/catalog.ts";
import { labelName, SPEC_LABEL_RULES } from "../../../collector/wire/prometheus-label.ts";
import { metricName } from "../../../collector/wire/prometheus-name.ts";
import { renderMetrics } from "../../../loadtest/render-metrics.ts";
import { metricUsage } from "../../../scripts/gen/metric-usage.ts";

const metrics: readonly CatalogMetric[] = Object.values(METRICS);

/** The list of the users' own load-test README. */
const USERS_METRICS = `process.memory.usage process.memory.virtual genarrative.process.memory.private process.thread.count
process.windows.handle.count process.unix.file_descriptor.count genarrative.http.server.response_bodies.in_flight
genarrative.http.server.request_permits.available genarrative.puzzle_gallery.cache.hits genarrative.puzzle_gallery.cache.misses
genarrative.puzzle_gallery.cache.rebuilds genarrative.puzzle_gallery.cache.rebuild.duration genarrative.puzzle_gallery.cache.data_json_bytes
genarrative.spacetime.read.calls genarrative.spacetime.read.duration_ms`.split(/\s+/);

test("every metric of the users' list is there, and no name twice", () => {
  const names = metrics.map(({ name }) => name);
  for (const name of USERS_METRICS) expect(names).toContain(name);
  expect(new Set(names).size).toBe(names.length);
});

test("no gauge or up-down counter has a unit that would become a suffix `_ratio`", () => {
  for (const { unit } of metrics) expect(unit).not.toBe("1");
});

test("counters end in _total after suffixing, histograms alone have buckets, and these ascend", () => {
  for (const metric of metrics) {
    expect(metric.prometheus.suffixed.endsWith("_total")).toBe(metric.instrument === "counter");
    expect(metric.boundaries !== undefined).toBe(metric.instrument === "histogram");
    expect(metric.boundaries ?? []).toEqual([...(metric.boundaries ?? [])].sort((a, b) => a - b));
    expect(metric.prometheus.plain).toBe(metric.name.replaceAll(".", "_"));
  }
});

test("Prometheus names and labels are those that our translator gives", () => {
  for (const { name, unit, instrument, prometheus } of metrics) {
    const named = { name, unit, isCounter: instrument === "counter", isGauge: instrument !== "histogram" && instrument !== "counter", namespace: "" };
    expect(metricName(named, "UnderscoreEscapingWithSuffixes")).toBe(prometheus.suffixed);
    expect(metricName(named, "UnderscoreEscapingWithoutSuffixes")).toBe(prometheus.plain);
  }
  for (const { name, label } of ATTRIBUTES) expect(labelName(name, SPEC_LABEL_RULES)).toBe(label);
});

test("attributes of metrics are in the attribute table", () => {
  const known = new Set(ATTRIBUTES.filter(({ on }) => on.includes("metric")).map(({ name }) => name));
  for (const { attributes } of metrics) for (const name of attributes) expect(known).toContain(name);
});

test("docs/metrics.md is up to date", () => {
  expect(readFileSync(new URL("../../../docs/metrics.md", import.meta.url), "utf8")).toBe(renderMetrics(metricUsage()));
});
