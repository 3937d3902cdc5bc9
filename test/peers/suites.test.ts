import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT_FOLDER } from "./peers.ts";
import { SUITES } from "./suites.ts";

test("every interop and browser test has a row that says which peers it needs", () => {
  const files = globSync("test/{interop,browser}/*.test.ts", { cwd: PROJECT_FOLDER }).map((file) => file.replaceAll("\\", "/"));
  expect(files.filter((file) => SUITES[file] === undefined)).toEqual([]);
});

test("every row is about a test that exists", () => {
  expect(Object.keys(SUITES).filter((file) => !existsSync(join(PROJECT_FOLDER, file)))).toEqual([]);
});
