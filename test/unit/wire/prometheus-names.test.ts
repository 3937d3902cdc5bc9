import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type AnyValue, Attributes, anyValue, EMPTY_VALUE } from "../../../collector/model/attributes.ts";
import { labelName, labelValue } from "../../../collector/wire/prometheus-label.ts";
import { isLegacyName, metricName, type TranslationStrategy } from "../../../collector/wire/prometheus-name.ts";
import { unitName } from "../../../collector/wire/prometheus-unit.ts";

interface Case {
  readonly id: string;
  readonly kind: "name" | "label" | "unit";
  readonly source: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
}

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const CASES = JSON.parse(read("../../fixtures/prometheus-names.json")) as readonly Case[];
const KNOWN = new Set(
  read("../../fixtures/prometheus-names.known-differences.txt")
    .split("\n")
    .map((line) => line.split("#")[0]?.trim() ?? "")
    .filter((id) => id !== ""),
);

function result({ kind, input }: Case): Record<string, unknown> {
  const text = (key: string) => String(input[key] ?? "");
  if (input["op"] === "isValidMetricName") return { legacy: isLegacyName(text("name")), utf8: text("name") !== "" };
  if (input["op"] === "value") return { value: labelValue(fromJson(input["anyValue"] as Readonly<Record<string, unknown>>)) };
  if (input["op"] !== undefined) return { unsupported: input["op"] };
  if (kind === "unit") return { unitName: unitName(text("unit"), input["utf8Allowed"] === true) };
  if (kind === "label") {
    const label = labelName(text("label"), {
      utf8: input["utf8Allowed"] === true,
      preserveMultipleUnderscores: input["preserveMultipleUnderscores"] === true,
      prefixUnderscore: input["underscoreLabelSanitization"] === true,
    });
    return label === undefined ? { error: true } : { label };
  }
  const strategy = text("strategy") as TranslationStrategy;
  const type = text("type");
  const name = metricName(
    { name: text("name"), unit: text("unit"), isCounter: type === "sum_monotonic", isGauge: type === "gauge", namespace: text("namespace") },
    strategy,
  );
  return name === undefined ? { error: true } : { name, unitName: unitName(text("unit"), strategy.startsWith("No")) };
}

function fromJson(json: Readonly<Record<string, unknown>>): AnyValue {
  if ("stringValue" in json) return anyValue(String(json["stringValue"]));
  if ("boolValue" in json) return anyValue(json["boolValue"] === true);
  if ("intValue" in json) return { kind: "int", value: Number(json["intValue"]) };
  if ("doubleValue" in json) return { kind: "double", value: Number(json["doubleValue"]) };
  return EMPTY_VALUE;
}

describe("names, labels and units are those of Prometheus' own translator", () => {
  test.each(CASES.filter(({ id }) => !KNOWN.has(id)).map((one) => [`${one.id} ${JSON.stringify(one.input)}`, one] as const))("%s", (_, one) => {
    expect(result(one)).toMatchObject(one.expected);
  });

  test("a known difference that no longer is one must leave the list", () => {
    const differing = CASES.filter((one) => {
      const found = result(one);
      return Object.entries(one.expected).some(([key, value]) => found[key] !== value);
    }).map(({ id }) => id);
    expect([...KNOWN].filter((id) => !differing.includes(id))).toEqual([]);
  });
});

test("arrays, maps and bytes become JSON and base64", () => {
  const map = Attributes.of([
    ["a", { kind: "array", value: [anyValue(1), anyValue("x"), EMPTY_VALUE, { kind: "double", value: Number.NaN }] }],
    ["b", { kind: "bytes", value: Uint8Array.of(1, 2, 255) }],
  ]);
  expect(labelValue({ kind: "map", value: map })).toBe('{"a":[1,"x",null,"NaN"],"b":"AQL/"}');
  expect(labelValue({ kind: "bytes", value: Uint8Array.of(1, 2, 255) })).toBe("AQL/");
  expect(labelValue({ kind: "int", value: 2n ** 62n })).toBe("4611686018427387904");
});
