import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { openLedgerFile } from "../../../../collector/run/ledger/open-ledger-file.ts";
import { readLedger } from "../../../../collector/run/ledger/read-ledger.ts";
import { Process } from "../../../interop/child-process.ts";
import { LedgerFolder } from "./ledger-folder.ts";
import { sampleRun } from "./sample-run.ts";

const SCRIPT = join(import.meta.dirname, "crashing-writer.ts");

function startWriter(file: string, how: string): Process {
  return new Process({ file: process.execPath, arguments: [SCRIPT, file, how] });
}

function lastWritten(child: Process): number {
  return Number(child.stdout.trimEnd().split("\n").at(-1));
}

async function until(condition: () => boolean): Promise<void> {
  for (const startMs = Date.now(); !condition(); ) {
    if (Date.now() - startMs > 15_000) throw new Error("it did not come about");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function kill(child: Process): Promise<void> {
  child.child.kill("SIGKILL");
  await until(() => child.ended);
}

/** The seconds whose cells are all there: 24 of them belong to one. */
function secondsOf(file: string): number {
  return readLedger(file).cells.length / 24;
}

test("a run is read whole while another process writes it, by two readers at once, and nobody else may write it", async () => {
  using folder = new LedgerFolder();
  await using child = startWriter(folder.file(), "endless");
  await child.waitFor("three seconds", () => (lastWritten(child) >= 3 ? true : undefined));

  const first = new DatabaseSync(folder.file(), { readOnly: true });
  first.exec("BEGIN");
  const countRows = () => first.prepare("SELECT count(*) AS n FROM cells").get()?.["n"];
  const before = countRows();
  const [seen, read] = [lastWritten(child), secondsOf(folder.file())];
  expect(Number.isInteger(read)).toBe(true);
  expect(read).toBeGreaterThan(seen);
  // A reader that takes its time neither stops the writer nor sees what comes meanwhile.
  await until(() => lastWritten(child) > seen + 2);
  expect(countRows()).toBe(before);
  expect(secondsOf(folder.file())).toBeGreaterThan(read);
  first.close();

  expect(readLedger(folder.file()).run.state).toBe("open");
  expect(() => openLedgerFile(folder.file())).toThrow(
    expect.objectContaining({ code: "E_LEDGER", message: expect.stringContaining(`process ${child.pid} is writing it`) }),
  );
  await kill(child);
});

test("after SIGKILL all that was written is there, the run is abandoned at its last sign of life, and can be finished", async () => {
  using folder = new LedgerFolder();
  await using child = startWriter(folder.file(), "endless");
  await child.waitFor("ten seconds", () => (lastWritten(child) >= 10 ? true : undefined));
  const beforeMs = Date.now();
  await kill(child);
  const [written, afterMs] = [lastWritten(child), Date.now()];

  const { run, traces } = readLedger(folder.file());
  expect(run.state).toBe("abandoned");
  expect(run.endUnixMs).toBeGreaterThan(beforeMs - 2000);
  expect(run.endUnixMs).toBeLessThanOrEqual(afterMs);
  const seconds = secondsOf(folder.file());
  expect(Number.isInteger(seconds)).toBe(true);
  expect(seconds).toBeGreaterThan(written);
  expect(traces.length).toBeGreaterThan(0);

  {
    using writer = openLedgerFile(folder.file());
    // Somebody who only adds to it does not bring it to life.
    writer.addMark({ timeUnixMs: afterMs, text: "imported", labels: {}, kind: "system" });
    expect(readLedger(folder.file()).run).toEqual(run);
    writer.saveRun(run);
    expect(writer.endpoint({ method: "GET", name: "/api/works/{id}", source: "route" })).toBe(1);
  }
  expect(existsSync(`${folder.file()}-wal`)).toBe(false);
  expect(readLedger(folder.file()).run).toEqual(run);
  expect(secondsOf(folder.file())).toBe(seconds);
});

test("a transaction that was cut off half way is not there", async () => {
  using folder = new LedgerFolder();
  {
    using writer = openLedgerFile(folder.file());
    writer.saveRun(sampleRun({ state: "closed" }));
    writer.addMark({ timeUnixMs: 1, text: "kept", labels: {}, kind: "user" });
  }
  const sizeBytes = statSync(folder.file()).size;
  await using child = startWriter(folder.file(), "journal");
  await until(() => child.ended);
  expect(existsSync(`${folder.file()}-journal`)).toBe(true);
  expect(statSync(folder.file()).size).toBeGreaterThan(sizeBytes);
  expect(readLedger(folder.file()).marks.map(({ text }) => text)).toEqual(["kept"]);
});

test("where the disk takes no more, writing fails in words, and what was written before can be read", async () => {
  using folder = new LedgerFolder();
  // 1 MiB for any file, in units of 512 bytes; with the signal ignored, writing fails as on a full disk.
  const command = `trap '' XFSZ; ulimit -f 2048; exec "$0" "$@"`;
  await using child = new Process({ file: "/bin/sh", arguments: ["-c", command, process.execPath, SCRIPT, folder.file(), "endless"] });
  await until(() => child.ended);
  expect(child.child.exitCode, child.stderr).toBe(3);
  expect(child.stderr).toContain('"code":"E_LEDGER"');
  expect(child.stderr).toContain(`The ledger ${folder.file()}: reading or writing failed: the disk is full, gone, or has a fault`);
  // The second that failed may have failed at its rows or, after them, at its traces.
  expect([lastWritten(child) + 1, lastWritten(child) + 2]).toContain(secondsOf(folder.file()));
});

test("a run whose writer closed the file without closing the run is abandoned, and open again once somebody records it", () => {
  using folder = new LedgerFolder();
  const run = sampleRun({ startUnixMs: Date.now() });
  {
    using writer = openLedgerFile(folder.file());
    writer.saveRun(run);
  }
  const { run: left } = readLedger(folder.file());
  expect(left).toMatchObject({ state: "abandoned", endUnixMs: expect.any(Number) });
  expect(left.endUnixMs).toBeGreaterThanOrEqual(run.startUnixMs);
  using writer = openLedgerFile(folder.file());
  writer.saveRun(run);
  expect(readLedger(folder.file()).run).toEqual(run);
});

test("of another host, a writer is there as long as it says so, and is fenced off once another has come", () => {
  using folder = new LedgerFolder();
  using writer = openLedgerFile(folder.file());
  writer.saveRun(sampleRun());
  const heard = (place: string, heardMs: number) => {
    const database = new DatabaseSync(folder.file());
    database.prepare("UPDATE writers SET place = ?, heard_ms = ?, pid = 1").run(place, heardMs);
    database.close();
  };
  heard("elsewhere", Date.now() - 5000);
  expect(readLedger(folder.file()).run.state).toBe("open");
  expect(() => openLedgerFile(folder.file())).toThrow(/process 1 is writing it/);
  const longAgoMs = sampleRun().startUnixMs + 60_000;
  heard("elsewhere", longAgoMs);
  expect(readLedger(folder.file()).run).toMatchObject({ state: "abandoned", endUnixMs: longAgoMs });
  using successor = openLedgerFile(folder.file());
  successor.saveRun(sampleRun());
  expect(() => writer.saveRun(sampleRun())).toThrow(expect.objectContaining({ code: "E_LEDGER", message: expect.stringContaining("taken it over") }));
  expect(readLedger(folder.file()).run.state).toBe("open");
});

test("a pid that another process has by now is not the writer", () => {
  using folder = new LedgerFolder();
  using writer = openLedgerFile(folder.file());
  writer.saveRun(sampleRun());
  const database = new DatabaseSync(folder.file());
  // Process 1 is always there, and was started at another time.
  database.exec("UPDATE writers SET pid = 1");
  database.close();
  expect(readLedger(folder.file()).run.state).toBe("abandoned");
});
