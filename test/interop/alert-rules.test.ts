import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { ALERT_FILES } from "../../scripts/gen/alert-files.ts";
import { type CommandName, PROJECT_FOLDER, peerCommand } from "../peers/peers.ts";
import { startAlertmanager } from "./alertmanager-process.ts";
import { Process } from "./child-process.ts";
import { startPrometheus } from "./prometheus-process.ts";

/** It opens a database for each case: some seconds where nothing else runs. */
const PROMTOOL_TIMEOUT_MS = 60_000;
const ALERTMANAGER_CONFIG = join(PROJECT_FOLDER, "config/alerts/alertmanager.yaml");

async function run(
  command: CommandName,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string; readonly stdout: string }> {
  const { file, arguments: first, environment } = peerCommand(command);
  await using process = new Process({ file, arguments: [...first, ...args], environment, folder: PROJECT_FOLDER });
  const code = await process.end();
  return { code, output: process.stdout + process.stderr, stdout: process.stdout };
}

test.each(ALERT_FILES)("promtool takes $rules", async ({ rules }) => {
  const { code, output } = await run("promtool", ["check", "rules", "--lint=all", "--lint-fatal", rules]);
  expect(code, output).toBe(0);
  expect(output).toMatch(/SUCCESS: \d+ rules found/);
});

test.each(ALERT_FILES)("promtool: every rule fires and keeps quiet as $tests says", { timeout: PROMTOOL_TIMEOUT_MS }, async ({ tests }) => {
  const { code, output } = await run("promtool", ["test", "rules", tests]);
  expect(code, output).toBe(0);
});

test("promtool notices a threshold that is off", { timeout: PROMTOOL_TIMEOUT_MS }, async () => {
  const { rules, tests } = ALERT_FILES[0] as (typeof ALERT_FILES)[number];
  const folder = mkdtempSync(join(tmpdir(), "pitwall-rules-"));
  try {
    const changed = readFileSync(join(PROJECT_FOLDER, rules), "utf8").replace("> 0.8", "> 0.9");
    writeFileSync(join(folder, "rules.yaml"), changed);
    const test = readFileSync(join(PROJECT_FOLDER, tests), "utf8").replace(`../../${rules}`, "rules.yaml");
    writeFileSync(join(folder, "test.yaml"), test);
    const { code, output } = await run("promtool", ["test", "rules", join(folder, "test.yaml")]);
    expect(code).not.toBe(0);
    expect(output).toContain("FileDescriptorsNearLimit");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

interface RuleStates {
  readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string; readonly lastError?: string }[] }[];
}

test.each(["prometheus", "prometheus3"] as const)("%s evaluates every rule without an error", { timeout: 60_000 }, async (command) => {
  await using prometheus = await startPrometheus({ command, config: { rule_files: ALERT_FILES.map(({ rules }) => join(PROJECT_FOLDER, rules)) } });
  const deadline = AbortSignal.timeout(15_000);
  let rules: RuleStates["groups"][number]["rules"] = [];
  // Groups begin at different moments of their interval.
  while (!deadline.aborted && (rules.length === 0 || rules.some(({ health }) => health === "unknown"))) {
    rules = ((await prometheus.get("rules")) as RuleStates).groups.flatMap((group) => group.rules);
    await wait(100);
  }
  expect(rules.length).toBeGreaterThan(50);
  expect(rules.filter(({ health }) => health !== "ok")).toEqual([]);
});

test("amtool and Alertmanager take the example of a configuration", async () => {
  const { code, output } = await run("amtool", ["check-config", ALERTMANAGER_CONFIG]);
  expect(code, output).toBe(0);
  expect(output).toContain("SUCCESS");
  await using alertmanager = await startAlertmanager(readFileSync(ALERTMANAGER_CONFIG, "utf8"));
  const status = (await (await fetch(`http://${alertmanager.address}/api/v2/status`)).json()) as { readonly config: { readonly original: string } };
  expect(status.config.original).toContain("group_wait: 0s");
});

test("the example sends pages and warnings to the webhook, and notes to nobody", async () => {
  const receiver = async (...labels: string[]) => {
    const { stdout } = await run("amtool", ["config", "routes", "test", `--config.file=${ALERTMANAGER_CONFIG}`, ...labels]);
    return stdout.trim();
  };
  expect(await receiver("alertname=RequestPermitsExhausted", "severity=page")).toBe("webhook");
  expect(await receiver("alertname=DroppedIterations", "severity=warn")).toBe("webhook");
  expect(await receiver("alertname=MemoryAllocationPeak", "severity=info")).toBe("nobody");
});
