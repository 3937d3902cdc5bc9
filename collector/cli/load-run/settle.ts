import type { RunProgress } from "./run-client.ts";

export interface SettleOptions {
  readonly progress: () => Promise<RunProgress>;
  /** At least so long, so that memory and queues are seen after the load. */
  readonly afterMs: number;
  /** At most so much longer for telemetry that still arrives. */
  readonly settleMs: number;
  /** Ends the wait early. */
  readonly hurry: AbortSignal;
  readonly sleep: (ms: number, hurry: AbortSignal) => Promise<void>;
  /** Told once what is waited for. */
  readonly say: (text: string) => void;
  readonly nowMs: () => number;
}

const LOOK_MS = 1000;
/** Counts that stay the same for so long are final: exporters send at least every few seconds while there is something to tell. */
const QUIET_MS = 3000;

/** Samples after the load: waits until no witness has told of a new request for a while, or until the time for it is over. */
export async function settle(options: SettleOptions): Promise<void> {
  const beganMs = options.nowMs();
  let last = "";
  let quietSinceMs = beganMs;
  let hasSaid = false;
  while (!options.hurry.aborted) {
    const waitedMs = options.nowMs() - beganMs;
    const counts = await requestsOf(options.progress);
    if (counts !== last) {
      last = counts;
      quietSinceMs = options.nowMs();
    }
    const isQuiet = options.nowMs() - quietSinceMs >= QUIET_MS;
    if (waitedMs >= options.afterMs && (isQuiet || waitedMs >= options.afterMs + options.settleMs)) return;
    if (!hasSaid && waitedMs >= options.afterMs) {
      hasSaid = true;
      options.say(`waiting for telemetry that still arrives (at most ${Math.round(options.settleMs / 1000)} s more)`);
    }
    await options.sleep(LOOK_MS, options.hurry);
  }
}

async function requestsOf(progress: () => Promise<RunProgress>): Promise<string> {
  try {
    return JSON.stringify((await progress()).hops.map(({ hop, requests }) => [hop, requests]));
  } catch {
    // The collector may be busy; the next look tells.
    return "";
  }
}
