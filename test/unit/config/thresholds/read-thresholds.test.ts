import { describe, expect, test } from "vitest";
import { parseGate } from "../../../../collector/diagnose/gates/parse-gate.ts";
import { isLoadError } from "../../../../collector/model/errors.ts";
import { PRESET_NAMES, presetGates } from "../../../../config/thresholds/presets.ts";
import { type CheckThreshold, readThreshold, readThresholds } from "../../../../config/thresholds/read-thresholds.ts";

const check: CheckThreshold = (expression) => {
  const parsed = parseGate(expression);
  return "mistake" in parsed ? parsed.mistake : undefined;
};

function mistakesOf(text: string): string {
  try {
    readThresholds(text, "thresholds.yaml", check);
  } catch (error) {
    if (isLoadError(error) && error.code === "E_THRESHOLDS") return error.message;
    throw error;
  }
  throw new Error("there was no mistake");
}

describe("a file of thresholds", () => {
  test("gives its preset, its list and those of its phases, each with its place", () => {
    const text = 'preset: smoke\nthresholds:\n  - p95{endpoint=GET /api/works/{id}} < 800ms\nphases:\n  hold: ["p99 < 1500ms"]\n';
    expect(readThresholds(text, "t.yaml", check)).toEqual([
      ...(presetGates("smoke") ?? []),
      { expression: "p95{endpoint=GET /api/works/{id}} < 800ms", phase: "", source: "t.yaml:3" },
      { expression: "p99 < 1500ms", phase: "hold", source: "t.yaml:5" },
    ]);
  });

  test("tells all its mistakes at once, with line, column and what is expected", () => {
    const message = mistakesOf('threshold: []\npreset: spyke\nthresholds:\n  - p95 < 80ss\n  - "max(rss) < 1%"\nphases:\n  hold:\n    - p95 ~ 3ms\n');
    expect(message).toContain("thresholds.yaml:1:1");
    expect(message).toContain('did you mean "thresholds"?');
    expect(message).toContain('there is no preset "spyke"');
    expect(message).toContain('did you mean "spike"?');
    expect(message).toContain('thresholds.yaml:4:13  thresholds::0  there is no unit "ss"');
    expect(message).toContain("    4 |   - p95 < 80ss\n      |             ^^\n");
    expect(message).toContain('thresholds.yaml:8:11  phases::hold::0  "~" is no comparison');
    expect(message).toContain("4 problems");
  });

  test("points into quoted text as well", () => {
    expect(mistakesOf('thresholds: ["p95 < 800ms", "p95 < 80ss"]\n')).toContain("thresholds.yaml:1:38");
  });

  test("asks for quotes where YAML made a map of a threshold", () => {
    expect(mistakesOf("thresholds:\n  - http_req_failed: rate<0.01\n")).toContain("put it in quotes");
  });

  test("says so where there is nothing in it, or no YAML", () => {
    expect(mistakesOf("thresholds: []\n")).toContain("there is no threshold in this file");
    expect(mistakesOf("- p95 < 3s\n")).toContain("thresholds are a map");
    expect(mistakesOf("thresholds: p95 < 3s\n")).toContain("a list of thresholds is expected");
    expect(mistakesOf("phases: [hold]\n")).toContain("phases are a map");
    expect(mistakesOf("thresholds: [\n")).toContain("thresholds.yaml:");
  });
});

test("every threshold of every preset can be read", () => {
  expect(PRESET_NAMES).toEqual(["smoke", "baseline", "spike"]);
  for (const name of PRESET_NAMES)
    for (const { expression, source } of presetGates(name) ?? [])
      expect({ source, mistake: check(expression) }).toEqual({ source: `preset ${name}`, mistake: undefined });
  expect(presetGates("soak")).toBeUndefined();
});

test("one threshold of a command line shows the place of its mistake", () => {
  expect(readThreshold(" p95 < 3s ", "--threshold", check)).toEqual({ expression: "p95 < 3s", phase: "", source: "--threshold" });
  expect(() => readThreshold("p95 < 3x", "--threshold", check)).toThrow(/--threshold:1:8 {2}there is no unit "x"/);
});
