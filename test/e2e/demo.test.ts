import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const DEMO = fileURLToPath(new URL("../../loadtest/demo.ts", import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runDemo(
  args: readonly string[],
  started: (child: ReturnType<typeof spawn>, stderr: () => string) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [DEMO, ...args], { stdio: ["ignore", "pipe", "pipe"] });
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

test("a short demo ends with counts that agree on both sides of the wire and a balanced ledger", { timeout: 60_000 }, async () => {
  const { code, stdout, stderr } = await runDemo(["--seconds", "3", "--rate", "60"]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stderr).toMatch(/scrape http:\/\/127\.0\.0\.1:\d+\/metrics/);
  expect(stdout).toContain("/api/runtime/puzzle/gallery/{profile_id}");
  expect(stdout).toContain("balanced: received + copied = exported + dropped");
  expect(stdout).not.toContain("≠");
  const sent = Number(/^The driver sent ([\d,]+) requests/.exec(stdout)?.[1]?.replaceAll(",", ""));
  expect(sent).toBeGreaterThan(50);
  const [, made, arrived] = /log records \(requests\)\s+([\d,]+)\s+([\d,]+)/.exec(stdout) ?? [];
  expect(made).toBe(arrived);
  expect(Number(made?.replaceAll(",", ""))).toBe(sent);
});

test("a signal ends load and children in order, still with the tables, and shows in the exit code", { timeout: 60_000 }, async () => {
  let isSignalled = false;
  const { code, stdout, stderr } = await runDemo(["--seconds", "600", "--rate", "20"], (child, text) => {
    // The first live line: the load is under way.
    if (isSignalled || !text().includes("telemetry ")) return;
    isSignalled = true;
    child.kill("SIGINT");
  });
  expect({ code, stderr }).toMatchObject({ code: 130 });
  expect(stdout).toContain("balanced: received + copied = exported + dropped");
});

test("a second signal ends everything at once, and no child is left behind", { timeout: 60_000 }, async () => {
  const signals = { sent: 0 };
  const { code, stderr } = await runDemo(["--seconds", "600", "--rate", "20"], (child, text) => {
    const isDue = [text().includes("telemetry "), text().includes("stopping the load")][signals.sent];
    if (isDue !== true) return;
    signals.sent++;
    child.kill("SIGINT");
  });
  expect({ code, stderr }).toMatchObject({ code: 130 });
  const urls = [...stderr.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(([url]) => url);
  expect(urls.length).toBeGreaterThanOrEqual(3);
  await expect.poll(async () => (await Promise.allSettled(urls.map((url) => fetch(url)))).map(({ status }) => status)).not.toContain("fulfilled");
});

test("wrong arguments are told in words, with exit code 64", async () => {
  const { code, stdout, stderr } = await runDemo(["--seconds", "soon"]);
  expect(code).toBe(64);
  expect(stdout).toBe("");
  expect(stderr).toContain("--seconds soon: give a number from 1 to 3600");
});
