import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Batch } from "../../../../collector/model/batch.ts";
import type { Running, Sink } from "../../../../collector/pipeline/sink.ts";
import { file, writeFault } from "../../../../exporters/file/file.ts";
import { type Recorded, readRecording, recordingParts } from "../../../../exporters/file/read-recording.ts";
import { recordingContext } from "../otlp_http/recording-context.ts";
import { asReceived, gauge, logs, metrics, spanNames, spans } from "../otlp_http/sample-batch.ts";
import { tempFolder } from "./temp-folder.ts";

function openExporter(config: object): Promise<Sink & Running> {
  return file.open(file.config.parse(config), recordingContext("file").context);
}

async function readBack(path: string): Promise<Recorded[]> {
  const records: Recorded[] = [];
  for (const part of await recordingParts(path)) for await (const record of readRecording(part)) records.push(record);
  return records;
}

async function namesIn(path: string): Promise<readonly string[]> {
  return (await readBack(path)).flatMap((record) => ("batch" in record ? spanNames(record.batch) : [record.problem]));
}

const MIXED: readonly Batch[] = [asReceived(spans("a", "b")), asReceived(metrics(gauge("m", Attributes.EMPTY))), asReceived(logs("one\ntwo"))];

describe("what is written", () => {
  test("json: one line for each batch, all signals in one file", async () => {
    await using temp = await tempFolder();
    const path = temp.path("run.json");
    const exporter = await openExporter({ path });
    for (const batch of MIXED) await exporter.push(batch);
    await exporter[Symbol.asyncDispose]();
    const lines = (await readFile(path, "utf8")).split("\n");
    expect(lines).toHaveLength(4);
    expect(lines.slice(0, 3).map((line) => Object.keys(JSON.parse(line)))).toEqual([["resourceSpans"], ["resourceMetrics"], ["resourceLogs"]]);
    expect((await readBack(path)).map((record) => "batch" in record && [record.batch.signal, record.batch.count])).toEqual([
      ["traces", 2],
      ["metrics", 1],
      ["logs", 1],
    ]);
  });

  test("proto: the received bytes behind their length, a file for each signal", async () => {
    await using temp = await tempFolder();
    const exporter = await openExporter({ path: temp.path("run.pb"), format: "proto" });
    for (const batch of [...MIXED, MIXED[0] as Batch]) await exporter.push(batch);
    await exporter[Symbol.asyncDispose]();
    expect((await readdir(temp.folder)).sort()).toEqual(["run.logs.pb", "run.metrics.pb", "run.traces.pb"]);
    const bytes = await readFile(temp.path("run.traces.pb"));
    const length = bytes.readUInt32BE(0);
    expect(bytes.subarray(4, 4 + length)).toEqual(Buffer.concat(MIXED[0]?.encoded ?? []));
    expect(await namesIn(temp.path("run.traces.pb"))).toEqual(["a", "b", "a", "b"]);
  });

  test.each(["json", "proto"])("zstd frames of %s are read back, one after another", async (format) => {
    await using temp = await tempFolder();
    const exporter = await openExporter({ path: temp.path("run.zst"), format, compression: "zstd" });
    for (const name of ["a", "b", "c"]) await exporter.push(asReceived(spans(name)));
    await exporter[Symbol.asyncDispose]();
    const path = temp.path(format === "json" ? "run.zst" : "run.traces.zst");
    expect((await readFile(path)).readUInt32LE(0)).toBe(0xfd2fb528);
    expect(await namesIn(path)).toEqual(["a", "b", "c"]);
  });

  test("a push is settled only when the file has the data", async () => {
    await using temp = await tempFolder();
    const path = temp.path("run.json");
    await using exporter = await openExporter({ path });
    await exporter.push(asReceived(spans("a")));
    expect(await namesIn(path)).toEqual(["a"]);
  });

  test("pushes at the same time all arrive, in order and whole", async () => {
    await using temp = await tempFolder();
    const path = temp.path("run.json");
    const names = Array.from({ length: 200 }, (_, index) => `span ${index}`);
    await using exporter = await openExporter({ path });
    await Promise.all(names.map((name) => exporter.push(asReceived(spans(name)))));
    expect(await namesIn(path)).toEqual(names);
  });

  test("closing waits for what is under way, and may be done twice", async () => {
    await using temp = await tempFolder();
    const path = temp.path("run.json");
    const exporter = await openExporter({ path });
    const pushes = Promise.all([exporter.push(asReceived(spans("a"))), exporter.push(asReceived(spans("b")))]);
    await exporter[Symbol.asyncDispose]();
    await exporter[Symbol.asyncDispose]();
    await pushes;
    expect(await namesIn(path)).toEqual(["a", "b"]);
  });
});

describe("beginning", () => {
  test("an existing file is emptied, unless append is set", async () => {
    await using temp = await tempFolder();
    const first = temp.path("first.json");
    const line = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ traceId: "", spanId: "", name: "old" }] }] }] });
    for (const [append, names] of [
      [true, ["old", "new"]],
      [false, ["new"]],
    ] as const) {
      const path = temp.path(`${append}.json`);
      await writeFile(path, `${line}\n`);
      await using exporter = await openExporter({ path, append });
      await exporter.push(asReceived(spans("new")));
      expect(await namesIn(path)).toEqual(names);
    }
    await writeFile(first, line);
    await using _fresh = await openExporter({ path: first });
    expect((await stat(first)).size).toBe(0);
  });

  test("a file that this process has begun is gone on with when it is opened again: a reload loses nothing that was exported", async () => {
    await using temp = await tempFolder();
    const path = temp.path("run.json");
    for (const name of ["before", "after"]) {
      await using exporter = await openExporter({ path });
      await exporter.push(asReceived(spans(name)));
    }
    expect(await namesIn(path)).toEqual(["before", "after"]);
  });

  test("a push that comes after the end is rejected and leaves the file as it is", async () => {
    await using temp = await tempFolder();
    const path = temp.path("run.json");
    const exporter = await openExporter({ path });
    await exporter.push(asReceived(spans("a")));
    await exporter[Symbol.asyncDispose]();
    await expect(exporter.push(asReceived(spans("late")))).rejects.toMatchObject({ name: "Rejected", items: 1, reason: "write_failed" });
    expect(await namesIn(path)).toEqual(["a"]);
  });

  test("a folder that is missing is told at the start, or made where create_directory is set", async () => {
    await using temp = await tempFolder();
    const path = temp.path("deep/er/run.json");
    await expect(openExporter({ path })).rejects.toMatchObject({ code: "E_FILE", message: expect.stringContaining(path) });
    await using exporter = await openExporter({ path, create_directory: true });
    await exporter.push(asReceived(spans("a")));
    expect(await namesIn(path)).toEqual(["a"]);
  });
});

describe("rotation", () => {
  const large = (name: string): Batch => asReceived(spans(name.padEnd(2000, ".")));

  test("a full file is renamed with the time, and the parts are read back in order", async () => {
    await using temp = await tempFolder();
    const path = temp.path("run.json");
    await using exporter = await openExporter({ path, rotation: { max_megabytes: 0.005 } });
    const names = Array.from({ length: 12 }, (_, index) => `span ${index} `);
    for (const name of names) await exporter.push(large(name));
    const files = (await readdir(temp.folder)).sort();
    expect(files.length).toBeGreaterThan(3);
    for (const name of files.filter((name) => name !== "run.json")) expect(name).toMatch(/^run-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}\.\d{3}\.json$/);
    for (const name of files) expect((await stat(temp.path(name))).size).toBeLessThanOrEqual(0.005 * 1024 * 1024);
    expect((await namesIn(path)).map((name) => name.replaceAll(".", ""))).toEqual(names);
  });

  test("only the newest backups are kept", async () => {
    await using temp = await tempFolder();
    const path = temp.path("run.json");
    await using exporter = await openExporter({ path, rotation: { max_megabytes: 0.002, max_backups: 2 } });
    for (let turn = 0; turn < 8; turn++) await exporter.push(large(`span ${turn} `));
    expect(await readdir(temp.folder)).toHaveLength(3);
    expect((await namesIn(path)).map((name) => name.replaceAll(".", ""))).toEqual(["span 5 ", "span 6 ", "span 7 "]);
  });

  test("backups that are too old go at the start, strangers stay", async () => {
    await using temp = await tempFolder();
    for (const name of ["run-2001-01-01T00-00-00.000.json", "run-notes.json", "run-2001-01-01T00-00-00.000.txt"])
      await writeFile(temp.path(name), "");
    await using _exporter = await openExporter({ path: temp.path("run.json"), rotation: { max_days: 7 } });
    expect((await readdir(temp.folder)).sort()).toEqual(["run-2001-01-01T00-00-00.000.txt", "run-notes.json", "run.json"]);
  });

  test("rotation without values has otelcol's defaults, and is not for append", () => {
    expect(file.config.parse({ path: "x", rotation: {} })).toMatchObject({
      rotation: { max_megabytes: 100, max_days: 0, max_backups: 100, localtime: false },
    });
    expect(file.config.safeParse({ path: "x", rotation: {}, append: true }).success).toBe(false);
  });
});

describe("trouble", () => {
  test("a folder that goes away costs what comes meanwhile, counted; when it is back, so is the file", async () => {
    await using temp = await tempFolder();
    const path = temp.path("folder/run.json");
    await mkdir(temp.path("folder"));
    const exporter = await openExporter({ path, rotation: { max_megabytes: 0.001 } });
    const large = (name: string): Batch => asReceived(spans(name.padEnd(2000, ".")));
    await exporter.push(large("a"));
    await rm(temp.path("folder"), { recursive: true });
    for (const name of ["b", "c"])
      await expect(exporter.push(large(name))).rejects.toMatchObject({ name: "Rejected", items: 1, reason: "write_failed" });
    await mkdir(temp.path("folder"));
    await exporter.push(large("d"));
    await exporter[Symbol.asyncDispose]();
    expect((await namesIn(path)).map((name) => name.replaceAll(".", ""))).toEqual(["d"]);
  });

  test("what cannot be flushed, like /dev/null, is closed without a word", async () => {
    const exporter = await openExporter({ path: "/dev/null", append: true });
    await exporter.push(asReceived(spans("a")));
    await expect(exporter[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });

  test("a target that cannot be opened costs its batch, counted, and the others go on", async () => {
    await using temp = await tempFolder();
    await mkdir(temp.path("run.traces.pb"));
    await using exporter = await openExporter({ path: temp.path("run.pb"), format: "proto" });
    await expect(exporter.push(asReceived(spans("a", "b")))).rejects.toMatchObject({ name: "Rejected", items: 2, reason: "write_failed" });
    await exporter.push(asReceived(logs("l")));
    expect(await readBack(temp.path("run.logs.pb"))).toHaveLength(1);
  });

  test.each([
    ["ENOSPC", "Refused"],
    ["EMFILE", "Refused"],
    ["EIO", "Rejected"],
  ])("%s makes a push %s", (code, name) => {
    expect(writeFault(Object.assign(new Error("no"), { code }), 3, "run.json")).toMatchObject({ name });
  });
});
