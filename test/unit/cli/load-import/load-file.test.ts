import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type LoadFile, openLoadFile } from "../../../../collector/cli/load-import/load-file.ts";
import { readMapping } from "../../../../collector/cli/load-import/read-mapping.ts";
import { isLoadError } from "../../../../collector/model/errors.ts";
import type { LoadItem } from "../../../../collector/model/load-record.ts";

const FOLDER = mkdtempSync(join(tmpdir(), "pitwall-import-"));
const LOG = `127.0.0.1 - - [12/May/2026:04:51:02 +0800] "GET /api/a HTTP/1.1" 200 12 "-" "k6"\n`.repeat(3);
const ANY = { format: undefined, mapping: undefined, beganUnixNano: undefined };

function written(name: string, bytes: string | Uint8Array): string {
  const path = join(FOLDER, name);
  writeFileSync(path, bytes);
  return path;
}

async function itemsOf(path: string, options = ANY as Parameters<typeof openLoadFile>[1]): Promise<readonly LoadItem[]> {
  const file = (await openLoadFile(path, options)) as LoadFile;
  const items: LoadItem[] = [];
  for await (const chunk of file.chunks()) items.push(...chunk);
  return items;
}

const failure = async (work: Promise<unknown>) =>
  await work.then(
    () => undefined,
    (error: unknown) => (isLoadError(error) ? error : undefined),
  );

describe("a recorded file", () => {
  test.each([
    ["plain", "a.log", LOG],
    ["gzip", "a.log.gz", gzipSync(LOG)],
    ["zstd", "a.log.zst", zstdCompressSync(LOG)],
  ])("is read by its content: %s", async (_, name, bytes) => {
    const items = await itemsOf(written(name, bytes));
    expect(items.filter(({ kind }) => kind === "request")).toHaveLength(3);
  });

  test("of OTLP is told from the others", async () => {
    const path = written("run.json", '{"resourceSpans":[]}\n');
    expect((await openLoadFile(path, ANY)).facts).toBe("otlp");
  });

  test("that nobody knows is refused with what to do", async () => {
    const error = await failure(openLoadFile(written("notes.txt", "hello\nworld\n"), ANY));
    expect(error).toMatchObject({ code: "E_IMPORT" });
    expect(error?.hint).toContain("--mapping");
  });

  test("with a format that there is not names those that there are", async () => {
    const error = await failure(openLoadFile(written("b.log", LOG), { ...ANY, format: "apache" }));
    expect(error?.hint).toContain("nginx-combined");
  });

  test("that is not there is E_FILE", async () => {
    expect(await failure(openLoadFile(join(FOLDER, "missing"), ANY))).toMatchObject({ code: "E_FILE" });
  });
});

describe("a mapping", () => {
  test("reads a table of anybody's", async () => {
    const mapping = readMapping(
      written(
        "mapping.yaml",
        "as: requests\ntime: {from: at, unit: ms, means: end}\nduration: {from: took, unit: ms}\nstatus: code\nendpoint: {from: path}\n",
      ),
    );
    const items = await itemsOf(written("t.csv", "at,took,code,path\n1778532662000,12.5,200,/a\n1778532663000,3,503,/b\n"), { ...ANY, mapping });
    expect(items.filter((item) => item.kind === "request").map(({ status, durationMs }) => [status, durationMs])).toEqual([
      [200, 12.5],
      [503, 3],
    ]);
  });

  test("for the WebSocket tester's memory is there by name", async () => {
    const path = written("mem.csv", "Timestamp,Name,WorkingSetMB\n2026-01-09T17:04:30Z,gw-a,277\n2026-01-09T17:04:32Z,gw-a,529\n");
    const items = await itemsOf(path, { ...ANY, mapping: readMapping("websocket-memory") });
    expect(items.filter((item) => item.kind === "sample").map(({ value }) => value)).toEqual([277 * 1_048_576, 529 * 1_048_576]);
  });

  test("with mistakes names each field", async () => {
    const path = written("bad.yaml", "as: requests\ntime: {from: at, unit: minutes, means: end}\nstauts: code\n");
    const error = await failure((async () => readMapping(path))());
    expect(error?.message).toContain("time.unit");
    expect(error?.message).toContain("stauts");
  });
});
