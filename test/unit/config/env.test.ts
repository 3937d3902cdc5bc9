import { describe, expect, test } from "vitest";
import { expandEnvironment } from "../../../config/env.ts";
import { toPlain } from "../../../config/tree.ts";
import { parseYaml } from "../../../config/yaml-text.ts";
import { type Env, load, problemsOf, withExporter } from "./load-text.ts";

const readFile = (path: string): string => {
  if (path === "part.yaml") return "a: ${env:NAME}\n";
  throw new Error("there is no such file");
};
const expand = (text: string, env: Env = {}) => expandEnvironment(parseYaml(text, "c.yaml").tree, { env, readFile });
const value = (text: string, env: Env = {}): unknown => (toPlain(expand(`v: ${text}`, env).tree) as { v: unknown }).v;

const typedValue = async (key: string, text: string, env: Env): Promise<unknown> => {
  const { config } = await load(withExporter("typed", `${key}: ${text}`), { env });
  return (config.exporters.get("typed")?.config as Record<string, unknown> | undefined)?.[key];
};

test("V-01 all forms of a variable are replaced, a bare $NAME is not, $$ is a dollar", () => {
  const env = { NAME: "x", _a1: "y" };
  expect(value("${env:NAME}", env)).toBe("x");
  expect(value("${NAME}", env)).toBe("x");
  expect(value("${env:_a1}", env)).toBe("y");
  expect(value("${env:OTHER:-fallback}", env)).toBe("fallback");
  expect(value("${OTHER:-fallback}", env)).toBe("fallback");
  expect(value('"${env:OTHER:-}"', env)).toBe("");
  expect(value("${env:NAME:-fallback}", env)).toBe("x");
  expect(value("$NAME", env)).toBe("$NAME");
  expect(value("$$NAME", env)).toBe("$NAME");
  expect(value("a$", env)).toBe("a$");
  expect(value('"${env:NAME"', env)).toBe("${env:NAME");
});

test("V-01 a name with other letters is a problem at its place, other schemes too", () => {
  expect(expand("a:\n  b: ${env:hello.world}").problems).toMatchObject([
    {
      path: "a::b",
      place: { line: 2, column: 6 },
      message: 'environment variable "hello.world" has an invalid name: letters, digits and _ are allowed, and no digit first',
    },
  ]);
  expect(expand("a: ${vault:secret}").problems).toMatchObject([{ message: "${vault:…} is not known; known here: ${env:…}, ${file:…}, ${yaml:…}" }]);
  expect(expand("a: ${1}").problems).toHaveLength(1);
});

test("V-02 an unset variable without default is empty, with one warning at its place", () => {
  const { tree, warnings, problems } = expand("a: ${env:UNSET}\nb: x${env:UNSET}y");
  expect(toPlain(tree)).toEqual({ a: null, b: "xy" });
  expect(problems).toEqual([]);
  expect(warnings).toMatchObject([
    { place: { line: 1, column: 4 }, message: 'environment variable "UNSET" is not set: the value is empty' },
    { place: { line: 2, column: 4 } },
  ]);
});

test("V-02 the warnings of a valid configuration are given with it", async () => {
  const { warnings } = await load(withExporter("typed", "any: ${env:UNSET}"));
  expect(warnings.map(({ message }) => message)).toEqual(['environment variable "UNSET" is not set: the value is empty']);
});

// The table of confmap/internal/e2e/types_test.go (TestStrictTypeCasting): value of the variable, key of the target, what it becomes.
test.each([
  ["123", "int", 123],
  ["123", "text", "123"],
  ["0123", "int", 83],
  ["0123", "text", "0123"],
  ["0xdeadbeef", "int", 3735928559],
  ["0xdeadbeef", "text", "0xdeadbeef"],
  ['"0123"', "text", '"0123"'],
  ["!!str 0123", "text", "!!str 0123"],
  ["1111:1111:1111:1111:1111::", "text", "1111:1111:1111:1111:1111::"],
  ["2006-01-02T15:04:05Z07:00", "text", "2006-01-02T15:04:05Z07:00"],
  ["true # comment with a ${env:hello.world} reference", "bool", true],
  ["[a, b]", "list", ["a", "b"]],
  ["{a: 1}", "map", { a: 1 }],
  ["{a: 1}", "text", "{a: 1}"],
  ["5s", "duration", 5000],
  ["", "text", ""],
] as const)("V-03 %j for %s becomes %j, directly and through a second variable", async (variable, key, expected) => {
  expect(await typedValue(key, "${env:ENV}", { ENV: variable })).toEqual(expected);
  expect(await typedValue(key, "${env:ENV}", { ENV: "${env:ENV2}", ENV2: variable })).toEqual(expected);
});

test.each([
  ['"0123"', "int", 'expected a number, not "\\"0123\\""'],
  ["t", "bool", 'expected true or false, not "t"'],
  ["23", "bool", "expected true or false, not 23"],
  ["true # comment with a ${env:hello.world} reference", "text", "expected a text, not true"],
])("V-03 %j for %s is refused", async (variable, key, message) => {
  const problems = await problemsOf(withExporter("typed", `${key}: \${env:ENV}`), { env: { ENV: variable } });
  expect(problems).toMatchObject([{ path: `exporters::typed::${key}`, message, place: { line: 4, column: 7 + key.length } }]);
});

test.each([
  ["123", "a 123 b"],
  ["0123", "a 0123 b"],
  ['"0123"', 'a "0123" b'],
  ["!!str 0123", "a !!str 0123 b"],
  ['{"field": 123}', 'a {"field": 123} b'],
  ["1111::", "a 1111:: b"],
])("V-03 inside a text %j is put in as it is", (variable, expected) => {
  expect(value("a ${env:ENV} b", { ENV: variable })).toBe(expected);
});

test("V-03 inside a text even a comment's expression counts", () => {
  expect(expand("a: x ${env:ENV} y", { ENV: "true # ${env:hello.world}" }).problems).toHaveLength(1);
});

test("V-04 expressions in names and in values are followed", () => {
  expect(value("${env:${env:X}}", { X: "Y", Y: "deep" })).toBe("deep");
  const wrapped = { ENV: "The value ${env:ENV2} is wrapped", ENV2: "The value ${env:ENV3} is wrapped", ENV3: "123" };
  expect(value("${env:ENV}", wrapped)).toBe("The value The value 123 is wrapped is wrapped");
  expect(value("in ${env:ENV}", wrapped)).toBe("in The value The value 123 is wrapped is wrapped");
  const maps = { ENV: '{env: "${env:ENV2}", inline: "inline ${env:ENV2}"}', ENV2: '{env2: "${env:ENV3}"}', ENV3: "{value: 123}" };
  expect(value("${env:ENV}", maps)).toEqual({ env: { env2: { value: 123 } }, inline: 'inline {env2: "{value: 123}"}' });
});

test("V-04 a circle ends with a problem instead of never", () => {
  expect(expand("a: ${env:A}", { A: "${env:B}", B: "${env:A}" }).problems).toMatchObject([
    { message: "the variables refer to one another in a circle" },
  ]);
  expect(expand("a: x${env:A}", { A: "${env:A}${env:A}" }).problems).toHaveLength(1);
});

describe("V-05 escapes, as in confmap/internal/e2e/expand_test.go with env as the default scheme", () => {
  const env = {
    ENV_VALUE: "some expanded value",
    ENV_LIST: "['$$ESCAPE_ME','$${ESCAPE_ME}','$${env:ESCAPE_ME}']",
    ENV_MAP: "{'key1':'$$ESCAPE_ME','key2':'$${ESCAPE_ME}','key3':'$${env:ESCAPE_ME}'}",
    ENV_NESTED_DOLLARSIGN: "here is 1 $$",
    ENV_NESTED_DOLLARSIGN_ESCAPED: "here are 2 $$$",
    ENV_EXPAND_NESTED: "${env:ENV_VALUE} came from nested expansion",
  };
  test.each([
    ["$$ENV_VALUE", "$ENV_VALUE"],
    ["$$$$ENV_VALUE", "$$ENV_VALUE"],
    ["$$${ENV_VALUE}", "$some expanded value"],
    ["some${ENV_VALUE}text", "somesome expanded valuetext"],
    ["some$${ENV_VALUE}text", "some${ENV_VALUE}text"],
    ["$${ONE}$${TWO}", "${ONE}${TWO}"],
    ["text$$", "text$"],
    ["$$", "$"],
    ["$${1}$${env:2}", "${1}${env:2}"],
    ["some$${env:ENV_VALUE}text", "some${env:ENV_VALUE}text"],
    ["$${env:${ENV_VALUE}}", "${env:some expanded value}"],
    ["$${env:$${ENV_VALUE}}", "${env:${ENV_VALUE}}"],
    ["env:MAP_VALUE_2}$${ENV_VALUE}{", "env:MAP_VALUE_2}${ENV_VALUE}{"],
    ["$$${env:ENV_VALUE}", "$some expanded value"],
    ["$ENV_VALUE", "$ENV_VALUE"],
    ["${env:ENV_LIST}", ["$ESCAPE_ME", "${ESCAPE_ME}", "${env:ESCAPE_ME}"]],
    ["${env:ENV_MAP}", { key1: "$ESCAPE_ME", key2: "${ESCAPE_ME}", key3: "${env:ESCAPE_ME}" }],
    ["${env:ENV_NESTED_DOLLARSIGN}", "here is 1 $"],
    ["${env:ENV_NESTED_DOLLARSIGN_ESCAPED}", "here are 2 $$"],
    ["${env:ENV_EXPAND_NESTED}", "some expanded value came from nested expansion"],
  ])("%j becomes %j", (text, expected) => {
    expect(value(JSON.stringify(text), env)).toEqual(expected);
  });
});

// confmap/internal/e2e/nil_test.go
test.each([
  ["null", null],
  ["{}", {}],
  ["", null],
])("V-05 a variable holding %j as a map's value becomes %j", (variable, expected) => {
  expect(value("${env:VALUE}", { VALUE: variable })).toEqual(expected);
});

test("${file:…} puts a file's YAML in, its variables replaced", () => {
  expect(value("${file:part.yaml}", { NAME: "x" })).toEqual({ a: "x" });
  expect(expand("a: ${file:none.yaml}").problems).toMatchObject([{ path: "a", message: "${file:none.yaml} cannot be read: there is no such file" }]);
  expect(expand("a: b ${file:part.yaml}", { NAME: "x" }).problems).toHaveLength(1);
});

test("an environment variable called like a property of every object is not found", () => {
  expect(expand("a: ${env:constructor}").warnings).toHaveLength(1);
});
