import { writeFile } from "node:fs/promises";
import { zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Signal } from "../../../../collector/model/batch.ts";
import { readRecording } from "../../../../exporters/file/read-recording.ts";
import { recordBytes } from "../../../../exporters/file/record-bytes.ts";
import { zstdFrameLength } from "../../../../exporters/file/zstd-frames.ts";
import { asReceived, logs, spanNames, spans } from "../otlp_http/sample-batch.ts";
import { tempFolder } from "./temp-folder.ts";

const JSON_LINES = { format: "json", compression: "none" } as const;
const PROTO = { format: "proto", compression: "none" } as const;

/** Names of spans, or where and why not. */
async function read(name: string, bytes: Uint8Array, signal?: Signal): Promise<readonly string[]> {
  await using temp = await tempFolder();
  await writeFile(temp.path(name), bytes);
  const found: string[] = [];
  for await (const record of readRecording(temp.path(name), signal)) {
    if ("problem" in record) found.push(`${record.where} ${record.problem}`);
    else found.push(...(record.batch.signal === "traces" ? spanNames(record.batch) : [record.batch.signal]));
  }
  return found;
}

const line = (name: string): Uint8Array => recordBytes(asReceived(spans(name)), JSON_LINES);
const message = (name: string): Uint8Array => recordBytes(asReceived(spans(name)), PROTO);

describe("lines", () => {
  test("bad ones are told by their number and the rest is read", async () => {
    const bytes = Buffer.concat([line("a"), Buffer.from('{"resourceSpans": oops\n\nhello\n{"other": 1}\n'), line("b")]);
    expect(await read("run.json", bytes)).toEqual([
      "a",
      expect.stringMatching(/^run\.json:2 /),
      expect.stringMatching(/^run\.json:4 no resourceSpans/),
      expect.stringMatching(/^run\.json:5 no resourceSpans, resourceMetrics or resourceLogs/),
      "b",
    ]);
  });

  test("the last one needs no line end, and white space before one is fine", async () => {
    expect(await read("run.json", Buffer.concat([Buffer.from("\n  "), line("a"), line("b").subarray(0, -1)]))).toEqual(["a", "b"]);
  });

  test("an empty file holds nothing", async () => {
    expect(await read("run.json", Buffer.alloc(0))).toEqual([]);
  });

  test("a line may be longer than what is read at once", async () => {
    const long = "x".repeat(5 * 1024 * 1024);
    expect(await read("run.json", Buffer.concat([line("a"), line(long), line("b")]))).toEqual(["a", long, "b"]);
  });
});

describe("protobuf", () => {
  test("the signal comes from the name or the option", async () => {
    const bytes = message("a");
    expect(await read("run.traces.pb", bytes)).toEqual(["a"]);
    expect(await read("run.traces-2026-11-21T10-00-00.000.pb", bytes)).toEqual(["a"]);
    expect(await read("run.pb", bytes, "traces")).toEqual(["a"]);
    expect(await read("run.pb", bytes)).toEqual([expect.stringContaining("give --signal")]);
  });

  test("what a crash cut short is told, and costs nothing before it", async () => {
    const cut = Buffer.concat([message("a"), message("b").subarray(0, -3)]);
    expect(await read("run.traces.pb", cut)).toEqual(["a", expect.stringMatching(/^run\.traces\.pb:2 cut short/)]);
  });

  test("a message that is none is told, the next one is read", async () => {
    const broken = Buffer.from([0, 0, 0, 2, 0x0a, 0x7f]);
    expect(await read("run.traces.pb", Buffer.concat([message("a"), broken, message("b")]))).toEqual([
      "a",
      expect.stringMatching(/:2 .*[Tt]runcated/),
      "b",
    ]);
  });

  test("a length that cannot be ends the file in words", async () => {
    expect(await read("run.traces.pb", Buffer.concat([message("a"), Buffer.from([0xff, 0xff, 0xff, 0xff, 1])]))).toEqual([
      "a",
      expect.stringMatching(/:2 damaged/),
    ]);
  });
});

describe("zstd", () => {
  const frame = (name: string): Uint8Array => zstdCompressSync(line(name));

  test("otelcol's form, a length before each frame, is read too", async () => {
    const lengthAndFrame = (bytes: Uint8Array): Buffer => {
      const packed = zstdCompressSync(bytes);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(packed.length);
      return Buffer.concat([length, packed]);
    };
    expect(await read("run.zst", Buffer.concat([lengthAndFrame(line("a")), lengthAndFrame(recordBytes(asReceived(logs("l")), JSON_LINES))]))).toEqual(
      ["a", "logs"],
    );
  });

  test("one frame round the whole file, as the zstd command makes it", async () => {
    expect(await read("run.json.zst", zstdCompressSync(Buffer.concat([line("a"), line("b")])))).toEqual(["a", "b"]);
  });

  test("a frame cut short by a crash is told, and costs nothing before it", async () => {
    expect(await read("run.zst", Buffer.concat([frame("a"), frame("b").subarray(0, -4)]))).toEqual(["a", expect.stringMatching(/damaged|cut short/)]);
  });

  test("bytes that are no frame are told", async () => {
    expect(await read("run.zst", Buffer.concat([frame("a"), Buffer.from("what is this")]))).toEqual(["a", expect.stringMatching(/damaged/)]);
  });

  test("the length of a frame is found whatever is in it and behind it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.uint8Array({ maxLength: 50 }), fc.integer({ min: 1, max: 6 }), (plain, behind, times) => {
        const packed = zstdCompressSync(Buffer.concat(Array.from({ length: times }, () => plain)));
        return zstdFrameLength(Buffer.concat([packed, behind])) === packed.length && zstdFrameLength(packed.subarray(0, -1)) === undefined;
      }),
    );
  });
});
