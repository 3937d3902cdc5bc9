import { expect, test } from "vitest";
import { renderJsonSchema } from "../../../config/json-schema.ts";
import { fakes } from "./load-text.ts";

interface Node {
  readonly type?: string | readonly string[];
  readonly properties: Readonly<Record<string, Node>>;
  readonly patternProperties: Readonly<Record<string, { readonly $ref: string }>>;
  readonly $defs: Readonly<Record<string, Node>>;
  readonly anyOf?: readonly Node[];
  readonly default?: unknown;
  readonly pattern?: string;
}

const schema = JSON.parse(renderJsonSchema(fakes)) as Node;
const property = (node: Node | undefined, ...path: readonly string[]): Node | undefined =>
  path.reduce<Node | undefined>((here, key) => here?.properties[key], node);

test("every id that names a component finds its schema, by type, alias and name", () => {
  const patterns = schema.properties["exporters"]?.patternProperties ?? {};
  const refOf = (id: string): string | undefined => Object.entries(patterns).find(([pattern]) => new RegExp(pattern).test(id))?.[1].$ref;
  expect(["otlp_grpc", "otlp", "otlp/rider", "otlp_grpc/2"].map(refOf)).toEqual(Array(4).fill("#/$defs/exporter-otlp_grpc"));
  expect([refOf("debug"), refOf("debug2"), refOf("otlp/")]).toEqual(["#/$defs/exporter-debug", undefined, undefined]);
});

test("a body may be null, and a number or truth value a variable", () => {
  const debug = schema.$defs["exporter-debug"];
  expect(debug?.type).toEqual(["object", "null"]);
  const [checks, variable] = property(debug, "sampling_initial")?.anyOf ?? [];
  expect(checks).toMatchObject({ type: "integer", minimum: 1 });
  expect(new RegExp(variable?.pattern ?? "^$").test("${env:N:-2}")).toBe(true);
});

test("defaults stand as one would write them", () => {
  expect(property(schema.$defs["exporter-otlp_grpc"], "timeout")?.default).toBe("5s");
  expect(property(schema.$defs["processor-batch"], "timeout")?.default).toBe("200ms");
  expect(property(schema.$defs["receiver-otlp"], "protocols", "http", "endpoint")?.default).toBe("127.0.0.1:4318");
  expect(property(schema.$defs["exporter-debug"], "verbosity")?.default).toBe("basic");
});
