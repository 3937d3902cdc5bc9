import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { METRICS } from "../../collector/model/catalog.ts";
import { peerCommand } from "../peers/peers.ts";
import { startApiServer } from "./api-server-process.ts";
import { Process } from "./child-process.ts";
import type { CollectorProcess } from "./collector-process.ts";
import { scrape } from "./exposition.ts";
import { type PrometheusProcess, queryUntil, startPrometheus } from "./prometheus-process.ts";
import { type Received, receivedFrom, startRecordingCollector } from "./received.ts";

const SERVICE = "genarrative-api";
const PERMITS = 32;
const REQUESTS = 400;
const AT_ONCE = 16;

let collector: CollectorProcess;
let prometheus: PrometheusProcess;

beforeAll(async () => {
  collector = await startRecordingCollector({ prometheus: { endpoint: "127.0.0.1:0" } });
  prometheus = await startPrometheus(collector.endpoint("prometheus"));
  const server = await startApiServer(collector.endpoint("otlp.http"), { GENARRATIVE_API_MAX_CONCURRENT_REQUESTS: String(PERMITS) });
  let sent = 0;
  const send = async () => {
    while (sent++ < REQUESTS) {
      const response = await fetch(`${server.url}/api/runtime/puzzle/gallery`);
      expect(response.status).toBe(200);
      await response.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, send));
  return async () => {
    for (const running of [server, prometheus, collector]) await running[Symbol.asyncDispose]();
  };
});

const last = (received: Received, metric: string): number | undefined => received.points.findLast((point) => point.metric === metric)?.value;
const hits = METRICS.puzzleGalleryCacheHits;
const misses = METRICS.puzzleGalleryCacheMisses;

test("Prometheus answers with the cache counters that the server reported", async () => {
  const reported = await receivedFrom(
    collector,
    SERVICE,
    (received) => (last(received, hits.name) ?? 0) + (last(received, misses.name) ?? 0) >= REQUESTS,
  );
  expect((last(reported, hits.name) ?? 0) + (last(reported, misses.name) ?? 0)).toBe(REQUESTS);
  for (const metric of [hits, misses]) {
    const value = last(reported, metric.name);
    expect(await queryUntil(prometheus, metric.prometheus.suffixed, (found) => found === value)).toBe(value);
  }
});

test("Prometheus answers with the permits that the server reported, all free again after the load", async () => {
  const { name, prometheus: family } = METRICS.requestPermitsAvailable;
  const reported = await receivedFrom(collector, SERVICE, (received) => last(received, name) === PERMITS);
  expect(last(reported, name)).toBe(PERMITS);
  expect(await queryUntil(prometheus, family.suffixed, (found) => found === PERMITS)).toBe(PERMITS);
});

test("Prometheus answers with a memory reading that the server reported", async () => {
  const { name, prometheus: family } = METRICS.processMemoryUsage;
  expect(family.suffixed).toBe("process_memory_usage_bytes");
  const value = await queryUntil(prometheus, family.suffixed, (found) => found !== undefined);
  const reported = await receivedFrom(collector, SERVICE, (received) =>
    received.points.some((point) => point.metric === name && point.value === value),
  );
  expect(reported.points.filter((point) => point.metric === name).map((point) => point.value)).toContain(value);
});

test("Prometheus has the request durations as a histogram whose count is the number of requests", async () => {
  const family = METRICS.httpServerRequestDuration.prometheus.suffixed;
  expect(await queryUntil(prometheus, `sum(${family}_count)`, (found) => found === REQUESTS)).toBe(REQUESTS);
  expect(await queryUntil(prometheus, `sum(${family}_bucket{le="+Inf"})`, (found) => found === REQUESTS)).toBe(REQUESTS);
});

test("what Prometheus has is what our page says", async () => {
  const samples = await scrape(`http://${collector.endpoint("prometheus")}/metrics`);
  for (const metric of [hits, misses]) {
    const sample = samples.find(({ name }) => name === metric.prometheus.suffixed);
    expect(sample?.value).toBe((await prometheus.query(metric.prometheus.suffixed))[0]?.value);
  }
});

test("promtool finds no fault with the page of self metrics", async () => {
  expect(await promtoolFindings(collector.selfMetricsUrl)).toEqual({ exitCode: 0, lines: [] });
});

test("promtool finds nothing in the page of what was received but names and units that the server chose itself", async () => {
  const { exitCode, lines } = await promtoolFindings(`http://${collector.endpoint("prometheus")}/metrics`);
  expect(lines.filter((line) => !SERVERS_OWN.some((pattern) => pattern.test(line)))).toEqual([]);
  // 3 = parsed, with remarks; 1 would be a page that cannot be read.
  expect(exitCode).toBe(3);
});

/** Remarks about names that senders choose and we pass on: milliseconds, and counts of things under OpenTelemetry's own names. */
const SERVERS_OWN = [
  /^genarrative_\S+_milliseconds use base unit "seconds" instead of "milliseconds"$/,
  /^genarrative_spacetime_read_duration_ms_milliseconds metric names should not contain abbreviated units$/,
  /^process_(thread|unix_file_descriptor)_count non-histogram and non-summary metrics should not have "_count" suffix$/,
];

async function promtoolFindings(url: string): Promise<{ readonly exitCode: number | null; readonly lines: readonly string[] }> {
  const page = join(collector.folder, "page.txt");
  writeFileSync(page, await (await fetch(url)).text());
  const { file, arguments: first, environment } = peerCommand("promtool");
  await using check = new Process({ file, arguments: [...first, "check", "metrics"], environment, stdinFile: page });
  const exitCode = await check.end();
  return { exitCode, lines: `${check.stdout}${check.stderr}`.split("\n").filter((line) => line !== "") };
}
