import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runPitwall, temporaryFolder } from "./pitwall-process.ts";

/** Runs of a table whose numbers are known: 600 requests in a minute, `tookMs` each give or take a tenth, `failed` of them with 500. */
let folder: ReturnType<typeof temporaryFolder>;
const runs = () => ["--runs-dir", join(folder.path, "runs")];
const compare = (...args: readonly string[]) => runPitwall(["compare", ...args, ...runs()]);

async function record(name: string, tookMs: number, failed: number, dataset = "works-81"): Promise<string> {
  const table = join(folder.path, "table.csv");
  const rows = Array.from({ length: 600 }, (_, index) => {
    const took = tookMs * (0.9 + (index % 21) / 100);
    return `${1_763_632_800_000 + index * 100},${took.toFixed(3)},${index < failed ? 500 : 200},/works`;
  });
  writeFileSync(table, `when,took,code,path\n${rows.join("\n")}\n`);
  const mapping = join(folder.path, "table.yaml");
  writeFileSync(
    mapping,
    "{as: requests, time: {from: when, unit: ms, means: start}, duration: {from: took, unit: ms}, status: code, endpoint: {from: path, source: path}}",
  );
  const { stdout, stderr, code } = await runPitwall(["import", "--new", name, table, "--mapping", mapping, "--dataset", dataset, ...runs()]);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
}

let before: string;
let same: string;
let slower: string;
beforeAll(async () => {
  folder = temporaryFolder();
  [before, same, slower] = [await record("spike", 20, 0), await record("spike", 20, 0), await record("spike", 60, 60)];
});
afterAll(() => folder[Symbol.dispose]());

test("two runs that are alike: 0, for people, for machines and as Markdown", async () => {
  const told = await compare(before, same, "--fail-on-worse");
  expect(told).toMatchObject({ code: 0 });
  expect(told.stdout).toContain(before);
  const json = JSON.parse((await compare(before, same, "--format", "json")).stdout) as { changes: { verdict: string }[] };
  expect(json.changes.map(({ verdict }) => verdict)).not.toContain("worse");
  expect((await compare(before, same, "--format", "markdown")).stdout).toContain("|");
});

test("one that became worse: 0 unless --fail-on-worse is given, then 99", async () => {
  const json = JSON.parse((await compare(before, slower, "--format", "json")).stdout) as { changes: { verdict: string }[] };
  expect(json.changes.map(({ verdict }) => verdict)).toContain("worse");
  expect(await compare(before, slower)).toMatchObject({ code: 0 });
  expect(await compare(before, slower, "--fail-on-worse")).toMatchObject({ code: 99 });
});

test("runs over different data are refused with 65, and compared with --force", async () => {
  const other = await record("spike", 20, 0, "works-5000");
  const refused = await compare(before, other);
  expect(refused).toMatchObject({ code: 65 });
  expect(refused.stdout).toContain("works-5000");
  expect(refused.stderr).toBe("--force compares all the same\n");
  expect(await compare(before, other, "--force")).toMatchObject({ code: 0 });
});

test("runs that are alike give a noise floor, which later comparisons of that name use", async () => {
  const floor = await compare(`${before},${same}`, "--aa", "--format", "json");
  expect(floor).toMatchObject({ code: 0 });
  expect(JSON.parse(floor.stdout)).toMatchObject({ suite: "spike", runs: [before, same], pairs: 1 });
  expect((await compare(before, slower, "--fail-on-worse")).code).toBe(99);
});

test.each([
  ["one run alone", () => [before], 64, "give two, or several with --aa"],
  ["one run with --aa", () => [before, "--aa"], 64, "--aa needs at least two runs"],
  ["a run that is not there", () => [before, "nobody"], 64, 'there is no run "nobody"'],
  ["a list without a run", () => [before, ","], 64, "names no run"],
] as const)("%s: usage", async (_, args, code, said) => {
  const ended = await compare(...args());
  expect(ended.stderr).toContain(said);
  expect(ended).toMatchObject({ code, stdout: "" });
});
