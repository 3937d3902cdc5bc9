import { z } from "zod";

/** Bounds of what people write: names stand in tables and titles, texts in tooltips. */
const MAX_NAME_CHARS = 256;
const MAX_TEXT_CHARS = 4096;
const MAX_LABELS = 32;
const MAX_CONFIG_CHARS = 131_072;
/** 1 January 2100: beyond it a time was given in microseconds or nanoseconds. */
const MAX_UNIX_MS = 4_102_444_800_000;

const name = () => z.string().trim().min(1).max(MAX_NAME_CHARS);
const unixMs = () => z.number().min(1).max(MAX_UNIX_MS).describe("Milliseconds since 1970 (UTC)");

const record = (max: number, value: z.ZodString) =>
  z.record(z.string().min(1).max(MAX_NAME_CHARS), value).refine((map) => Object.keys(map).length <= max, { error: `at most ${max} entries` });

const labels = () =>
  record(MAX_LABELS, z.string().max(MAX_NAME_CHARS)).describe(`At most ${MAX_LABELS}; keys and values of at most ${MAX_NAME_CHARS} characters`);

export const conditionsSchema = z
  .strictObject({
    command: z.array(z.string().max(MAX_TEXT_CHARS)).max(256).optional().describe("Command line of the load generator, secrets replaced"),
    generator: z.string().max(MAX_NAME_CHARS).optional().describe("`k6 2.2.0`"),
    target: z.string().max(MAX_TEXT_CHARS).optional().describe("Base URL or host of the target"),
    scriptHash: z.string().max(MAX_NAME_CHARS).optional().describe("SHA-256 of the script"),
    dataset: z.string().max(MAX_NAME_CHARS).optional().describe("Which data the target held; runs over different data are not compared"),
    versions: record(64, z.string().max(MAX_NAME_CHARS)).optional(),
    host: record(64, z.string().max(MAX_NAME_CHARS)).optional(),
    config: z.string().max(MAX_CONFIG_CHARS).optional().describe("The collector's configuration as YAML, secrets redacted"),
    environment: record(128, z.string().max(MAX_TEXT_CHARS)).optional().describe("Environment of the command that shapes the load, secrets redacted"),
  })
  .describe("What the run is made with");

export const gateSchema = z
  .strictObject({
    expression: z.string().trim().min(1).max(1024),
    phase: z.string().max(MAX_NAME_CHARS).default("").describe("Phase or scenario that it is for; empty = the whole load"),
    source: z.string().max(MAX_NAME_CHARS).default("api").describe("Where it was written, for messages"),
  })
  .describe("A threshold: `p95 < 800ms`");

export const phaseSchema = z
  .strictObject({
    name: name(),
    kind: z.enum(["before", "ramp", "hold", "cool", "scenario", "after"]).default("hold"),
    startUnixMs: unixMs(),
    endUnixMs: unixMs(),
    source: z.enum(["given", "generator"]).default("given"),
  })
  .refine((phase) => phase.endUnixMs >= phase.startUnixMs, { error: "a phase must not end before it starts", path: ["endUnixMs"] })
  .describe("A stretch of the run that is judged by itself");

const phases = () => z.array(phaseSchema).max(256);

export const newRunSchema = z
  .strictObject({
    name: name(),
    labels: labels().optional(),
    conditions: conditionsSchema.optional(),
    gates: z.array(gateSchema).max(100).optional(),
    phases: phases().optional(),
  })
  .describe("A run to be opened");

export const runChangesSchema = z
  .strictObject({
    loadStartUnixMs: unixMs().optional(),
    loadEndUnixMs: unixMs().optional(),
    exit: z
      .strictObject({ code: z.int().min(0).max(4_294_967_295).nullable(), signal: z.string().max(32).nullable() })
      .optional()
      .describe("How the generator ended; code null: by signal"),
    conditions: conditionsSchema.optional().describe("Those that are given replace what was there"),
    phases: phases().optional().describe("Replace all phases of the same source"),
  })
  .describe("What is absent stays as it is");

export const newMarkSchema = z
  .strictObject({
    text: z.string().trim().min(1).max(MAX_TEXT_CHARS),
    labels: labels().optional(),
    timeUnixMs: unixMs().optional().describe("Default: now"),
    kind: z.enum(["user", "alert", "system"]).optional().describe("Default: user"),
  })
  .describe("Something that happened at a moment of the run");

/** A request that has nothing to say. */
export const emptySchema = z.strictObject({}).describe("Nothing; may be left out");
