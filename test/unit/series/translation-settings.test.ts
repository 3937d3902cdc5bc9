import { describe, expect, test } from "vitest";
import { z } from "../../../collector/pipeline/define.ts";
import { labelRecord, translationOf, translationSettings } from "../../../collector/series/translation-settings.ts";
import { SERVER_LABEL_RULES, SPEC_LABEL_RULES } from "../../../collector/wire/prometheus-label.ts";

const schema = z.strictObject({ ...translationSettings, const_labels: labelRecord() });

function problems(keys: object): readonly string[] {
  const { error } = schema.safeParse(keys);
  return (error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);
}
const translation = (keys: object) => {
  const settings = schema.parse(keys);
  return translationOf(settings, settings.const_labels);
};

test("without any key: Prometheus' default strategy and spellings, the specification's labels, scope labels, nothing promoted", () => {
  expect(translation({})).toEqual({
    strategy: "UnderscoreEscapingWithSuffixes",
    namespace: "",
    constLabels: {},
    promoteResource: false,
    scopeInfo: true,
    labelRules: SPEC_LABEL_RULES,
    unitSpelling: "prometheus",
    overrides: [],
    keepIdentifying: false,
    dropDeltas: false,
  });
});

test("add_metric_suffixes counts only where no strategy is given", () => {
  expect(translation({ add_metric_suffixes: false }).strategy).toBe("UnderscoreEscapingWithoutSuffixes");
  expect(translation({ add_metric_suffixes: false, translation_strategy: "NoUTF8EscapingWithSuffixes" }).strategy).toBe("NoUTF8EscapingWithSuffixes");
});

test("where the specification and Prometheus' server differ both can be had", () => {
  expect(translation({ label_compat: "prometheus-server", unit_spelling: "specification", without_scope_info: true })).toMatchObject({
    labelRules: SERVER_LABEL_RULES,
    unitSpelling: "specification",
    scopeInfo: false,
  });
});

describe("resource_to_telemetry_conversion", () => {
  const promoted = (conversion: object) => {
    const { promoteResource } = translation({ resource_to_telemetry_conversion: conversion });
    const isPromoted = typeof promoteResource === "function" ? promoteResource : () => promoteResource;
    return ["host.name", "k8s.pod.name", "k8s.node.name"].filter(isPromoted);
  };
  test("all, all but some, a list, a pattern, a pattern but some, none", () => {
    expect(promoted({ enabled: true })).toEqual(["host.name", "k8s.pod.name", "k8s.node.name"]);
    expect(promoted({ enabled: true, except: ["k8s.*"] })).toEqual(["host.name"]);
    expect(promoted({ promote: ["host.name", "other"] })).toEqual(["host.name"]);
    expect(promoted({ promote: ["k8s.*"] })).toEqual(["k8s.pod.name", "k8s.node.name"]);
    expect(promoted({ promote: ["*"], except: ["k8s.node.name"] })).toEqual(["host.name", "k8s.pod.name"]);
    expect(promoted({})).toEqual([]);
  });
  test("a list beside all is told as a mistake", () => {
    expect(problems({ resource_to_telemetry_conversion: { enabled: true, promote: ["a"] } })).toEqual([expect.stringContaining("no effect")]);
  });
});

test.each(["__name__", "__x", "le", "quantile"])("a constant label may not be %s", (label) => {
  expect(problems({ const_labels: { [label]: "x" } })).toEqual([expect.stringContaining(`const_labels.${label}`)]);
});

describe("metric_overrides", () => {
  test("rows of the config come before those of the preset", () => {
    const { overrides } = translation({ metric_overrides: [{ metric: "a", unit: "s" }], metric_overrides_preset: "genarrative" });
    expect(overrides?.map(({ override }) => override.metric)[0]).toBe("a");
    expect(overrides?.length).toBeGreaterThan(1);
  });
  test.each([
    [{ metric: "a" }, "says nothing"],
    [{ metric: "a.*", name: "b" }, "one name"],
    [{ metric: "http.server.request.duration", instrument: "gauge" }, "is a histogram"],
    [{ metric: "a", instrument: "histogram" }, "Invalid option"],
    [{ metric: "", unit: "s" }, "Too small"],
    [{ metric: "a", unit: "s", units: "s" }, "Unrecognized key"],
  ])("%j is a mistake in the config", (row, message) => {
    expect(problems({ metric_overrides: [row] })).toEqual([expect.stringContaining(message)]);
  });
});
