import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LabelSet } from "../../collector/promql/label-set.ts";
import { parseNumber } from "../../collector/promql/parse-number.ts";
import { peerCommand } from "../peers/peers.ts";
import { parseValues } from "../promtool/series-notation.ts";
import { freePort, Process } from "./child-process.ts";
import { differences, ownAnswers, type PromqlAnswer } from "./promql-answers.ts";
import { type PromqlCases, promqlCases, STEP_MS } from "./promql-cases.ts";

/** Each fills one Prometheus with random series. */
const SEEDS = [1001, 1002];
const QUERIES = 400;

/** Stale markers cannot be written in OpenMetrics: there they are gaps. */
function withoutStale(cases: PromqlCases): PromqlCases {
  return { ...cases, series: cases.series.map(({ series, values }) => ({ series, values: values.replaceAll("stale", "_") })) };
}

function openMetrics({ series }: PromqlCases): string {
  const lines = series.flatMap((one) =>
    parseValues(one.values).flatMap((value, step) =>
      typeof value === "number" ? [`${one.series} ${formatNumber(value)} ${(step * STEP_MS) / 1000}\n`] : [],
    ),
  );
  return `${lines.join("")}# EOF\n`;
}

function formatNumber(value: number): string {
  return Number.isNaN(value) ? "NaN" : String(value);
}

async function askPrometheus3(cases: PromqlCases): Promise<readonly PromqlAnswer[]> {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-prometheus3-"));
  writeFileSync(join(folder, "series.om"), openMetrics(cases));
  writeFileSync(join(folder, "prometheus.yml"), "{}");
  const promtool = peerCommand("promtool");
  const made = spawnSync(
    promtool.file,
    [...promtool.arguments, "tsdb", "create-blocks-from", "openmetrics", join(folder, "series.om"), join(folder, "data")],
    { env: { ...process.env, ...promtool.environment }, encoding: "utf8" },
  );
  expect(made.status, made.stderr).toBe(0);
  const port = await freePort();
  const { file, arguments: first, environment } = peerCommand("prometheus3");
  const prometheus = new Process({
    file,
    arguments: [
      ...first,
      `--config.file=${join(folder, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      // The series are of the year 1970.
      "--storage.tsdb.retention.time=100y",
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    environment,
  });
  try {
    await prometheus.waitFor("ready message", () => (prometheus.stderr.includes("Server is ready to receive web requests") ? true : undefined));
    const answers: PromqlAnswer[] = [];
    for (const { expr, atMs } of cases.queries) answers.push(await ask(`http://127.0.0.1:${port}`, expr, atMs));
    return answers;
  } finally {
    await prometheus.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ask(url: string, expr: string, atMs: number): Promise<PromqlAnswer> {
  const response = await fetch(`${url}/api/v1/query`, { method: "POST", body: new URLSearchParams({ query: expr, time: String(atMs / 1000) }) });
  const answer = (await response.json()) as {
    readonly error?: string;
    readonly data?: { readonly result: readonly { readonly metric: Record<string, string>; readonly value: readonly [number, string] }[] };
  };
  if (answer.data === undefined) return { error: answer.error ?? "failed" };
  return new Map(answer.data.result.map(({ metric, value }) => [LabelSet.from(metric).key, parseNumber(value[1]) ?? Number.NaN]));
}

for (const seed of SEEDS) {
  test(`random PromQL gives what Prometheus 3 says (seed ${seed})`, { timeout: 60_000 }, async () => {
    const cases = withoutStale(promqlCases(seed, QUERIES));
    const theirs = await askPrometheus3(cases);
    expect(differences(cases, theirs, ownAnswers(cases, "prometheus-3"))).toEqual([]);
    expect(theirs.filter((answer) => answer instanceof Map && answer.size > 0).length).toBeGreaterThan(QUERIES / 3);
  });
}
