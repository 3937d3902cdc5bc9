import { mkdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { LoadError } from "../../model/errors.ts";
import type { Gate } from "../../model/run.ts";
import type { EndpointRule } from "../../run/endpoints/endpoint-rule.ts";
import { checkCommand } from "../load-run/check-command.ts";
import { type CollectorSide, openCollectorSide } from "../load-run/collector-side.ts";
import { endpointRulesOf } from "../load-run/endpoint-rules-of.ts";
import { fetchLedger } from "../load-run/fetch-ledger.ts";
import { gatesOf } from "../load-run/gates-of.ts";
import { generatorCommand, isK6Run, isMaybeK6 } from "../load-run/generator-command.ts";
import { inspectK6 } from "../load-run/inspect-k6.ts";
import { k6Phases } from "../load-run/k6-phases.ts";
import { labelsOf } from "../load-run/labels-of.ts";
import { presentReport } from "../load-run/present-report.ts";
import { recordRun } from "../load-run/record-run.ts";
import { runConditions } from "../load-run/run-conditions.ts";
import { runExitCode } from "../load-run/run-exit-code.ts";
import { API_ENDPOINT, type RunOptions } from "../load-run/run-options.ts";
import { RunSignals, type StopStage } from "../load-run/run-signals.ts";
import { openLog } from "../open-log.ts";
import type { Terminal } from "../terminal.ts";

/** What was asked for, without mistakes. */
interface Plan {
  readonly gates: readonly Gate[];
  readonly labels: Readonly<Record<string, string>>;
  readonly rules: readonly EndpointRule[];
}

/**
 * `pitwall run -- COMMAND`: opens a run, runs the load generator inside it, closes it, prints the verdict and writes the report. Resolves with the
 * exit code. Throws: E_USAGE, E_THRESHOLDS, E_COMMAND, E_PORT_IN_USE, E_TARGET_UNAVAILABLE, E_LEDGER, E_FILE.
 */
export async function run(command: readonly string[], options: RunOptions, terminal: Terminal, forceExit: (code: number) => void): Promise<number> {
  const plan = checkedPlan(command, options, terminal);
  const isQuiet = options.quiet === true;
  const say = (text: string): void => {
    if (!isQuiet) terminal.writeError(`${terminal.style("gray", "[pitwall]")} ${text}\n`);
  };
  using signals = new RunSignals(forceExit, (stage) => say(WORDS[stage]));
  await using stack = new AsyncDisposableStack();
  const k6File = options.k6Json && (isK6Run(command) || isMaybeK6(command)) ? newK6File(options.runsDir) : undefined;
  stack.defer(() => discard(k6File, options.keepK6Output === true));
  const log = openLog({ format: "console", level: "warn", terminal });
  const side = stack.use(await openCollectorSide({ options, k6File, endpointRules: plan.rules, terminal, log, say }));
  const { dataset = "", target = "" } = options;
  const conditions = runConditions({ command, env: terminal.env, dataset, target, config: side.configText });
  const { id } = await side.client.create({ name: options.name, labels: plan.labels, conditions, gates: plan.gates });
  say(openedWords(id, side, options));
  const generator = generatorCommand(command, {
    runId: id,
    otlpHttp: side.otlpHttp,
    apiUrl: side.apiUrl,
    k6File,
    isK6OtlpOn: options.k6Otlp,
    ...(conditions.generator === undefined ? {} : { generator: conditions.generator }),
    temporality: options.temporality,
    env: terminal.env,
  });
  const inspected = await inspectK6(command, terminal.env);
  const exit = await recordRun({
    phasesFrom: (startUnixMs) => k6Phases(inspected, startUnixMs),
    side,
    runId: id,
    command: generator,
    beforeMs: options.before,
    afterMs: options.after,
    settleMs: options.settle,
    signals,
    terminal,
    isQuiet,
    say,
  });
  if (k6File !== undefined && options.keepK6Output === true) say(`k6's single requests are in ${k6File}`);
  const ledger = await fetchLedger({ client: side.client, runId: id, runsFolder: options.runsDir, isOwn: side.isOwn, rules: plan.rules });
  const { runsDir: runsFolder, out, junit } = options;
  const report = await presentReport(ledger, { format: "console", runsFolder, out, junit, terminal });
  return runExitCode({
    exit,
    verdict: report.verdict.result,
    isVerdictRequired: options.requireVerdict === true,
    stoppedBy: signals.first,
  });
}

const WORDS: Readonly<Record<StopStage, string>> = {
  load: "stopping the load (again: kills it and waits for nothing)",
  wait: "ending the run at once (again: leaves everything as it is)",
};

/** Every mistake of the command line is told before anything is started. */
function checkedPlan(command: readonly string[], options: RunOptions, terminal: Terminal): Plan {
  checkCommand(command, terminal.env);
  if (options.name.trim() === "") throw new LoadError("E_USAGE", "--name is empty: a run is found by it");
  return { gates: gatesOf(options), labels: labelsOf(options.label ?? []), rules: endpointRulesOf(options.endpointRule ?? []) };
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

function openedWords(id: string, side: CollectorSide, options: RunOptions): string {
  const takes = side.isOwn ? "its collector takes" : `the collector at ${side.apiUrl} takes`;
  const api = side.isOwn && options.api !== API_ENDPOINT ? `; its API is at ${side.apiUrl}` : "";
  return `run ${id} is open; ${takes} OTLP at http://${side.otlpHttp}${api}`;
}
