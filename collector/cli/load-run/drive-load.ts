import type { RunPhase } from "../../model/run.ts";
import type { Terminal } from "../terminal.ts";
import type { GeneratorCommand } from "./generator-command.ts";
import { type LoadExit, startLoad } from "./load-process.ts";
import { openProgressLines } from "./progress-lines.ts";
import type { RunClient } from "./run-client.ts";
import type { RunSignals } from "./run-signals.ts";

export interface DriveLoadOptions {
  readonly client: RunClient;
  readonly runId: string;
  readonly command: GeneratorCommand;
  readonly terminal: Terminal;
  readonly isQuiet: boolean;
  readonly say: (text: string) => void;
  readonly signals: Pick<RunSignals, "stopLoad" | "hurry" | "first">;
  /** The course of the load as its generator plans it, from when it begins; [] where it does not tell. */
  readonly phasesFrom: (startUnixMs: number) => readonly RunPhase[];
}

/** Runs the load generator from beginning to end and tells the run when that was. Throws: E_COMMAND, E_TARGET_UNAVAILABLE. */
export async function driveLoad({ client, runId, command, terminal, isQuiet, say, signals, phasesFrom }: DriveLoadOptions): Promise<LoadExit> {
  const startUnixMs = Date.now();
  const load = await startLoad(command, terminal.env);
  const ask = (): void => {
    const signal = signals.first ?? "SIGTERM";
    // A terminal sends Ctrl-C to the generator as well, and k6 takes a second one for impatience; one from elsewhere reaches only us.
    if (signal !== "SIGINT" || !hasTerminal()) load.kill(signal);
  };
  const kill = (): void => load.kill("SIGKILL");
  signals.stopLoad.addEventListener("abort", ask, { once: true });
  signals.hurry.addEventListener("abort", kill, { once: true });
  if (signals.stopLoad.aborted) ask();
  try {
    const phases = phasesFrom(startUnixMs);
    await client.update(runId, { loadStartUnixMs: startUnixMs, ...(phases.length === 0 ? {} : { phases }) });
    using _lines = isQuiet ? undefined : openProgressLines(terminal, () => client.progress(runId));
    const exit = await load.ended;
    const isOpen = await client.update(runId, { loadEndUnixMs: Date.now(), exit });
    if (!isOpen) say(`run ${runId} was ended by somebody else before its load: what came after that is not in it`);
    return exit;
  } catch (error) {
    // Load that nobody records is of no use, and it must not outlive us.
    load.kill("SIGTERM");
    throw error;
  } finally {
    signals.stopLoad.removeEventListener("abort", ask);
    signals.hurry.removeEventListener("abort", kill);
  }
}

function hasTerminal(): boolean {
  return [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
}
