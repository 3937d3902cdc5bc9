import { diagnose } from "../../diagnose/diagnose.ts";
import { buildReport } from "../../report/build-report.ts";
import { renderHtml } from "../../report/render-html.ts";
import { renderMarkdown } from "../../report/render-markdown.ts";
import { readLedger } from "../../run/ledger/read-ledger.ts";
import { readReportAssets } from "../../run/report-assets.ts";
import type { ReportRequest } from "./report-thread.ts";

/** Reads, judges and renders: seconds of computing for a long run. Throws: E_LEDGER; E_FILE where the parts of the HTML are not installed. */
export function renderReport({ path, rules, form }: ReportRequest): string {
  const ledger = readLedger(path, { rules });
  const report = buildReport(ledger, diagnose(ledger));
  switch (form) {
    case "json":
      return `${JSON.stringify(report)}\n`;
    case "html":
      return renderHtml(report, readReportAssets());
    case "markdown":
      return renderMarkdown(report);
  }
}
