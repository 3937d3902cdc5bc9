import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { placeOfJsonMistake } from "../../../../loadtest/works-list/json-mistake.ts";
import { parseMigration } from "../../../../loadtest/works-list/parse-migration.ts";

const ROWS = [{ profile_id: "p" }];
const parse = (value: unknown) => [...parseMigration(JSON.stringify(value), "m.json")];

describe("shapes", () => {
  test.each([
    { tables: { big_fish_work_profile: ROWS } },
    { schema_version: 3, tables: { big_fish_work_profile: { rows: ROWS } } },
    { exported_at: "now", tables: [{ name: "big_fish_work_profile", rows: ROWS }] },
    { big_fish_work_profile: ROWS, exported_at: "now" },
    [{ table_name: "big_fish_work_profile", rows: ROWS }],
  ])("%j", (value) => {
    expect(parse(value)).toEqual([["big_fish_work_profile", ROWS]]);
  });

  test("a byte order mark does no harm", () => {
    expect([...parseMigration('\uFEFF{"x": [1]}', "m")]).toEqual([["x", [1]]]);
  });
});

describe("refused, with the place and without a value", () => {
  test.each([
    [{}, /^m\.json: no table in it/],
    ["private", /^m\.json: no table in it/],
    [{ tables: { puzzle_work_profile: { private: 1 } } }, /^m\.json: tables\.puzzle_work_profile: its rows are no list/],
    [
      {
        tables: [
          { name: "a", rows: [] },
          { name: "b", private: 1 },
        ],
      },
      /^m\.json: tables\[1\]: this is no table/,
    ],
    [
      {
        tables: [
          { name: "a", rows: [] },
          { name: "a", rows: [] },
        ],
      },
      /^m\.json: tables: the table "a" is there twice/,
    ],
  ])("%j", (value, words) => {
    expect(() => parse(value)).toThrow(words);
    expect(() => parse(value)).not.toThrow(/private/);
  });

  test.each([
    ['{"a":[1,\n  2,]}', "line 2, column 5"],
    ['{"private": "phone" "x"}', "line 1, column 21"],
    ['{"a": tru}', "line 1, column 7"],
    ['{"a": "open', "line 1, column 7"],
    ['{"a": 1', "line 1, column 8"],
    ["{} {}", "line 1, column 4"],
    ["", "line 1, column 1"],
    ["{a: 1}", "line 1, column 2"],
    ['{"a" 1}', "line 1, column 6"],
    ["[01]", "line 1, column 3"],
  ])("%s", (text, place) => {
    expect(() => parseMigration(text, "m.json")).toThrow(`m.json: ${place}: this is not JSON`);
    expect(() => parseMigration(text, "m.json")).not.toThrow(/phone/);
  });
});

test("nothing that the platform's parser takes for JSON is called a mistake", () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(placeOfJsonMistake(text)).toBe(placeOfEnd(text));
    }),
  );
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom("", ",", "}", "]", '"', "x", "\\"), (text, at, put) => {
      const broken = text.slice(0, at % (text.length + 1)) + put + text.slice((at % (text.length + 1)) + 1);
      fc.pre(isJson(broken));
      expect(placeOfJsonMistake(broken)).toBe(placeOfEnd(broken));
    }),
  );
});

test("a character that JSON has nowhere is found where it stands, or at the beginning of the word it breaks", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), (text, nat) => {
      const at = nat % (text.length + 1);
      const broken = `${text.slice(0, at)}\u0001${text.slice(at)}`;
      const column = Number(/^line 1, column (\d+)$/.exec(placeOfJsonMistake(broken))?.[1]);
      expect(column).toBeLessThanOrEqual(at + 1);
      expect(broken.slice(column - 1, at)).toMatch(/^(?:"(?:[^"\\]|\\.)*\\?|[-+.\w]*)$/);
    }),
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function placeOfEnd(text: string): string {
  const lines = text.split("\n");
  return `line ${lines.length}, column ${(lines.at(-1) as string).length + 1}`;
}
