import { expect, test } from "vitest";
import type { ValueType } from "../../../collector/promql/ast.ts";
import { evaluatePromql } from "../../../collector/promql/evaluate-promql.ts";
import { FUNCTIONS } from "../../../collector/promql/functions.ts";
import { LabelSet } from "../../../collector/promql/label-set.ts";
import { parsePromql } from "../../../collector/promql/parse-promql.ts";
import type { SampleSource } from "../../../collector/promql/sample-source.ts";

const ARGUMENT: Readonly<Record<ValueType, string>> = { scalar: "1", vector: "g", matrix: "g[1m]", string: '"a"' };
const source: SampleSource = {
  select: () => [
    { labels: LabelSet.from({ __name__: "g", le: "1" }), timestampsMs: Float64Array.of(10_000, 20_000, 30_000), values: Float64Array.of(1, 2, 3) },
  ],
};

test.each([...FUNCTIONS.keys()])("%s is evaluated, with all of its arguments and with the fewest", (name) => {
  const { parameters, optional, returns } = FUNCTIONS.get(name) as { parameters: readonly ValueType[]; optional: number; returns: ValueType };
  for (const given of [parameters, parameters.slice(0, parameters.length - optional)]) {
    const text = `${name}(${given.map((type) => ARGUMENT[type]).join(", ")})`;
    expect(evaluatePromql(parsePromql(text), 30_000, source).type).toBe(returns);
  }
});
