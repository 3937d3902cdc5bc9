import type { Terminal } from "../terminal.ts";
import type { GeneratorCommand } from "./generator-command.ts";
import { type LoadExit, startLoad } from "./load-process.ts";
import { openProgressLines } from "./progress-lines.ts";
import type { RunClient } from "./run-client.ts";

export interface DriveLoadOptions {
  readonly client: RunClient;
  readonly runId: string;
  readonly command: GeneratorCommand;
  readonly terminal: Terminal;
  readonly isQuiet: boolean;
  /** The first Ctrl-C: the generator is asked to end. */
  readonly stop: AbortSignal;
  /** The second: it is killed. */
  readonly hurry: AbortSignal;
}

/** Runs the load generator from beginning to end and tells the run when that was. Throws: E_COMMAND. */
export async function driveLoad({ client, runId, command, terminal, isQuiet, stop, hurry }: DriveLoadOptions): Promise<LoadExit> {
  const startUnixMs = Date.now();
  const load = await startLoad(command, terminal.env);
  // A terminal sends Ctrl-C to the generator as well; one more does no harm, and one from elsewhere reaches only us.
  const ask = (): void => {
    if (!process.stdin.isTTY) load.kill("SIGINT");
  };
  const kill = (): void => load.kill("SIGKILL");
  stop.addEventListener("abort", ask, { once: true });
  hurry.addEventListener("abort", kill, { once: true });
  if (stop.aborted) load.kill("SIGINT");
  try {
    await client.update(runId, { loadStartUnixMs: startUnixMs });
    using _lines = isQuiet ? undefined : openProgressLines(terminal, () => client.progress(runId));
    const exit = await load.ended;
    await client.update(runId, { loadEndUnixMs: Date.now(), exit });
    return exit;
  } catch (error) {
    // Load that nobody records is of no use, and it must not outlive us.
    load.kill("SIGTERM");
    throw error;
  } finally {
    stop.removeEventListener("abort", ask);
    hurry.removeEventListener("abort", kill);
  }
}
