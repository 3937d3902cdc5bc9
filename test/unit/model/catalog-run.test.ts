import { expect, test } from "vitest";
import { ATTRIBUTES, type CatalogMetric, METRICS } from "../../../collector/model/catalog.ts";
import { CLIENT_METRICS, K6_METRICS, K6_OTHER_METRICS, RUN_ATTRIBUTES, RUN_METRICS, SPAN_METRICS } from "../../../collector/model/catalog-run.ts";
import { SELF_METRICS } from "../../../collector/model/catalog-self.ts";
import { labelName, SPEC_LABEL_RULES } from "../../../collector/wire/prometheus-label.ts";
import { metricName } from "../../../collector/wire/prometheus-name.ts";

const metrics: readonly CatalogMetric[] = [RUN_METRICS, CLIENT_METRICS, K6_METRICS, K6_OTHER_METRICS, SPAN_METRICS].flatMap((table) =>
  Object.values(table),
);

test("Prometheus names and labels are those that our translator gives", () => {
  for (const { name, unit, instrument, prometheus } of metrics) {
    const named = { name, unit, isCounter: instrument === "counter", isGauge: instrument === "gauge", namespace: "" };
    expect(metricName(named, "UnderscoreEscapingWithSuffixes")).toBe(prometheus.suffixed);
    expect(metricName(named, "UnderscoreEscapingWithoutSuffixes")).toBe(prometheus.plain);
  }
  for (const { name, label } of RUN_ATTRIBUTES) expect(labelName(name, SPEC_LABEL_RULES)).toBe(label);
});

test("the series of a run have the names that others rely on", () => {
  const names = [RUN_METRICS.runInfo, RUN_METRICS.runActive, RUN_METRICS.runPhase].map(({ prometheus }) => [prometheus.suffixed, prometheus.plain]);
  expect(names).toEqual(["loadtest_run_info", "loadtest_run_active", "loadtest_run_phase"].map((name) => [name, name]));
  expect(labelName("run.id", SPEC_LABEL_RULES)).toBe("run_id");
});

test("no two metrics share a Prometheus name, in either strategy", () => {
  const all: readonly CatalogMetric[] = [...Object.values(METRICS), ...metrics];
  for (const strategy of ["suffixed", "plain"] as const) {
    const names = [...all.map(({ prometheus }) => prometheus[strategy]), ...Object.values(SELF_METRICS).map(({ name }) => name)];
    expect(new Set(names).size).toBe(names.length);
  }
});

test("every attribute is in one of the attribute tables, and in only one", () => {
  const names = [...ATTRIBUTES, ...RUN_ATTRIBUTES].map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { attributes } of metrics) for (const name of attributes) expect(names).toContain(name);
});
