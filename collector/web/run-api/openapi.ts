import { z } from "zod";
import { emptySchema, newMarkSchema, newRunSchema, runChangesSchema } from "./request-schemas.ts";
import { errorSchema, markSchema, progressSchema, runListSchema, runSchema, statusSchema } from "./response-schemas.ts";
import { type Answer, ROUTES, type Route } from "./routes.ts";

type Json = Readonly<Record<string, unknown>>;

/** The schemas that have a name of their own. */
const NAMED: readonly (readonly [string, z.ZodType])[] = [
  ["Run", runSchema],
  ["NewRun", newRunSchema],
  ["RunChanges", runChangesSchema],
  ["NewMark", newMarkSchema],
  ["Mark", markSchema],
  ["Nothing", emptySchema],
  ["Status", statusSchema],
  ["RunList", runListSchema],
  ["Progress", progressSchema],
  ["Error", errorSchema],
];

/** `docs/openapi.json` and GET /api/v1/openapi.json: the run API, made from the routes and the schemas that check requests. Ends with a newline. */
export function renderOpenApi(): string {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of ROUTES) {
    const methods = paths[route.path] ?? {};
    methods[route.method] = operationOf(route);
    paths[route.path] = methods;
  }
  const document = {
    openapi: "3.1.0",
    info: {
      title: "Pitwall run API",
      version: "1",
      description:
        "Opens, marks and ends load runs, and gives their reports. Served by the connector `runs`, on 127.0.0.1:4319 unless set otherwise. Where an id stands, `current` (the open run) and `latest` (the newest) are ids too. Within version 1 fields are added, never renamed or taken away.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "http://127.0.0.1:4319" }],
    security: [{}, { bearer: [] }],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: { bearer: { type: "http", scheme: "bearer", description: "`token` of the connector; needed where one is set." } },
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function componentSchemas(): Json {
  const registry = z.registry<{ readonly id: string }>();
  for (const [id, schema] of NAMED) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: "input", uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    NAMED.map(([id]) => {
      const { $schema: _schema, $id: _id, ...rest } = schemas[id] as Json;
      return [id, rest];
    }),
  );
}

function operationOf({ operation, summary, path, body, answers }: Route): Json {
  const parameters = [...path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: "path",
    required: true,
    description: "Id of a run, `current` or `latest`",
    schema: { type: "string" },
  }));
  return {
    operationId: operation,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: { required: body.isOptional !== true, content: { "application/json": { schema: refTo(body.schema), example: body.example } } },
        }),
    responses: Object.fromEntries(answers.toSorted((a, b) => a.status - b.status).map((answer) => [String(answer.status), responseOf(answer)])),
  };
}

function responseOf({ description, schema, example, contents }: Answer): Json {
  const content =
    schema === undefined
      ? Object.fromEntries(
          (contents ?? []).map(({ type, isBinary }) => [type, { schema: isBinary === true ? { type: "string", format: "binary" } : {} }]),
        )
      : { "application/json": { schema: refTo(schema), ...(example === undefined ? {} : { example }) } };
  return { description, content };
}

function refTo(schema: z.ZodType): Json {
  const name = NAMED.find(([, candidate]) => candidate === schema)?.[0];
  if (name === undefined) throw new RangeError("a route uses a schema without a name");
  return { $ref: `#/components/schemas/${name}` };
}
