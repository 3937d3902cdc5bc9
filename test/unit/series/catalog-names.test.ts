import { describe, expect, test } from "vitest";
import { Attributes } from "../../../collector/model/attributes.ts";
import type { CatalogMetric } from "../../../collector/model/catalog.ts";
import { metricOverrides } from "../../../collector/series/metric-overrides.ts";
import { familyHeader, type Translation } from "../../../collector/series/translation.ts";
import { METRIC_KIND } from "../../../collector/wire/scan-metric-rows.ts";
import { namesOf, QUERIED_METRICS, type QueriedKey } from "../../../dashboards/names.ts";

const SUFFIXED: Translation = {
  strategy: "UnderscoreEscapingWithSuffixes",
  namespace: "",
  constLabels: {},
  promoteResource: false,
  scopeInfo: true,
};
const PLAIN: Translation = { ...SUFFIXED, strategy: "UnderscoreEscapingWithoutSuffixes" };
const KINDS = { counter: METRIC_KIND.sum, updowncounter: METRIC_KIND.sum, gauge: METRIC_KIND.gauge, histogram: METRIC_KIND.histogram };

function named({ name, unit, instrument }: CatalogMetric, translation: Translation): string | undefined {
  const isMonotonic = instrument === "counter";
  const sent = { name, unit, description: "", metadata: Attributes.EMPTY, kind: KINDS[instrument], temporality: 2, isMonotonic };
  return familyHeader(sent, translation)?.name;
}

describe("what dashboards and alerts look for is what the exporters write", () => {
  test.each(Object.entries(QUERIED_METRICS) as [QueriedKey, CatalogMetric][])("%s", (key, metric) => {
    const overrides = metricOverrides([], "genarrative");
    expect(named(metric, SUFFIXED)).toBe(namesOf("suffixed")(key));
    expect(named(metric, PLAIN)).toBe(namesOf("plain")(key));
    expect(named(metric, { ...SUFFIXED, overrides })).toBe(namesOf("suffixed", "genarrative")(key));
    expect(named(metric, { ...PLAIN, overrides })).toBe(namesOf("plain", "genarrative")(key));
  });
});
