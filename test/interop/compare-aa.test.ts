import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { PROJECT_FOLDER, peerCommand } from "../peers/peers.ts";
import { startApiServer } from "./api-server-process.ts";
import { Process } from "./child-process.ts";

const RUNS = 12;
const RATE_PER_SECOND = 120;
const SECONDS = 10;
const run = promisify(execFile);

const SCRIPT = `import http from "k6/http";
export const options = { scenarios: { steady: { executor: "constant-arrival-rate", rate: ${RATE_PER_SECOND}, timeUnit: "1s",
  duration: "${SECONDS}s", preAllocatedVUs: 20 } } };
export default () => { http.get(__ENV.BASE_URL + "/api/runtime/puzzle/gallery", { tags: { name: "/api/runtime/puzzle/gallery" } }); };`;

test("of twelve k6 runs that are alike no pair is called different", { timeout: 300_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-aa-"));
  try {
    // Telemetry goes nowhere: it is the same in every run.
    await using server = await startApiServer("127.0.0.1:9", { GENARRATIVE_OTEL_ENABLED: "false" });
    const script = join(folder, "script.js");
    writeFileSync(script, SCRIPT);
    const ids: string[] = [];
    for (let index = 0; index < RUNS; index++) ids.push(await oneRun(folder, script, server.url, index));
    const { stdout } = await pitwall("compare", "--aa", ids.join(","), "--format", "json", "--runs-dir", folder);
    const noise = JSON.parse(stdout) as { pairs: number; pairsCalledDifferent: number; floors: readonly { metric: string; usual: number }[] };
    expect(noise).toMatchObject({ pairs: (RUNS * (RUNS - 1)) / 2, pairsCalledDifferent: 0 });
    expect(noise.floors.map(({ metric }) => metric)).toEqual(expect.arrayContaining(["p50", "p95", "p99", "failed"]));

    const six = (from: number) => ids.slice(from, from + 6).join(",");
    const groups = await pitwall("compare", six(0), six(6), "--format", "json", "--runs-dir", folder);
    const { by, changes } = JSON.parse(groups.stdout) as { by: string; changes: readonly { verdict: string }[] };
    expect(by).toBe("runs");
    expect(changes.filter(({ verdict }) => verdict === "worse" || verdict === "better")).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The id of a new run that is made of the single requests of one k6 run. */
async function oneRun(folder: string, script: string, baseUrl: string, index: number): Promise<string> {
  const { file, arguments: first, environment } = peerCommand("k6");
  const output = join(folder, `k6-${index}.json`);
  await using k6 = new Process({
    file,
    arguments: [...first, "run", "--quiet", "--no-usage-report", `--out=json=${output}`, script],
    environment: { ...environment, BASE_URL: baseUrl },
  });
  expect(await k6.end(), k6.stderr).toBe(0);
  const { stdout } = await pitwall("import", "--new", "aa", output, "--dataset", "sample-81", "--runs-dir", folder);
  return stdout.trim();
}

function pitwall(...args: readonly string[]): Promise<{ readonly stdout: string }> {
  return run(process.execPath, [join(PROJECT_FOLDER, "collector/cli/main.ts"), ...args], { maxBuffer: 64 * 1024 * 1024 });
}
