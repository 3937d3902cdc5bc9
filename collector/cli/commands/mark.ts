import { apiUrl } from "../load-run/api-address.ts";
import { labelsOf } from "../load-run/labels-of.ts";
import { openRunClient } from "../load-run/run-client.ts";
import type { Terminal } from "../terminal.ts";

export interface MarkOptions {
  readonly api: string;
  readonly token?: string;
  readonly label?: readonly string[];
}

/** `pitwall mark TEXT`: marks this moment of the run that is open. Throws: E_TARGET_UNAVAILABLE where nobody listens or no run is open. */
export async function mark(text: string, { api, token, label }: MarkOptions, terminal: Terminal): Promise<number> {
  const client = openRunClient(apiUrl(api), token);
  const made = await client.mark(text, labelsOf(label ?? []));
  terminal.writeError(`marked at ${new Date(made.timeUnixMs).toISOString()}: ${made.text}\n`);
  return 0;
}
