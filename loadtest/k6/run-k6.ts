import { spawn } from "node:child_process";
import { constants } from "node:os";
import { resolve } from "node:path";
import { findProgram } from "./find-program.ts";

/**
 * `npm run loadtest:k6:works -- ARG...`: `k6 run ARG... SCRIPT` with the environment as it is, ended with k6's exit code.
 * First argument: the script. 64 without one, 69 where there is no k6.
 */
const EXIT_USAGE = 64;
const EXIT_UNAVAILABLE = 69;

const [script, ...args] = process.argv.slice(2);
process.exitCode = script === undefined ? refuse(EXIT_USAGE, "usage: node loadtest/k6/run-k6.ts SCRIPT [ARG of k6 run]...") : await run(script, args);

async function run(scriptFile: string, k6Args: readonly string[]): Promise<number> {
  const k6 = findProgram({ name: "k6", variable: "K6_BIN", peer: "bin/k6" }, process.env);
  if (k6 === undefined) {
    const named = process.env["K6_BIN"];
    const what = named === undefined || named === "" ? "k6 is not installed." : `K6_BIN=${named} is no program.`;
    return refuse(
      EXIT_UNAVAILABLE,
      `${what} Install k6 2.x (https://grafana.com/docs/k6/latest/set-up/install-k6/), or set K6_BIN to its file, or build it with: npm run peers -- k6`,
    );
  }
  // Before k6 starts, else a signal in that moment would end only us. Ctrl-C on a terminal reaches k6 by itself; a second one from here would make it
  // give up its summary.
  process.on("SIGINT", () => (process.stdin.isTTY ? undefined : child.kill("SIGINT")));
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  // An absolute path: k6 looks for the script's own files beside it, whatever folder it runs in.
  const child = spawn(k6.file, ["run", ...k6Args, resolve(scriptFile)], { stdio: "inherit", env: { ...process.env, ...k6.environment } });
  return new Promise((done) => {
    child.once("error", (error) => done(refuse(EXIT_UNAVAILABLE, `${k6.file} could not be started: ${error.message}`)));
    child.once("exit", (code, signal) => done(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

function refuse(code: number, text: string): number {
  process.stderr.write(`${text}\n`);
  return code;
}
