import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readLedger } from "../../collector/run/ledger/read-ledger.ts";
import { filesIn, ledgersIn, loadCommand, reportOf, runLoad, seenBy } from "./load-run.ts";
import { type PitwallProcess, runPitwall, temporaryFolder } from "./pitwall-process.ts";

const ENDLESS = ["--requests", "100000", "--pause-ms", "20"];
/** Beyond what npm's doubled signals are apart. */
const APART_MS = 400;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const report = (...args: readonly string[]) => runPitwall(["report", ...args, "--runs-dir", join(folder.path, "runs")]);
const loadBegan = (run: PitwallProcess) => run.until(({ stdout }) => (stdout.includes("load began") ? true : undefined));
/** Long enough for the generator to have told of requests, and the recorder to have written them. */
const sending = async (run: PitwallProcess): Promise<void> => {
  await loadBegan(run);
  await delay(2500);
};

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s once ends the load and closes the run with its report: exit code %i", async (signal, code) => {
  await using run = runLoad(folder.path, loadCommand(...ENDLESS));
  await loadBegan(run);
  const ended = await run.stop(signal);
  expect(ended).toMatchObject({ code });
  expect(ended.stderr).toContain("stopping the load");
  expect(ended.stderr.match(/asked to end by/g)).toHaveLength(1);
  expect(ended.stderr).toContain(`asked to end by ${signal}`);
  const made = reportOf(ended);
  expect(made.run).toMatchObject({ state: "closed", exit: { code: 105, signal: null } });
  expect(made.marks).toMatchObject([{ kind: "system", text: `stopped by ${signal} and with it the load` }]);
  expect(seenBy("client", made)?.requests).toBeGreaterThan(0);
});

test("a signal that npm passes on a second time, a moment later, is the same one", async () => {
  await using run = runLoad(folder.path, loadCommand(...ENDLESS));
  await loadBegan(run);
  run.child.kill("SIGINT");
  await delay(30);
  const ended = await run.stop("SIGINT");
  expect(ended).toMatchObject({ code: 130 });
  expect(ended.stderr.match(/asked to end by/g)).toHaveLength(1);
  expect(reportOf(ended).run.exit).toEqual({ code: 105, signal: null });
});

test("a load that does not listen is killed the second time, and the run closed all the same", async () => {
  await using run = runLoad(folder.path, ["--after", "60s", ...loadCommand("--stubborn", ...ENDLESS)]);
  await loadBegan(run);
  run.child.kill("SIGINT");
  await run.until(({ stderr }) => (stderr.includes("asked to end by SIGINT") ? true : undefined));
  await delay(APART_MS);
  expect(run.child.exitCode).toBeNull();
  const ended = await run.stop("SIGINT");
  expect(ended).toMatchObject({ code: 130 });
  expect(reportOf(ended).run).toMatchObject({ state: "closed", exit: { code: null, signal: "SIGKILL" } });
});

test("after the load the first signal ends the waiting", async () => {
  await using run = runLoad(folder.path, ["--after", "60s", ...loadCommand("--requests", "60")]);
  await run.until(({ stderr }) => (stderr.includes("sampling for 60 s more") ? true : undefined));
  await delay(1000);
  const ended = await run.stop("SIGINT");
  expect(ended).toMatchObject({ code: 130 });
  expect(reportOf(ended).run).toMatchObject({ state: "closed", exit: { code: 0, signal: null } });
});

test("before the load, none is begun", async () => {
  await using run = runLoad(folder.path, ["--before", "60s", ...loadCommand(...ENDLESS)]);
  await run.until(({ stderr }) => (stderr.includes("sampling the rest for 60 s before the load") ? true : undefined));
  const ended = await run.stop("SIGINT");
  expect(ended).toMatchObject({ code: 130 });
  expect(ended.stdout).not.toContain("load began");
  const made = reportOf(ended);
  expect(made.run).toMatchObject({ state: "closed", exit: null });
  expect(made.marks).toMatchObject([{ text: "stopped by SIGINT before the load began" }]);
});

test("a run whose pitwall was killed is abandoned: `pitwall report` says so and judges what was written", async () => {
  await using run = runLoad(folder.path, ["--name", "killed", "--threshold", "http_req_failed < 1%", ...loadCommand(...ENDLESS)]);
  await loadBegan(run);
  const [file = ""] = ledgersIn(folder.path);
  const written = (): number => readLedger(join(folder.path, "runs", file)).cells.reduce((sum, { count }) => sum + count, 0);
  await expect.poll(written, { timeout: 15_000 }).toBeGreaterThan(20);
  expect((await run.stop("SIGKILL")).stdout).not.toContain("report:");
  const ended = await report("killed");
  expect(ended).toMatchObject({ code: 0 });
  expect(ended.stderr).toMatch(/^the recording of run \d{8}-\d{6}-killed-[0-9a-f]{4} broke off at .*: this is what had been written by then\n$/);
  const made = reportOf(ended);
  expect(made.run.state).toBe("abandoned");
  expect(seenBy("client", made)?.requests).toBe(written());
  expect(await report("killed", "--threshold", "http_req_failed > 50%")).toMatchObject({ code: 99 });
  const list = JSON.parse((await runPitwall(["runs", "--json", "--runs-dir", join(folder.path, "runs")])).stdout) as unknown;
  expect(list).toMatchObject([{ name: "killed", state: "abandoned" }]);
});

test("`pitwall report` of a run that is open shows what it has so far, and leaves it open", async () => {
  await using run = runLoad(folder.path, ["--name", "open", ...loadCommand(...ENDLESS)]);
  await sending(run);
  const sofar = await report("open", "--format", "json");
  expect(sofar.stderr).toMatch(/^run \S+ is still being recorded: this is what it has so far\nreport: .*report\.html\n$/);
  expect(JSON.parse(sofar.stdout)).toMatchObject({ run: { state: "open" } });
  const ended = await run.stop("SIGINT");
  expect(reportOf(ended).run.state).toBe("closed");
  expect(filesIn(folder.path).filter((name) => /-(?:wal|shm)$|k6|part|import/.test(name))).toEqual([]);
});
