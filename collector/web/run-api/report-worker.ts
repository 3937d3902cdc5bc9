import { parentPort, workerData } from "node:worker_threads";
import { isLoadError } from "../../model/errors.ts";
import { renderReport } from "./render-report.ts";
import type { ReportAnswer, ReportRequest } from "./report-thread.ts";

/** The thread that report-thread.ts starts: one report, then it ends. The bundle has it as a file of its own, `report-worker.cjs`. */
function answer(): ReportAnswer {
  try {
    return { text: renderReport(workerData as ReportRequest) };
  } catch (error) {
    if (!isLoadError(error)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  }
}

parentPort?.postMessage(answer());
