import { LabelSet } from "../../collector/promql/label-set.ts";
import { parsePromql } from "../../collector/promql/parse-promql.ts";

/** A value at a step; undefined = no sample, "stale" = the series ends. */
export type NotedValue = number | "stale" | undefined;

/** `0+10x5 _x4 7 stale` (prometheus: docs/configuration/unit_testing_rules.md). */
export function parseValues(text: string): readonly NotedValue[] {
  return text.trim().split(/\s+/).flatMap(expand);
}

function expand(word: string): readonly NotedValue[] {
  if (word === "stale") return ["stale"];
  const gap = /^_(?:x(\d+))?$/.exec(word);
  if (gap !== null) return new Array<undefined>(Number(gap[1] ?? 1)).fill(undefined);
  const found = /^([-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+|inf|nan|0x[0-9a-f]+))(?:([-+](?:\d+\.?\d*(?:e[-+]?\d+)?|\.\d+))?x(\d+))?$/i.exec(word);
  if (found === null) throw new Error(`${JSON.stringify(word)} is no series notation`);
  const [, first = "", step = "0", times] = found;
  const values: number[] = [];
  let value = /inf/i.test(first) ? (first.startsWith("-") ? -Infinity : Infinity) : Number(first);
  for (let index = 0; index <= Number(times ?? 0); index++) {
    values.push(value);
    value += Number(step);
  }
  return values;
}

/** `name{a="b"}` as labels. */
export function parseSeries(text: string): LabelSet {
  if (/^\s*(\{\s*\})?\s*$/.test(text)) return LabelSet.EMPTY;
  const selector = parsePromql(text);
  if (selector.kind !== "vector-selector") throw new Error(`${text} is no series`);
  return LabelSet.from(selector.matchers.map(({ name, value }) => [name, value] as const));
}
