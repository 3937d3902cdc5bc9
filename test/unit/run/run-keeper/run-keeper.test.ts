import { existsSync, readdirSync, rmSync } from "node:fs";
import { expect, test } from "vitest";
import { readLedger } from "../../../../collector/run/ledger/read-ledger.ts";
import { RunConflict } from "../../../../collector/run/run-keeper/run-conflict.ts";
import { logs, spans } from "../../pipeline/river.ts";
import { BEGAN_MS, openKeeperLab } from "./keeper-lab.ts";

test("a run's whole life is in its ledger file", () => {
  using lab = openKeeperLab({ suffix: () => "3f2a" });
  const { keeper } = lab;
  const { id } = keeper.create({
    name: "spike",
    labels: { team: "works" },
    conditions: { dataset: "81 works", generator: undefined },
    gates: [{ expression: "p95 < 2s", phase: "hold", source: "api" }],
    phases: [{ name: "hold", kind: "hold", startUnixMs: BEGAN_MS + 5000, endUnixMs: BEGAN_MS + 9000, source: "given" }],
  });
  expect(id).toBe("20260512-045100-spike-3f2a");
  lab.nowMs += 2000;
  keeper.update(id, { loadStartUnixMs: BEGAN_MS + 1000 });
  keeper.mark(id, { text: "nginx restarted", labels: { host: "a" } });
  lab.nowMs += 8000;
  keeper.update(id, { loadEndUnixMs: BEGAN_MS + 9000, exit: { code: 99, signal: null }, conditions: { generator: "k6 2.2.0" } });
  keeper.update(id, { phases: [{ name: "k6 ramp", kind: "scenario", startUnixMs: BEGAN_MS, endUnixMs: BEGAN_MS + 5000, source: "generator" }] });
  const ended = keeper.end(id);
  expect(ended).toMatchObject({ state: "closed", endUnixMs: BEGAN_MS + 10_000 });

  const ledger = readLedger(lab.store.path(id));
  expect(ledger.run).toEqual(ended);
  expect(ledger.run).toMatchObject({
    name: "spike",
    labels: { team: "works" },
    startUnixMs: BEGAN_MS,
    loadStartUnixMs: BEGAN_MS + 1000,
    loadEndUnixMs: BEGAN_MS + 9000,
    exit: { code: 99, signal: null },
    gates: [{ expression: "p95 < 2s", phase: "hold", source: "api" }],
    conditions: { dataset: "81 works", generator: "k6 2.2.0", command: [], versions: { pitwall: "1.2.3", node: process.versions.node } },
  });
  expect(ledger.run.conditions.host["os"]).toMatch(/\w+ \S+/);
  expect(ledger.phases.map(({ name }) => name)).toEqual(["k6 ramp", "hold"]);
  expect(ledger.marks).toEqual([{ timeUnixMs: BEGAN_MS + 2000, text: "nginx restarted", labels: { host: "a" }, kind: "user" }]);
  expect(readdirSync(lab.directory)).toEqual([`${id}.sqlite`]);
});

test("phases replace those of the same source and leave the others", () => {
  using lab = openKeeperLab();
  const phase = (name: string, source: "given" | "generator") =>
    ({ name, kind: "hold", startUnixMs: BEGAN_MS, endUnixMs: BEGAN_MS, source }) as const;
  const { id } = lab.keeper.create({ name: "a", phases: [phase("mine", "given")] });
  lab.keeper.update(id, { phases: [phase("one", "generator"), phase("two", "generator")] });
  lab.keeper.update(id, { phases: [phase("three", "generator")] });
  expect(lab.keeper.progress(id).phases.map(({ name }) => name)).toEqual(["mine", "three"]);
  lab.keeper.end(id);
  expect(
    readLedger(lab.store.path(id))
      .phases.map(({ name }) => name)
      .sort(),
  ).toEqual(["mine", "three"]);
});

test("a second run is refused by the name of the first, and possible after its end", () => {
  using lab = openKeeperLab();
  const first = lab.keeper.create({ name: "a" });
  expect(() => lab.keeper.create({ name: "b" })).toThrow(new RegExp(`run ${first.id} is open since 2026-05-12T04:51:00.000Z`));
  expect(lab.keeper.current?.id).toBe(first.id);
  lab.keeper.end(first.id);
  expect(lab.keeper.create({ name: "b" }).id).not.toBe(first.id);
  expect(() => lab.keeper.end(first.id)).toThrow(RunConflict);
  expect(() => lab.keeper.mark(first.id, { text: "late" })).toThrow(/is not open any more/);
});

test("what arrives goes to the recorder while a run is open, and nowhere else", () => {
  using lab = openKeeperLab();
  lab.keeper.push(logs(1, "before"));
  const { id } = lab.keeper.create({ name: "a" });
  const batch = spans(2);
  lab.keeper.push(batch);
  lab.keeper.tick();
  lab.keeper.end(id);
  lab.keeper.push(logs(1, "after"));
  expect(lab.recorders).toHaveLength(1);
  expect(lab.recorders[0]?.batches).toEqual([batch]);
  expect(lab.recorders[0]?.told).toEqual(["flush", "close"]);
});

test("a recorder that fails costs the batch, is told of once, and is counted in the ledger", () => {
  using lab = openKeeperLab({
    recorder: () => ({
      push() {
        throw new TypeError("a fault");
      },
      flush() {
        throw new TypeError("a fault");
      },
      heard: () => [],
      counts: () => [],
      ownLosses: () => [],
      close() {
        throw new TypeError("a fault");
      },
    }),
  });
  const { id } = lab.keeper.create({ name: "a" });
  lab.keeper.push(logs(3));
  lab.keeper.push(spans(2));
  lab.keeper.tick();
  expect(lab.keeper.end(id).state).toBe("closed");
  expect(lab.log.lines.filter(({ level }) => level === "error")).toHaveLength(1);
  expect(readLedger(lab.store.path(id)).losses).toEqual([
    { component: "runs", signal: "traces", reason: "recorder_fault", items: 2 },
    { component: "runs", signal: "logs", reason: "recorder_fault", items: 3 },
  ]);
});

test("of the collector's losses only those of the run's time are in its ledger, every ten seconds and at its end", () => {
  using lab = openKeeperLab({ losses: [{ component: "recorder", signal: "requests", reason: "cells", items: 4 }] });
  lab.lossLedger.dropped("otlp", "bad_id", "traces", 7);
  const { id } = lab.keeper.create({ name: "a" });
  lab.lossLedger.dropped("otlp", "bad_id", "traces", 5);
  lab.lossLedger.dropped("prometheus", "series_limit", "metrics", 2);
  const losses = () => readLedger(lab.store.path(id)).losses;
  for (let second = 0; second < 9; second++) lab.keeper.tick();
  expect(losses()).toEqual([]);
  lab.keeper.tick();
  const rows = [
    { component: "otlp", signal: "traces", reason: "bad_id", items: 5 },
    { component: "prometheus", signal: "metrics", reason: "series_limit", items: 2 },
    { component: "recorder", signal: "requests", reason: "cells", items: 4 },
  ];
  expect(losses()).toEqual(rows);
  expect(lab.keeper.progress(id).losses).toEqual(rows);
  lab.lossLedger.dropped("otlp", "bad_id", "traces", 1);
  lab.keeper.end(id);
  expect(losses()).toContainEqual({ component: "otlp", signal: "traces", reason: "bad_id", items: 6 });
});

test("a disk that runs full ends the recording with a mark and a loss, and not the run", () => {
  using lab = openKeeperLab();
  const { id } = lab.keeper.create({ name: "a" });
  lab.freeBytes = 49e6;
  for (let second = 0; second < 5; second++) lab.keeper.tick();
  lab.keeper.push(logs(3));
  lab.keeper.tick();
  lab.keeper.end(id);
  const { marks, losses, run } = readLedger(lab.store.path(id));
  expect(run.state).toBe("closed");
  expect(marks).toMatchObject([{ kind: "system", text: "recording stopped: less than 50 MB free on the disk" }]);
  expect(losses).toEqual([{ component: "runs", signal: "logs", reason: "disk_full", items: 3 }]);
  expect(lab.recorders[0]?.batches).toEqual([]);
});

test("no run is opened on a disk without room", () => {
  using lab = openKeeperLab();
  lab.freeBytes = 10e6;
  expect(() => lab.keeper.create({ name: "a" })).toThrow(
    expect.objectContaining({ code: "E_LEDGER", message: expect.stringContaining("10 MB are free") }),
  );
  expect(lab.keeper.current).toBeUndefined();
  expect(readdirSync(lab.directory)).toEqual([]);
});

test("the end of the collector ends the run in order; where its load had not ended, a mark says so", () => {
  using lab = openKeeperLab();
  const first = lab.keeper.create({ name: "a" });
  lab.keeper.update(first.id, { loadStartUnixMs: BEGAN_MS });
  lab.keeper.close();
  lab.keeper.close();
  const second = lab.keeper.create({ name: "b" });
  lab.keeper.update(second.id, { loadStartUnixMs: BEGAN_MS, loadEndUnixMs: BEGAN_MS + 1 });
  lab.keeper.close();
  const [one, two] = [first, second].map(({ id }) => readLedger(lab.store.path(id)));
  expect(one).toMatchObject({ run: { state: "closed" }, marks: [{ kind: "system", text: "collector stopped before the load had ended" }] });
  expect(two).toMatchObject({ run: { state: "closed" }, marks: [] });
});

test("a mark beside the run's time is refused, one a little beside it is not", () => {
  using lab = openKeeperLab();
  const { id } = lab.keeper.create({ name: "a" });
  expect(() => lab.keeper.mark(id, { text: "x", timeUnixMs: BEGAN_MS - 3_600_000 })).toThrow(/does not lie between/);
  expect(() => lab.keeper.mark(id, { text: "x", timeUnixMs: BEGAN_MS + 3_600_000 })).toThrow(RunConflict);
  expect(lab.keeper.mark(id, { text: "x", timeUnixMs: BEGAN_MS - 1000 }).timeUnixMs).toBe(BEGAN_MS - 1000);
  expect(lab.keeper.progress(id).marks).toBe(1);
});

test("the oldest ledgers go when there are too many of them; what is open elsewhere stays", () => {
  using lab = openKeeperLab({ keep: 2 });
  // A run that another part of this process records: its writer is there.
  const elsewhere = lab.store.open("20200101-000000-elsewhere-0000");
  const ids = ["a", "b", "c"].map((name) => {
    const run = lab.keeper.create({ name });
    if (name === "a") elsewhere.saveRun({ ...run, id: "20200101-000000-elsewhere-0000", startUnixMs: 1 });
    lab.nowMs += 1000;
    lab.keeper.end(run.id);
    return run.id;
  });
  expect(readdirSync(lab.directory).filter((name) => name.endsWith(".sqlite"))).toEqual([
    "20200101-000000-elsewhere-0000.sqlite",
    `${ids[1]}.sqlite`,
    `${ids[2]}.sqlite`,
  ]);
  expect(lab.log.lines.map(({ message }) => message)).toContain(`the ledger of run ${ids[0]} was deleted: 2 newer ones are kept`);
  elsewhere[Symbol.dispose]();
});

test("a ledger that is deleted under the run costs its rows, not the collector", () => {
  using lab = openKeeperLab();
  const { id } = lab.keeper.create({ name: "a" });
  rmSync(lab.store.path(id));
  expect(() => lab.keeper.mark(id, { text: "x" })).toThrow(expect.objectContaining({ code: "E_LEDGER" }));
  lab.keeper.push(logs(1));
  lab.keeper.tick();
  expect(lab.keeper.end(id).state).toBe("closed");
  expect(lab.keeper.current).toBeUndefined();
  expect(existsSync(lab.store.path(id))).toBe(false);
});

test("a folder that cannot be made is told, and nothing is open then", () => {
  using lab = openKeeperLab({ directory: "/dev/null/runs" });
  expect(() => lab.keeper.create({ name: "a" })).toThrow(expect.objectContaining({ code: "E_LEDGER" }));
  expect(lab.keeper.current).toBeUndefined();
});

test("two runs of one name in one second never share a ledger", () => {
  const suffixes = ["aaaa", "aaaa", "bbbb"];
  using lab = openKeeperLab({ suffix: () => suffixes.shift() ?? "cccc" });
  const first = lab.keeper.create({ name: "a" }).id;
  lab.keeper.end(first);
  expect(lab.keeper.create({ name: "a" }).id).toBe(first.replace("aaaa", "bbbb"));
});

test("a load that would end before it starts is refused and changes nothing", () => {
  using lab = openKeeperLab();
  const { id } = lab.keeper.create({ name: "a" });
  lab.keeper.update(id, { loadStartUnixMs: BEGAN_MS + 5000 });
  expect(() => lab.keeper.update(id, { loadEndUnixMs: BEGAN_MS, exit: { code: 0, signal: null } })).toThrow(/end before it starts/);
  expect(lab.keeper.current).toMatchObject({ loadEndUnixMs: undefined, exit: undefined });
});
