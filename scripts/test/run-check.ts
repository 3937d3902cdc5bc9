import { spawn } from "node:child_process";
import { once } from "node:events";

/** Runs a Node program with its output shown. True where it ended with 0. */
export async function runCheck(name: string, args: readonly string[], environment: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: "inherit", env: environment });
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  console.log(`${code === 0 ? "ok" : `FAILED (${code ?? signal})`}: ${name}, ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  return code === 0;
}
