import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

/** docs/mission.md is a promise with a test for each row: these tests see to it that the tests are there under these names. */

interface Row {
  readonly id: string;
  readonly state: string;
  /** What stands behind the state: tests, what is missing, what it would take. */
  readonly rest: string;
  readonly tests: readonly { readonly file: string; readonly name: string }[];
}

interface Chapter {
  readonly title: string;
  readonly rows: readonly Row[];
}

const TEXT = readFileSync("docs/mission.md", "utf8");
const STATES = ["works", "partly", "not yet"] as const;
/** Rows of each document, in the order of the chapters. */
const LENGTHS = [19, 24, 19, 13, 12];

const CHAPTERS: readonly Chapter[] = TEXT.split(/^## /m)
  .slice(1)
  .map((chapter) => ({
    title: chapter.split("\n", 1)[0] ?? "",
    rows: chapter
      .split("\n")
      .filter((line) => line.startsWith("|"))
      .slice(2)
      .map(rowOf),
  }));
const ROWS = CHAPTERS.flatMap(({ rows }) => rows);

function rowOf(line: string): Row {
  const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
  const [, id = "", , , last = ""] = cells;
  const [, state = "", rest = ""] = /^\*([^*]+)\*:? (.*)$/.exec(last) ?? [];
  const tests = [...rest.matchAll(/`(test\/[^`]+)` "([^"]+)"/g)].map(([, file = "", name = ""]) => ({ file, name }));
  return { id, state: cells.length === 6 ? state : `a row of ${cells.length - 2} cells`, rest, tests };
}

/** Of a scenario its title; of a test file the name of every test, parametrised ones as written. */
function namesIn(file: string): readonly string[] {
  const text = readFileSync(file, "utf8");
  if (file.endsWith(".yaml")) return [(parse(text) as { readonly title: string }).title];
  const code = text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, "");
  return [...code.matchAll(/(?:\btest|\))\(\s*(["'`])((?:\\.|(?!\1).)*)\1/g)].map(([, , name = ""]) => name);
}

test("it has every row of the five documents once, in order", () => {
  const wanted = LENGTHS.flatMap((length, chapter) => Array.from({ length }, (_, index) => `${chapter}.${index + 1}`));
  expect(ROWS.map(({ id }) => id)).toEqual(wanted);
  expect(wanted).toHaveLength(87);
});

test("every row is in one of the three states, with what belongs to it", () => {
  for (const { id, state, rest, tests } of ROWS) {
    expect(STATES, id).toContain(state);
    expect(tests.length > 0, id).toBe(state !== "not yet");
    expect(/^missing: .+\. Stands: `/.test(rest), id).toBe(state === "partly");
    if (state === "works") expect(rest.replaceAll(/`test\/[^`]+` "[^"]+"(; )?/g, ""), id).toBe("");
    if (state === "not yet") expect(rest.length, id).toBeGreaterThan(30);
  }
});

test("the numbers above the chapters are those of the rows", () => {
  const [introduction = ""] = TEXT.split(/^## /m);
  for (const { title, rows } of CHAPTERS) {
    const counts = STATES.map((state) => rows.filter((row) => row.state === state).length);
    expect(introduction).toContain(`| ${title} | ${counts.join(" | ")} |`);
  }
});

describe("every test that is named exists under that name", () => {
  test.each(ROWS.flatMap(({ id, tests }) => tests.map((one) => ({ id, ...one }))))("$id: $file: $name", ({ file, name }) => {
    expect(existsSync(file), file).toBe(true);
    expect(namesIn(file)).toContain(name);
    expect(readFileSync(file, "utf8")).not.toMatch(/\b(?:test|describe)\.(?:skip|skipIf|runIf|todo|only)\b/);
  });
});

test("a name in a comment, and a part of a name, is no test", () => {
  const names = namesIn("test/unit/docs/mission.test.ts");
  // test("a test in a comment", () => {});
  expect(names).toContain("it has every row of the five documents once, in order");
  expect(names).toContain("$id: $file: $name");
  expect(names).not.toContain("a test in a comment");
  expect(names).not.toContain("it has every row");
});
