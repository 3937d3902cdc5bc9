import type { ComponentContext, OpenExtension } from "../../../../collector/pipeline/define.ts";
import { LossLedger } from "../../../../collector/pipeline/loss-ledger.ts";
import { Meter } from "../../../../collector/pipeline/meter.ts";

export interface Recorded {
  /** What went to stdout. */
  readonly text: string;
  readonly logs: readonly string[];
}

/** A component's surroundings that keep what it prints and logs. */
export function recordingContext(
  id: string,
  extensions: Readonly<Record<string, OpenExtension>> = {},
): Recorded & { readonly context: ComponentContext } {
  const kept = { text: "", logs: [] as string[] };
  const keep = (_fields: object, message: string): void => {
    kept.logs.push(message);
  };
  const context: ComponentContext = {
    id,
    log: { debug: keep, info: keep, warn: keep, error: keep },
    meter: new Meter(),
    ledger: new LossLedger(),
    listening: () => {},
    extension: (name) => extensions[name],
    stdout: async (text) => {
      kept.text += text.toString();
    },
  };
  return Object.assign(kept, { context });
}
