import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeStagedLedger } from "../../../../collector/cli/load-import/staged-ledger.ts";
import { NO_CONDITIONS, type Run } from "../../../../collector/model/run.ts";
import { readLedger } from "../../../../collector/run/ledger/read-ledger.ts";

const RUN: Run = {
  id: "20260512-045100-a-0001",
  name: "a",
  labels: {},
  state: "closed",
  startUnixMs: 1000,
  endUnixMs: 2000,
  loadStartUnixMs: undefined,
  loadEndUnixMs: undefined,
  conditions: NO_CONDITIONS,
  gates: [],
  exit: undefined,
};

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-staged-"));
  file = join(folder, `${RUN.id}.sqlite`);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const mark = (text: string) => ({ timeUnixMs: 1500, text, labels: {}, kind: "user" as const });

test("a new ledger is there once it is whole, one that is added to keeps what it had", async () => {
  await writeStagedLedger(file, { isNew: true }, async (writer) => {
    writer.saveRun(RUN);
    expect(readdirSync(folder)).not.toContain(`${RUN.id}.sqlite`);
  });
  await writeStagedLedger(file, { isNew: false }, async (writer) => writer.addMark(mark("one")));
  await writeStagedLedger(file, { isNew: false }, async (writer) => writer.addMark(mark("two")));
  expect(readLedger(file)).toMatchObject({ run: { id: RUN.id, state: "closed" }, marks: [{ text: "one" }, { text: "two" }] });
  expect(readdirSync(folder)).toEqual([`${RUN.id}.sqlite`]);
});

test("work that throws leaves no new file, and an old one as it was, byte for byte", async () => {
  const broken = async (): Promise<never> => {
    throw new Error("the file ends in the middle");
  };
  await expect(writeStagedLedger(file, { isNew: true }, broken)).rejects.toThrow("in the middle");
  expect(readdirSync(folder)).toEqual([]);
  await writeStagedLedger(file, { isNew: true }, async (writer) => writer.saveRun(RUN));
  const before = readFileSync(file);
  await expect(
    writeStagedLedger(file, { isNew: false }, async (writer) => {
      writer.addMark(mark("half"));
      return await broken();
    }),
  ).rejects.toThrow("in the middle");
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(folder)).toEqual([`${RUN.id}.sqlite`]);
});
