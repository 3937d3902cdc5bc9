import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Attributes, anyValue, EMPTY_VALUE } from "../../../collector/model/attributes.ts";
import { compareUtf8 } from "../../../collector/wire/compare-utf8.ts";
import { labelName, labelValue, SERVER_LABEL_RULES, SPEC_LABEL_RULES, seriesLabelName } from "../../../collector/wire/prometheus-label.ts";

const spec = (key: string) => labelName(key, SPEC_LABEL_RULES);
const server = (key: string) => labelName(key, SERVER_LABEL_RULES);
const utf8 = (key: string) => labelName(key, { ...SPEC_LABEL_RULES, utf8: true });

describe("label names, row by row (otlptranslator label_namer.go)", () => {
  test("label names: other characters, colons too, become one underscore; runs collapse", () => {
    expect(["a.b", "a:b", "a..b", "a__b", "😱x", "a字符"].map(spec)).toEqual(["a_b", "a_b", "a_b", "a_b", "_x", "a_"]);
  });

  test("label names: Prometheus' server keeps runs, and puts key before a single leading underscore", () => {
    expect(["a..b", "a__b", "_x", ".x", "__x", "😱x", "a字符"].map(server)).toEqual(["a__b", "a__b", "key_x", "key_x", "__x", "key_x", "a__"]);
  });

  test("label names: key_ stands before a leading digit", () => {
    expect([spec("2xx"), server("2xx")]).toEqual(["key_2xx", "key_2xx"]);
  });

  test("label names: __x__ keeps its ends; what only becomes so by escaping is not reserved", () => {
    expect([spec("__a..b__"), server("__a..b__"), spec("..a.."), spec("__a")]).toEqual(["__a_b__", "__a__b__", "_a_", "_a"]);
  });

  test("label names: nothing, or nothing but underscores, is no label; under UTF-8 that is all that is refused", () => {
    expect(["", "_", "____", "ようこそ", "..."].map(spec)).toEqual(Array(5).fill(undefined));
    expect(["", "__"].map(utf8)).toEqual([undefined, undefined]);
    expect(["ようこそ", "...", "a.b", "2xx"].map(utf8)).toEqual(["ようこそ", "...", "a.b", "2xx"]);
  });

  test("whatever the key, an escaped label is one that every Prometheus takes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.constantFrom(SPEC_LABEL_RULES, SERVER_LABEL_RULES), (key, rules) => {
        expect(labelName(key, rules) ?? "none").toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/);
      }),
    );
  });
});

describe("label values (specification/common/README.md)", () => {
  test("values: strings as they are, numbers and booleans as text, empty as nothing", () => {
    const values = [anyValue("x y"), anyValue(true), anyValue(42), anyValue(1.5), { kind: "double", value: Number.NaN } as const, EMPTY_VALUE];
    expect(values.map(labelValue)).toEqual(["x y", "true", "42", "1.5", "NaN", ""]);
    expect(labelValue({ kind: "double", value: -Infinity })).toBe("-Infinity");
    expect(labelValue({ kind: "int", value: 2n ** 62n })).toBe("4611686018427387904");
  });

  test("values: arrays, maps and bytes become JSON and base64", () => {
    const map = Attributes.of([
      ["a", { kind: "array", value: [anyValue(1), anyValue("x"), EMPTY_VALUE, { kind: "double", value: Number.NaN }] }],
      ["b", { kind: "bytes", value: Uint8Array.of(1, 2, 255) }],
    ]);
    expect(labelValue({ kind: "map", value: map })).toBe('{"a":[1,"x",null,"NaN"],"b":"AQL/"}');
    expect(labelValue({ kind: "bytes", value: Uint8Array.of(1, 2, 255) })).toBe("AQL/");
  });
});

test("order: texts compare as their UTF-8 bytes do", () => {
  expect(["ｆ", "😱", "a", "", "ab"].sort(compareUtf8)).toEqual(["", "a", "ab", "ｆ", "😱"]);
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});

test("a key of which the rules leave nothing is written out by code points on a series, so that no two series fall into one", () => {
  const rules = SPEC_LABEL_RULES;
  expect(["城市", "...", "::", "http.城市"].map((key) => seriesLabelName(key, rules))).toEqual([
    "U___57ce__5e02_",
    "U___2e__2e__2e_",
    "U___3a__3a_",
    "http_",
  ]);
  expect(["", "_", "___"].map((key) => seriesLabelName(key, rules))).toEqual([undefined, undefined, undefined]);
  expect(seriesLabelName("城市", { ...rules, utf8: true })).toBe("城市");
});
