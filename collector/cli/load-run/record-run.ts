import { setTimeout as delay } from "node:timers/promises";
import { isLoadError } from "../../model/errors.ts";
import type { RunPhase } from "../../model/run.ts";
import type { Terminal } from "../terminal.ts";
import type { CollectorSide } from "./collector-side.ts";
import { driveLoad } from "./drive-load.ts";
import type { GeneratorCommand } from "./generator-command.ts";
import { exitCodeOfLoad, type LoadExit } from "./load-process.ts";
import type { RunClient, RunProgress } from "./run-client.ts";
import type { RunSignals } from "./run-signals.ts";
import { settle } from "./settle.ts";

export interface RecordRunOptions {
  readonly side: CollectorSide;
  readonly runId: string;
  readonly command: GeneratorCommand;
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly settleMs: number;
  readonly signals: RunSignals;
  readonly terminal: Terminal;
  readonly isQuiet: boolean;
  readonly say: (text: string) => void;
  readonly phasesFrom: (startUnixMs: number) => readonly RunPhase[];
}

/**
 * What happens while a run is open: the rest before the load, the load, the time after it. The run is ended whatever comes. undefined: it was
 * stopped before the load began. Throws: E_COMMAND, E_TARGET_UNAVAILABLE.
 */
export async function recordRun(options: RecordRunOptions): Promise<LoadExit | undefined> {
  const { client } = options.side;
  let exit: LoadExit | undefined;
  try {
    exit = await loadAndRest(options);
  } catch (error) {
    // Why there is no more in it belongs into the run; what went wrong is told all the same.
    const why = isLoadError(error) ? error.message : String(error);
    await client.mark(`broken off: ${why}`.slice(0, 1000), {}, "system").catch(() => {});
    await client.end(options.runId).catch(() => {});
    throw error;
  }
  await client.end(options.runId);
  return exit;
}

async function loadAndRest(options: RecordRunOptions): Promise<LoadExit | undefined> {
  const { side, runId, command, beforeMs, afterMs, settleMs, signals, terminal, isQuiet, say, phasesFrom } = options;
  const { client } = side;
  if (beforeMs > 0) {
    say(`sampling the rest for ${formatSeconds(beforeMs)} before the load (--before)`);
    await rest(beforeMs, signals.stopLoad);
  }
  if (signals.stopLoad.aborted) {
    await noteStop(client, signals, "before the load began");
    return undefined;
  }
  const exit = await driveLoad({ client, runId, command, terminal, isQuiet, say, signals, phasesFrom });
  signals.loadIsOver();
  const isStopped = signals.stopLoad.aborted;
  if (isStopped) await noteStop(client, signals, "and with it the load");
  const code = exitCodeOfLoad(exit);
  const after = afterMs > 0 && !signals.hurry.aborted ? `; sampling for ${formatSeconds(afterMs)} more (--after)` : "";
  say(`the load is over${code === 0 ? "" : `, exit code ${code}`}${after}`);
  const progress = () => client.progress(runId);
  await settle({ progress, afterMs, settleMs, hurry: signals.hurry, sleep: rest, say, nowMs: () => performance.now() });
  await sayWhereNothingCame(progress, side, say);
  return exit;
}

async function noteStop(client: RunClient, { first = "SIGINT" }: RunSignals, when: string): Promise<void> {
  await client.mark(`stopped by ${first} ${when}`, {}, "system").catch(() => {});
}

/** A report without a single request is hard to read without this. */
async function sayWhereNothingCame(progress: () => Promise<RunProgress>, side: CollectorSide, say: (text: string) => void): Promise<void> {
  const { hops } = await progress().catch(() => ({ hops: undefined }));
  if (hops === undefined || hops.some(({ requests }) => requests > 0)) return;
  say(
    `nobody told of a single request: neither the load generator nor a server sent OTLP to http://${side.otlpHttp}, and no file was followed that has any`,
  );
  say(
    "for k6 that happens by itself; point other SDKs there (OTEL_EXPORTER_OTLP_ENDPOINT), add --nginx-log, or `pitwall import` the generator's output",
  );
}

function rest(ms: number, hurry: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal: hurry }).catch(() => {});
}

function formatSeconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
