import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type CommandName, PROJECT_FOLDER, peerCommand } from "../peers/peers.ts";

/** On what, and with which versions, the figures were taken. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
}

const run = promisify(execFile);

export async function describeMachine(): Promise<Machine> {
  const [first] = cpus();
  const { version } = JSON.parse(readFileSync(join(PROJECT_FOLDER, "package.json"), "utf8")) as { version: string };
  return {
    processor: first?.model.trim() ?? "unknown",
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release().split(".").slice(0, 2).join("."),
    versions: {
      Pitwall: version,
      "Node.js": process.versions.node,
      V8: process.versions.v8,
      otelcol: await versionOf("otelcol", "--version"),
      wrk: await versionOf("wrk", "-v"),
      h2load: await versionOf("h2load", "--version"),
    },
  };
}

async function versionOf(command: CommandName, flag: string): Promise<string> {
  const { file, arguments: first, environment } = peerCommand(command);
  // wrk prints its version and ends with 1.
  const output = await run(file, [...first, flag], { env: { ...process.env, ...environment } }).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? "",
  }));
  return /\d+\.\d+[\w.-]*/.exec(output.stdout)?.[0] ?? "unknown";
}
