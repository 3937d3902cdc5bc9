import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readMarkdown } from "./markdown.ts";
import { knownOptions, mistakeOf } from "./pitwall-words.ts";
import { shellCommands } from "./shell-commands.ts";

test.each([
  ["an option that there is not", ["run", "--nmae", "x", "--", "k6", "run", "s.js"]],
  ["a choice that there is not", ["run", "--preset", "soak", "--", "true"]],
  ["a duration that is none", ["run", "--before", "soon", "--", "true"]],
  ["a missing argument", ["import", "spike"]],
  ["one argument too many", ["report", "a", "b"]],
  ["a command that there is not", ["start-run"]],
])("the program says what is wrong with %s", async (_, words) => {
  expect(await mistakeOf(words)).toMatch(/error|no command|Invalid/i);
});

test.each([
  [["run", "--name", "x", "--", "k6", "run", "--vus", "1", "s.js"]],
  [["report"]],
  [["compare", "a", "b", "--fail-on-worse"]],
  [["--config", "collector.yaml"]],
  [["run", "--help"]],
])("the program understands %j", async (words) => {
  expect(await mistakeOf(words)).toBeUndefined();
});

test("options are those of all commands, or of one", () => {
  expect([...knownOptions()]).toEqual(expect.arrayContaining(["--no-k6-json", "--aa", "--version"]));
  expect(knownOptions("mark").has("--aa")).toBe(false);
  expect(knownOptions("compare").has("--aa")).toBe(true);
});

test("a block of shell falls into its commands", () => {
  const text = `export A=1
# a remark
B='x y' npx pitwall run --threshold 'p95 < 1s' \\
  -- sh -c 'k6 run s.js > out; true' # done
curl -d "{\\"a\\":$(date +%s)}" $API/runs | jq -r .a > file && npm test &`;
  expect(shellCommands(text)).toEqual([
    { words: ["export", "A=1"], assigned: [] },
    { words: ["npx", "pitwall", "run", "--threshold", "p95 < 1s", "--", "sh", "-c", "k6 run s.js > out; true"], assigned: ["B=x y"] },
    { words: ["curl", "-d", '{"a":$(date +%s)}', "$API/runs"], assigned: [] },
    { words: ["jq", "-r", ".a"], assigned: [] },
    { words: ["npm", "test"], assigned: [] },
  ]);
  expect(() => shellCommands("echo 'never closed")).toThrow("not to be read as shell");
});

test("links, code, blocks and headings of a document are found", () => {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-docs-"));
  const path = join(folder, "a.md");
  writeFileSync(path, '# A title: `x` & more\n[b](c.md#d) `pitwall runs`\n```sh\n[no](link)\n```\n## 说明\n## 说明\n<a id="e_x"></a>\n');
  const { links, anchors, inlineCode, blocks } = readMarkdown(path);
  rmSync(folder, { recursive: true });
  expect(links).toEqual(["c.md#d"]);
  expect([...anchors]).toEqual(["a-title-x--more", "说明", "说明-1", "e_x"]);
  expect(inlineCode).toEqual(["x", "pitwall runs"]);
  expect(blocks).toEqual([{ language: "sh", text: "[no](link)", line: 3 }]);
});
