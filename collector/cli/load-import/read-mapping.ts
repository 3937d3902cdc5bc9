import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { LoadError } from "../../model/errors.ts";
import { DURATION_MEANINGS } from "../../model/load-outcome.ts";
import { type Mapping, WEBSOCKET_TESTER_MAPPINGS } from "../../wire/generators/generic-mapping.ts";

/** Mappings that need no file: `--mapping websocket-tester`, `--mapping websocket-memory`. */
export const READY_MAPPINGS: Readonly<Record<string, Mapping>> = {
  "websocket-tester": WEBSOCKET_TESTER_MAPPINGS.summary,
  "websocket-memory": WEBSOCKET_TESTER_MAPPINGS.memory,
};

const source = z.string().min(1);
const timeUnit = z.enum(["s", "ms", "us", "ns", "rfc3339", "auto"]);
const durationUnit = z.enum(["s", "ms", "us", "ns"]);
const means = z.enum(DURATION_MEANINGS);
const value = z.strictObject({
  from: source,
  name: z.string().min(1),
  unit: z.string().optional(),
  type: z.enum(["delta", "total", "gauge", "rate", "trend"]).optional(),
  factor: z.number().optional(),
});

const requests = z.strictObject({
  as: z.literal("requests"),
  time: z.strictObject({ from: source, unit: timeUnit, means: z.enum(["start", "end"]) }),
  duration: z.strictObject({ from: source, unit: durationUnit, means: means.optional() }).optional(),
  endpoint: z
    .union([
      z.strictObject({ from: source, source: z.enum(["route", "name", "url", "path", "none"]).optional() }),
      z.strictObject({ fixed: z.string() }),
    ])
    .optional(),
  method: source.optional(),
  status: source.optional(),
  ok: z.strictObject({ from: source, values: z.array(z.string()).min(1) }).optional(),
  error: source.optional(),
  responseBytes: source.optional(),
  scenario: source.optional(),
  vu: source.optional(),
  traceId: source.optional(),
  requestId: source.optional(),
  tags: z.array(source).optional(),
});

const samples = z.strictObject({
  as: z.literal("samples"),
  time: z.strictObject({ from: source, unit: timeUnit }),
  values: z.array(value).min(1),
  tags: z.array(source).optional(),
  fixedTags: z.record(z.string(), z.string()).optional(),
});

const summary = z.strictObject({
  as: z.literal("summary"),
  endpoint: z.string().optional(),
  start: z.strictObject({ from: source, unit: timeUnit }).optional(),
  durationSeconds: source.optional(),
  count: source.optional(),
  ok: source.optional(),
  counters: z.array(value).optional(),
  distributions: z
    .array(
      z.strictObject({
        of: z.string().min(1),
        means: means.optional(),
        unit: durationUnit,
        count: source.optional(),
        quantiles: z.array(z.strictObject({ q: z.number().gt(0).lt(1), from: source })),
        min: source.optional(),
        mean: source.optional(),
        max: source.optional(),
        survivorsOnly: z.boolean().optional(),
        cohort: z.string().optional(),
      }),
    )
    .optional(),
});

/** How a file of `pitwall import --mapping` looks (docs/load-runs.md has examples). */
export const mappingSchema = z.discriminatedUnion("as", [requests, samples, summary]);

/** A ready-made mapping by name, or one from a file of YAML or JSON. Throws: E_IMPORT naming the field, E_FILE. */
export function readMapping(word: string): Mapping {
  const ready = Object.hasOwn(READY_MAPPINGS, word) ? READY_MAPPINGS[word] : undefined;
  if (ready !== undefined) return ready;
  const read = mappingSchema.safeParse(parsedFile(word));
  if (read.success) return withoutUndefined(read.data);
  const faults = read.error.issues.map((issue) => `  ${issue.path.join(".") || "(top)"}: ${issue.message}`);
  throw new LoadError("E_IMPORT", `${word} is no mapping:\n${faults.join("\n")}`, {
    hint: `A mapping says \`as: requests\`, \`samples\` or \`summary\`. Ready-made ones: ${Object.keys(READY_MAPPINGS).join(", ")}.`,
  });
}

function parsedFile(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new LoadError("E_FILE", `${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  try {
    return parse(text);
  } catch (error) {
    throw new LoadError("E_IMPORT", `${path} is not YAML: ${(error as Error).message}`, { cause: error });
  }
}

/** zod writes absent keys as absent; only its types say otherwise. */
function withoutUndefined(mapping: z.output<typeof mappingSchema>): Mapping {
  return mapping as Mapping;
}
