import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import type { RunReport } from "../../collector/report/report-schema.ts";
import { type Ended, PitwallProcess } from "./pitwall-process.ts";

/** `pitwall run` in tests: on free ports, without the waiting that real runs want, without figures of this machine. */
export const QUICK_RUN = [
  ...["--api", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0"],
  ...["--before", "0s", "--after", "0s", "--settle", "2s", "--no-host"],
];

/** The command behind `--`. */
export function loadCommand(...args: readonly string[]): readonly string[] {
  return ["--", process.execPath, resolve("test/e2e/load-generator.ts"), ...args];
}

/** `pitwall run …` with its ledgers in this folder. */
export function runLoad(folder: string, args: readonly string[], options: ConstructorParameters<typeof PitwallProcess>[1] = {}): PitwallProcess {
  return new PitwallProcess(["run", ...QUICK_RUN, "--runs-dir", join(folder, "runs"), ...args], options);
}

/** What `report.json` says, whose place the last line names. Fails where that is no such line. */
export function reportOf({ stdout, stderr }: Pick<Ended, "stdout" | "stderr">): RunReport {
  const path = /(?:^|\n)report: (.+)\/report\.html\n$/.exec(stdout)?.[1];
  if (path === undefined) throw new Error(`no report:\n${stderr}\n${stdout}`);
  for (const form of ["html", "md"]) if (!existsSync(join(path, `report.${form}`))) throw new Error(`there is no report.${form} in ${path}`);
  return JSON.parse(readFileSync(join(path, "report.json"), "utf8")) as RunReport;
}

/** What a hop counted; undefined where nobody told. */
export function seenBy(hop: RunReport["hops"][number]["hop"], report: RunReport): NonNullable<RunReport["hops"][number]["stream"]> | undefined {
  return report.hops.find((row) => row.hop === hop)?.stream ?? undefined;
}

/** Address of the run API, as `pitwall run` says it. */
export function apiOf(pitwall: PitwallProcess): Promise<string> {
  return pitwall.until(({ stderr }) => /its API is at http:\/\/(\S+)/.exec(stderr)?.[1]);
}

/** The ledgers in the folder of `runLoad`, without what lies beside them. */
export function ledgersIn(folder: string): readonly string[] {
  return filesIn(folder).filter((name) => name.endsWith(".sqlite"));
}

export function filesIn(folder: string): readonly string[] {
  const runs = join(folder, "runs");
  return existsSync(runs) ? readdirSync(runs).sort() : [];
}

/** A server that answers everything with this status. */
export async function openTarget(status = 200): Promise<{ readonly url: string; readonly served: () => number } & AsyncDisposable> {
  let served = 0;
  const server = createServer((_request, response) => {
    served++;
    response.writeHead(status).end("works");
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    served: () => served,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
