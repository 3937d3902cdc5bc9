import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { diagnose } from "../../diagnose/diagnose.ts";
import { LoadError } from "../../model/errors.ts";
import type { RunLedger } from "../../model/ledger.ts";
import { buildReport } from "../../report/build-report.ts";

import { renderHtml } from "../../report/render-html.ts";
import { renderJunit } from "../../report/render-junit.ts";
import { renderGithubSummary, renderMarkdown } from "../../report/render-markdown.ts";
import type { RunReport } from "../../report/report-schema.ts";
import { readReportAssets } from "../../run/report-assets.ts";

export interface ReportTargets {
  readonly folder: string;
  /** Path of a JUnit file; undefined: none. */
  readonly junit: string | undefined;
  /** What GITHUB_STEP_SUMMARY names; undefined outside of a GitHub workflow. */
  readonly githubSummary: string | undefined;
}

/** The report of a ledger: judged anew each time, by the gates that the run was given. */
export function reportOf(ledger: RunLedger): RunReport {
  return buildReport(ledger, diagnose(ledger));
}

/** Writes report.html, report.md and report.json, and what else was asked for. Gives the path of report.html. Throws: E_FILE. */
export function writeReports(report: RunReport, { folder, junit, githubSummary }: ReportTargets): string {
  const html = join(folder, "report.html");
  write(html, renderHtml(report, readReportAssets()));
  write(join(folder, "report.md"), renderMarkdown(report));
  write(join(folder, "report.json"), `${JSON.stringify(report, null, 1)}\n`);
  if (junit !== undefined) write(junit, renderJunit(report));
  if (githubSummary !== undefined) append(githubSummary, renderGithubSummary(report));
  return html;
}

function write(file: string, text: string): void {
  attempt(file, () => {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  });
}

function append(file: string, text: string): void {
  attempt(file, () => appendFileSync(file, text));
}

function attempt(file: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    throw new LoadError("E_FILE", `${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}
