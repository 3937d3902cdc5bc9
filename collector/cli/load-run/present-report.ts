import { join, resolve } from "node:path";
import type { RunLedger } from "../../model/ledger.ts";
import type { RunReport } from "../../report/report-schema.ts";
import { stdoutLook, type Terminal } from "../terminal.ts";

export interface PresentReportOptions {
  readonly format: "console" | "json" | "markdown" | "junit";
  readonly runsFolder: string;
  /** Folder of report.html, .md and .json; undefined: one beside the ledger. */
  readonly out: string | undefined;
  readonly junit: string | undefined;
  readonly terminal: Terminal;
}

/** Judges a run, prints the report, and writes its files; their path comes last. Throws: E_FILE, after the report was printed. */
export async function presentReport(ledger: RunLedger, options: PresentReportOptions): Promise<RunReport> {
  const { format, runsFolder, out = join(runsFolder, ledger.run.id), junit, terminal } = options;
  const { renderConsole, renderJunit, renderMarkdown, reportOf, writeReports } = await import("./documents.ts");
  const report = reportOf(ledger);
  const render = {
    console: () => `${renderConsole(report, stdoutLook())}\n`,
    json: () => `${JSON.stringify(report, null, 1)}\n`,
    markdown: () => renderMarkdown(report),
    junit: () => renderJunit(report),
  };
  const text = render[format]();
  // Files are written although nobody reads the text to its end, and the text is shown although a file cannot be written.
  const printed = await terminal.writeOut(text).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  const summary = terminal.env["GITHUB_STEP_SUMMARY"];
  const html = writeReports(report, { folder: out, junit, githubSummary: summary === "" ? undefined : summary });
  if (printed !== undefined) throw printed.error;
  const path = `report: ${resolve(html)}\n`;
  if (format === "console") await terminal.writeOut(path);
  else terminal.writeError(path);
  return report;
}
