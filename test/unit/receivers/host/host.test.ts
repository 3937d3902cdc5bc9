import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LoadItem, LoadSample } from "../../../../collector/model/load-record.ts";
import { Refused } from "../../../../collector/pipeline/sink.ts";
import { host, openHost } from "../../../../collector/receivers/host/host.ts";
import { hostConfig } from "../../../../collector/receivers/host/host-config.ts";
import { HostSampler } from "../../../../collector/receivers/host/host-sampler.ts";
import { ProcFiles } from "../../../../collector/receivers/host/proc-files.ts";
import { ALL_SIGNALS, basket, context } from "../../pipeline/river.ts";

/** A procfs of the test's own. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pitwall-proc-"));
  put("stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 100 0 100 800 0 0 0 0 0 0\nctxt 5\nbtime 1000\nprocs_running 1\nprocs_blocked 0\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function putProcess(pid: number, name: string, command: string, startTicks: number): void {
  put(`${pid}/stat`, `${pid} (${name}) S 1 1 1 0 -1 0 0 0 0 0 200 100 0 0 20 0 4 0 ${startTicks} 0 0`);
  put(`${pid}/cmdline`, command.replaceAll(" ", "\0"));
  put(`${pid}/status`, "VmRSS:\t    100 kB\nRssAnon:\t     60 kB\n");
  put(`${pid}/limits`, "Max open files            1024                1024                files\n");
  for (const name of ["0", "1"]) put(`${pid}/fd/${name}`, "");
}

const sampler = (keys: object) => new HostSampler(hostConfig.parse(keys), new ProcFiles(root));
const values = (items: readonly LoadItem[], name: string): readonly (readonly [Record<string, unknown>, number])[] =>
  items
    .filter((item): item is LoadSample => item.kind === "sample" && item.name === name)
    .map(({ tags, value }) => [Object.fromEntries([...tags].map(([key, any]) => [key, any.value])), value]);
const notes = (items: readonly LoadItem[]): readonly string[] => items.flatMap((item) => (item.kind === "note" ? [item.text] : []));

describe("processes", () => {
  test.each([
    ["its name", { name: "api" }],
    ["its name, longer than the kernel's", { name: "genarrative-api-server" }],
    ["the file that was started", { name: "node-server" }],
    ["its command line", { name: "x", command: "node.* .*server\\.js" }],
    ["its pid", { name: "x", pid: 41 }],
    ["the port that it listens on", { name: "x", port: 8080 }],
  ])("are found by %s", async (_how, wanted) => {
    putProcess(40, "other", "node other.js", 500);
    const comm = wanted.name === "genarrative-api-server" ? "genarrative-api" : "api";
    putProcess(41, comm, "/usr/bin/node-server /srv/server.js", 700);
    symlinkSync("socket:[77]", join(root, "41/fd/3"));
    put("net/tcp", "heading\n 0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000 0 0 77 1 0\n");
    const items = await sampler({ processes: [wanted] }).sample(1_000_000);
    const tags = { "pitwall.process": wanted.name, "process.pid": 41 };
    expect(values(items, "process.memory.usage")).toEqual([[tags, 102_400]]);
    expect(values(items, "pitwall.host.process.memory.private")).toEqual([[tags, 61_440]]);
    expect(values(items, "pitwall.host.process.start_time")).toEqual([[tags, 1007]]);
    expect(values(items, "process.unix.file_descriptor.count")[0]?.[1]).toBeGreaterThanOrEqual(2);
    expect(values(items, "pitwall.host.process.file_descriptor.limit")).toEqual([[tags, 1024]]);
    expect(values(items, "process.cpu.time").map(([, value]) => value)).toEqual([2, 1]);
    expect(values(items, "pitwall.host.listener.accept_queue")).toEqual([[{ "network.local.port": 8080 }, 3]]);
  });

  test("that end, begin or come back under the same pid are told", async () => {
    const watched = sampler({ processes: [{ name: "api" }] });
    expect(notes(await watched.sample(0))).toEqual([]);
    putProcess(41, "api", "api", 700);
    const first = await watched.sample(1000);
    expect([notes(first), values(first, "pitwall.host.processes")[0]?.[1]]).toEqual([[], 1]);
    putProcess(41, "api", "api", 900);
    expect(notes(await watched.sample(2000))).toEqual(["api: pid 41 ended, pid 41 began"]);
    rmSync(join(root, "41"), { recursive: true });
    const gone = await watched.sample(3000);
    expect([notes(gone), values(gone, "pitwall.host.processes")[0]?.[1]]).toEqual([["api: pid 41 ended"], 0]);
    expect(notes(await watched.sample(4000))).toEqual([]);
  });
});

test("shares of processor time are of the time since the last moment", async () => {
  const machine = sampler({});
  expect(values(await machine.sample(0), "system.cpu.utilization")).toEqual([]);
  put("stat", "cpu  130 0 110 860 0 0 0 0 0 0\nbtime 1000\n");
  const shares = new Map(values(await machine.sample(1000), "system.cpu.utilization").map(([tags, value]) => [tags["cpu.mode"], value]));
  for (const [mode, share] of [
    ["user", 0.3],
    ["system", 0.1],
    ["idle", 0.6],
  ] as const)
    expect(shares.get(mode)).toBeCloseTo(share, 9);
});

test("a table with too many sockets is left alone", async () => {
  put("net/sockstat", "sockets: used 30000\nTCP: inuse 20001 orphan 0 tw 9 alloc 1 mem 76\n");
  put("net/tcp", "heading\n 0: 0100007F:1F90 00000000:0000 0A 00000000:00000003 00:00000000 00000000 0 0 77 1 0\n");
  const items = await sampler({}).sample(0);
  expect(values(items, "system.network.connection.count")).toEqual([]);
  expect(values(items, "pitwall.host.tcp.time_wait")).toEqual([[{}, 9]]);
});

test("a system without procfs is refused in words", async () => {
  const out = { signals: new Set(ALL_SIGNALS), push: async () => {} };
  await expect(openHost(hostConfig.parse({}), out, context("host"), new ProcFiles(join(root, "none")))).rejects.toMatchObject({
    code: "E_FILE",
    message: expect.stringContaining("The receiver host reads /proc of Linux"),
  });
});

test("while the pipeline refuses, moments are kept up to a bound, and the oldest are counted as lost", async () => {
  const around = context("host");
  const next = basket(() => Promise.reject(new Refused("full", { retryAfterMs: 10, overload: true })));
  const running = await openHost(
    { ...hostConfig.parse({}), interval: 1 },
    { signals: new Set(["metrics"] as const), push: next.sink.push },
    { ...around, outOfTime: AbortSignal.timeout(800) },
    new ProcFiles(root),
  );
  while (around.ledger.droppedRows().length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await running[Symbol.asyncDispose]();
  const reasons = new Set(around.ledger.droppedRows().map(({ reason }) => reason));
  expect(reasons).toEqual(new Set(["queue_full", "shutdown"]));
  expect(around.ledger.balance("metrics").inFlight).toBe(0);
});

test("a pattern that is no regular expression is an error of the configuration", () => {
  expect(host.config.safeParse({ processes: [{ name: "x", command: "(" }] }).error?.issues[0]?.message).toBe("is not a regular expression");
});
