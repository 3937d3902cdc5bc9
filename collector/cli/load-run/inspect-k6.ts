import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { isK6Run } from "./generator-command.ts";

const TIMEOUT_MS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** They change the course of the load, and `inspect` does not take them. */
const OVERRIDES = /^(?:-[uidhs]|--(?:vus|duration|iterations|stage|stages|config|execution-segment.*))(?:=|$)/;
/** What a script may read: variables, and options of the runtime. The others are of the run. */
const PASSED_ON = /^(?:-e|--env)$/;

/**
 * The options of a k6 script as k6 itself works them out, without any load; undefined where it is no k6, where the command line overrules the
 * script, or where k6 cannot tell (it will say so itself when it runs). `command` is as given: `k6 run … script.js`.
 */
export async function inspectK6(command: readonly string[], env: Readonly<Record<string, string | undefined>>): Promise<unknown> {
  if (!isK6Run(command) || command.some((word) => OVERRIDES.test(word))) return undefined;
  const [file = "", ...words] = command;
  const script = words.findLast((word) => /\.(?:[cm]?js|ts|tar)$/.test(word));
  if (script === undefined) return undefined;
  const passed = words.flatMap((word, index) => (PASSED_ON.test(word) ? [word, words[index + 1] ?? ""] : /^--env=/.test(word) ? [word] : []));
  const args = ["inspect", "--execution-requirements", "--include-system-env-vars", ...passed, script];
  try {
    const { stdout } = await promisify(execFile)(file, args, { env: env as NodeJS.ProcessEnv, timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES });
    return JSON.parse(stdout) as unknown;
  } catch {
    return undefined;
  }
}
