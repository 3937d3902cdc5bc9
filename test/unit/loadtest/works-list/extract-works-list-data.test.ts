import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readKey } from "../../../../loadtest/works-list/works-key.ts";
import { madeUpMigration, SAMPLE_KEY } from "./made-up-migration.ts";

const PROGRAM = join(import.meta.dirname, "../../../../loadtest/works-list/extract-works-list-data.ts");
const COMMITTED_SAMPLE = join(import.meta.dirname, "../../../../loadtest/k6/data/works-list.sample.json");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-works-"));
  writeFileSync(join(folder, "in.json"), JSON.stringify(madeUpMigration()));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string) => join(folder, name);

function run(args: readonly string[], env: Readonly<Record<string, string>> = { WORKS_LIST_KEY: SAMPLE_KEY }) {
  return spawnSync(process.execPath, [PROGRAM, ...args], { encoding: "utf8", cwd: folder, env: { ...process.env, ...env } });
}

test("it writes both files, prints their counts, and names what stayed behind", () => {
  const { status, stdout, stderr } = run(["--input", "in.json", "--output", "out.json", "--sample-output", "sample.json"]);
  expect([status, stdout]).toEqual([
    0,
    `out.json
  puzzle_work_profile: 80
  custom_world_profile: 1
  match3d_work_profile: 0
  square_hole_work_profile: 0
  big_fish_work_profile: 0
  visual_novel_work_profile: 0
  normalizedWorks: 81
sample.json
  puzzle_work_profile: 3
  custom_world_profile: 1
  match3d_work_profile: 0
  square_hole_work_profile: 0
  big_fish_work_profile: 0
  visual_novel_work_profile: 0
  normalizedWorks: 4
`,
  ]);
  expect(stderr).toContain("user_account: 1 rows");
  expect(stderr).toContain("puzzle_work_profile.source_session_id: 80 rows");
  for (const text of [readFileSync(file("out.json"), "utf8"), stdout, stderr]) expect(text).not.toMatch(/private-|puzzle-profile-0001|user-0001/);
  expect(readFileSync(file("sample.json"), "utf8")).toBe(readFileSync(COMMITTED_SAMPLE, "utf8"));
  expect(readdirSync(folder).sort()).toEqual(["in.json", "out.json", "sample.json"]);
});

describe("refused", () => {
  test.each([
    [["--output", "out.json"], 64, "--input FILE is missing"],
    [["--input", "in.json", "--output", "out.json", "--table", "user_account"], 64, "--table user_account: this table may not be taken"],
    [["--input", "in.json", "--output", "./in.json"], 64, "--input and --output are the same file"],
    [["--input", "in.json", "--output", "out.json", "--sample", "0"], 64, "--sample 0: give a whole number"],
    [["--input", "in.json", "--output", "out.json", "--tabel", "x"], 64, "--tabel"],
    [["--input", "none.json", "--output", "out.json"], 78, "none.json"],
    [["--input", "in.json", "--output", "out.json", "--key", "none.key"], 78, "none.key: no such key file"],
    [["--input", "in.json", "--output", "no-folder/out.json"], 78, "no-folder"],
  ])("%j → %i", (args, code, words) => {
    const { status, stdout, stderr } = run(args);
    expect([status, stdout]).toEqual([code, ""]);
    expect(stderr).toContain(words);
    expect(existsSync(file("out.json"))).toBe(false);
  });

  test("a row that is no object: with its place", () => {
    writeFileSync(file("in.json"), '{"tables": {"puzzle_work_profile": [{"profile_id": "p"}, ["p2"]]}}');
    const { status, stderr } = run(["--input", "in.json", "--output", "out.json"]);
    expect([status, stderr.split(": this row")[0]]).toEqual([78, "in.json: puzzle_work_profile[1]"]);
  });

  test("a key that is too short", () => {
    const { status, stderr } = run(["--input", "in.json", "--output", "out.json"], { WORKS_LIST_KEY: "hunter2" });
    expect([status, stderr]).toEqual([78, expect.stringContaining("WORKS_LIST_KEY: a key of 7 characters protects nothing")]);
  });

  test("an output that cannot be written leaves the other as it was, and no rest", () => {
    writeFileSync(file("out.json"), "old");
    const { status } = run(["--input", "in.json", "--output", "out.json", "--sample-output", "no-folder/sample.json"]);
    expect([status, readFileSync(file("out.json"), "utf8"), readdirSync(folder).sort()]).toEqual([78, "old", ["in.json", "out.json"]]);
  });
});

test("the own key is made once, for its owner alone, and then kept", () => {
  const source = { from: "own file", file: file("own.key") } as const;
  const first = readKey(source);
  const second = readKey(source);
  expect([first.isNew, second.isNew]).toEqual([true, false]);
  expect(second.key).toEqual(first.key);
  expect(first.key).toHaveLength(64);
  if (process.platform !== "win32") expect(statSync(file("own.key")).mode & 0o777).toBe(0o600);
});
