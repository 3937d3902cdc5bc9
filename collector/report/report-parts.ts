import { z } from "zod";
import { ERROR_KINDS, OUTCOMES } from "../model/load-outcome.ts";

/** The parts of `report.json` that occur more than once. Times are Unix ms or s from the run's start as named; null = not known. */

export const hopSchema = z.enum(["client", "network", "proxy", "application", "store"]);
const count = z.number().nonnegative();

/** One quantile. `ms` is null where the sample is too small to state it; it takes `needed` requests. */
export const quantileSchema = z.object({
  ms: z.number().nullable(),
  lowerMs: z.number().nullable().describe("95 % interval; null = open on this side"),
  upperMs: z.number().nullable(),
  needed: z.number().describe("requests that it takes before this quantile is stated"),
});

export const latencySchema = z.object({
  n: count,
  meanMs: z.number().nullable(),
  p50: quantileSchema,
  p95: quantileSchema,
  p99: quantileSchema,
  maxMs: z.number().nullable(),
});

/** What one hop saw of one endpoint, or of all. */
export const streamSchema = z.object({
  hop: hopSchema,
  source: z.string().describe("how it was counted: requests, metrics, logs or spans"),
  isUnsure: z.boolean().describe("true: counted from spans, which may be sampled"),
  witnesses: z.array(z.string()),
  requests: count,
  failed: count,
  failedRatio: z.number().nullable(),
  latency: latencySchema.nullable().describe("of requests that succeeded"),
  durationMeans: z.string(),
  omission: z.string().describe("whether coordinated omission distorts the latency"),
  statuses: z.array(z.object({ status: z.number(), requests: count })),
});

/** Between a hop and the next one that was seen. */
export const linkSchema = z.object({
  to: hopSchema,
  state: z.enum(["holds", "broken", "unknown"]),
  requestsDifference: z.number().nullable().describe("positive: so many more were counted before it than after it"),
  failedDifference: z.number().nullable().describe("positive: so many more failed before it than after it"),
  laws: z.array(z.string()).describe("the laws that it was held against"),
  text: z.string(),
});

export const hopRowSchema = z.object({
  hop: hopSchema,
  stream: streamSchema.nullable().describe("null: no witness stood here"),
  timeMs: z.number().nullable().describe("mean time spent here by a successful request"),
  timeShare: z.number().nullable().describe("of the mean time of a successful request, 0..1"),
  timeIsBound: z.boolean().describe("true: at most so much, for the time of what lies further in is in it"),
  isBlamed: z.boolean(),
  note: z.string(),
  link: linkSchema.nullable().describe("to the next hop that was seen; null at the end"),
});

export const endpointSchema = z.object({
  endpoint: z.string(),
  by: z.string().describe("what made the witnesses' names one: route, rule, name, joined, matched, template, none"),
  names: z.array(z.string()),
  streams: z.array(streamSchema).describe("in the order of the hops"),
});

/** Quantiles that a generator worked out itself: they can neither be checked nor put together with others. */
export const printedLatencySchema = z.object({
  witness: z.string(),
  endpoint: z.string().describe('"" = all of them'),
  requests: z.number().nullable().describe("that it is of"),
  means: z.string().describe("what a duration is"),
  meanMs: z.number().nullable(),
  maxMs: z.number().nullable(),
  quantiles: z.array(z.object({ q: z.number(), ms: z.number() })).describe("rising in q (0..1)"),
  correction: z.string().describe("whether it is corrected for coordinated omission"),
  survivorsOnly: z.boolean().nullable().describe("true: requests without an answer are not in it"),
});

export const failureSchema = z.object({
  hop: hopSchema,
  endpoint: z.string(),
  kind: z.enum([...ERROR_KINDS, "unknown"]),
  requests: count,
  samples: z.array(z.string()).describe("first texts, as the witness wrote them"),
});

export const evidenceSchema = z.object({
  what: z.string(),
  field: z.string(),
  window: z.string(),
  value: z.string(),
  n: z.number().nullable(),
  how: z.string(),
});

export const findingSchema = z.object({
  rule: z.string(),
  hop: hopSchema.nullable(),
  effect: z.enum(["invalid", "failure", "slow", "risk"]),
  state: z.enum(["proven", "consistent", "risk"]),
  confidence: z.enum(["high", "medium", "low"]),
  claim: z.string(),
  endpoint: z.string(),
  scope: z.string(),
  evidence: z.array(evidenceSchema),
  counterEvidence: z.array(evidenceSchema),
  nextStep: z.string(),
  requests: count,
});

export const decompositionSchema = z.object({
  scope: z.string(),
  endpoint: z.string(),
  by: z.enum(["trace", "request", "aggregate"]),
  n: count,
  totalMs: z.number().nullable(),
  parts: z.array(z.object({ id: z.string(), hop: hopSchema, label: z.string(), meanMs: z.number(), n: count })),
  isComplete: z.boolean(),
  note: z.string(),
});

export const lawSchema = z.object({
  law: z.enum(["L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8"]),
  scope: z.string(),
  endpoint: z.string(),
  state: z.enum(["holds", "broken", "unknown"]),
  statement: z.string(),
  left: z.number().nullable(),
  right: z.number().nullable(),
  difference: z.number().nullable(),
  tolerance: z.number().nullable(),
  note: z.string(),
  evidence: z.array(evidenceSchema),
});

/** A picture over time. Column `i` stands at `startSecond + i · stepSeconds` from the run's start. */
export const chartSchema = z.object({
  id: z.string(),
  group: z.enum(["load", "resources", "other"]),
  title: z.string(),
  unit: z.string().describe("UCUM, or a word in braces"),
  note: z.string(),
  startSecond: z.number(),
  stepSeconds: z.number().positive(),
  isStacked: z.boolean(),
  series: z.array(
    z.object({
      name: z.string(),
      hop: hopSchema.nullable(),
      style: z.enum(["solid", "dashed", "limit"]),
      values: z.array(z.number().nullable()),
    }),
  ),
});

export const phaseSchema = z.object({
  name: z.string(),
  kind: z.enum(["before", "ramp", "hold", "cool", "scenario", "after"]),
  startSecond: z.number(),
  endSecond: z.number(),
  source: z.enum(["generator", "given", "detected"]),
});

/** A series that kept one value all the time: a picture of it would be a flat line. */
export const stillSchema = z.object({ name: z.string(), unit: z.string(), value: z.number(), series: z.number().describe("how many did so") });

export const markSchema = z.object({
  second: z.number(),
  timeUnixMs: z.number(),
  text: z.string(),
  kind: z.enum(["user", "alert", "system"]),
  labels: z.record(z.string(), z.string()),
});

export const traceSchema = z.object({
  why: z.enum(["slow", "failed", "sample"]),
  endpoint: z.string(),
  second: z.number().describe("when it began, from the run's start"),
  traceId: z.string(),
  durationMs: z.number(),
  outcome: z.enum(OUTCOMES),
  errorKind: z.enum(ERROR_KINDS).nullable(),
  mostly: z
    .object({ hop: hopSchema, share: z.number() })
    .nullable()
    .describe("where most of its time went: within this hop and not further in; null where one hop alone was seen"),
  logs: z.array(z.object({ witness: z.string(), severity: z.string(), body: z.string() })).describe("of this request"),
  spansLeftOut: count,
  spans: z.array(
    z.object({
      hop: hopSchema,
      witness: z.string(),
      name: z.string(),
      depth: z.number(),
      startMs: z.number().describe("from the start of the request; other hosts' clocks moved by the measured offset where it is known"),
      durationMs: z.number(),
      failed: z.boolean(),
      status: z.string().describe('as the witness wrote it; "" where it did not'),
      parts: z.array(z.object({ name: z.string(), startMs: z.number(), durationMs: z.number() })).describe("phases that the witness told, in order"),
      attributes: z.record(z.string(), z.string()),
    }),
  ),
});
