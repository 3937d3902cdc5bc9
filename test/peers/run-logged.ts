import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";

/** No build step takes longer on two cores; a hanging download ends here. */
const TIMEOUT_MS = 15 * 60_000;
const TAIL_LINES = 20;

export type Run = (file: string, args: readonly string[], options?: { readonly folder?: string }) => Promise<string>;

/** Runs a command, keeps its output in a log file, and gives what it wrote to stdout. Rejects with the end of the output. */
export function runLogged(logFile: string): Run {
  return async (file, args, options = {}) => {
    appendFileSync(logFile, `$ ${[file, ...args].join(" ")}\n`);
    const child = spawn(file, args, { cwd: options.folder, stdio: ["ignore", "pipe", "pipe"], timeout: TIMEOUT_MS });
    let stdout = "";
    let all = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      all += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      all += text;
    });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    child.on("error", reject);
    child.on("close", (code, signal) => {
      appendFileSync(logFile, all);
      if (code === 0) resolve(stdout);
      else reject(new Error(`${file} ended with ${code ?? signal}:\n${all.trimEnd().split("\n").slice(-TAIL_LINES).join("\n")}`));
    });
    return promise;
  };
}
