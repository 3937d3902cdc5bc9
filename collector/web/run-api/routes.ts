import type { z } from "zod";
import { emptySchema, newMarkSchema, newRunSchema, runChangesSchema } from "./request-schemas.ts";
import { errorSchema, markSchema, progressSchema, runListSchema, runSchema, statusSchema } from "./response-schemas.ts";

/** Of an answer that is no JSON. */
export interface Content {
  readonly type: string;
  readonly isBinary?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly description: string;
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  readonly contents?: readonly Content[];
}

export interface Route {
  readonly operation: Operation;
  readonly method: "get" | "post" | "patch";
  /** `{id}` = a parameter. */
  readonly path: string;
  readonly summary: string;
  readonly body?: { readonly schema: z.ZodType; readonly example: unknown; readonly isOptional?: boolean };
  readonly answers: readonly Answer[];
}

export const OPERATIONS = [
  "showPage",
  "getStatus",
  "createRun",
  "listRuns",
  "getRun",
  "updateRun",
  "endRun",
  "markRun",
  "markCurrentRun",
  "getProgress",
  "getReport",
  "getReportJson",
  "getReportHtml",
  "getReportMarkdown",
  "getLedger",
  "getOpenApi",
] as const;
export type Operation = (typeof OPERATIONS)[number];

export const API = "/api/v1";

const EXAMPLE_RUN = {
  id: "20260512-045100-spike-3f2a",
  name: "spike",
  labels: { team: "works" },
  state: "open",
  startUnixMs: 1778561460000,
  loadStartUnixMs: 1778561475000,
  conditions: {
    command: ["k6", "run", "works-list.js"],
    generator: "k6 2.2.0",
    target: "http://127.0.0.1:8080",
    scriptHash: "",
    dataset: "81 works",
    versions: { pitwall: "0.1.0", node: "26.9.0" },
    host: { name: "lab", cpus: "2 × any" },
    config: "",
    environment: { SCENARIO: "spike" },
  },
  gates: [{ expression: "p95 < 2000ms", phase: "hold", source: "thresholds.yaml:4" }],
};
const EXAMPLE_MARK = { timeUnixMs: 1778561500000, text: "restarted nginx", labels: { host: "lab" }, kind: "user" };
const EXAMPLE_COUNTS = { requests: 4661, failures: 1032, p50Ms: 31.5, p95Ms: null };
const EXAMPLE_PHASE = { name: "hold", kind: "hold", startUnixMs: 1778561480000, endUnixMs: 1778561540000, source: "given" };

const fault = (status: number, description: string): Answer => ({ status, description, schema: errorSchema });
/** What any request may be answered with. */
const REFUSALS: readonly Answer[] = [
  fault(401, "The token is missing or wrong"),
  fault(403, "Host is no name of this server, or a page of another origin asks"),
];
const BODY_FAULTS: readonly Answer[] = [
  fault(400, "The body is not as it should be; `field` names the place"),
  fault(413, "The body is larger than 256 KB"),
  fault(415, "The body is not application/json"),
];
const UNKNOWN_RUN = fault(404, "There is no such run; `hint` names those that come near");
const NOT_OPEN = fault(409, "The run is not open, or none is");
const NO_LEDGER = fault(503, "The ledger cannot be read or written");

const html: Content = { type: "text/html" };
const markdown: Content = { type: "text/markdown" };
const json: Content = { type: "application/json" };
const report = (...contents: readonly Content[]): readonly Answer[] => [
  { status: 200, description: "The report, as far as the run has got", contents },
  UNKNOWN_RUN,
  NO_LEDGER,
];

const TABLE: readonly Route[] = [
  {
    operation: "showPage",
    method: "get",
    path: "/",
    summary: "A page for people: the runs that there are, with their reports",
    answers: [{ status: 200, description: "The page", contents: [html] }],
  },
  {
    operation: "getStatus",
    method: "get",
    path: `${API}/status`,
    summary: "What runs here, and whether a run is open",
    answers: [
      {
        status: 200,
        description: "The state of the collector",
        schema: statusSchema,
        example: { version: "0.1.0", uptimeSeconds: 12.5, directory: ".pitwall/runs", run: null },
      },
    ],
  },
  {
    operation: "createRun",
    method: "post",
    path: `${API}/runs`,
    summary: "Open a run: from now on what arrives is recorded",
    body: {
      schema: newRunSchema,
      example: {
        name: "spike",
        labels: { team: "works" },
        conditions: { dataset: "81 works" },
        gates: [{ expression: "p95 < 2000ms" }],
        phases: [EXAMPLE_PHASE],
      },
    },
    answers: [
      { status: 201, description: "The run, with its id", schema: runSchema, example: EXAMPLE_RUN },
      ...BODY_FAULTS,
      fault(409, "Another run is open"),
      NO_LEDGER,
    ],
  },
  {
    operation: "listRuns",
    method: "get",
    path: `${API}/runs`,
    summary: "All runs whose ledgers are in the folder",
    answers: [{ status: 200, description: "The runs", schema: runListSchema, example: { runs: [] } }, NO_LEDGER],
  },
  {
    operation: "getRun",
    method: "get",
    path: `${API}/runs/{id}`,
    summary: "One run",
    answers: [{ status: 200, description: "The run", schema: runSchema, example: EXAMPLE_RUN }, UNKNOWN_RUN, NO_LEDGER],
  },
  {
    operation: "updateRun",
    method: "patch",
    path: `${API}/runs/{id}`,
    summary: "Tell when the load began and ended, its phases, how the generator ended",
    body: { schema: runChangesSchema, example: { loadEndUnixMs: 1778561600000, exit: { code: 0, signal: null }, phases: [EXAMPLE_PHASE] } },
    answers: [
      { status: 200, description: "The run as it is now", schema: runSchema, example: EXAMPLE_RUN },
      ...BODY_FAULTS,
      UNKNOWN_RUN,
      NOT_OPEN,
      NO_LEDGER,
    ],
  },
  {
    operation: "endRun",
    method: "post",
    path: `${API}/runs/{id}/end`,
    summary: "Close the run: nothing is recorded any more",
    body: { schema: emptySchema, example: {}, isOptional: true },
    answers: [{ status: 200, description: "The run, closed", schema: runSchema, example: EXAMPLE_RUN }, ...BODY_FAULTS, UNKNOWN_RUN, NOT_OPEN],
  },
  {
    operation: "markRun",
    method: "post",
    path: `${API}/runs/{id}/marks`,
    summary: "Mark a moment of a run",
    body: { schema: newMarkSchema, example: { text: "restarted nginx", labels: { host: "lab" } } },
    answers: [{ status: 201, description: "The mark", schema: markSchema, example: EXAMPLE_MARK }, ...BODY_FAULTS, UNKNOWN_RUN, NOT_OPEN, NO_LEDGER],
  },
  {
    operation: "markCurrentRun",
    method: "post",
    path: `${API}/marks`,
    summary: "Mark a moment of the run that is open",
    body: { schema: newMarkSchema, example: { text: "restarted nginx" } },
    answers: [{ status: 201, description: "The mark", schema: markSchema, example: EXAMPLE_MARK }, ...BODY_FAULTS, NOT_OPEN, NO_LEDGER],
  },
  {
    operation: "getProgress",
    method: "get",
    path: `${API}/runs/{id}/progress`,
    summary: "What the open run has heard so far, hop by hop",
    answers: [
      {
        status: 200,
        description: "The state of the recording",
        schema: progressSchema,
        example: {
          run: EXAMPLE_RUN,
          phases: [EXAMPLE_PHASE],
          marks: 1,
          hops: [{ hop: "client", source: "requests", ...EXAMPLE_COUNTS, recent: EXAMPLE_COUNTS, lastUnixMs: 1778561530000 }],
          witnesses: [{ hop: "client", witness: "k6", items: 9000, requests: 4661, lastUnixMs: 1778561530000 }],
          losses: [],
          sizeBytes: 1048576,
        },
      },
      UNKNOWN_RUN,
      NOT_OPEN,
    ],
  },
  {
    operation: "getReport",
    method: "get",
    path: `${API}/runs/{id}/report`,
    summary: "The verdict on a run with its evidence; the form is chosen by Accept",
    answers: [...report(json, html, markdown), fault(406, "Accept names none of the forms")],
  },
  { operation: "getReportJson", method: "get", path: `${API}/runs/{id}/report.json`, summary: "The report as JSON", answers: report(json) },
  { operation: "getReportHtml", method: "get", path: `${API}/runs/{id}/report.html`, summary: "The report as one HTML file", answers: report(html) },
  { operation: "getReportMarkdown", method: "get", path: `${API}/runs/{id}/report.md`, summary: "The report as Markdown", answers: report(markdown) },
  {
    operation: "getLedger",
    method: "get",
    path: `${API}/runs/{id}/ledger`,
    summary: "The run's ledger, a SQLite file: a copy in which everything fits together, also while the run is open",
    answers: [{ status: 200, description: "The file", contents: [{ type: "application/vnd.sqlite3", isBinary: true }] }, UNKNOWN_RUN, NO_LEDGER],
  },
  {
    operation: "getOpenApi",
    method: "get",
    path: `${API}/openapi.json`,
    summary: "This document",
    answers: [{ status: 200, description: "OpenAPI 3.1", contents: [json] }],
  },
];

/** Every path that the run API has. */
export const ROUTES: readonly Route[] = TABLE.map((route) => ({ ...route, answers: [...route.answers, ...REFUSALS] }));
