import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatDuration } from "../../collector/promql/parse-duration.ts";
import { parseNumber } from "../../collector/promql/parse-number.ts";
import { peerCommand } from "../peers/peers.ts";
import { parseSeries } from "../promtool/series-notation.ts";
import type { PromqlAnswer } from "./promql-answers.ts";
import { END_MS, type PromqlCases, STEP_MS } from "./promql-cases.ts";

/** The output of `promtool test rules`; `files` by name, the first one is the test file. */
export function runPromtool(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-promtool-"));
  try {
    // JSON is YAML.
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), JSON.stringify(content));
    const { file, arguments: first, environment } = peerCommand("promtool");
    const path = join(folder, Object.keys(files)[0] ?? "");
    const ran = spawnSync(file, [...first, "test", "rules", path], { env: { ...process.env, ...environment }, encoding: "utf8", maxBuffer: 2 ** 28 });
    if (ran.error !== undefined) throw ran.error;
    return `${ran.stdout}\n${ran.stderr}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What promtool says to every query, in order. Its unit tests do not print answers, only what is not as expected: so nothing is expected
 * anywhere, and whatever it says then is the answer. A comment tells the queries apart.
 */
export function askPromtool(cases: readonly PromqlCases[]): readonly (readonly PromqlAnswer[])[] {
  const tests = cases.map(({ series, queries }, group) => ({
    interval: formatDuration(STEP_MS),
    input_series: series,
    promql_expr_test: [
      ...queries.map(({ expr, atMs }, index) => ({ expr: `${expr} #${group}.${index}`, eval_time: formatDuration(atMs) })),
      // What is after the last evaluation is not even loaded.
      { expr: "absent(vector(1))", eval_time: formatDuration(END_MS) },
    ],
  }));
  const answers = parseAnswers(runPromtool({ "cases.yml": { evaluation_interval: formatDuration(STEP_MS), tests } }));
  return cases.map(({ queries }, group) => queries.map((_, index) => answers.get(`${group}.${index}`) ?? new Map()));
}

function parseAnswers(output: string): ReadonlyMap<string, PromqlAnswer> {
  const answers = new Map<string, PromqlAnswer>();
  let asked = "";
  for (const line of output.split("\n")) {
    const query = /^\s+expr: ".* #(\d+\.\d+)", time: \w+, ?(?:err: (.*))?$/.exec(line);
    if (query !== null) {
      asked = query[1] as string;
      if (query[2] !== undefined) answers.set(asked, { error: query[2] });
    }
    const got = /^\s+got: (.*)$/.exec(line);
    if (got !== null) answers.set(asked, parseSamples(got[1] as string));
  }
  return answers;
}

/** `{a="b"} 1E+00, {c="d"} NaN` */
function parseSamples(text: string): ReadonlyMap<string, number> {
  const samples = text.matchAll(/(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}) (\S+?)(?:, |$)/g);
  return new Map([...samples].map(([, labels = "", value = ""]) => [parseSeries(labels).key, parseNumber(value) ?? Number.NaN]));
}
