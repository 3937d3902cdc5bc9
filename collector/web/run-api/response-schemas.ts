import { z } from "zod";

/** What the API answers, as documents say it; times are milliseconds since 1970 (UTC), null = not known (yet). */

const unixMs = () => z.number();
const map = () => z.record(z.string(), z.string());
const hop = () => z.string().describe("client, network, proxy, application, store");

export const runSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    labels: map(),
    state: z.enum(["open", "closed", "abandoned"]),
    startUnixMs: unixMs(),
    endUnixMs: unixMs().optional().describe("Absent while it is open"),
    loadStartUnixMs: unixMs().optional(),
    loadEndUnixMs: unixMs().optional(),
    conditions: z.object({
      command: z.array(z.string()),
      generator: z.string(),
      target: z.string(),
      scriptHash: z.string(),
      dataset: z.string(),
      versions: map(),
      host: map(),
      config: z.string(),
      environment: map(),
    }),
    gates: z.array(z.object({ expression: z.string(), phase: z.string(), source: z.string() })),
    exit: z.object({ code: z.number().nullable(), signal: z.string().nullable() }).optional(),
  })
  .describe("A load run");

export const markSchema = z.object({
  timeUnixMs: unixMs(),
  text: z.string(),
  labels: map(),
  kind: z.enum(["user", "alert", "system"]),
});

export const statusSchema = z.object({
  version: z.string().describe("Of Pitwall; empty when not known"),
  uptimeSeconds: z.number(),
  directory: z.string().describe("Where the ledgers are"),
  run: runSchema.nullable().describe("The run that is being recorded; null: none"),
});

export const runListSchema = z.object({
  runs: z.array(runSchema.omit({ conditions: true, gates: true })).describe("Newest first, without conditions and gates"),
});

const counts = { requests: z.number(), failures: z.number(), p50Ms: z.number().nullable(), p95Ms: z.number().nullable() };

export const progressSchema = z.object({
  run: runSchema,
  phases: z.array(z.object({ name: z.string(), kind: z.string(), startUnixMs: unixMs(), endUnixMs: unixMs(), source: z.string() })),
  marks: z.number(),
  hops: z
    .array(
      z.object({
        hop: hop(),
        source: z.string().describe("How it was counted: requests, metrics, logs, spans"),
        ...counts,
        recent: z.object(counts).describe("Of what arrived within the last ten seconds"),
        lastUnixMs: unixMs().describe("When something of the hop arrived last"),
      }),
    )
    .describe("What was heard so far, in the order of the hops"),
  witnesses: z.array(z.object({ hop: z.string(), witness: z.string(), items: z.number(), requests: z.number(), lastUnixMs: unixMs() })),
  losses: z.array(
    z.object({
      component: z.string(),
      signal: z.string(),
      reason: z.string(),
      items: z.number(),
      concerns: z
        .enum(["detail", "elsewhere"])
        .optional()
        .describe(
          "Absent: numbers of the run may be short. `detail`: only kept less exactly. `elsewhere`: lost beside the ledger, as by an exporter",
        ),
    }),
  ),
  sizeBytes: z.number().describe("Of the ledger on disk"),
});

export const errorSchema = z
  .object({
    error: z.object({
      code: z.string().describe("Stable, for programs"),
      message: z.string().describe("What is the matter, and where"),
      field: z.string().optional().describe("The part of the body that is meant: `labels.team`"),
      hint: z.string().optional().describe("What to do"),
    }),
  })
  .describe("Every answer of 400 and above");
