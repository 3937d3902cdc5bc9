import type { RunLedger } from "../../model/ledger.ts";
import type { Run } from "../../model/run.ts";
import { readLedger } from "../../run/ledger/read-ledger.ts";
import { findRunFile } from "../../run/ledger/run-files.ts";
import { endpointRulesOf } from "../load-run/endpoint-rules-of.ts";
import { gatesOf } from "../load-run/gates-of.ts";
import { presentReport } from "../load-run/present-report.ts";
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
  const gates = gatesOf(options);
  const rules = endpointRulesOf(options.endpointRule ?? []);
  const recorded = readLedger(findRunFile(options.runsDir, word), { rules });
  const ledger: RunLedger = gates.length === 0 ? recorded : { ...recorded, run: { ...recorded.run, gates } };
  sayState(ledger.run, terminal);
  const made = await presentReport(ledger, {
    format: options.format,
    runsFolder: options.runsDir,
    out: options.out,
    junit: options.junit,
    terminal,
  });
  return runExitCode({
    exit: undefined,
    verdict: made.verdict.result,
    isVerdictRequired: options.requireVerdict === true,
    stoppedBy: undefined,
  });
}

function sayState({ id, state, endUnixMs }: Run, terminal: Terminal): void {
  if (state === "open") terminal.writeError(`run ${id} is still being recorded: this is what it has so far\n`);
  if (state === "abandoned") {
    const until = endUnixMs === undefined ? "" : ` at ${new Date(endUnixMs).toISOString()}`;
    terminal.writeError(`the recording of run ${id} broke off${until}: this is what had been written by then\n`);
  }
}
