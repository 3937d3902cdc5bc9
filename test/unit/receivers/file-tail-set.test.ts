import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { FileTailOptions } from "../../../collector/receivers/file-tail.ts";
import { TailSet } from "../../../collector/receivers/tail-set.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-tail-set-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, text: string): void => appendFileSync(join(folder, name), text);

function openSet(paths: readonly string[], startAt: FileTailOptions["startAt"] = "beginning", isPattern = true) {
  const texts = new Map<string, string>();
  const clock = { nowMs: 0 };
  const tails = new TailSet({
    paths: paths.map((path) => join(folder, path)),
    isPattern,
    startAt,
    nowMs: () => clock.nowMs,
    problem: (error) => expect.unreachable(error.message),
    begin(path) {
      const name = path.slice(folder.length + 1);
      return { bytes: (chunk) => void texts.set(name, (texts.get(name) ?? "") + new TextDecoder().decode(chunk)), end() {} };
    },
  });
  const drain = async (): Promise<void> => {
    clock.nowMs += 1000;
    while ((await tails.poll(new Uint8Array(16))) > 0);
  };
  return { tails, drain, clock, read: () => Object.fromEntries([...texts].sort()) };
}

test("follows all that a pattern names, files that come later too, compressed ones not", async () => {
  put("a.access.log", "old\n");
  put("a.access.log.2.gz", "packed\n");
  const { tails, drain, read } = openSet(["*.access.log*"], "end");
  await drain();
  put("b.access.log", "b\n");
  put("a.access.log", "new\n");
  await drain();
  expect(read()).toEqual({ "a.access.log": "new\n", "b.access.log": "b\n" });
  await tails.close();
});

test("does not read a rotated file again under its new name, not even when it was closed long ago", async () => {
  put("access.log", "one\n");
  const { tails, drain, read, clock } = openSet(["access.log*"]);
  await drain();
  renameSync(join(folder, "access.log"), join(folder, "access.log.1"));
  put("access.log", "two\n");
  for (let round = 0; round < 4; round++) {
    await drain();
    clock.nowMs += 6000;
  }
  expect(read()).toEqual({ "access.log": "one\ntwo\n" });
  expect(tails.rotations).toBe(1);
  await tails.close();
});

test("a busy file does not starve a quiet one", async () => {
  put("busy.log", "x".repeat(1000));
  put("quiet.log", "q\n");
  const { tails, read } = openSet(["busy.log", "quiet.log"]);
  for (let poll = 0; poll < 3; poll++) await tails.poll(new Uint8Array(16));
  expect(read()["quiet.log"]).toBe("q\n");
  await tails.close();
});

test("the end finds a file that came since the last look", async () => {
  const { tails, drain, read } = openSet(["*.log"]);
  await drain();
  put("late.log", "late\n");
  await tails.beginEnd();
  while ((await tails.poll(new Uint8Array(16))) > 0);
  await tails.close();
  expect(read()).toEqual({ "late.log": "late\n" });
});

test("a name with brackets is a name where no patterns are meant", async () => {
  writeFileSync(join(folder, "k6[1].json"), "one\n");
  const { tails, drain, read } = openSet(["k6[1].json"], "beginning", false);
  await drain();
  expect(read()).toEqual({ "k6[1].json": "one\n" });
  await tails.close();
});
