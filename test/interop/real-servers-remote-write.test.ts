import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { type MockReceiver, mockReceiver } from "../remote-write/mock-receiver.ts";
import type { CollectorProcess } from "./collector-process.ts";
import {
  type Answers,
  CLASSIC,
  CUSTOM_BUCKETS,
  everyKind,
  NATIVE,
  NATIVE_AS_CLASSIC,
  NUMBERS,
  POINTS_OF_EVERY_KIND,
  RESOURCE,
  SLOW_TRACE_ID,
  SUMMARY,
  TARGET,
  TRACE_ID,
  UTF8,
  UTF8_ESCAPED,
} from "./every-kind.ts";
import { counterTotal, scrape } from "./exposition.ts";
import { logged, stopWithLedger } from "./kept-ledger.ts";
import { startMetricsCollector } from "./metrics-collector.ts";
import { counter, sendMetrics } from "./otlp-metrics.ts";
import { type PrometheusProcess, startPrometheus } from "./prometheus-process.ts";
import { answersOf, exemplarsOf, expectValue, flushed, type Server } from "./server-answers.ts";
import { startVictoriaMetrics, type VictoriaMetrics } from "./victoria-metrics-process.ts";

// Pitwall writes to real servers by remote write, and they answer with what was sent as OTLP.

type ServerName = "old" | "current" | "victoria";

interface Write {
  readonly server: ServerName;
  /** Further keys of the exporter. */
  readonly keys?: object;
  readonly protocol: 1 | 2;
  readonly answers: readonly Answers[];
  readonly hasExemplars: boolean;
}

const KINDS = [NUMBERS, SUMMARY, TARGET];

const WRITES: Readonly<Record<string, Write>> = {
  "Prometheus 2.42": { server: "old", protocol: 1, answers: [...KINDS, CLASSIC, NATIVE_AS_CLASSIC], hasExemplars: true },
  "Prometheus 2.42 with native histograms": {
    server: "old",
    keys: { native_histograms: true },
    protocol: 1,
    answers: [...KINDS, CLASSIC, NATIVE],
    hasExemplars: true,
  },
  "Prometheus 2.42 with dots in our names": {
    server: "old",
    keys: { translation_strategy: "NoTranslation" },
    protocol: 1,
    answers: [UTF8_ESCAPED],
    hasExemplars: false,
  },
  "Prometheus 3": { server: "current", protocol: 2, answers: [...KINDS, CLASSIC, NATIVE], hasExemplars: true },
  "Prometheus 3 by 1.0": {
    server: "current",
    keys: { protocol: 1 },
    protocol: 1,
    answers: [...KINDS, CLASSIC, NATIVE_AS_CLASSIC],
    hasExemplars: true,
  },
  "Prometheus 3 with custom buckets": {
    server: "current",
    keys: { convert_classic_to_nhcb: true },
    protocol: 2,
    answers: [...KINDS, CUSTOM_BUCKETS, NATIVE],
    hasExemplars: false,
  },
  "Prometheus 3 with dots in our names": {
    server: "current",
    keys: { translation_strategy: "NoTranslation" },
    protocol: 2,
    answers: [UTF8],
    hasExemplars: false,
  },
  VictoriaMetrics: { server: "victoria", protocol: 1, answers: [...KINDS, CLASSIC, NATIVE_AS_CLASSIC], hasExemplars: false },
};

const names = Object.keys(WRITES);
const idOf = (name: string) => `w${names.indexOf(name)}`;
const exporterOf = (name: string) => `prometheusremotewrite/${idOf(name)}`;
const STARTED_BEFORE_MS = 60_000;

let servers: { readonly old: PrometheusProcess; readonly current: PrometheusProcess; readonly victoria: VictoriaMetrics };
let collector: CollectorProcess;
/** Where Prometheus 3 sends on what it took: no query of it tells metadata that came by remote write. */
let forwarded: MockReceiver;
let sentMs: number;

beforeAll(async () => {
  forwarded = await mockReceiver();
  const [old, current, victoria] = await Promise.all([
    startPrometheus({ flags: ["--enable-feature=native-histograms,exemplar-storage"] }),
    startPrometheus({
      command: "prometheus3",
      flags: ["--enable-feature=exemplar-storage,metadata-wal-records"],
      config: { remote_write: [{ url: forwarded.url, protobuf_message: "io.prometheus.write.v2.Request", send_native_histograms: true }] },
    }),
    startVictoriaMetrics(),
  ]);
  servers = { old, current, victoria };
  const exporters = Object.fromEntries(
    Object.entries(WRITES).map(([name, { server, keys }]) => [
      exporterOf(name),
      { endpoint: servers[server].writeUrl, external_labels: { via: idOf(name) }, batch_send_deadline: "100ms", ...keys },
    ]),
  );
  collector = await startMetricsCollector(exporters);
  sentMs = Date.now();
  expect(await sendMetrics(collector, RESOURCE, everyKind(sentMs), { timeMs: sentMs, startMs: sentMs - STARTED_BEFORE_MS })).toBe(
    POINTS_OF_EVERY_KIND,
  );
  return async () => {
    for (const running of [collector, old, current, victoria, forwarded]) await running[Symbol.asyncDispose]();
  };
});

describe.each(Object.entries(WRITES))("%s", (name, { server, protocol, answers, hasExemplars }) => {
  const via = `via="${idOf(name)}"`;

  test(`is spoken to by ${protocol}.0 and has every value that was sent`, async () => {
    const one: Server = server === "victoria" ? flushed(servers.victoria) : servers[server];
    for (const wanted of answers) await expect.poll(() => answersOf(one, wanted, via), { timeout: 10_000, interval: 50 }).toEqual(wanted);
    const found = await one.query(`group by (job, instance) ({${via}})`);
    expect(found.map(({ labels }) => labels)).toEqual([{ job: "shop/api", instance: "api-1" }]);
    const samples = await scrape(collector.selfMetricsUrl);
    expect(samples.find((sample) => sample.name === "pitwall_remote_write_protocol" && sample.labels["exporter"] === exporterOf(name))?.value).toBe(
      protocol,
    );
  });

  if (!hasExemplars) return;
  test("has the exemplars", async () => {
    const prometheus = servers[server] as PrometheusProcess;
    expect(await exemplarsOf(prometheus, `app_requests_total{${via}}`, sentMs)).toEqual([{ trace: TRACE_ID, value: 1, ms: sentMs - 1000 }]);
    expect(await exemplarsOf(prometheus, `app_latency_seconds_bucket{${via}}`, sentMs)).toEqual([
      { trace: TRACE_ID, value: 0.25, ms: sentMs - 1000 },
      { trace: SLOW_TRACE_ID, value: 1.5, ms: sentMs - 1000 },
    ]);
  });
});

/** MetricType of io.prometheus.write.v2.Metadata. */
const TYPE = { counter: 1, gauge: 2, histogram: 3, summary: 5 };

test("Prometheus 3 has type, help and unit of every kind, and sends them on", async () => {
  const metadataOf = (name: string) => forwarded.series(name).find(({ metadata }) => metadata !== undefined && metadata.type !== 0)?.metadata;
  for (const [name, wanted] of [
    ["app_requests_total", { type: TYPE.counter, help: 'All "requests"\nand more \\ less', unit: "" }],
    ["app_temperature_celsius", { type: TYPE.gauge, unit: "celsius" }],
    ["app_latency_seconds_bucket", { type: TYPE.histogram, unit: "seconds" }],
    ["app_size_bytes", { type: TYPE.histogram, unit: "bytes" }],
    ["app_rpc_seconds_count", { type: TYPE.summary, unit: "seconds" }],
  ] as const) {
    await expect.poll(() => metadataOf(name), { timeout: 15_000, message: name }).toMatchObject(wanted);
  }
});

test("the log says which version each receiver speaks, and why", () => {
  const words = logged(collector);
  expect(words.filter((line) => line === "the receiver speaks remote write 2.0 (found by its Written headers)")).toHaveLength(3);
  expect(words.filter((line) => line.startsWith("falling back to remote write 1.0 for this endpoint"))).toHaveLength(4);
  expect(words.filter((line) => line === "the receiver speaks remote write 1.0 (as configured)")).toHaveLength(1);
});

test("at the end the loss ledger balances and nothing was lost", async () => {
  expect(await stopWithLedger(collector)).toMatchObject({
    ledger: {
      metrics: { received: POINTS_OF_EVERY_KIND, copied: POINTS_OF_EVERY_KIND * (names.length - 1), exported: POINTS_OF_EVERY_KIND * names.length },
    },
    losses: [],
    balanced: true,
  });
});

const SERIES = 20;
const ROUNDS = 50;
const ROUND_MS = 60;

test.each(["prometheus", "prometheus3"] as const)("%s is killed and started again in the middle of sending: nothing is lost", async (command) => {
  await using server = await startPrometheus({ command });
  await using sender = await startMetricsCollector({ prometheusremotewrite: { endpoint: server.writeUrl, batch_send_deadline: "50ms" } });
  const startMs = Date.now() - 1000;
  let back: Promise<void> | undefined;
  for (let round = 1; round <= ROUNDS; round++) {
    const points = Array.from({ length: SERIES }, (_, index) => ({ value: round * (index + 1), attributes: { index: String(index) } }));
    await sendMetrics(sender, RESOURCE, [counter("app.steps", points)], { timeMs: Date.now(), startMs });
    if (round === 10) await expectValue(server, "count(app_steps_total)", SERIES);
    if (round === 15) await server.kill();
    if (round === 30) back = server.restart();
    await wait(ROUND_MS);
  }
  await back;
  const selector = `app_steps_total{job="shop/api"}`;
  await expectValue(server, `min(last_over_time(${selector}[5m]))`, ROUNDS);
  expect(counterTotal(await scrape(sender.selfMetricsUrl), "pitwall_remote_write_retries")).toBeGreaterThan(0);
  // One more than was sent: the 0 at the start.
  const counts = await server.query(`count_over_time(${selector}[5m])`);
  expect(counts.map(({ value }) => value)).toEqual(Array.from({ length: SERIES }, () => ROUNDS + 1));
  const last = await server.query(`last_over_time(${selector}[5m])`);
  expect(Object.fromEntries(last.map(({ labels, value }) => [labels["index"], value]))).toEqual(
    Object.fromEntries(Array.from({ length: SERIES }, (_, index) => [String(index), ROUNDS * (index + 1)])),
  );
  const points = SERIES * ROUNDS;
  expect(await stopWithLedger(sender)).toMatchObject({
    ledger: { metrics: { received: points, exported: points, dropped: 0 } },
    losses: [],
    balanced: true,
  });
});

test("Prometheus is away and Pitwall is killed: what waited on disk is sent first, in order, after the next start", async () => {
  await using server = await startPrometheus({});
  const directory = mkdtempSync(join(tmpdir(), "pitwall-queue-"));
  const exporter = {
    endpoint: server.writeUrl,
    batch_send_deadline: "20ms",
    retry_on_failure: { max_interval: "200ms" },
    queue: { directory, spill_after: "100ms" },
  };
  const startMs = Date.now() - 1000;
  const send = (sender: CollectorProcess, round: number) =>
    sendMetrics(sender, RESOURCE, [counter("app.steps", [{ value: round }])], { timeMs: Date.now(), startMs });
  await using killed = await startMetricsCollector({ prometheusremotewrite: exporter });
  await send(killed, 1);
  await expectValue(server, "app_steps_total", 1);
  await server.kill();
  for (let round = 2; round <= ROUNDS; round++) {
    await send(killed, round);
    await wait(10);
  }
  const queued = async (place: string) => {
    const samples = await scrape(killed.selfMetricsUrl);
    return samples.find(({ name, labels }) => name === "pitwall_remote_write_queue_bytes" && labels["place"] === place)?.value;
  };
  await expect.poll(() => queued("memory"), { timeout: 10_000 }).toBe(0);
  expect(await queued("disk")).toBeGreaterThan(0);
  killed.process.child.kill("SIGKILL");
  await killed.process.end();

  await server.restart();
  await using next = await startMetricsCollector({ prometheusremotewrite: exporter });
  await expectValue(server, "app_steps_total", ROUNDS);
  // One more than was sent: the 0 at the start. Prometheus takes nothing that is out of order.
  await expectValue(server, "count_over_time(app_steps_total[5m])", ROUNDS + 1);
  await expectValue(server, "resets(app_steps_total[5m])", 0);
  expect(await stopWithLedger(next)).toMatchObject({
    ledger: { metrics: { received: ROUNDS - 1, exported: ROUNDS - 1, dropped: 0 } },
    losses: [],
    balanced: true,
  });
  rmSync(directory, { recursive: true });
});
