import { z } from "zod";
import {
  chartSchema,
  decompositionSchema,
  endpointSchema,
  evidenceSchema,
  failureSchema,
  findingSchema,
  hopRowSchema,
  hopSchema,
  lawSchema,
  markSchema,
  phaseSchema,
  printedLatencySchema,
  stillSchema,
  traceSchema,
} from "./report-parts.ts";

/** Names the layout of `report.json`; the number is that of `schemaVersion`. */
export const REPORT_SCHEMA_ID = "urn:pitwall:report:1";

const strings = z.record(z.string(), z.string());

const runSchema = z.object({
  id: z.string(),
  name: z.string(),
  labels: strings,
  state: z.enum(["open", "closed", "abandoned"]),
  startUnixMs: z.number(),
  endUnixMs: z.number().nullable(),
  loadStartSecond: z.number().describe("from the run's start"),
  loadEndSecond: z.number(),
  loadSeconds: z.number(),
  exit: z.object({ code: z.number().nullable(), signal: z.string().nullable() }).nullable().describe("how the generator ended"),
});

const conditionsSchema = z.object({
  command: z.array(z.string()),
  generator: z.string(),
  target: z.string(),
  scriptHash: z.string(),
  dataset: z.string(),
  versions: strings,
  host: strings,
  environment: strings,
  config: z.string(),
});

const offeredSchema = z.object({
  iterations: z.number().nullable(),
  droppedIterations: z.number().nullable(),
  interruptedIterations: z.number().nullable(),
  requestsPerIteration: z.number().nullable(),
  vusMax: z.number().nullable(),
  targetPerSecond: z.number().nullable(),
  achievedPerSecond: z.number().nullable(),
});

/** All that a report says: the one thing that every document is made from. Plain JSON; null = not known. */
export const reportSchema = z.object({
  $schema: z.literal(REPORT_SCHEMA_ID),
  schemaVersion: z.literal("1"),
  run: runSchema,
  conditions: conditionsSchema,
  verdict: z.object({
    result: z.enum(["passed", "failed", "inconclusive", "invalid"]),
    hop: hopSchema.nullable(),
    confidence: z.enum(["high", "medium", "low"]),
    sentence: z.string().describe("without the result and the confidence, which have fields of their own"),
    reasons: z.array(z.string()),
  }),
  summary: z.array(z.string()).describe("the report in at most 2 kB of sentences"),
  offered: offeredSchema,
  hops: z.array(hopRowSchema).describe("all five, in order"),
  gates: z.array(
    z.object({
      expression: z.string(),
      source: z.string(),
      scope: z.string(),
      state: z.enum(["passed", "failed", "undecided"]),
      actual: z.string(),
      note: z.string(),
    }),
  ),
  endpoints: z.array(endpointSchema),
  operations: z.array(endpointSchema).describe("calls of the store by operation"),
  printed: z.array(printedLatencySchema).describe("latencies as a generator printed them; never merged with those of the hops"),
  failures: z.array(failureSchema),
  decompositions: z.array(decompositionSchema),
  laws: z.array(lawSchema),
  findings: z.array(findingSchema),
  exclusions: z.array(z.object({ hop: hopSchema, claim: z.string(), evidence: z.array(evidenceSchema) })),
  gaps: z.array(z.object({ id: z.string(), hop: hopSchema.nullable(), what: z.string(), effect: z.string(), remedy: z.string() })),
  memory: z.array(z.object({ series: z.string(), witness: z.string(), instance: z.string(), class: z.string(), sentence: z.string() })),
  skew: z.array(
    z.object({
      outer: hopSchema,
      inner: hopSchema,
      lowerMs: z.number().nullable(),
      upperMs: z.number().nullable(),
      state: z.string(),
      pairs: z.number(),
    }),
  ),
  phases: z.array(phaseSchema),
  marks: z.array(markSchema),
  charts: z.array(chartSchema),
  chartsLeftOut: z.array(z.string()).describe("names of series that there was no room for, with their number where there are several"),
  still: z.array(stillSchema).describe("series that did not change, and have no chart"),
  traces: z.array(traceSchema),
  logs: z
    .array(
      z.object({
        timeUnixMs: z.number(),
        second: z.number(),
        lastSecond: z.number(),
        count: z.number(),
        witness: z.string(),
        severity: z.string(),
        body: z.string(),
        traceId: z.string(),
      }),
    )
    .describe("what one witness wrote in the same words is one of them: first and last moment, how often, and the trace of the first"),
  logsLeftOut: z.number(),
  witnesses: z.array(
    z.object({
      hop: z.enum([...hopSchema.options, "host"]),
      name: z.string(),
      sources: z.array(z.string()),
      format: z.string(),
      firstUnixMs: z.number(),
      lastUnixMs: z.number(),
      items: z.number(),
      limits: z.array(z.string()),
    }),
  ),
  losses: z.array(
    z.object({
      component: z.string(),
      signal: z.string(),
      reason: z.string(),
      items: z.number(),
      concerns: z.enum(["numbers", "detail", "elsewhere"]),
    }),
  ),
  notes: z.array(z.object({ code: z.string(), text: z.string() })),
});

/** As deep as it goes. */
type Frozen<T> = T extends readonly (infer Item)[] ? readonly Frozen<Item>[] : T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;

export type RunReport = Frozen<z.infer<typeof reportSchema>>;
export type ReportHop = RunReport["hops"][number];
export type ReportStream = NonNullable<ReportHop["stream"]>;
export type ReportLink = NonNullable<ReportHop["link"]>;
export type ReportLatency = NonNullable<ReportStream["latency"]>;
export type ReportQuantile = ReportLatency["p50"];
export type ReportEndpoint = RunReport["endpoints"][number];
export type ReportFailure = RunReport["failures"][number];
export type ReportFinding = RunReport["findings"][number];
export type ReportEvidence = ReportFinding["evidence"][number];
export type ReportDecomposition = RunReport["decompositions"][number];
export type ReportPrinted = RunReport["printed"][number];
export type ReportChart = RunReport["charts"][number];
export type ReportTrace = RunReport["traces"][number];

/** `docs/report.schema.json`: what `report.json` looks like, for whoever reads it by program. Ends with a newline. */
export function renderReportSchema(): string {
  const { $schema, ...rest } = z.toJSONSchema(reportSchema, { reused: "ref" });
  return `${JSON.stringify({ $schema, $id: REPORT_SCHEMA_ID, title: "Pitwall run report", ...rest }, null, 2)}\n`;
}
