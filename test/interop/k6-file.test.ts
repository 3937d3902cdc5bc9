import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { LoadItem } from "../../collector/model/load-record.ts";
import { k6 as k6Receiver } from "../../collector/receivers/k6/k6.ts";
import { peerCommand } from "../peers/peers.ts";
import { openWitnessRiver, requestsOf } from "../unit/receivers/file-tail-river.ts";
import { Process } from "./child-process.ts";

/** The file of a running k6, followed while it is written. */

let folder: string;
let target: Server;
let url: string;
let served = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-k6-file-"));
  target = createServer((_request, response) => {
    served++;
    response.statusCode = served % 10 === 0 ? 503 : 200;
    response.end("works");
  }).listen(0, "127.0.0.1");
  await once(target, "listening");
  url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/works`;
  return () => {
    target.close();
    target.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  };
});

function startK6(script: string, output: string, more: readonly string[]): Process {
  const file = join(folder, "script.js");
  writeFileSync(file, script);
  const { file: program, arguments: first, environment } = peerCommand("k6");
  return new Process({
    file: program,
    arguments: [...first, "run", "--quiet", "--no-usage-report", ...more, `--out=${output}`, file],
    environment: { ...environment, K6_CSV_TIME_FORMAT: "unix_nano" },
  });
}

const sumOf = (items: readonly LoadItem[], name: string): number =>
  items.reduce((sum, item) => sum + (item.kind === "sample" && item.name === name ? item.value : 0), 0);

describe.each(["json", "csv"])("k6 --out %s", (format) => {
  test("gives as many requests as the server served, with their statuses, while it runs", async () => {
    const path = join(folder, `k6.${format}`);
    const river = await openWitnessRiver(k6Receiver, { path, poll_interval: "50ms", batch_timeout: "100ms" });
    served = 0;
    const script = `import http from "k6/http"; import { check } from "k6";
      export default () => { check(http.get("${url}"), { ok: (r) => r.status === 200 }); };`;
    await using k6 = startK6(script, `${format}=${path}`, ["--vus=4", "--iterations=400"]);
    await river.until((items) => requestsOf(items).length > 0);
    expect(await k6.end(), k6.stderr).toBe(0);
    await river.close();
    const items = river.items();
    const requests = requestsOf(items);
    expect(served).toBe(400);
    expect(requests.length).toBe(served);
    expect(requests.filter(({ status }) => status === 503).length).toBe(40);
    expect(requests.filter(({ outcome }) => outcome === "http_error").length).toBe(40);
    expect(sumOf(items, "iterations")).toBe(400);
    const checks = items.filter((item) => item.kind === "sample" && item.name === "checks");
    expect([checks.length, sumOf(items, "checks")]).toEqual([400, 360]);
    expect(river.around.meter.total("pitwall_receiver_lines_rejected")).toBe(0);
    for (const balance of river.around.ledger.balances()) expect(balance).toMatchObject({ dropped: 0, inFlight: 0 });
  }, 20_000);
});

test("requests that are cut off at the end of a run are all that differs from the server's count", async () => {
  const path = join(folder, "cut.json");
  const river = await openWitnessRiver(k6Receiver, { path, poll_interval: "50ms", batch_timeout: "100ms" });
  served = 0;
  const vus = 6;
  await using k6 = startK6(`import http from "k6/http"; export default () => { http.get("${url}"); };`, `json=${path}`, [
    `--vus=${vus}`,
    "--duration=2s",
  ]);
  expect(await k6.end(), k6.stderr).toBe(0);
  await river.close();
  const seen = requestsOf(river.items()).length;
  expect(seen).toBeGreaterThan(vus);
  expect(served - seen).toBeGreaterThanOrEqual(0);
  expect(served - seen).toBeLessThanOrEqual(vus);
}, 20_000);
