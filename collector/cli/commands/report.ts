import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { RunLedger } from "../../model/ledger.ts";
import { readLedger } from "../../run/ledger/read-ledger.ts";
import { findRunFile } from "../../run/ledger/run-files.ts";
import { endpointRulesOf } from "../load-run/endpoint-rules-of.ts";
import { gatesOf } from "../load-run/gates-of.ts";
import { runExitCode } from "../load-run/run-exit-code.ts";
import type { Terminal } from "../terminal.ts";

export interface ReportOptions {
  readonly format: "console" | "json" | "markdown" | "junit";
  readonly out?: string;
  readonly junit?: string;
  readonly threshold?: readonly string[];
  readonly thresholds?: string;
  readonly preset?: string;
  readonly endpointRule?: readonly string[];
  readonly requireVerdict?: boolean;
  readonly runsDir: string;
}

/** `pitwall report RUN`: judges a run anew and writes its documents. Resolves with the exit code of its verdict. Throws: E_RUN_NOT_FOUND, E_LEDGER, E_THRESHOLDS, E_FILE. */
export async function report(word: string, options: ReportOptions, terminal: Terminal): Promise<number> {
  const file = existsSync(word) ? resolve(word) : findRunFile(options.runsDir, word);
  const recorded = readLedger(file, { rules: endpointRulesOf(options.endpointRule ?? []) });
  const gates = gatesOf(options);
  const ledger: RunLedger = gates.length === 0 ? recorded : { ...recorded, run: { ...recorded.run, gates } };
  const { renderConsole, renderJunit, renderMarkdown, reportOf, writeReports } = await import("../load-run/documents.ts");
  const made = reportOf(ledger);
  const html = writeReports(made, {
    folder: options.out ?? join(options.runsDir, ledger.run.id),
    junit: options.junit,
    githubSummary: terminal.env["GITHUB_STEP_SUMMARY"],
  });
  switch (options.format) {
    case "json":
      await terminal.writeOut(`${JSON.stringify(made, null, 1)}\n`);
      break;
    case "markdown":
      await terminal.writeOut(renderMarkdown(made));
      break;
    case "junit":
      await terminal.writeOut(renderJunit(made));
      break;
    case "console":
      await terminal.writeOut(`${renderConsole(made, { style: terminal.style })}\nreport: ${resolve(html)}\n`);
  }
  return runExitCode({
    exit: undefined,
    verdict: made.verdict.result,
    isVerdictRequired: options.requireVerdict === true,
    stoppedBy: undefined,
  });
}
