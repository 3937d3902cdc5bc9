import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { LoadError } from "../../model/errors.ts";
import type { Run } from "../../model/run.ts";
import { type CollectorSide, openCollectorSide } from "../load-run/collector-side.ts";
import { driveLoad } from "../load-run/drive-load.ts";
import { endpointRulesOf } from "../load-run/endpoint-rules-of.ts";
import { fetchLedger } from "../load-run/fetch-ledger.ts";
import { gatesOf } from "../load-run/gates-of.ts";
import { generatorCommand, isK6Run } from "../load-run/generator-command.ts";
import { labelsOf } from "../load-run/labels-of.ts";
import { runConditions } from "../load-run/run-conditions.ts";
import { runExitCode } from "../load-run/run-exit-code.ts";
import type { RunOptions } from "../load-run/run-options.ts";
import { RunSignals } from "../load-run/run-signals.ts";
import { settle } from "../load-run/settle.ts";
import { openLog } from "../open-log.ts";
import type { Terminal } from "../terminal.ts";

/**
 * `pitwall run -- COMMAND`: opens a run, runs the load generator inside it, closes it, prints the verdict and writes the report. Resolves with the
 * exit code. Throws: E_USAGE, E_THRESHOLDS, E_COMMAND, E_PORT_IN_USE, E_TARGET_UNAVAILABLE, E_LEDGER.
 */
export async function run(command: readonly string[], options: RunOptions, terminal: Terminal, forceExit: (code: number) => void): Promise<number> {
  if (command.length === 0)
    throw new LoadError("E_USAGE", "no command: write it after `--`", { hint: "pitwall run --name spike -- k6 run script.js" });
  const gates = gatesOf(options);
  const labels = labelsOf(options.label ?? []);
  const rules = endpointRulesOf(options.endpointRule ?? []);
  const k6File = isK6Run(command) && options.k6Json ? newK6File(options.runsDir) : undefined;
  const say = (text: string): void => {
    if (options.quiet !== true) terminal.writeError(`${terminal.style("gray", "[pitwall]")} ${text}\n`);
  };
  using signals = new RunSignals(forceExit);
  await using stack = new AsyncDisposableStack();
  stack.defer(() => discard(k6File, options.keepK6Output === true));
  const log = openLog({ format: "console", level: "warn", terminal });
  const side = stack.use(await openCollectorSide({ options, k6File, endpointRules: rules, terminal, log }));
  const conditions = runConditions({
    command,
    env: terminal.env,
    dataset: options.dataset,
    target: options.target,
    config: side.configText,
  });
  const opened = await side.client.create({ name: options.name, labels, conditions, gates });
  sayOpened(opened, side, options, say);
  const rests = (ms: number, hurry: AbortSignal) => delay(ms, undefined, { signal: hurry }).catch(() => {});
  const generator = generatorCommand(command, {
    runId: opened.id,
    otlpHttp: side.otlpHttp,
    apiUrl: side.apiUrl,
    k6File,
    isK6OtlpOn: options.k6Otlp,
    temporality: options.temporality,
    env: terminal.env,
  });
  let exit: Awaited<ReturnType<typeof driveLoad>> | undefined;
  try {
    if (options.before > 0) await rests(options.before, signals.stopLoad);
    exit = await driveLoad({
      client: side.client,
      runId: opened.id,
      command: generator,
      terminal,
      isQuiet: options.quiet === true,
      stop: signals.stopLoad,
      hurry: signals.hurry,
    });
    if (options.after > 0) say(`the load is over; sampling for ${formatSeconds(options.after)} more (--after)`);
    await settle({
      progress: () => side.client.progress(opened.id),
      afterMs: options.after,
      settleMs: options.settle,
      hurry: signals.hurry,
      sleep: rests,
      say,
      nowMs: () => performance.now(),
    });
  } finally {
    await side.client.end(opened.id);
  }
  const ledger = await fetchLedger({ client: side.client, runId: opened.id, runsFolder: options.runsDir, isOwn: side.isOwn, rules });
  const { renderConsole, reportOf, writeReports } = await import("../load-run/documents.ts");
  const report = reportOf(ledger);
  const html = writeReports(report, {
    folder: options.out ?? join(options.runsDir, opened.id),
    junit: options.junit,
    githubSummary: terminal.env["GITHUB_STEP_SUMMARY"],
  });
  await terminal.writeOut(`${renderConsole(report, { style: terminal.style })}\nreport: ${resolve(html)}\n`);
  return runExitCode({
    exit,
    verdict: report.verdict.result,
    isVerdictRequired: options.requireVerdict === true,
    stoppedBy: signals.first,
  });
}

/** Named before the run has its id, since the collector must know where to look. */
function newK6File(runsFolder: string): string {
  try {
    mkdirSync(runsFolder, { recursive: true });
  } catch (error) {
    throw new LoadError("E_LEDGER", `${runsFolder} cannot be made: ${(error as Error).message}`, { cause: error });
  }
  return resolve(runsFolder, `k6-${new Date().toISOString().replaceAll(/[-:.]/g, "")}-${process.pid}.json`);
}

/** The single requests are in the ledger; the file is many times its size. */
function discard(file: string | undefined, isKept: boolean): void {
  if (file !== undefined && !isKept) rmSync(file, { force: true });
}

function sayOpened(opened: Run, side: CollectorSide, options: RunOptions, say: (text: string) => void): void {
  say(`run ${opened.id} is open; ${side.isOwn ? "its collector takes" : `the collector at ${side.apiUrl} takes`} OTLP at http://${side.otlpHttp}`);
  if (options.before > 0) say(`sampling the rest for ${formatSeconds(options.before)} before the load (--before)`);
}

function formatSeconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
