import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import type { LoadSample } from "../../collector/model/load-record.ts";
import { host } from "../../collector/receivers/host/host.ts";
import { openWitnessRiver } from "../unit/receivers/file-tail-river.ts";
import { freePort, Process } from "./child-process.ts";

/** The real procfs, and processes that do what is then looked for in it. */

type River = Awaited<ReturnType<typeof openWitnessRiver>>;

const samplesOf = (river: River, name: string, tags: Readonly<Record<string, string | number>> = {}): readonly LoadSample[] =>
  river
    .items()
    .filter((item): item is LoadSample => item.kind === "sample" && item.name === name)
    .filter((item) => Object.entries(tags).every(([key, value]) => item.tags.get(key)?.value === value));

const lastOf = (river: River, name: string, tags: Readonly<Record<string, string | number>> = {}): number | undefined =>
  samplesOf(river, name, tags).at(-1)?.value;

function node(script: string): Process {
  return new Process({ file: process.execPath, arguments: ["-e", script] });
}

test("a process is found by its port, seen busy and with its descriptors, and its restart is told", async () => {
  const port = await freePort();
  const server = (busyMs: number) =>
    node(`
    const files = Array.from({length: 40}, () => require("fs").openSync("/dev/null"));
    require("net").createServer().listen(${port}, "127.0.0.1", () => {
      const until = Date.now() + ${busyMs}; while (Date.now() < until); console.log("listening", files.length);
    });`);
  await using first = server(400);
  await first.waitFor("listening", () => (first.stdout.includes("listening") ? true : undefined));
  const river = await openWitnessRiver(host, { interval: "100ms", processes: [{ name: "api", port }], ports: [port] });
  const api = (pid: number) => ({ "pitwall.process": "api", "process.pid": pid });
  await river.until(() => samplesOf(river, "process.memory.usage", api(first.pid)).length >= 2);
  expect(lastOf(river, "process.cpu.time", { ...api(first.pid), "cpu.mode": "user" })).toBeGreaterThan(0.1);
  expect(lastOf(river, "process.unix.file_descriptor.count", api(first.pid))).toBeGreaterThan(40);
  expect(lastOf(river, "process.memory.usage", api(first.pid))).toBeGreaterThan(
    lastOf(river, "pitwall.host.process.memory.private", api(first.pid)) ?? 0,
  );
  expect(Math.abs((lastOf(river, "pitwall.host.process.start_time", api(first.pid)) ?? 0) - Date.now() / 1000)).toBeLessThan(30);
  expect(lastOf(river, "pitwall.host.processes", { "pitwall.process": "api" })).toBe(1);

  await first.stop();
  await river.until(() => lastOf(river, "pitwall.host.processes", { "pitwall.process": "api" }) === 0);
  await using second = server(0);
  await river.until(() => samplesOf(river, "process.memory.usage", api(second.pid)).length > 0);
  await river.close();
  const notes = river.items().flatMap((item) => (item.kind === "note" ? [item.text] : []));
  expect(notes).toEqual([`api: pid ${first.pid} ended`, `api: pid ${second.pid} began`]);
  expect(river.witnesses()[0]).toMatchObject({ hop: "host", name: "host", format: "procfs" });
}, 20_000);

test("connections that a stopped server does not accept are seen in its accept queue, and the overflow of it", async () => {
  const port = await freePort();
  await using server = node(`require("net").createServer().listen({port: ${port}, host: "127.0.0.1", backlog: 4}, () => console.log("listening"));`);
  await server.waitFor("listening", () => (server.stdout.includes("listening") ? true : undefined));
  const river = await openWitnessRiver(host, { interval: "100ms", ports: [port] });
  await river.until(() => samplesOf(river, "pitwall.host.listener.accept_queue", { "network.local.port": port }).length > 0);
  const overflowsBefore = lastOf(river, "pitwall.host.tcp.listen_overflows") ?? 0;
  process.kill(server.pid, "SIGSTOP");
  const clients: Socket[] = Array.from({ length: 12 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  try {
    await river.until(() => (lastOf(river, "pitwall.host.listener.accept_queue", { "network.local.port": port }) ?? 0) >= 4);
    await river.until(() => (lastOf(river, "pitwall.host.tcp.listen_overflows") ?? 0) > overflowsBefore);
    expect(lastOf(river, "pitwall.host.port.connections", { "network.local.port": port, "network.connection.state": "listen" })).toBe(1);
    expect(lastOf(river, "system.network.connection.count", { "network.connection.state": "syn_sent" })).toBeGreaterThan(0);
  } finally {
    for (const client of clients) client.destroy();
    process.kill(server.pid, "SIGCONT");
    await river.close();
  }
}, 20_000);

test("the machine as a whole is there, and its counters only rise", async () => {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const river = await openWitnessRiver(host, { interval: "100ms" });
  await river.until(() => samplesOf(river, "system.cpu.utilization", { "cpu.mode": "idle" }).length >= 3);
  await river.close();
  listener.close();
  for (const name of [
    "system.cpu.time",
    "system.memory.usage",
    "system.memory.limit",
    "system.network.io",
    "system.filesystem.usage",
    "pitwall.host.load",
    "pitwall.host.tcp.segments_retransmitted",
    "system.paging.faults",
  ]) {
    expect(samplesOf(river, name).length, name).toBeGreaterThan(1);
  }
  const idle = samplesOf(river, "system.cpu.time", { "cpu.mode": "user" }).map(({ value }) => value);
  expect(idle).toEqual(idle.toSorted((a, b) => a - b));
  const shares = samplesOf(river, "system.cpu.utilization").filter(({ timeUnixNano }, _, [first]) => timeUnixNano === first?.timeUnixNano);
  expect(shares.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(1, 6);
}, 20_000);
