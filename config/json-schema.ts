import { z } from "zod";
import type { ComponentDefinition } from "../collector/pipeline/define.ts";
import { formatHostPort } from "../collector/pipeline/settings.ts";
import { type Catalogue, SECTIONS, sectionOf, singular } from "./catalogue.ts";
import { serviceSchema } from "./check-service.ts";

type Json = { readonly [key: string]: unknown };

/**
 * `config/schema.json`: what editors complete and check while a configuration is typed. Use it with a first line
 * `# yaml-language-server: $schema=…/config/schema.json`. Ends with a newline.
 */
export function renderJsonSchema(catalogue: Catalogue): string {
  const definitions: Record<string, unknown> = {};
  const sections: Record<string, unknown> = {};
  for (const section of SECTIONS) {
    const patterns: Record<string, unknown> = {};
    for (const definition of catalogue.inSection(section)) {
      const name = `${singular(section)}-${definition.type}`;
      definitions[name] = { description: definition.about, ...lenient(configSchema(definition)) };
      const words = [definition.type, ...(definition.aliases ?? [])];
      patterns[`^(${words.join("|")})( */.+)?$`] = { $ref: `#/$defs/${name}` };
    }
    sections[section] = { type: ["object", "null"], patternProperties: patterns, additionalProperties: false };
  }
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Pitwall configuration",
    type: "object",
    properties: {
      plugins: { description: "Files and npm packages that bring components of their own.", type: ["array", "null"], items: { type: "string" } },
      ...sections,
      service: lenient(jsonSchemaOf(serviceSchema)),
    },
    required: ["service"],
    additionalProperties: false,
    $defs: definitions,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function configSchema(definition: ComponentDefinition): Json {
  try {
    return jsonSchemaOf(definition.config);
  } catch (cause) {
    throw new Error(`the ${sectionOf(definition)} "${definition.type}" has a schema that JSON Schema cannot tell`, { cause });
  }
}

/** The JSON Schema of what may be written in YAML; defaults as one would write them (`5s`, not 5000). */
export function jsonSchemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    reused: "inline",
    override: ({ zodSchema, jsonSchema }) => {
      const definition = zodSchema._zod.def;
      if (definition.type !== "default" || jsonSchema.default !== undefined) return;
      const written = writtenDefault((definition as { readonly defaultValue?: unknown }).defaultValue, typesOf(jsonSchema));
      if (written !== undefined) jsonSchema.default = written;
    },
  });
  return rest;
}

/** Defaults behind a transform are given in its output: milliseconds for durations, host and port for addresses. */
function writtenDefault(value: unknown, types: readonly unknown[]): string | undefined {
  const isDuration = types.includes("string") && types.includes("number");
  if (typeof value === "number" && isDuration) return formatDuration(value);
  if (typeof value === "object" && value !== null && "host" in value && "port" in value)
    return formatHostPort(value as { host: string; port: number });
  return undefined;
}

function typesOf({ type, anyOf }: { readonly type?: unknown; readonly anyOf?: readonly { readonly type?: unknown }[] }): readonly unknown[] {
  return [type, ...(anyOf ?? []).map((branch) => branch.type)].flat();
}

function formatDuration(ms: number): string {
  if (ms === 0) return "0s";
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0) return `${ms / 60_000}m`;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

/** As the loader reads: a null for "all defaults", and `${…}` for any number or truth value. */
function lenient(json: Json): Json {
  const walked = Object.fromEntries(Object.entries(json).map(([key, value]) => [key, lenientPart(key, value)]));
  const { type } = walked as { type?: unknown };
  if (type === "object" || type === "array") return { ...walked, type: [type, "null"] };
  if (type !== "integer" && type !== "number" && type !== "boolean") return walked;
  const { description, default: standard, ...checks } = walked as Json;
  const about = { ...(description === undefined ? {} : { description }), ...(standard === undefined ? {} : { default: standard }) };
  return { ...about, anyOf: [checks, { type: "string", pattern: "\\$\\{.+\\}" }] };
}

function lenientPart(key: string, value: unknown): unknown {
  if (key === "default" || key === "enum" || key === "const") return value;
  if (Array.isArray(value)) return value.map((item) => (isJson(item) ? lenient(item) : item));
  if (!isJson(value)) return value;
  if (key === "properties" || key === "patternProperties" || key === "$defs") {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, isJson(inner) ? lenient(inner) : inner]));
  }
  return lenient(value);
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
