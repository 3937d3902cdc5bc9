import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterEach, expect, test, vi } from "vitest";
import { isLoadError } from "../../../../collector/model/errors.ts";
import { ledgerError } from "../../../../collector/run/ledger/ledger-error.ts";
import { openLedgerFile } from "../../../../collector/run/ledger/open-ledger-file.ts";
import { readLedger } from "../../../../collector/run/ledger/read-ledger.ts";
import { LedgerFolder } from "./ledger-folder.ts";
import { sampleRun } from "./sample-run.ts";
import { SimulatedLoad } from "./simulated-load.ts";

const ORDINARY_USER = 65_534;

afterEach(() => void vi.useRealTimers());

/** `E_LEDGER: message`, whatever the call throws that is one. */
function faultOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (isLoadError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Root may write anything. */
function asOrdinaryUser<Result>(call: () => Result): Result {
  if (process.getuid?.() !== 0) return call();
  process.seteuid?.(ORDINARY_USER);
  try {
    return call();
  } finally {
    process.seteuid?.(0);
  }
}

const SECONDS = 3;
const CELLS = SECONDS * 24;

function writeSample(file: string): void {
  using writer = openLedgerFile(file);
  writer.saveRun(sampleRun({ state: "closed" }));
  const load = new SimulatedLoad(writer, { seconds: SECONDS, requestsPerSecond: 100 });
  for (let second = 0; second < SECONDS; second++) load.write(second, load.rowsOf(second), load.tracesOf(second));
}

test("a folder that may not be written is told with its path", () => {
  using folder = new LedgerFolder();
  mkdirSync(folder.file("closed"));
  chmodSync(folder.path, 0o755);
  chmodSync(folder.file("closed"), 0o555);
  const file = folder.file("closed/run.sqlite");
  expect(faultOf(() => asOrdinaryUser(() => openLedgerFile(file)))).toBe(
    `E_LEDGER: The ledger ${file}: it cannot be opened: its folder is not there, may not be written, or the path is a folder itself (SQLite: unable to open database file).`,
  );
  const below = folder.file("closed/runs/run.sqlite");
  expect(faultOf(() => asOrdinaryUser(() => openLedgerFile(below)))).toBe(`E_LEDGER: The ledger ${below}: access was refused (EACCES).`);
});

test("a run that was closed can be read where nothing may be written, but not gone on with", () => {
  using folder = new LedgerFolder();
  writeSample(folder.file("runs/run.sqlite"));
  chmodSync(folder.path, 0o755);
  chmodSync(folder.file("runs/run.sqlite"), 0o444);
  chmodSync(folder.file("runs"), 0o555);
  expect(asOrdinaryUser(() => readLedger(folder.file("runs/run.sqlite")).cells.length)).toBe(CELLS);
  expect(faultOf(() => asOrdinaryUser(() => openLedgerFile(folder.file("runs/run.sqlite"))))).toMatch(
    /^E_LEDGER: .*runs\/run\.sqlite: it may not be written/,
  );
});

test("a path through a file, and a path that is a folder, are told as such", () => {
  using folder = new LedgerFolder();
  writeFileSync(folder.file("file"), "");
  expect(faultOf(() => openLedgerFile(folder.file("file/run.sqlite")))).toMatch(/a part of its path is a file, not a folder/);
  mkdirSync(folder.file());
  expect(faultOf(() => openLedgerFile(folder.file()))).toMatch(/^E_LEDGER: .*the path is a folder itself/);
  expect(faultOf(() => readLedger(folder.file()))).toMatch(/^E_LEDGER: /);
});

test("a full disk is called that", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("PRAGMA max_page_count = 2; CREATE TABLE t (a)");
  const fill = () => {
    for (let row = 0; row < 100; row++) database.prepare("INSERT INTO t VALUES (?)").run("x".repeat(1000));
  };
  try {
    fill();
    expect.unreachable();
  } catch (error) {
    const fault = ledgerError("/runs/a.sqlite", error);
    expect(isLoadError(fault) && fault.message).toBe("The ledger /runs/a.sqlite: the disk is full (SQLite: database or disk is full).");
    expect(isLoadError(fault) && fault.hint).toContain("has room");
  }
});

test("what is no ledger is refused and left as it is", () => {
  using folder = new LedgerFolder();
  expect(faultOf(() => readLedger(folder.file("none.sqlite")))).toMatch(/none\.sqlite: there is no such file/);
  writeFileSync(folder.file("empty.sqlite"), "");
  expect(faultOf(() => readLedger(folder.file("empty.sqlite")))).toMatch(/it is empty/);
  {
    using writer = openLedgerFile(folder.file("unborn.sqlite"));
    expect(writer.sizeBytes).toBeGreaterThan(0);
  }
  expect(faultOf(() => readLedger(folder.file("unborn.sqlite")))).toMatch(/it holds no run/);

  const text = `not a database ${"x".repeat(5000)}`;
  writeFileSync(folder.file("text.sqlite"), text);
  for (const open of [openLedgerFile, readLedger])
    expect(faultOf(() => open(folder.file("text.sqlite")))).toMatch(/it is no ledger of a run, or it is damaged/);
  expect(readFileSync(folder.file("text.sqlite"), "utf8")).toBe(text);

  const other = new DatabaseSync(folder.file("other.sqlite"));
  other.exec("CREATE TABLE songs (title)");
  other.close();
  const bytes = readFileSync(folder.file("other.sqlite"));
  for (const open of [openLedgerFile, readLedger]) expect(faultOf(() => open(folder.file("other.sqlite")))).toMatch(/a database of another program/);
  expect(readFileSync(folder.file("other.sqlite")).equals(bytes)).toBe(true);
});

test("a file of a newer version is neither read nor written", () => {
  using folder = new LedgerFolder();
  writeSample(folder.file());
  const database = new DatabaseSync(folder.file());
  database.exec("UPDATE meta SET value = '2' WHERE key = 'version'");
  database.close();
  for (const open of [openLedgerFile, readLedger]) {
    expect(faultOf(() => open(folder.file()))).toBe(
      `E_LEDGER: The ledger ${folder.file()}: it was written by a newer Pitwall (its form is 2, this one knows 1).`,
    );
  }
});

test("a damaged file is refused in words, wherever the damage shows", () => {
  using folder = new LedgerFolder();
  writeSample(folder.file());
  const bytes = readFileSync(folder.file());
  const faults: string[] = [];
  for (let page = 0; page < bytes.length; page += 4096) {
    const damaged = Buffer.from(bytes);
    damaged.fill(0xa5, page, page + 2048);
    writeFileSync(folder.file("damaged.sqlite"), damaged);
    try {
      readLedger(folder.file("damaged.sqlite"));
    } catch (error) {
      if (!isLoadError(error)) throw error;
      expect(error.code).toBe("E_LEDGER");
      faults.push(error.message);
    }
  }
  expect(faults.length).toBeGreaterThan(bytes.length / 4096 / 2);
  expect(faults.filter((fault) => /damaged/.test(fault)).length).toBe(faults.length);
  writeFileSync(folder.file("cut.sqlite"), bytes.subarray(0, bytes.length / 2));
  expect(faultOf(() => readLedger(folder.file("cut.sqlite")))).toMatch(/cut\.sqlite: it is damaged/);
});

test("rows that refer to what is not there are damage", () => {
  using folder = new LedgerFolder();
  writeSample(folder.file());
  const spoil = (sql: string) => {
    const file = folder.file("spoilt.sqlite");
    writeFileSync(file, readFileSync(folder.file()));
    const database = new DatabaseSync(file, { enableForeignKeyConstraints: false });
    database.exec(sql);
    database.close();
    return faultOf(() => readLedger(file));
  };
  expect(spoil("DELETE FROM streams WHERE id = (SELECT max(id) FROM streams)")).toMatch(/it is damaged: a row of the unknown stream \d+/);
  expect(spoil("DELETE FROM series WHERE id = (SELECT max(id) FROM series)")).toMatch(/it is damaged: a point of the unknown series \d+/);
  expect(spoil("DELETE FROM words")).toMatch(/it is damaged: a sum of the unknown name \d+/);
  expect(spoil("UPDATE cells SET sums = x'ff'")).toMatch(/it is damaged: the stored bytes end too early/);
  expect(spoil("UPDATE run SET body = '{'")).toMatch(/it is damaged: its run cannot be read/);
  for (const body of ["null", "7", "{}", '{"id":"a"}'])
    expect(spoil(`UPDATE run SET body = '${body}'`)).toMatch(/it is damaged: its run has no id, or no beginning/);
  expect(spoil("DELETE FROM traces WHERE id = 3")).toMatch(/it is damaged: there is no trace 3/);
  expect(spoil("UPDATE logs SET attributes = '{'")).toMatch(/it is damaged: /);
  expect(spoil("DELETE FROM meta")).toMatch(/it is damaged: it has no version/);
});

test("a file that is deleted while it is written is told, not written on", () => {
  using folder = new LedgerFolder();
  using writer = openLedgerFile(folder.file());
  writer.saveRun(sampleRun());
  renameSync(folder.file(), folder.file("moved.sqlite"));
  expect(faultOf(() => writer.write({}))).toMatch(/it was deleted while it was written/);
  renameSync(folder.file("moved.sqlite"), folder.file());
  writer.write({});
});

test("a transaction that failed takes no rows with it, and the next one brings what it would have", () => {
  using folder = new LedgerFolder();
  using writer = openLedgerFile(folder.file());
  writer.saveRun(sampleRun());
  const load = new SimulatedLoad(writer, { seconds: 20, requestsPerSecond: 100 });
  renameSync(folder.file(), folder.file("moved.sqlite"));
  expect(faultOf(() => load.write(0, load.rowsOf(0), load.tracesOf(0)))).toMatch(/deleted/);
  renameSync(folder.file("moved.sqlite"), folder.file());
  const blocked = new DatabaseSync(folder.file());
  blocked.exec("BEGIN IMMEDIATE");
  expect(faultOf(() => load.write(1, load.rowsOf(1), load.tracesOf(1)))).toMatch(/another process holds it/);
  blocked.exec("ROLLBACK");
  blocked.close();
  load.write(2, load.rowsOf(2), load.tracesOf(2));
  const { cells, gauges, endpoints } = readLedger(folder.file());
  expect(new Set(cells.map(({ second }) => second - (cells[0]?.second ?? 0)))).toEqual(new Set([0]));
  expect([cells.length, gauges.length, endpoints.length]).toEqual([24, 60, 2]);
});

test("a closed file says so when it is written, and may be closed twice", () => {
  using folder = new LedgerFolder();
  const writer = openLedgerFile(folder.file());
  writer[Symbol.dispose]();
  writer[Symbol.dispose]();
  expect(faultOf(() => writer.addMark({ timeUnixMs: 1, text: "", labels: {}, kind: "user" }))).toMatch(/it was closed/);
});

test("a writer with nothing to write gives a sign of life every five seconds", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_000_000 });
  using folder = new LedgerFolder();
  using writer = openLedgerFile(folder.file());
  const heardMs = () => {
    const database = new DatabaseSync(folder.file(), { readOnly: true });
    const row = database.prepare("SELECT heard_ms FROM writers").get();
    database.close();
    return row?.["heard_ms"];
  };
  for (const [nowMs, expectedMs] of [
    [1_004_000, 1_000_000],
    [1_005_000, 1_005_000],
    [1_009_999, 1_005_000],
    [1_010_000, 1_010_000],
  ] as const) {
    vi.setSystemTime(nowMs);
    writer.heartbeat();
    expect(heardMs()).toBe(expectedMs);
  }
});
