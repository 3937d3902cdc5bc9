import { Agent, createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer as createTcpServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { DriveResult } from "../../../../loadtest/driver/drive-result.ts";
import { type DriveOptions, drive } from "../../../../loadtest/driver/driver.ts";
import { OUTCOMES } from "../../../../loadtest/driver/outcome.ts";
import { timedRequest } from "../../../../loadtest/driver/timed-request.ts";

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const options = (baseUrl: string, more: Partial<DriveOptions> = {}): DriveOptions => ({
  baseUrl,
  rate: { kind: "constant", perSecond: 100, durationMs: 300 },
  targets: [{ name: "all", path: () => "/", weight: 1 }],
  maxInFlight: 50,
  timeoutMs: 5000,
  ...more,
});

function addsUp(result: DriveResult): void {
  expect(result.planned).toBe(result.sent + result.dropped);
  expect(OUTCOMES.reduce((sum, outcome) => sum + result.outcomes[outcome], 0)).toBe(result.sent);
  for (const endpoint of result.endpoints) {
    expect(OUTCOMES.reduce((sum, outcome) => sum + endpoint.outcomes[outcome], 0)).toBe(endpoint.sent);
    expect(endpoint.latency?.count ?? 0).toBe(endpoint.sent);
  }
}

test("every planned request is sent or counted as dropped, and every sent one has one outcome", async () => {
  let served = 0;
  const traces = new Set<string | undefined>();
  const baseUrl = await serve((request, response) => {
    served++;
    traces.add(request.headers["traceparent"] as string | undefined);
    response.statusCode = request.url === "/busy" ? 429 : request.url === "/gone" ? 404 : request.url === "/broken" ? 500 : 200;
    response.end("body");
  });
  const paths = ["/", "/busy", "/gone", "/broken"];
  const result = await drive(options(baseUrl, { targets: [{ name: "mixed", path: (index) => paths[index % 4] as string, weight: 1 }] }));
  addsUp(result);
  expect(result.sent).toBe(30);
  expect(served).toBe(30);
  expect(result.outcomes).toMatchObject({ ok: 8, http_429: 8, http_4xx: 7, http_5xx: 7 });
  expect([...(result.endpoints[0]?.statuses ?? [])]).toEqual([
    [200, 8],
    [404, 7],
    [429, 8],
    [500, 7],
  ]);
  expect(traces.size).toBe(30);
  for (const trace of traces) expect(trace).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
});

test("targets get their share of the requests", async () => {
  const baseUrl = await serve((_request, response) => response.end());
  const targets = [
    { name: "often", path: () => "/a", weight: 4 },
    { name: "seldom", path: () => "/b", weight: 1 },
  ];
  const result = await drive(options(baseUrl, { targets }));
  expect(result.endpoints.map(({ name, sent }) => [name, sent])).toEqual([
    ["often", 24],
    ["seldom", 6],
  ]);
});

test("arrivals beyond the in-flight cap are dropped and counted, not sent later", async () => {
  const held: (() => void)[] = [];
  const baseUrl = await serve((_request, response) => {
    held.push(() => response.end());
  });
  const controller = new AbortController();
  const running = drive(
    options(baseUrl, { maxInFlight: 5, rate: { kind: "constant", perSecond: 200, durationMs: 200 }, signal: controller.signal, timeoutMs: 10_000 }),
  );
  await expect.poll(() => held.length, { timeout: 10_000 }).toBe(5);
  setTimeout(() => {
    for (const release of held) release();
  }, 400);
  const result = await running;
  addsUp(result);
  expect(result.planned).toBe(40);
  expect(result.sent).toBe(5);
  expect(result.dropped).toBe(35);
  expect(result.maxInFlight).toBe(5);
});

test("latency counts from the intended start: a stalled server is seen by the requests that queue for a socket", async () => {
  const stallMs = 300;
  let isFirst = true;
  const baseUrl = await serve((_request, response) => {
    setTimeout(() => response.end(), isFirst ? stallMs : 0);
    isFirst = false;
  });
  const result = await drive(options(baseUrl, { maxSockets: 1, rate: { kind: "constant", perSecond: 100, durationMs: 200 } }));
  addsUp(result);
  // With one socket the others wait behind the first; in a closed loop they would not have been sent at all.
  expect(result.sent).toBe(20);
  expect(result.latency?.p50Ms).toBeGreaterThan(100);
  expect(result.endpoints[0]?.p95Phases?.blocked).toBeGreaterThan(100);
});

test("nobody listening is `refused`", async () => {
  const closed = createTcpServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => closed.once("listening", resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  const result = await drive(options(`http://127.0.0.1:${port}`));
  addsUp(result);
  expect(result.outcomes.refused).toBe(result.sent);
});

test("a connection cut in the middle of the answer is `reset`, a silent server is `timeout`", async () => {
  const baseUrl = await serve((request, response) => {
    if (request.url === "/silent") return;
    response.writeHead(200, { "content-length": 100 });
    response.write("half");
    setTimeout(() => response.destroy(), 20);
  });
  const targets = [
    { name: "cut", path: () => "/cut", weight: 1 },
    { name: "silent", path: () => "/silent", weight: 1 },
  ];
  const result = await drive(options(baseUrl, { targets, timeoutMs: 200 }));
  addsUp(result);
  const [cut, silent] = result.endpoints;
  expect(cut?.outcomes.reset).toBe(15);
  expect(cut?.statuses.size).toBe(0);
  expect(silent?.outcomes.timeout).toBe(15);
});

test("phases add up to the latency, and a reused connection needs no connect", async () => {
  const baseUrl = await serve((_request, response) => {
    response.write("a");
    setTimeout(() => response.end("b"), 30);
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const one = () =>
    timedRequest({
      agent,
      host: "127.0.0.1",
      port: Number(new URL(baseUrl).port),
      method: "GET",
      path: "/",
      headers: {},
      timeoutMs: 5000,
      intendedMs: performance.now(),
    });
  const results = [await one(), await one()];
  for (const { phases, latencyMs, outcome, bodyBytes } of results) {
    expect(outcome).toBe("ok");
    expect(bodyBytes).toBe(2);
    expect(phases.blocked + phases.connect + phases.send + phases.wait + phases.receive).toBeCloseTo(latencyMs, 6);
    for (const phase of Object.values(phases)) expect(phase).toBeGreaterThanOrEqual(0);
    expect(phases.receive).toBeGreaterThan(10);
  }
  expect(results[0]?.phases.connect).toBeGreaterThan(0);
  expect(results[1]?.phases.connect).toBe(0);
});

test("an aborted load stops sending and waits for what is under way", async () => {
  const baseUrl = await serve((_request, response) => response.end());
  const controller = new AbortController();
  const running = drive(options(baseUrl, { rate: { kind: "constant", perSecond: 100, durationMs: 600_000 }, signal: controller.signal }));
  setTimeout(() => controller.abort(), 100);
  const result = await running;
  addsUp(result);
  expect(result.sent).toBeLessThan(60_000);
});

test("a target that is not plain HTTP is refused in words", async () => {
  await expect(drive(options("https://127.0.0.1:1"))).rejects.toThrow(/plain HTTP only/);
});

test("an observer hears of every request that is due, dropped or ended, as they are counted", async () => {
  const heard = { planned: 0, dropped: 0, ended: [] as string[] };
  const baseUrl = await serve((_request, response) => setTimeout(() => response.end("late"), 50));
  const observer = {
    planned: () => void heard.planned++,
    dropped: () => void heard.dropped++,
    ended: (target: string, { outcome }: { readonly outcome: string }) => void heard.ended.push(`${target} ${outcome}`),
  };
  const result = await drive(options(baseUrl, { maxInFlight: 2, observer }));
  expect(result.dropped).toBeGreaterThan(0);
  expect(heard).toEqual({ planned: result.planned, dropped: result.dropped, ended: Array(result.sent).fill("all ok") });
});
