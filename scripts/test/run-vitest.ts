import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { relative } from "node:path";
import { judgeReport, type VitestOutcome, type VitestReport } from "./judge-report.ts";
import { runCheck } from "./run-check.ts";

const REPORT_FOLDER = ".pitwall/test";

/** Runs vitest over exactly these files. */
export async function runVitest(name: string, files: readonly string[], options: readonly string[]): Promise<VitestOutcome> {
  const reportFile = `${REPORT_FOLDER}/${name}.json`;
  mkdirSync(REPORT_FOLDER, { recursive: true });
  rmSync(reportFile, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
  const succeeded = await runCheck(`vitest (${name})`, ["node_modules/vitest/vitest.mjs", "run", ...reporters, ...options, ...files]);
  const report = readReport(reportFile);
  return report === undefined ? { passed: 0, failures: [`vitest (${name}) ended without a report`] } : judgeReport(report, files, succeeded);
}

function readReport(file: string): VitestReport | undefined {
  try {
    const report: VitestReport = JSON.parse(readFileSync(file, "utf8"));
    const path = (name: string) => relative(process.cwd(), name).replaceAll("\\", "/");
    return { testResults: report.testResults.map((result) => ({ ...result, name: path(result.name) })) };
  } catch {
    return undefined;
  }
}
