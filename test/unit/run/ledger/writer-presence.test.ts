import { expect, test, vi } from "vitest";
import { isPresent, ownPlace, ownStamp, SILENCE_MS } from "../../../../collector/run/ledger/writer-presence.ts";
import { Process } from "../../../interop/child-process.ts";

const NOW_MS = 1_000_000;
const SELF = { pid: process.pid, place: ownPlace(), stamp: ownStamp(), heardUnixMs: 0, closedUnixMs: undefined };

test("this process is there however long nothing was heard of it, until it closes the file", () => {
  expect(isPresent(SELF, NOW_MS)).toBe(true);
  expect(isPresent({ ...SELF, closedUnixMs: NOW_MS }, NOW_MS)).toBe(false);
});

test("a process of the same number that was started at another time is another one", () => {
  expect(isPresent({ ...SELF, stamp: `${Number(SELF.stamp) - 1}` }, NOW_MS)).toBe(false);
});

test("where the start is not known, or the host is another, the last sign of life decides", () => {
  for (const writer of [
    { ...SELF, stamp: "" },
    { ...SELF, place: "elsewhere", pid: 1 },
  ]) {
    expect(isPresent({ ...writer, heardUnixMs: NOW_MS - SILENCE_MS + 1 }, NOW_MS)).toBe(true);
    expect(isPresent({ ...writer, heardUnixMs: NOW_MS - SILENCE_MS }, NOW_MS)).toBe(false);
  }
});

test("a process that has ended, but whose parent has not asked for it, is not there", async () => {
  // The shell becomes a `sleep`, which never asks for the child that it has inherited.
  await using child = new Process({ file: "/bin/sh", arguments: ["-c", "sleep 0.2 & echo $!; exec sleep 20"] });
  const pid = Number(await child.waitFor("a pid", () => (child.stdout.includes("\n") ? child.stdout : undefined)));
  await vi.waitFor(() => expect(isPresent({ ...SELF, pid, stamp: "", heardUnixMs: NOW_MS }, NOW_MS)).toBe(false), 5000);
  expect(() => process.kill(pid, 0)).not.toThrow();
});
