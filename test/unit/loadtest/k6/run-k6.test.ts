import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findProgram } from "../../../../loadtest/k6/find-program.ts";

const WRAPPER = join(import.meta.dirname, "../../../../loadtest/k6/run-k6.ts");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-run-k6-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program in place of k6 that does what `body` says. */
function program(name: string, body: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

function run(args: readonly string[], env: Readonly<Record<string, string>>) {
  return spawnSync(process.execPath, [WRAPPER, ...args], { encoding: "utf8", cwd: folder, env: { ...process.env, ...env } });
}

test("arguments and environment go to k6, its exit code comes back", () => {
  const k6 = program("own-k6", 'echo "$@"; echo "$SCENARIO"; exit 99');
  const { status, stdout } = run(["script.js", "--quiet", "--out=json=a b.json"], { K6_BIN: k6, SCENARIO: "spike" });
  expect([status, stdout]).toEqual([99, `run --quiet --out=json=a b.json ${join(folder, "script.js")}\nspike\n`]);
});

test("a K6_BIN that is no program: 69, and how to install", () => {
  const { status, stderr } = run(["script.js"], { K6_BIN: join(folder, "none") });
  expect([status, stderr]).toEqual([69, expect.stringMatching(/K6_BIN=.*none is no program\. Install k6/)]);
});

test("without a script: 64", () => {
  expect(run([], {}).status).toBe(64);
});

test("a signal to the wrapper reaches k6, which ends in its own way", async () => {
  const k6 = program("own-k6", "trap 'echo summary; exit 105' INT\necho ready\nfor i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5; done");
  const child = spawn(process.execPath, [WRAPPER, "script.js"], {
    cwd: folder,
    env: { ...process.env, K6_BIN: k6 },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (text.includes("ready")) child.kill("SIGINT");
  });
  expect([(await ended)[0], stdout]).toEqual([105, "ready\nsummary\n"]);
});

test("the variable comes first, then the PATH, then other places", () => {
  const [named, onPath] = [program("named", ""), program("k6", "")];
  const search = { name: "k6", variable: "K6_BIN", peer: "bin/there-is-none", files: [named] };
  expect(findProgram(search, { K6_BIN: named, PATH: folder })?.file).toBe(named);
  expect(findProgram(search, { K6_BIN: "k6", PATH: folder })?.file).toBe(onPath);
  expect(findProgram(search, { PATH: folder })?.file).toBe(onPath);
  expect(findProgram(search, { PATH: "/nowhere" })?.file).toBe(named);
  expect(findProgram({ ...search, files: [] }, { PATH: "" })).toBeUndefined();
});
