import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../../collector/model/attributes.ts";
import type { Span } from "../../../collector/model/span.ts";
import { parseCondition } from "../../../collector/processors/filter/condition.ts";
import type { Subject } from "../../../collector/processors/filter/condition-paths.ts";
import { ConditionError } from "../../../collector/processors/filter/condition-tokens.ts";
import { logRecord, RESOURCE, SCOPE } from "../pipeline/river.ts";

const attributes = Attributes.from({ "http.route": "/works", "http.status": 503, ratio: 0.5, cached: true, n: 7 });
const span: Subject = {
  resource: RESOURCE,
  scope: SCOPE,
  attributes,
  span: {
    name: "GET /works",
    kind: 2,
    statusCode: 2,
    statusMessage: "no",
    traceId: "ab",
    spanId: "cd",
    parentSpanId: "",
    endUnixNano: 1_790_000_000_000_000_001n,
  } as Span,
};
const record = logRecord("cache miss", { severityNumber: 9, attributes });
const log: Subject = { resource: RESOURCE, scope: SCOPE, attributes, log: record };

describe("a condition on a span", () => {
  test.each([
    ['name == "GET /works"', true],
    ['span.name != "GET /works"', false],
    ['IsMatch(name, "^GET")', true],
    ['IsMatch(attributes["http.status"], "^5\\\\d\\\\d$")', true],
    ['IsMatch(attributes["none"], ".*")', false],
    ['attributes["http.route"] == "/works"', true],
    ['attributes["http.status"] >= 500 and attributes["http.status"] < 600', true],
    ['attributes["http.status"] == 503.0', true],
    ['attributes["http.status"] == "503"', false],
    ['attributes["ratio"] > -1', true],
    ['attributes["cached"] == true', true],
    ['attributes["none"] == nil', true],
    ['attributes["none"] != "x"', true],
    ['attributes["none"] < 5', false],
    ['not (attributes["n"] <= 6 or attributes["n"] > 7)', true],
    ['resource.attributes["service.name"] == "shop"', true],
    ["kind == SPAN_KIND_SERVER", true],
    ["status.code == STATUS_CODE_ERROR", true],
    ['instrumentation_scope.name == "test"', true],
    ["end_time_unix_nano == 1790000000000000001", true],
    ["end_time_unix_nano == 1790000000000000000", false],
    ["true", true],
    ["not true", false],
    ["true == false", false],
    // `and` binds closer than `or`, `not` closest of all.
    ["true or false and false", true],
    ["not false and false", false],
  ])("%s is %s", (text, holds) => {
    expect(parseCondition(text, "span")(span)).toBe(holds);
  });
});

test("a condition on a log record reads body and severity", () => {
  expect(parseCondition("severity_number < SEVERITY_NUMBER_WARN", "log")(log)).toBe(true);
  expect(parseCondition('IsMatch(body, "(?i)CACHE")', "log")(log)).toBe(true);
  expect(parseCondition('log.body == "cache miss" and severity_text == "INFO"', "log")(log)).toBe(true);
});

describe("what is not understood is refused with its column", () => {
  test.each([
    ["", 1, "expected a path or a value, found the end"],
    ['name = "x"', 6, '"=" is not understood'],
    ['name == "x', 9, "this string does not end"],
    ['name "x"', 6, "expected a comparison"],
    ['name == "x" "y"', 13, "expected the end, and, or"],
    ['(name == "x"', 13, "expected ), found the end"],
    ['Concat([name], "x") == "y"', 1, "Concat is not known here"],
    ["body == 1", 1, "body is not known here; known are"],
    ['cache["x"] == 1', 1, "cache is not known here"],
    ["attributes[0] == 1", 12, "a key in double quotes"],
    ['IsMatch(name, "(")', 15, "not a regular expression"],
    ["IsMatch(name, name)", 15, "a pattern in double quotes"],
    ['name == "\\d"', 9, "an escape that is not understood"],
    ["__proto__ == 1", 1, "__proto__ is not known here"],
  ])("%s", (text, column, message) => {
    expect(() => parseCondition(text, "span")).toThrow(ConditionError);
    expect(() => parseCondition(text, "span")).toThrow(expect.objectContaining({ column, message: expect.stringContaining(message) }));
  });

  test("whatever the text, the answer is a condition or a ConditionError", () => {
    const piece = fc.constantFrom("name", "==", "(", ")", "not", "and", "or", '"x"', "1", "nil", "IsMatch", ",", "[", "]", "attributes", " ", "<");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join(" ")),
        ),
        (text) => {
          try {
            expect(typeof parseCondition(text, "span")(span)).toBe("boolean");
          } catch (error) {
            expect(error).toBeInstanceOf(ConditionError);
          }
        },
      ),
    );
  });
});
