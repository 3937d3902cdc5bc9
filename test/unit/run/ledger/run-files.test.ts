import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isLoadError } from "../../../../collector/model/errors.ts";
import type { Run } from "../../../../collector/model/run.ts";
import { openLedgerFile } from "../../../../collector/run/ledger/open-ledger-file.ts";
import { findRunFile, listRunFiles, listRuns, runFile } from "../../../../collector/run/ledger/run-files.ts";
import { LedgerFolder } from "./ledger-folder.ts";
import { sampleRun } from "./sample-run.ts";

const IDS = {
  spike: "20260512-045100-spike-3f2a",
  soak: "20260513-120000-soak-00aa",
  secondSpike: "20260514-080000-spike-9b1c",
};

function add(directory: string, changes: Partial<Run>): void {
  const run = sampleRun({ state: "closed", ...changes });
  using writer = openLedgerFile(runFile(directory, run.id));
  writer.saveRun(run);
}

function threeRuns(directory: string): void {
  add(directory, { id: IDS.soak, name: "soak", startUnixMs: 2000 });
  add(directory, { id: IDS.secondSpike, name: "spike", startUnixMs: 3000 });
  add(directory, { id: IDS.spike, name: "spike", startUnixMs: 1000 });
}

function notFound(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (isLoadError(error) && error.code === "E_RUN_NOT_FOUND") return `${error.message} | ${error.hint}`;
    throw error;
  }
  throw new Error("it was found");
}

test("runs are listed newest first, and files that cannot be read apart, with the reason", () => {
  using folder = new LedgerFolder();
  expect(listRuns(folder.file("none"))).toEqual([]);
  threeRuns(folder.path);
  writeFileSync(folder.file("broken.sqlite"), "x".repeat(100));
  writeFileSync(folder.file("report.html"), "");
  mkdirSync(folder.file("folder.sqlite"));
  expect(listRuns(folder.path).map(({ id }) => id)).toEqual([IDS.secondSpike, IDS.soak, IDS.spike]);
  const { runs, broken } = listRunFiles(folder.path);
  expect(runs[0]?.path).toBe(folder.file(`${IDS.secondSpike}.sqlite`));
  expect(broken.map(({ path }) => path)).toEqual([folder.file("broken.sqlite"), folder.file("folder.sqlite")]);
  expect(broken[0]?.reason).toContain(`${folder.file("broken.sqlite")}: it is no ledger of a run`);
});

test("a run is found by id, unique beginning, name, latest, and path", () => {
  using folder = new LedgerFolder();
  threeRuns(folder.path);
  const found = (word: string) => findRunFile(folder.path, word);
  expect(found(IDS.spike)).toBe(runFile(folder.path, IDS.spike));
  expect(found("20260513")).toBe(runFile(folder.path, IDS.soak));
  expect(found("spike")).toBe(runFile(folder.path, IDS.secondSpike));
  expect(found("latest")).toBe(runFile(folder.path, IDS.secondSpike));
  using elsewhere = new LedgerFolder();
  add(elsewhere.path, { id: "copied" });
  expect(found(elsewhere.file("copied.sqlite"))).toBe(elsewhere.file("copied.sqlite"));
});

test("an id whose file is broken is found all the same, so that reading it tells what is wrong", () => {
  using folder = new LedgerFolder();
  writeFileSync(folder.file("a-1.sqlite"), "x");
  expect(findRunFile(folder.path, "a-1")).toBe(folder.file("a-1.sqlite"));
  expect(notFound(() => findRunFile(folder.path, "a"))).toMatch(/no runs are in .*; 1 files could not be read: a-1\.sqlite/);
});

test("what is not found is told with what comes near", () => {
  using folder = new LedgerFolder();
  expect(notFound(() => findRunFile(folder.path, "spike"))).toContain(`there is no run "spike": no runs are in ${folder.path} | \`pitwall run`);
  threeRuns(folder.path);
  expect(notFound(() => findRunFile(folder.path, "spkie"))).toMatch(/there is no run "spkie" in .*: did you mean "spike"/);
  expect(notFound(() => findRunFile(folder.path, "3f2a"))).toContain(`did you mean "${IDS.spike}"?`);
  expect(notFound(() => findRunFile(folder.path, "zzzz"))).toContain(`the newest are ${IDS.secondSpike}, ${IDS.soak}, ${IDS.spike}`);
  expect(notFound(() => findRunFile(folder.path, "202605"))).toMatch(/"202605" begins the ids of 3 runs: .* \| Give more of the id\./);
  expect(notFound(() => findRunFile(folder.path, ""))).toContain('there is no run ""');
});

test("an id never leads out of the folder", () => {
  for (const id of ["../other", "a/b", "", ".", "..", "A B", "/etc/passwd"])
    expect(notFound(() => runFile("/runs", id))).toContain(`"${id}" is no id of a run`);
  expect(runFile("/runs", "a-1_b.c")).toBe("/runs/a-1_b.c.sqlite");
});
