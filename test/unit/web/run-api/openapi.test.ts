import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { renderOpenApi } from "../../../../collector/web/run-api/openapi.ts";
import { OPERATIONS, ROUTES } from "../../../../collector/web/run-api/routes.ts";
import { type Json, openApiLab } from "./api-lab.ts";

const document: Json = JSON.parse(renderOpenApi());

test("every operation is in the document once, with its path's parameters", () => {
  const operations = Object.values<Json>(document.paths).flatMap((methods) => Object.values<Json>(methods));
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual([...OPERATIONS].sort());
  for (const [path, methods] of Object.entries<Json>(document.paths)) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    for (const { parameters = [] } of Object.values<Json>(methods)) expect(parameters.map((one: Json) => one.name)).toEqual(named);
  }
});

test("the examples are as the schemas say, by the schemas and by JSON Schema", () => {
  const ajv = new Ajv2020({ strict: false });
  ajv.addSchema({ $id: "openapi", ...document });
  let checked = 0;
  const check = (content: Json, where: string) => {
    for (const { schema, example } of Object.values<Json>(content)) {
      if (example === undefined) continue;
      const validate = ajv.compile({ $ref: `openapi${schema.$ref}` });
      expect(validate(example), `${where}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      expect(validate({ no: "such thing" }) && !schema.$ref.endsWith("RunChanges"), where).toBe(false);
      checked++;
    }
  };
  for (const [path, methods] of Object.entries<Json>(document.paths)) {
    for (const [method, { requestBody, responses }] of Object.entries<Json>(methods)) {
      if (requestBody !== undefined) check(requestBody.content, `${method} ${path}`);
      for (const { content } of Object.values<Json>(responses)) check(content, `${method} ${path}`);
    }
  }
  expect(checked).toBeGreaterThanOrEqual(12);
  for (const { body, answers, path } of ROUTES) {
    if (body !== undefined) expect(body.schema.safeParse(body.example).error, path).toBeUndefined();
    for (const { schema, example } of answers) if (example !== undefined) expect(schema?.safeParse(example).error, path).toBeUndefined();
  }
});

test("what is served is what is in docs/openapi.json", async () => {
  await using api = await openApiLab();
  const { text, headers } = await api.call("GET", "/api/v1/openapi.json");
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(text).toBe(readFileSync("docs/openapi.json", "utf8"));
});

test("what the API answers is as the document says", async () => {
  await using api = await openApiLab();
  const phases = [{ name: "hold", startUnixMs: 1, endUnixMs: 2 }];
  await api.call("POST", "/api/v1/runs", { name: "a", labels: { a: "b" }, gates: [{ expression: "p95 < 2s" }], phases });
  const answers = new Map<string, Json>();
  const keep = async (operation: string, ...call: Parameters<typeof api.call>) => void answers.set(operation, await api.call(...call));
  await keep("getStatus", "GET", "/api/v1/status");
  await keep("listRuns", "GET", "/api/v1/runs");
  await keep("getRun", "GET", "/api/v1/runs/current");
  await keep("getProgress", "GET", "/api/v1/runs/current/progress");
  await keep("updateRun", "PATCH", "/api/v1/runs/current", { exit: { code: 0, signal: null }, loadEndUnixMs: api.lab.nowMs });
  await keep("markCurrentRun", "POST", "/api/v1/marks", { text: "x" });
  await keep("endRun", "POST", "/api/v1/runs/current/end");
  for (const [operation, { status, json }] of answers) {
    const route = ROUTES.find((one) => one.operation === operation);
    const answer = route?.answers.find((one) => one.status === status);
    expect(answer?.schema?.safeParse(json).error, operation).toBeUndefined();
  }
  const refused = await api.call("POST", "/api/v1/runs", {});
  expect(
    ROUTES.find((one) => one.operation === "createRun")
      ?.answers.find((one) => one.status === 400)
      ?.schema?.safeParse(refused.json).success,
  ).toBe(true);
});
