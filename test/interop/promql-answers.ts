import type { Dialect } from "../../collector/promql/dialect.ts";
import { evaluatePromql } from "../../collector/promql/evaluate-promql.ts";
import { parsePromql } from "../../collector/promql/parse-promql.ts";
import { isClose, TestSamples } from "../promtool/run-rule-tests.ts";
import { END_MS, type PromqlCases, STEP_MS } from "./promql-cases.ts";

/** Values by `LabelSet.key`, or what went wrong. */
export type PromqlAnswer = ReadonlyMap<string, number> | { readonly error: string };

/** What our own evaluator says to every query, in order. */
export function ownAnswers({ series, queries }: PromqlCases, dialect: Dialect): readonly PromqlAnswer[] {
  const samples = new TestSamples({ input_series: series }, STEP_MS);
  samples.appendUntil(END_MS);
  return queries.map(({ expr, atMs }) => {
    try {
      const value = evaluatePromql(parsePromql(expr), atMs, samples, { dialect });
      return new Map(value.type === "vector" ? value.samples.map(({ labels, value: one }) => [labels.key, one]) : []);
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  });
}

/** Both went wrong, or both have the same series with the same values. */
export function isSameAnswer(wanted: PromqlAnswer, found: PromqlAnswer): boolean {
  if (!(wanted instanceof Map) || !(found instanceof Map)) return !(wanted instanceof Map) && !(found instanceof Map);
  return wanted.size === found.size && [...wanted].every(([key, value]) => isClose(value, found.get(key)));
}

/** A line per query that was answered differently. */
export function differences(cases: PromqlCases, wanted: readonly PromqlAnswer[], found: readonly PromqlAnswer[]): readonly string[] {
  return cases.queries.flatMap(({ expr, atMs }, index) => {
    const [want, got] = [wanted[index] as PromqlAnswer, found[index] as PromqlAnswer];
    return isSameAnswer(want, got) ? [] : [`${expr} at ${atMs} ms\n  they: ${text(want)}\n  we: ${text(got)}`];
  });
}

function text(answer: PromqlAnswer): string {
  return answer instanceof Map ? [...answer].sort().join(" ") : JSON.stringify(answer);
}
