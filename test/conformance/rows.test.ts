import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { CONFORMANCE, renderConformance } from "./rows.ts";

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), "utf8");
const rows = CONFORMANCE.flatMap((group) => group.rows);

test("the table has every row of each group, in order", () => {
  const wanted = Object.entries({ H: 14, B: 16, C: 13, E: 15, J: 18, G: 13, N: 10 }).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, index) => `${letter}-${String(index + 1).padStart(2, "0")}`),
  );
  expect(rows.map(({ id }) => id)).toEqual(wanted);
});

test.each(rows)("row $id has a test of its name in $test", ({ id, test: file }) => {
  expect(read(file)).toMatch(new RegExp(`(?:test|it|describe)(?:\\.each\\([\\s\\S]*?\\))?\\(\\s*["'\`]${id} `));
});

test("docs/conformance.md is as the table says", () => {
  expect(read("docs/conformance.md")).toBe(renderConformance());
});
