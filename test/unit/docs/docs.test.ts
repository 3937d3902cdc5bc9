import { existsSync, globSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, test } from "vitest";
import { type MarkdownFile, readMarkdown } from "./markdown.ts";
import { knownOptions, mistakeOf } from "./pitwall-words.ts";
import { shellCommands } from "./shell-commands.ts";

const FILES = ["*.md", "docs/**/*.md", "loadtest/**/*.md", "examples/**/*.md"].flatMap((pattern) => globSync(pattern)).sort();
const DOCUMENTS = new Map(FILES.map((path) => [path, readMarkdown(path)]));
const SCRIPTS = Object.keys((JSON.parse(readFileSync("package.json", "utf8")) as { readonly scripts: Readonly<Record<string, string>> }).scripts);

interface PlacedCommand {
  readonly place: string;
  readonly words: readonly string[];
}

/** Commands of all shell blocks, `npx` taken away. */
function commandsOf({ path, blocks }: MarkdownFile): readonly PlacedCommand[] {
  return blocks
    .filter(({ language }) => language === "sh")
    .flatMap(({ text, line }) =>
      shellCommands(text).map(({ words }) => ({ place: `${path}:${line}`, words: words[0] === "npx" ? words.slice(1) : words })),
    );
}

const COMMANDS = [...DOCUMENTS.values()].flatMap(commandsOf);

test("there are documents with commands to look at", () => {
  expect(FILES).toEqual(
    expect.arrayContaining(["README.md", "README.zh-CN.md", "docs/load-runs.md", "docs/adr/README.md", "docs/runbooks/README.md"]),
  );
  expect(COMMANDS.filter(({ words }) => words[0] === "pitwall").length).toBeGreaterThan(15);
});

test("every link within the repository leads to a file, and to a heading in it", () => {
  const broken = [...DOCUMENTS.values()].flatMap(({ path, links }) =>
    links.flatMap((link) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [file = "", anchor] = link.split("#");
      const target = file === "" ? path : normalize(join(dirname(path), file));
      if (!existsSync(target)) return [`${path}: ${link}: there is no ${target}`];
      if (anchor === undefined) return [];
      const document = DOCUMENTS.get(target);
      return document === undefined || document.anchors.has(anchor) ? [] : [`${path}: ${link}: there is no such heading`];
    }),
  );
  expect(broken).toEqual([]);
});

test("every pitwall command in a block of shell is understood by the program", async () => {
  const wrong: string[] = [];
  for (const { place, words } of COMMANDS.filter(({ words }) => words[0] === "pitwall")) {
    const mistake = await mistakeOf(words.slice(1));
    if (mistake !== undefined) wrong.push(`${place}: ${words.join(" ")}: ${mistake}`);
  }
  expect(wrong).toEqual([]);
});

/** A sentence may speak of a command without saying what it is called with. */
const IS_INCOMPLETE = /missing required argument|argument missing|required option/;

test("so is every one that stands within a sentence", async () => {
  const wrong: string[] = [];
  for (const { path, inlineCode } of DOCUMENTS.values()) {
    for (const code of inlineCode.filter((text) => /^(?:npx )?pitwall \w/.test(text))) {
      for (const { words } of shellCommands(code)) {
        const mistake = await mistakeOf(words.slice(words.indexOf("pitwall") + 1));
        if (mistake !== undefined && !IS_INCOMPLETE.test(mistake)) wrong.push(`${path}: ${code}: ${mistake}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("every npm script that is named exists", () => {
  const named = [...DOCUMENTS.values()].flatMap(({ path, prose, blocks }) =>
    [prose, ...blocks.map(({ text }) => text)].flatMap((text) =>
      [...text.matchAll(/\bnpm run (?:--silent )?([a-z][\w:-]*)/g)].map((match) => ({ path, script: match[1] as string })),
    ),
  );
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter(({ script }) => !SCRIPTS.includes(script))).toEqual([]);
});

test("files of the repository that a command names are there", () => {
  const isOurs = /^(?:loadtest|examples|test|config|dashboards|scripts)\/[\w./-]+\.\w+$/;
  const named = COMMANDS.flatMap(({ place, words }) =>
    words.filter((word) => isOurs.test(word) && !word.includes(".local.")).map((word) => ({ place, word })),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter(({ word }) => !existsSync(word))).toEqual([]);
});

describe("what documents name is in the product", () => {
  const sources = ["collector/**/*.ts", "config/**/*.ts", "exporters/**/*.ts", "loadtest/**/*.ts"]
    .flatMap((pattern) => globSync(pattern))
    .map((path) => readFileSync(path, "utf8"))
    .join("\n");

  test("environment variables", () => {
    const named = [...DOCUMENTS.values()].flatMap(({ path, prose, blocks }) =>
      [prose, ...blocks.map(({ text }) => text)].flatMap((text) =>
        [...text.matchAll(/\b(?:PITWALL|OTELCOL|RIDER|GENARRATIVE)_[A-Z_]+\b/g)].map((match) => `${path}: ${match[0]}`),
      ),
    );
    expect(named.length).toBeGreaterThan(10);
    expect([...new Set(named)].filter((name) => !sources.includes(name.split(": ")[1] as string))).toEqual([]);
  });

  test("environment variables of the presets, in both READMEs", () => {
    const read = [...readFileSync("config/presets.ts", "utf8").matchAll(/\b(?:PITWALL|OTELCOL|RIDER)_[A-Z_]+\b/g)].map((match) => match[0]);
    expect(read.length).toBeGreaterThan(8);
    for (const path of ["README.md", "README.zh-CN.md"]) {
      const text = readFileSync(path, "utf8");
      expect(
        [...new Set(read)].filter((name) => !text.includes(`\`${name}\``)),
        path,
      ).toEqual([]);
    }
  });

  test("options of the guide to load runs", () => {
    const guide = DOCUMENTS.get("docs/load-runs.md") as MarkdownFile;
    const named = guide.inlineCode.flatMap((code) => [...code.matchAll(/(?<![\w-])--[a-z][a-z0-9-]*/g)].map((match) => match[0]));
    const known = knownOptions();
    expect(named.length).toBeGreaterThan(30);
    expect([...new Set(named)].filter((option) => !known.has(option))).toEqual([]);
  });

  test("options of `pitwall run`, each in the guide", () => {
    const guide = readFileSync("docs/load-runs.md", "utf8");
    expect([...knownOptions("run")].filter((option) => !guide.includes(option))).toEqual([]);
  });

  test("codes of errors", () => {
    const named = [...DOCUMENTS.values()].flatMap(({ prose }) => [...prose.matchAll(/\bE_[A-Z_]+\b/g)].map((match) => match[0]));
    expect([...new Set(named)].filter((code) => !sources.includes(code))).toEqual([]);
  });
});

test("the list of decisions has every decision, and no other", () => {
  const files = readdirSync("docs/adr").filter((name) => name !== "README.md");
  const index = DOCUMENTS.get("docs/adr/README.md") as MarkdownFile;
  expect(index.links.toSorted()).toEqual(files.toSorted());
  for (const name of files) {
    const title = /^# (.*)$/m.exec(readFileSync(join("docs/adr", name), "utf8"))?.[1] ?? "";
    expect(title.slice(0, 5), name).toBe(`${name.slice(0, 4)} `);
    expect(index.prose, name).toContain(title.slice(5));
  }
});

test("the table of layers names every room", () => {
  const table = readFileSync("docs/architecture.md", "utf8");
  const rooms = readdirSync("collector");
  expect(rooms.length).toBeGreaterThan(10);
  expect(rooms.filter((room) => !new RegExp(`collector/(?:\\{[^}]*\\b)?${room}\\b`).test(table))).toEqual([]);
});
