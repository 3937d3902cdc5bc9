import { expect, test } from "vitest";
import { BLANK_REQUEST as BLANK, type LoadNote } from "../../../../collector/model/load-record.ts";
import { unixNanoFromMs } from "../../../../collector/model/time.ts";
import { lossNote } from "../../../../collector/wire/witness/loss-note.ts";
import { SpanIds } from "../../../../collector/wire/witness/span-ids.ts";
import { witnessBatches } from "../../../../collector/wire/witness/witness-batches.ts";
import { identity, lost, NGINX, openLab, START_MS } from "./lab.ts";

const HOST = identity({ hop: "host", name: "host", format: "procfs", instance: "lab" });
const lines = (component: string, reason: string, items: number): LoadNote =>
  lossNote({ component, signal: "lines", reason, items }, "first at line 3");
const changed = (text: string): LoadNote => ({ kind: "note", code: "process_changed", text });

test("lines that a witness file lost are losses of the run, added up by file kind and reason, and no notes", () => {
  const { recorder, writer } = openLab();
  recorder.item(lines("k6 file", "bad_json", 3), identity());
  recorder.item(lines("k6 file", "bad_json", 4), identity());
  recorder.item(lines("k6 file", "too_long", 1), identity());
  recorder.item(lines("nginx file", "bad_line", 2), NGINX);
  recorder.close();
  expect(writer.losses.get("k6 file")).toEqual([
    { component: "k6 file", signal: "lines", reason: "bad_json", items: 7 },
    { component: "k6 file", signal: "lines", reason: "too_long", items: 1 },
  ]);
  expect(writer.losses.get("nginx file")).toEqual([{ component: "nginx file", signal: "lines", reason: "bad_line", items: 2 }]);
  expect(recorder.ownLosses()).toHaveLength(3);
  expect(writer.notes).toEqual([]);
});

test("they are losses too where they came over the wire", () => {
  const { recorder, writer } = openLab();
  const surroundings = { readUnixNano: unixNanoFromMs(START_MS), ids: new SpanIds("lab") };
  for (const batch of witnessBatches(identity(), [lines("k6 file", "bad_json", 5)], surroundings)) recorder.push(batch);
  recorder.close();
  expect(writer.losses.get("k6 file")).toEqual([{ component: "k6 file", signal: "lines", reason: "bad_json", items: 5 }]);
});

test("kinds of losses that somebody makes up without end become one, and none is lost", () => {
  const { recorder } = openLab();
  for (let kind = 0; kind < 1000; kind++) recorder.item(lines(`file ${kind}`, "bad_json", 2), identity());
  const losses = recorder.ownLosses();
  expect(losses).toHaveLength(201);
  expect(losses.reduce((sum, { items }) => sum + items, 0)).toBe(2000);
  expect(lost(losses, /too many kinds/)).toBe(1600);
});

test("a watched process that ended or began is a mark of the system, at the moment it was told", () => {
  const { recorder, writer, clock } = openLab();
  clock.ms += 7000;
  recorder.item(changed("api: pid 12 ended, pid 40 began"), HOST);
  recorder.item({ kind: "note", code: "process_changed", text: "of no host" }, identity());
  recorder.close();
  expect(writer.marks).toEqual([{ timeUnixMs: START_MS + 7000, text: "api: pid 12 ended, pid 40 began", labels: {}, kind: "system" }]);
  expect(writer.notes).toEqual([{ kind: "note", code: "process_changed", text: "of no host" }]);
});

test("who keeps the run is told of marks instead, and a process that restarts without end is told of so often", () => {
  const told: string[] = [];
  const { recorder, writer } = openLab({ onMark: ({ text }) => void told.push(text) });
  for (let round = 0; round < 700; round++) recorder.item(changed(`api: pid ${round} ended`), HOST);
  expect(told).toHaveLength(500);
  expect(writer.marks).toEqual([]);
  expect(recorder.ownLosses()).toMatchObject([{ signal: "logs", items: 200, concerns: "detail" }]);
});

test("the same note again, and notes and facts without end, do not fill the ledger", () => {
  const { recorder, writer } = openLab();
  for (let round = 0; round < 1000; round++) {
    recorder.item({ kind: "note", code: "same", text: "as before" }, identity());
    recorder.item({ kind: "note", code: `code ${round}`, text: "x".repeat(100_000) }, identity());
  }
  for (let round = 0; round < 6000; round++) recorder.item({ kind: "threshold", metric: "m", expression: "p(95)<1", passed: true }, identity());
  recorder.close();
  expect(writer.notes).toHaveLength(200);
  expect(writer.notes.every(({ text }) => text.length <= 1000)).toBe(true);
  expect(writer.thresholds).toHaveLength(5000);
  expect(lost(recorder.ownLosses(), /aggregates, thresholds and facts/)).toBe(1000);
});

test("losses say whether numbers of the run may be short, or only a detail is", () => {
  const { recorder } = openLab({ limits: { endpoints: 1, logs: 0 } });
  recorder.item({ ...lines("k6 file", "bad_json", 1) }, identity());
  for (const name of ["a", "b"]) {
    const endpoint = { method: "GET", name, url: "", source: "name" as const };
    recorder.item({ ...BLANK, endpoint, endUnixNano: unixNanoFromMs(START_MS) }, identity());
  }
  recorder.item({ ...BLANK }, identity());
  const concerns = new Map(recorder.ownLosses().map(({ reason, concerns: about }) => [reason, about]));
  expect(concerns).toEqual(
    new Map([
      ["bad_json", undefined],
      ["endpoints folded into (other): too many of them", "detail"],
      ["requests without a time", undefined],
    ]),
  );
});
