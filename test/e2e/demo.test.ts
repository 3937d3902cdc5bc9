import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RunReport } from "../../collector/report/report-schema.ts";
import { reportOf, seenBy } from "./load-run.ts";
import { temporaryFolder } from "./pitwall-process.ts";

const DEMO = fileURLToPath(new URL("../../loadtest/demo.ts", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

function runDemo(
  args: readonly string[],
  started: (child: ReturnType<typeof spawn>, stderr: () => string) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [DEMO, "--runs-dir", join(folder.path, "runs"), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
    started(child, () => stderr);
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** The last line that is not the path: the verdict, whole. */
const verdictIn = (stdout: string): string => stdout.trimEnd().split("\n").at(-2) ?? "";

/** Requests and failures at each hop that told of any. */
function hopsOf(report: RunReport): Readonly<Record<string, readonly [number, number]>> {
  return Object.fromEntries(report.hops.flatMap(({ hop, stream }) => (stream === null ? [] : [[hop, [stream.requests, stream.failed]]])));
}

test("a short demo ends with 0, the verdict and the report's path; all hops counted the same, and the collector's ledger balances", {
  timeout: 90_000,
}, async () => {
  const { code, stdout, stderr } = await runDemo(["--seconds", "4", "--rate", "60"]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).toMatch(/scrape http:\/\/127\.0\.0\.1:\d+\/metrics/);
  expect(verdictIn(stdout)).toMatch(/^PASSED: \S/);
  expect(stdout).toContain("balanced: received + copied = exported + dropped");
  const report = reportOf({ stdout, stderr });
  expect(report.verdict).toMatchObject({ result: "passed" });
  const sent = seenBy("client", report)?.requests ?? 0;
  expect(sent).toBeGreaterThan(100);
  expect(stderr).toContain(`driver: ${sent} requests`);
  // With nginx, where there is one to be started; else its place stays empty, and that is said.
  const proxy = /^proxy {10}http/m.test(stderr) ? { proxy: [sent, 0] } : {};
  expect(hopsOf(report)).toMatchObject({ client: [sent, 0], application: [sent, 0], ...proxy });
  expect(Object.keys(hopsOf(report)).includes("proxy")).toBe("proxy" in proxy);
  if (!("proxy" in proxy)) expect(stderr).toContain("without proxy");
  expect(report.laws.filter(({ state }) => state === "broken")).toEqual([]);
  expect(report.losses).toEqual([]);
  expect(existsSync(join(folder.path, "runs", `${report.run.id}.sqlite`))).toBe(true);
});

test("with six permits it fails, for it asks for more than the server may do at a time: 99, and back-pressure is named", {
  timeout: 90_000,
}, async () => {
  const { code, stdout, stderr } = await runDemo(["--permits", "6", "--seconds", "8"]);
  expect({ code, stderr }).toMatchObject({ code: 99 });
  expect(verdictIn(stdout)).toMatch(/^FAILED: .*application.*429.*permits had run out: back-pressure works/);
  const report = reportOf({ stdout, stderr });
  expect(report.verdict).toMatchObject({ result: "failed", hop: "application" });
  const rejected = seenBy("client", report)?.statuses.find(({ status }) => status === 429)?.requests ?? 0;
  expect(rejected).toBeGreaterThan(0);
  expect(seenBy("application", report)?.statuses.find(({ status }) => status === 429)?.requests).toBe(rejected);
});

test("without the proxy there is no proxy hop, and the report says that nobody saw it", { timeout: 90_000 }, async () => {
  const { code, stdout, stderr } = await runDemo(["--no-proxy", "--seconds", "3", "--rate", "60"]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).not.toMatch(/^proxy/m);
  const report = reportOf({ stdout, stderr });
  expect(Object.keys(hopsOf(report))).not.toContain("proxy");
  expect(report.gaps.map(({ what }) => what).join("\n")).toContain("no log of a proxy was read");
});

test("a signal ends load and children in order, still with the report, and shows in the exit code", { timeout: 90_000 }, async () => {
  let isSignalled = false;
  const { code, stdout, stderr } = await runDemo(["--seconds", "600", "--rate", "20"], (child, text) => {
    // The third live line: the load is well under way.
    if (isSignalled || (text().match(/telemetry /g)?.length ?? 0) < 3) return;
    isSignalled = true;
    child.kill("SIGINT");
  });
  expect({ code, stderr }).toMatchObject({ code: 130 });
  expect(stdout).toContain("balanced: received + copied = exported + dropped");
  const report = reportOf({ stdout, stderr });
  expect(report.run.state).toBe("closed");
  expect(report.marks.map(({ text }) => text)).toContain("stopped by SIGINT and with it the load");
  expect(seenBy("client", report)?.requests).toBeGreaterThan(0);
});

test("a signal before the load ends the demo without one", { timeout: 60_000 }, async () => {
  let isSignalled = false;
  const { code, stdout, stderr } = await runDemo(["--seconds", "600", "--rate", "20"], (child, text) => {
    if (isSignalled || !text().includes("sample server")) return;
    isSignalled = true;
    child.kill("SIGTERM");
  });
  expect({ code, stderr }).toMatchObject({ code: 143 });
  expect(stdout).toContain("balanced: received + copied = exported + dropped");
});

test("a second signal ends everything at once, and nothing is left behind", { timeout: 60_000 }, async () => {
  const signals = { sent: 0 };
  const { code, stderr } = await runDemo(["--seconds", "600", "--rate", "20"], (child, text) => {
    const isDue = [(text().match(/telemetry /g)?.length ?? 0) >= 2, text().includes("stopping the load")][signals.sent];
    if (isDue !== true) return;
    signals.sent++;
    child.kill("SIGINT");
  });
  expect({ code, stderr }).toMatchObject({ code: 130 });
  const urls = [...stderr.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(([url]) => url);
  expect(urls.length).toBeGreaterThanOrEqual(3);
  await expect.poll(async () => (await Promise.allSettled(urls.map((url) => fetch(url)))).map(({ status }) => status)).not.toContain("fulfilled");
  const loads = (): readonly string[] =>
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .filter((pid) => urls.some((url) => commandOf(pid).includes(url)));
  if (process.platform === "linux") await expect.poll(loads, { timeout: 5000 }).toEqual([]);
});

/** "" where it has ended meanwhile. */
function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

test("wrong arguments are told in words, with exit code 64", async () => {
  const { code, stdout, stderr } = await runDemo(["--seconds", "soon"]);
  expect(code).toBe(64);
  expect(stdout).toBe("");
  expect(stderr).toContain("--seconds soon: give a number from 1 to 3600");
});
