import { appendFile, rename } from "node:fs/promises";
import { Command } from "commander";
import { describe, expect, test } from "vitest";
import { registerReplay } from "../../../../collector/cli/commands/replay.ts";
import { newestTime, Pacer } from "../../../../collector/cli/replay/pacer.ts";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Batch, Signal } from "../../../../collector/model/batch.ts";
import type { Pace } from "../../../../collector/pipeline/backoff.ts";
import { readOtlpProtobuf } from "../../../../collector/wire/otlp-request.ts";
import { encodeExportResponse } from "../../../../collector/wire/otlp-status.ts";
import { file } from "../../../../exporters/file/file.ts";
import { freePort, httpServer, type Received } from "../otlp_http/http-server.ts";
import { recordingContext } from "../otlp_http/recording-context.ts";
import { asReceived, gauge, logs, metrics, spanNames, spans, TIME } from "../otlp_http/sample-batch.ts";
import { tempFolder } from "./temp-folder.ts";

async function record(config: object, ...batches: readonly Batch[]): Promise<void> {
  await using exporter = await file.open(file.config.parse(config), recordingContext("file").context);
  for (const batch of batches) await exporter.push(batch);
}

/** A time in which nobody waits: it passes by sleeping only. */
function quickPace(): Pace & { readonly slept: readonly number[] } {
  const slept: number[] = [];
  return {
    slept,
    nowMs: () => slept.reduce((sum, ms) => sum + ms, 0),
    sleep: async (ms) => {
      slept.push(ms);
    },
  };
}

interface Outcome {
  readonly text: string;
  readonly code: number | undefined;
  readonly error: unknown;
  /** The pauses it made, in ms. */
  readonly slept: readonly number[];
}

/** Runs the command as the command line would; `error` is what it threw. */
async function replay(...words: readonly string[]): Promise<Outcome> {
  const pace = quickPace();
  let text = "";
  let code: number | undefined;
  const terminal = {
    env: {},
    writeError: (more: string): void => {
      text += more;
    },
    writeOut: () => Promise.resolve(),
    style: (_style: unknown, plain: string) => plain,
  };
  const program = new Command().exitOverride().configureOutput({ writeErr: terminal.writeError });
  registerReplay(program, {
    terminal,
    pace,
    finished: (done) => {
      code = done;
    },
  });
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: terminal.writeError });
  const error = await program.parseAsync(["replay", ...words], { from: "user" }).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  return { text, code, error, slept: pace.slept };
}

const taken = ({ path, body }: Received): string => {
  const signal = path.split("/").at(-1) as Signal;
  const { batch } = readOtlpProtobuf(signal, body);
  return batch.signal === "traces" ? spanNames(batch).join() : `${batch.count} ${signal}`;
};

describe("replay", () => {
  test("sends a recording of all signals, rotated parts first, and sums up", async () => {
    await using temp = await tempFolder();
    await using server = await httpServer();
    const path = temp.path("run.json");
    await record({ path }, asReceived(spans("first")));
    await rename(path, temp.path("run-2026-11-21T10-00-00.000.json"));
    await record({ path }, asReceived(spans("a", "b")), asReceived(metrics(gauge("m", Attributes.EMPTY, Attributes.EMPTY))), asReceived(logs("l")));
    const { code, text } = await replay(path, "--to", `${server.url}/base/`);
    expect(code).toBe(0);
    expect(server.requests.map(taken)).toEqual(["first", "a,b", "2 metrics", "1 logs"]);
    expect(server.requests.map(({ path: where }) => where)).toContain("/base/v1/metrics");
    expect(text).toContain("replayed 4 records: 6 items sent, 0 refused, 0 records unreadable");
  });

  test("sends compressed protobuf of several files", async () => {
    await using temp = await tempFolder();
    await using server = await httpServer();
    await record(
      { path: temp.path("run.zst"), format: "proto", compression: "zstd" },
      asReceived(spans("a")),
      asReceived(logs("l")),
      asReceived(spans("b")),
    );
    const { code } = await replay(temp.path("run.traces.zst"), temp.path("run.logs.zst"), "--to", server.url);
    expect(code).toBe(0);
    expect(server.requests.map(taken)).toEqual(["a", "b", "1 logs"]);
  });

  test("tells bad lines by their number, counts them and sends the rest", async () => {
    await using temp = await tempFolder();
    await using server = await httpServer();
    const path = temp.path("run.json");
    await record({ path }, asReceived(spans("a")));
    await appendFile(path, "not json\n");
    await record({ path, append: true }, asReceived(spans("b")));
    const { code, text } = await replay(path, "--to", server.url);
    expect(code).toBe(0);
    expect(server.requests.map(taken)).toEqual(["a", "b"]);
    expect(text).toMatch(/run\.json:2: /);
    expect(text).toContain("2 items sent, 0 refused, 1 records unreadable");
  });

  test("waits as long as a busy target asks, and sends again", async () => {
    await using temp = await tempFolder();
    await using server = await httpServer((response, _request, index) => {
      if (index === 0) response.writeHead(429, { "retry-after": "7" });
      if (index === 1) response.writeHead(503);
      response.end();
    });
    await record({ path: temp.path("run.json") }, asReceived(spans("a")));
    const { code, text, slept } = await replay(temp.path("run.json"), "--to", server.url);
    expect(code).toBe(0);
    expect(server.requests.map(taken)).toEqual(["a", "a", "a"]);
    expect(slept).toEqual([7000, 500]);
    expect(text).toContain("1 items sent, 0 refused");
  });

  test("counts what the target rejects, in part or whole, and goes on", async () => {
    await using temp = await tempFolder();
    await using server = await httpServer((response, _request, index) => {
      if (index === 0)
        response.writeHead(200, { "content-type": "application/x-protobuf" }).end(encodeExportResponse({ rejectedItems: 2, errorMessage: "old" }));
      else response.writeHead(index === 1 ? 400 : 200).end();
    });
    await record({ path: temp.path("run.json") }, asReceived(spans("a", "b", "c")), asReceived(spans("d")), asReceived(spans("e")));
    const { code, text } = await replay(temp.path("run.json"), "--to", server.url);
    expect(code).toBe(0);
    expect(text).toContain("2 items sent, 3 refused");
    expect(text).toMatch(/run\.json:1: .*old/);
    expect(text).toMatch(/run\.json:2: .*400/);
  });

  test("a target that is not there ends it with exit code 69", async () => {
    await using temp = await tempFolder();
    await record({ path: temp.path("run.json") }, asReceived(spans("a")));
    const { error, text, slept } = await replay(temp.path("run.json"), "--to", `http://127.0.0.1:${await freePort()}`, "--patience", "5s");
    expect(slept.length).toBeGreaterThan(2);
    expect(error).toMatchObject({ code: "E_TARGET_UNAVAILABLE", exitCode: 69, message: expect.stringContaining("ECONNREFUSED") });
    expect(text).toContain("0 items sent, 1 refused");
  });

  test("a file that is not there, and one in which nothing can be read, are told", async () => {
    await using temp = await tempFolder();
    const path = temp.path("run.json");
    expect((await replay(path, "--to", "http://127.0.0.1:1")).error).toMatchObject({ code: "E_FILE", message: expect.stringContaining(path) });
    await appendFile(path, "x\ny\n");
    expect((await replay(path, "--to", "http://127.0.0.1:1")).error).toMatchObject({ code: "E_FILE" });
  });

  test.each([
    [["run.json"], "--to"],
    [["run.json", "--to", "127.0.0.1:4318"], "must be a URL"],
    [["run.json", "--to", "http://127.0.0.1:4318", "--speed", "slow"], "above 0"],
    [["run.json", "--to", "http://127.0.0.1:4318", "--patience", "5"], "duration"],
  ])("%j is refused", async (words, said) => {
    const { error, text } = await replay(...words);
    expect(error).toBeDefined();
    expect(text).toContain(said);
  });
});

describe("pace", () => {
  test("batches keep their recorded distance, divided by the speed", async () => {
    const at = (ms: number): Batch => {
      const batch = spans("a");
      const [item] = batch.items;
      if (item === undefined) throw new Error("no span");
      return { ...batch, signal: "traces", items: [{ ...item, endUnixNano: TIME + BigInt(ms) * 1_000_000n }] } as Batch;
    };
    const pace = quickPace();
    const pacer = new Pacer(10, pace);
    for (const ms of [0, 2000, 1000, 3000]) await pacer.wait(at(ms));
    expect(pace.slept).toEqual([200, 100]);
  });

  test("the newest time of a batch is when it was recorded", () => {
    expect(newestTime(spans("a"))).toBe(TIME + 5_000_000n);
    expect(newestTime(metrics(gauge("m", Attributes.EMPTY)))).toBe(TIME);
    expect(newestTime(logs("l"))).toBe(TIME);
    expect(newestTime(spans())).toBe(0n);
  });
});
