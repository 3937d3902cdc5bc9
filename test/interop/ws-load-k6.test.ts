import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { PROJECT_FOLDER, peerCommand } from "../peers/peers.ts";
import { Process } from "./child-process.ts";
import { WsServer } from "./ws-server.ts";

/** Each mode of ws-load.js with real k6, against what a WebSocket server saw. */

test("connect: every client is connected once and held to the end", async () => {
  const { code, stdout, server, openMeanwhile } = await load("echo", { MODE: "connect", CLIENTS: "120", DURATION: "3s", AUTH_TOKEN: "t0ken" });
  expect([code, server.accepted, openMeanwhile, server.open]).toEqual([0, 120, 120, 0]);
  expect(server.headers[0]?.authorization).toBe("Bearer t0ken");
  expect(connections(stdout)).toEqual({ first: [120, 120, 0], again: [0, 0, 0] });
});

test("connect: where nobody listens every attempt has failed, and the threshold too", async () => {
  const server = new WsServer("echo");
  await server.start();
  await server.stop();
  const { code, stdout } = await runK6({ URL: server.url, MODE: "connect", CLIENTS: "20", DURATION: "2s" });
  expect([code, connections(stdout)]).toEqual([99, { first: [20, 0, 20], again: [0, 0, 0] }]);
});

test("ping: as many pings reach the server as are due, and all come back", async () => {
  const { code, stdout, server } = await load("echo", { MODE: "ping", CLIENTS: "40", DURATION: "2s", INTERVAL: "200ms" });
  const [, sent, due, answered] = (/pings: (\d+) of (\d+) due were sent .*, (\d+) answered/.exec(stdout) ?? []).map(Number);
  expect(code).toBe(0);
  expect([sent, answered]).toEqual([server.pings, server.pings]);
  // Forty clients that begin over one second: 10 pings of the first eight, then 9, 8, 7 and 6.
  expect(due).toBe(320);
  expect(server.pings).toBeGreaterThan(240);
  expect(server.pings).toBeLessThanOrEqual(320);
  expect(stdout).toMatch(/round trip +\d+\.\d+ +\d/);
});

test("reconnect: after a crash of the server all come back, with failures while it was away", async () => {
  const { code, stdout, server } = await load("echo", { MODE: "reconnect", CLIENTS: "30", DURATION: "6s", BACKOFF_MAX: "1s" }, async (crashing) => {
    await wait(1000);
    await crashing.stop();
    await wait(1000);
    await crashing.start();
  });
  const { first, again } = connections(stdout);
  expect([code, first]).toEqual([0, [30, 30, 0]]);
  expect(again?.[1]).toBe(30);
  expect(again?.[2]).toBeGreaterThan(30);
  expect(server.accepted).toBe(60);
  expect(stdout).toContain("30 lost by the other side");
});

test("flap: connections that are cut are made again, and none is taken for lost", async () => {
  const env = { MODE: "flap", CLIENTS: "40", DURATION: "4s", FLAP_INTERVAL: "500ms", FLAP_PCT: "30", BACKOFF_MIN: "10ms" };
  const { code, stdout, server } = await load("echo", env);
  const [, lost, cut] = (/(\d+) lost by the other side, (\d+) cut on purpose/.exec(stdout) ?? []).map(Number);
  const { first, again } = connections(stdout);
  expect([code, first, lost]).toEqual([0, [40, 40, 0], 0]);
  expect(cut).toBeGreaterThan(20);
  expect(again?.[2]).toBe(0);
  expect(server.accepted).toBe(40 + (again?.[1] ?? 0));
});

test("slow: readers that wait make the server queue, and their times stay apart from those of the others", async () => {
  const env = {
    MODE: "slow",
    TARGET: "broadcast",
    CLIENTS: "10",
    SENDERS: "3",
    DURATION: "5s",
    INTERVAL: "30ms",
    SLOW_DELAY: "1s",
    BODY_BYTES: "60000",
  };
  const { code, stdout, server } = await load("broadcast", env);
  const { fast, slow } = readers(stdout);
  expect(code).toBe(0);
  expect(server.accepted).toBe(10);
  // One message a second of each of the three, of hundreds.
  expect(slow?.received).toBeGreaterThan(8);
  expect(slow?.received).toBeLessThanOrEqual(15);
  expect(fast?.received).toBeGreaterThan(100 * 7);
  expect(slow?.p50Ms).toBeGreaterThan(1000);
  expect(fast?.p50Ms).toBeLessThan(500);
  // Not read at all, down to the connection: the kernel's buffers are full, and the server holds the rest.
  expect(server.mostQueuedBytes).toBeGreaterThan(1_000_000);
});

test("e2e: each message comes back to its sender and is timed; messages of others are counted apart", async () => {
  const { code, stdout, server } = await load("echo", { MODE: "e2e", CLIENTS: "10", DURATION: "2s", INTERVAL: "100ms", FIRST_MESSAGE: "sign in" });
  const sent = Number(/messages: (\d+) of \d+ due/.exec(stdout)?.[1]);
  expect([code, server.texts]).toEqual([0, sent + 10]);
  // Those on their way when the connections close are not received.
  expect(readers(stdout)["fast"]?.received).toBeGreaterThanOrEqual(sent - 10);
  expect(readers(stdout)["fast"]?.received).toBeLessThanOrEqual(sent);
  expect(stdout).toContain("10 received that are not of this run");
});

test("wrong settings are refused together, in words", async () => {
  const { code, stderr } = await runK6({ URL: "http://127.0.0.1:1", MODE: "pong", CLIENTS: "0" });
  expect(code).toBe(107);
  for (const words of ["URL=http://127.0.0.1:1: give an address", "MODE=pong: choose one of connect, ping", "CLIENTS=0: give a whole number"]) {
    expect(stderr).toContain(words);
  }
});

async function load(target: "echo" | "broadcast", env: Readonly<Record<string, string>>, meanwhile?: (server: WsServer) => Promise<void>) {
  await using server = new WsServer(target);
  await server.start();
  const run = runK6({ URL: server.url, ...env });
  while (server.accepted < Number(env["CLIENTS"])) {
    if (await Promise.race([run.then(() => true), wait(20).then(() => false)])) break;
  }
  const openMeanwhile = server.open;
  await meanwhile?.(server);
  return { ...(await run), server, openMeanwhile };
}

async function runK6(env: Readonly<Record<string, string>>) {
  const { file, environment } = peerCommand("k6");
  await using k6 = new Process({
    file: process.execPath,
    arguments: ["loadtest/k6/run-k6.ts", "loadtest/websocket/ws-load.js", "--quiet", "--no-usage-report"],
    folder: PROJECT_FOLDER,
    environment: { ...environment, K6_BIN: file, ...env },
  });
  const code = await k6.end();
  return { code, stdout: k6.stdout, stderr: k6.stderr };
}

/** Attempts, made and failed. */
function connections(stdout: string): Readonly<Record<string, readonly number[]>> {
  const rows = stdout.matchAll(/^ +(first|again) +(\d+) +(\d+) +(\d+) /gm);
  return Object.fromEntries([...rows].map(([, name, ...numbers]) => [name, numbers.map(Number)]));
}

function readers(stdout: string): Readonly<Record<string, { readonly received: number; readonly p50Ms: number }>> {
  const rows = stdout.matchAll(/^ +(fast|slow) +(\d+) +\d+ +(\S+)/gm);
  return Object.fromEntries([...rows].map(([, name, received, p50]) => [name, { received: Number(received), p50Ms: Number(p50) }]));
}
