import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { type ErrorCode, LoadError } from "../../model/errors.ts";
import type { EndpointRule } from "../../run/endpoints/endpoint-rule.ts";

export interface ReportRequest {
  /** Of the ledger. */
  readonly path: string;
  /** Which names of endpoints belong together. */
  readonly rules: readonly EndpointRule[];
  readonly form: "json" | "html" | "markdown";
}

export type ReportAnswer = { readonly text: string } | { readonly code: ErrorCode; readonly message: string; readonly hint: string };

/** A report is made of some MB; what needs more is not a report. */
const MAX_HEAP_MB = 1024;

/**
 * Makes a report in a thread of its own: it takes seconds, in which a collector that records would hear nobody. Throws: LoadErrors of
 * `renderReport`; whatever else ends the thread.
 */
export async function renderReportAside(request: ReportRequest): Promise<string> {
  const file = new URL(import.meta.url.endsWith(".ts") ? "./report-worker.ts" : "./report-worker.cjs", import.meta.url);
  // A bundle without the thread's file still has its reports.
  if (!existsSync(file)) return (await import("./render-report.ts")).renderReport(request);
  const answer = await answerOf(new Worker(file, { workerData: request, resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } }));
  if ("text" in answer) return answer.text;
  throw new LoadError(answer.code, answer.message, { hint: answer.hint });
}

function answerOf(worker: Worker): Promise<ReportAnswer> {
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread of the report ended with ${code} and no answer`)));
  });
}
