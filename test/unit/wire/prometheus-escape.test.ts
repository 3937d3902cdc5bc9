import { assert, constantFrom, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { escapeLabelName, escapeName, isLegacyLabelName, isValidMetricName, NAME_ESCAPINGS } from "../../../collector/wire/prometheus-escape.ts";
import { isLegacyName } from "../../../collector/wire/prometheus-name.ts";

/** Source: prometheus/docs docs/instrumenting/escaping_schemes.md, and the tests of prometheus/common's EscapeName. */
describe.each([
  ["no:escaping_required", "no:escaping_required", "no:escaping__required", "no:escaping_required"],
  [
    "mysystem.prod.west.cpu.load",
    "mysystem_prod_west_cpu_load",
    "mysystem_dot_prod_dot_west_dot_cpu_dot_load",
    "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load",
  ],
  ["http.status:sum", "http_status:sum", "http_dot_status:sum", "U__http_2e_status:sum"],
  ["label with 😱", "label_with__", "label__with____", "U__label_20_with_20__1f631_"],
  ["花火", "__", "____", "U___82b1__706b_"],
  ["0abc", "_abc", "__abc", "U___30_abc"],
  ["a_b.c", "a_b_c", "a__b_dot_c", "U__a__b_2e_c"],
  ["", "", "", ""],
])("%j", (name, underscores, dots, values) => {
  test("is escaped as in Prometheus", () => {
    expect(NAME_ESCAPINGS.map((escaping) => escapeName(name, escaping))).toEqual([underscores, dots, values, name]);
  });
});

test("a label may have no colon", () => {
  expect((["underscores", "dots", "values"] as const).map((escaping) => escapeLabelName("a:b", escaping))).toEqual(["a_b", "a__b", "U__a_3a_b"]);
});

test("whatever the name, what comes out needs no quotes", () => {
  assert(
    property(string({ minLength: 1, unit: "binary" }), constantFrom("underscores", "dots", "values"), (name, escaping) => {
      expect(isLegacyName(escapeName(name, escaping))).toBe(true);
      expect(isLegacyLabelName(escapeLabelName(name, escaping))).toBe(true);
    }),
  );
});

test("valid names", () => {
  const names = ["Avalid_23name", "a lid_23name", ":leading_colon", "", "colon:in:the:middle", "\ud800"];
  expect(names.map((name) => isValidMetricName(name, "legacy"))).toEqual([true, false, true, false, true, false]);
  expect(names.map((name) => isValidMetricName(name, "utf8"))).toEqual([true, true, true, false, true, false]);
});
