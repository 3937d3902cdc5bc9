import { expect, test } from "vitest";
import { loadConfig } from "../../../config/load.ts";
import { mergeTrees } from "../../../config/merge.ts";
import { registry } from "../../../config/registry.ts";
import { readSet, readSource } from "../../../config/sources.ts";
import { toPlain, treeAt } from "../../../config/tree.ts";
import { parseYaml } from "../../../config/yaml-text.ts";
import { problemsOf, toldAbout, withExporter } from "./load-text.ts";

const merged = (...texts: readonly string[]): unknown =>
  toPlain(texts.map((text, index) => parseYaml(text, `${index}.yaml`).tree).reduce(mergeTrees));

test("K-09 maps merge deep, lists and scalars are replaced, a null blanks", () => {
  expect(merged("a: {b: 1, c: 2}\nl: [1, 2]", "a: {c: 3, d: 4}\nl: [5]")).toEqual({ a: { b: 1, c: 3, d: 4 }, l: [5] });
  expect(merged("a: {b: {c: 1}}", "a: {b: null}")).toEqual({ a: { b: null } });
  expect(merged("a: {b: {c: 1}}", "a: {b: }")).toEqual({ a: { b: null } });
  expect(merged("a: {b: {c: 1}}", "a: {b: {}}")).toEqual({ a: { b: { c: 1 } } });
  expect(merged("a: {b: {c: 1}}", "a: ")).toEqual({ a: null });
  expect(merged("a: 1", "a: {b: 2}", "a: [3]")).toEqual({ a: [3] });
});

test("K-09 two files: the later wins, and a component set to null has its defaults again", async () => {
  const sources = ["test/fixtures/config/merge/base.yaml", "test/fixtures/config/merge/site.yaml"];
  const { config, files } = await loadConfig({ sources, env: {}, catalogue: registry });
  expect(files).toEqual(sources);
  expect(config.processors.get("batch")?.config).toMatchObject({ timeout: 5000, send_batch_size: 100 });
  expect(config.exporters.get("debug")?.config).toMatchObject({ verbosity: "basic" });
  expect(config.service.pipelines[0]).toMatchObject({ receivers: ["otlp"], processors: ["batch"], exporters: ["nop"] });
});

test("K-09 a mistake is told in the file that wrote it", async () => {
  const problems = await problemsOf({
    "a.yaml": withExporter("debug", "verbosity: basic"),
    "b.yaml": "# site\nexporters:\n  debug:\n    verbosity: loud\n    typo: 1\n",
  });
  expect(problems.map(({ place, message }) => [place.file, place.line, message])).toEqual([
    ["b.yaml", 4, '"loud" is not one of basic, normal, detailed'],
    ["b.yaml", 5, 'unknown key "typo"'],
  ]);
});

test("K-09 --set overrides files; its value is YAML; its mistakes are told at its name", async () => {
  const { config } = await loadConfig({
    sources: ["test/fixtures/config/merge/base.yaml"],
    sets: ["processors.batch.timeout=3s", "service::pipelines::traces::processors=[]"],
    env: {},
    catalogue: registry,
  });
  expect(config.processors.get("batch")?.config).toMatchObject({ timeout: 3000 });
  expect(config.service.pipelines[0]?.processors).toEqual([]);
  const [problem] = await problemsOf(withExporter("debug", ""), { sets: ["exporters.debug.verbosity=loud"] });
  expect(problem).toMatchObject({ place: { file: "--set exporters.debug.verbosity", line: 0 }, path: "exporters::debug::verbosity" });
});

test("--set is expanded like any other value, and refused when it is not key=value", async () => {
  expect(await toldAbout(withExporter("debug", ""), { sets: ["exporters.debug.verbosity=${env:V:-loud}"] })).toHaveLength(1);
  for (const set of ["nothing", "=x", "a..b=c"]) expect(readSet(set).problems, set).toHaveLength(1);
  expect(toPlain(readSet("a.b=[1, {c: d}]").tree ?? never())).toEqual({ a: { b: [1, { c: "d" }] } });
  expect(toPlain(readSet("a=b=c").tree ?? never())).toEqual({ a: "b=c" });
  expect(toPlain(readSet("a=").tree ?? never())).toEqual({ a: null });
});

test("sources: path, file:, env:, yaml:, and Windows drives", () => {
  const read: string[] = [];
  const options = {
    env: { TEXT: "a: 1" },
    readFile: (path: string) => {
      read.push(path);
      return "\uFEFFa: file\n";
    },
  };
  const plain = (source: string): unknown => toPlain(readSource(source, options).tree ?? never());
  expect(["c.yaml", "file:d.yaml", "C:\\e.yaml"].map(plain)).toEqual([{ a: "file" }, { a: "file" }, { a: "file" }]);
  expect(read).toEqual(["c.yaml", "d.yaml", "C:\\e.yaml"]);
  expect(plain("env:TEXT")).toEqual({ a: 1 });
  expect(plain("yaml:receivers::otlp::protocols: {http: }")).toEqual({ receivers: { otlp: { protocols: { http: null } } } });
  expect(plain("yaml:a::b: 1\na::c: 2")).toEqual({ a: { b: 1, c: 2 } });
  expect(readSource("https://x/y", options).problems).toHaveLength(1);
});

test("places point at the text: file, line, column, length", () => {
  const { tree } = parseYaml("a:\n  b: [one, 'two']\n", "c.yaml");
  expect(treeAt(tree, ["a", "b", 1])?.place).toEqual({ file: "c.yaml", line: 2, column: 12, length: 5, sourceLine: "  b: [one, 'two']" });
});

function never(): never {
  throw new Error("nothing was read");
}
