import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLegacyName, metricName, type NamedMetric, strategyWith, TRANSLATION_STRATEGIES } from "../../../collector/wire/prometheus-name.ts";

const SUFFIXED = "UnderscoreEscapingWithSuffixes";
const PLAIN = "UnderscoreEscapingWithoutSuffixes";
const UTF8_SUFFIXED = "NoUTF8EscapingWithSuffixes";

function metric(name: string, fields: Partial<NamedMetric> = {}): NamedMetric {
  return { name, unit: "", isCounter: false, isGauge: false, namespace: "", ...fields };
}

describe("names, row by row (otlptranslator metric_namer.go)", () => {
  test("strategies: the four names of Prometheus' own option, each with its own form of one metric", () => {
    const named = TRANSLATION_STRATEGIES.map((strategy) => metricName(metric("http.server.duration", { unit: "s", isCounter: true }), strategy));
    expect(named).toEqual([
      "http_server_duration_seconds_total",
      "http_server_duration",
      "http.server.duration_seconds_total",
      "http.server.duration",
    ]);
    expect(strategyWith(false, true)).toBe(SUFFIXED);
    expect(strategyWith(true, false)).toBe("NoTranslation");
  });

  test("characters: with suffixes all separators collapse, and leading and trailing ones vanish; colons stay", () => {
    expect(metricName(metric("..a__b--c:d.."), SUFFIXED)).toBe("a_b_c:d");
  });

  test("characters: without suffixes underscores are kept as they are, and only other characters split", () => {
    expect(metricName(metric("a___b..c:d_"), PLAIN)).toBe("a___b_c:d_");
    expect(metricName(metric("___"), PLAIN)).toBe("___");
  });

  test.each([SUFFIXED, PLAIN] as const)("digit first (%s): an underscore stands before it, unless a namespace does", (strategy) => {
    expect(metricName(metric("2xx"), strategy)).toBe("_2xx");
    expect(metricName(metric("2xx", { namespace: "app" }), strategy)).toBe("app_2xx");
  });

  test("empty result: a name of nothing but other characters is none", () => {
    expect(metricName(metric("@#$%"), SUFFIXED)).toBeUndefined();
    expect(metricName(metric("@#$%"), PLAIN)).toBeUndefined();
    expect(metricName(metric(""), "NoTranslation")).toBeUndefined();
  });

  test("appended unless there: with escaping any token of the name counts, with UTF-8 only the end of it", () => {
    const bytesInFlight = metric("bytes.in.flight", { unit: "By" });
    expect(metricName(bytesInFlight, SUFFIXED)).toBe("bytes_in_flight");
    expect(metricName(bytesInFlight, UTF8_SUFFIXED)).toBe("bytes.in.flight_bytes");
    expect(metricName(metric("kiloseconds", { unit: "s" }), UTF8_SUFFIXED)).toBe("kiloseconds");
    expect(metricName(metric("seconds", { unit: "s" }), UTF8_SUFFIXED)).toBe("seconds");
  });

  test("_total: an existing token moves to the end, behind unit and per unit", () => {
    expect(metricName(metric("total.io", { unit: "By/s", isCounter: true }), SUFFIXED)).toBe("io_bytes_per_second_total");
    expect(metricName(metric("io.total", { unit: "By/s", isCounter: true }), UTF8_SUFFIXED)).toBe("io_bytes_per_second_total");
  });

  test("_ratio: unit 1 and gauges only", () => {
    expect(metricName(metric("use", { unit: "1", isGauge: true }), SUFFIXED)).toBe("use_ratio");
    expect(metricName(metric("use", { unit: "1" }), SUFFIXED)).toBe("use");
    expect(metricName(metric("use", { unit: "1", isCounter: true }), SUFFIXED)).toBe("use_total");
    expect(metricName(metric("use.ratio", { unit: "1", isGauge: true }), UTF8_SUFFIXED)).toBe("use_ratio");
  });

  test("namespace: a prefix, in the same alphabet as the name", () => {
    expect(metricName(metric("a", { namespace: "my@space" }), SUFFIXED)).toBe("my_space_a");
    expect(metricName(metric("a", { namespace: "my__space" }), SUFFIXED)).toBe("my__space_a");
    expect(metricName(metric("a", { namespace: "my@space" }), "NoTranslation")).toBe("my@space_a");
  });

  test("unknown units are appended as they are, cleaned; what is cut off at the end leaves its underscore as in Prometheus", () => {
    expect(metricName(metric("a", { unit: "°F" }), SUFFIXED)).toBe("a_F");
    expect(metricName(metric("a", { unit: "F°" }), SUFFIXED)).toBe("a_F_");
    expect(metricName(metric("a", { unit: "F°/s" }), SUFFIXED)).toBe("a_F_per_second");
  });

  test("the specification's spelling of units is another name", () => {
    expect(metricName(metric("disk", { unit: "TiBy" }), SUFFIXED)).toBe("disk_tibibytes");
    expect(metricName(metric("disk", { unit: "TiBy", unitSpelling: "specification" }), SUFFIXED)).toBe("disk_tebibytes");
  });
});

test("whatever is sent, an escaping strategy gives a name that every Prometheus takes, or none", () => {
  const part = fc.string({ unit: "binary", maxLength: 12 });
  fc.assert(
    fc.property(
      fc.record({ name: part, unit: part, isCounter: fc.boolean(), isGauge: fc.boolean(), namespace: part }),
      fc.constantFrom(SUFFIXED, PLAIN),
      (input, strategy) => {
        const name = metricName(input, strategy);
        expect(name === undefined || isLegacyName(name)).toBe(true);
      },
    ),
  );
});
