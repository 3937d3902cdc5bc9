import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { type AnyValue, Attributes } from "../../../collector/model/attributes.ts";
import { attributeActionConfig, compileActions } from "../../../collector/processors/attribute-actions.ts";

const START = Attributes.from({ user: "ann", tries: 3, ratio: 0.5, ok: true, route: "GET /works/7" });

function after(actions: readonly object[], start = START): Readonly<Record<string, unknown>> {
  const change = compileActions(actions.map((action) => attributeActionConfig.parse(action)));
  return Object.fromEntries([...change(start)].map(([key, any]) => [key, `${any.kind} ${String(any.value)}`]));
}
const issues = (action: object): readonly string[] =>
  (attributeActionConfig.safeParse(action).error?.issues ?? []).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
const sha256 = (bytes: Uint8Array | string): string => createHash("sha256").update(bytes).digest("hex");

test("insert adds what is missing, update changes what is there, upsert does both", () => {
  expect(
    after([
      { key: "user", value: "bob", action: "insert" },
      { key: "env", value: "test", action: "INSERT" },
    ]),
  ).toMatchObject({ user: "string ann", env: "string test" });
  const updated = after([
    { key: "user", value: "bob", action: "update" },
    { key: "env", value: "test", action: "update" },
  ]);
  expect(updated).toMatchObject({ user: "string bob" });
  expect(updated).not.toHaveProperty("env");
  expect(after([{ key: "copy", from_attribute: "tries", action: "upsert" }])).toMatchObject({ copy: "int 3" });
  expect(after([{ key: "copy", from_attribute: "nothing", action: "upsert" }])).not.toHaveProperty("copy");
});

test("values keep the kind that the YAML gave them", () => {
  const kinds = after([
    { key: "a", value: 1, action: "upsert" },
    { key: "b", value: 1.5, action: "upsert" },
    { key: "c", value: false, action: "upsert" },
    { key: "d", value: ["x", 2], action: "upsert" },
  ]);
  expect(kinds).toMatchObject({ a: "int 1", b: "double 1.5", c: "bool false" });
  expect(kinds["d"]).toMatch(/^array/);
});

test("delete takes a key, a pattern, or both", () => {
  expect(Object.keys(after([{ key: "user", pattern: "^r", action: "delete" }]))).toEqual(["tries", "ok"]);
});

test("hash is SHA-256 in hex over the bytes that otelcol hashes", () => {
  const hashes = after([{ pattern: "user|tries|ratio|ok", action: "hash" }]);
  const eight = (write: (view: DataView) => void): Uint8Array => {
    const view = new DataView(new ArrayBuffer(8));
    write(view);
    return new Uint8Array(view.buffer);
  };
  expect(hashes).toMatchObject({
    user: `string ${sha256("ann")}`,
    tries: `string ${sha256(eight((view) => view.setBigInt64(0, 3n, true)))}`,
    ratio: `string ${sha256(eight((view) => view.setFloat64(0, 0.5, true)))}`,
    ok: `string ${sha256(Uint8Array.of(1))}`,
  });
});

test("extract writes each named group of Go's syntax under its name", () => {
  expect(after([{ key: "route", pattern: "^(?P<method>\\w+) /(?P<kind>[a-z]+)/", action: "extract" }])).toMatchObject({
    method: "string GET",
    kind: "string works",
  });
  expect(after([{ key: "tries", pattern: "(?P<digit>\\d)", action: "extract" }])).not.toHaveProperty("digit");
});

test("convert changes the kind and leaves what cannot be converted as it is", () => {
  const start = Attributes.of([
    ["n", { kind: "string", value: "42" }],
    ["big", { kind: "string", value: "9223372036854775807" }],
    ["x", { kind: "string", value: "forty" }],
    ["f", { kind: "double", value: -2.9 }],
    ["m", { kind: "map", value: Attributes.from({ __proto__x: 1 }) }],
  ] satisfies [string, AnyValue][]);
  const to = (key: string, converted_type: string) => ({ key, converted_type, action: "convert" });
  expect(after([to("n", "int"), to("big", "int"), to("x", "int"), to("f", "int"), to("m", "string")], start)).toEqual({
    n: "int 42",
    big: "int 9223372036854775807",
    x: "string forty",
    f: "int -2",
    m: 'string {"__proto__x":1}',
  });
  expect(after([to("n", "double")], start)).toMatchObject({ n: "double 42" });
});

test("attributes that nothing changed are the same object", () => {
  const change = compileActions([attributeActionConfig.parse({ key: "nothing", action: "delete" })]);
  expect(change(START)).toBe(START);
});

test("what is not supported or incomplete is refused at its place", () => {
  expect(issues({ key: "a", from_context: "auth.sub", action: "insert" })).toEqual([
    expect.stringMatching(/^from_context: from_context is not supported/),
  ]);
  expect(issues({ key: "a", action: "insert" })).toEqual(["action: insert needs value or from_attribute, not both"]);
  expect(issues({ key: "a", value: 1, from_attribute: "b", action: "upsert" })).toHaveLength(1);
  expect(issues({ action: "delete" })).toEqual(["action: delete needs key or pattern"]);
  expect(issues({ key: "a", pattern: "(", action: "extract" })).toEqual([expect.stringMatching(/^pattern: not a regular expression/)]);
  expect(issues({ key: "a", pattern: "(\\d)", action: "extract" })).toEqual([expect.stringMatching(/^pattern: every group needs a name/)]);
  expect(issues({ key: "a", pattern: "\\Qx\\E", action: "hash" })).toEqual([expect.stringContaining("\\Q is not understood")]);
  expect(issues({ key: "a", converted_type: "float", action: "convert" })).toEqual([expect.stringMatching(/^converted_type/)]);
  expect(issues({ key: "a", action: "rename" })).toEqual([expect.stringMatching(/insert, update, upsert, delete, hash, extract, convert/)]);
});
