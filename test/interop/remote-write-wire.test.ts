import { beforeAll, describe, expect, test } from "vitest";
import {
  type NativeHistogram,
  STALE_NAN_BITS,
  type WriteBatch,
  type WriteMetadata,
  type WriteSeries,
} from "../../collector/wire/remote-write-batch.ts";
import { openWriteEncoder } from "../../collector/wire/remote-write-encoder.ts";
import { batchOf, bitsOf, STALE_HISTOGRAM } from "../wire/remote-write-arbitraries.ts";
import { type PrometheusProcess, startPrometheus } from "./prometheus-process.ts";
import { startVictoriaMetrics, type VictoriaMetrics } from "./victoria-metrics-process.ts";

// Bodies of the encoder, plain and from a template, as real servers take them.

const SERIES = 2000;
const HISTOGRAMS = "--enable-feature=native-histograms,exemplar-storage";
const OPTIONS = { sendMetadata: true, sendExemplars: true, sendStarts: true };
const CONTENT_TYPES = { 1: "application/x-protobuf", 2: "application/x-protobuf;proto=io.prometheus.write.v2.Request" };
const VERSIONS = { 1: "0.1.0", 2: "2.0.0" };

let old: PrometheusProcess;
let current: PrometheusProcess;
let victoria: VictoriaMetrics;

beforeAll(async () => {
  [old, current, victoria] = await Promise.all([
    startPrometheus({ flags: [HISTOGRAMS] }),
    startPrometheus({ command: "prometheus3", flags: ["--enable-feature=exemplar-storage,created-timestamp-zero-ingestion"] }),
    startVictoriaMetrics(),
  ]);
  return async () => {
    for (const running of [old, current, victoria]) await running[Symbol.asyncDispose]();
  };
});

async function post(url: string, protocol: 1 | 2, body: Uint8Array): Promise<Response> {
  const headers = {
    "content-type": CONTENT_TYPES[protocol],
    "content-encoding": "snappy",
    "x-prometheus-remote-write-version": VERSIONS[protocol],
  };
  const response = await fetch(url, { method: "POST", headers, body: Buffer.from(body) });
  expect([response.status, await response.text()]).toEqual([204, ""]);
  return response;
}

const gauge = (family: string): WriteMetadata => ({ family, type: "gauge", help: "Of a test.", unit: "" });
const histogramFamily = (family: string): WriteMetadata => ({ ...gauge(family), type: "histogram" });

function seriesOf(name: string, metadata: WriteMetadata): readonly WriteSeries[] {
  return Array.from({ length: SERIES }, (_, index) => ({
    labels: [
      ["__name__", name],
      ["instance", `api-${index % 40}`],
      ["job", "wire"],
      ["path", `/${index}`],
    ],
    metadata,
  }));
}

function flush(series: readonly WriteSeries[], round: number, startMs: number): WriteBatch {
  const timestampMs = startMs + 1000 * (round + 1);
  return batchOf(series.map((one, index) => ({ series: one, bits: bitsOf(index / 4 + round * 1e6), timestampMs, startMs })));
}

const sumOf = (round: number) => (SERIES * (SERIES - 1)) / 8 + SERIES * round * 1e6;

describe.each([
  { what: "Prometheus 2.42 by 1.0", protocol: 1, server: () => old },
  { what: "Prometheus 3 by 1.0", protocol: 1, server: () => current },
  { what: "Prometheus 3 by 2.0", protocol: 2, server: () => current },
  { what: "VictoriaMetrics by 1.0", protocol: 1, server: () => victoria },
] as const)("$what", ({ protocol, server, what }) => {
  const name = `wire_${what.toLowerCase().replaceAll(/\W/g, "_")}`;

  test("count and sum are right, for plain bodies and for those of a template, and a stale marker ends a series", async () => {
    const { writeUrl } = server();
    const encoder = openWriteEncoder({ protocol, ...OPTIONS });
    const series = seriesOf(name, gauge(name));
    const startMs = Date.now() - 6000;
    let last: Uint8Array | undefined;
    for (const round of [0, 1, 2, 3]) {
      const body = encoder.encode(flush(series, round, startMs));
      const response = await post(writeUrl, protocol, body);
      if (protocol === 2) expect(response.headers.get("x-prometheus-remote-write-samples-written")).toBe(String(SERIES));
      await expectAnswer(server(), `sum(${name})`, sumOf(round));
      if (round >= 2) encoder.giveBack(body);
      if (round === 3) expect(body === last, "the last two are one memory, so from a template").toBe(true);
      last = body;
    }
    await expectAnswer(server(), `count(${name})`, SERIES);
    const stale = batchOf(series.slice(10).map((one) => ({ series: one, bits: STALE_NAN_BITS, timestampMs: startMs + 5000 })));
    await post(writeUrl, protocol, encoder.encode(stale));
    await expectAnswer(server(), `count(${name})`, 10);
  });

  test("a stale marker out of a template ends every series", async () => {
    const ended = `${name}_ended`;
    const encoder = openWriteEncoder({ protocol, ...OPTIONS });
    const series = seriesOf(ended, gauge(ended));
    const startMs = Date.now() - 6000;
    for (const round of [0, 1]) await post(server().writeUrl, protocol, encoder.encode(flush(series, round, startMs)));
    await expectAnswer(server(), `count(${ended})`, SERIES);
    const stale = batchOf(series.map((one) => ({ series: one, bits: STALE_NAN_BITS, timestampMs: startMs + 3000, startMs })));
    await post(server().writeUrl, protocol, encoder.encode(stale));
    await expectAnswer(server(), `count(${ended})`, undefined);
  });
});

const NATIVE: NativeHistogram = {
  schema: 0,
  count: 12,
  sum: 30,
  zeroThreshold: 1e-128,
  zeroCount: 2,
  positive: { offset: 0, counts: [1, 0, 0, 0, 2, 4] },
  negative: { offset: 1, counts: [3] },
};
const CUSTOM: NativeHistogram = {
  schema: -53,
  count: 10,
  sum: 20,
  zeroThreshold: 0,
  zeroCount: 0,
  positive: { offset: 0, counts: [5, 0, 4, 1] },
  negative: { offset: 0, counts: [] },
  customBounds: [1, 2, 4],
};

describe.each([
  { what: "Prometheus 2.42 by 1.0", protocol: 1, server: () => old },
  { what: "Prometheus 3 by 2.0", protocol: 2, server: () => current },
] as const)("$what", ({ protocol, server, what }) => {
  const name = `native_${what.toLowerCase().replaceAll(/\W/g, "_")}`;
  const one: WriteSeries = {
    labels: [
      ["__name__", name],
      ["job", "wire"],
    ],
    metadata: histogramFamily(name),
  };

  test("a native histogram is what it was, and ends with a stale marker", async () => {
    const timestampMs = Date.now() - 2000;
    const encoder = openWriteEncoder({ protocol, ...OPTIONS });
    const send = (histogram: NativeHistogram, offsetMs: number) =>
      post(
        server().writeUrl,
        protocol,
        encoder.encode({ ...batchOf([]), histograms: [{ series: one, timestampMs: timestampMs + offsetMs, startMs: 0, histogram }] }),
      );
    const response = await send(NATIVE, 0);
    if (protocol === 2) expect(response.headers.get("x-prometheus-remote-write-histograms-written")).toBe("1");
    await expectAnswer(server(), `histogram_count(${name})`, 12);
    await expectAnswer(server(), `histogram_sum(${name})`, 30);
    // Bucket 5 holds 16 to 32: with the 3 below zero and the 2 of zero, its 4 are the last third of 12.
    await expectAnswer(server(), `histogram_quantile(1, ${name})`, 32);
    await send(STALE_HISTOGRAM, 1);
    await expectAnswer(server(), `histogram_count(${name})`, undefined);
  });

  test("an exemplar is stored beside its sample", async () => {
    const metric = `${name}_total`;
    const counter: WriteSeries = {
      labels: [
        ["__name__", metric],
        ["job", "wire"],
      ],
      metadata: { ...gauge(metric), type: "counter" },
    };
    const timestampMs = Date.now() - 2000;
    const exemplar = { series: counter, labels: [["trace_id", "0af7651916cd43dd8448eb211c80319c"]] as const, value: 0.5, timestampMs };
    const batch = { ...batchOf([{ series: counter, bits: bitsOf(7), timestampMs }]), exemplars: [exemplar] };
    const response = await post(server().writeUrl, protocol, openWriteEncoder({ protocol, ...OPTIONS }).encode(batch));
    if (protocol === 2) expect(response.headers.get("x-prometheus-remote-write-exemplars-written")).toBe("1");
    const range = `start=${timestampMs / 1000 - 60}&end=${timestampMs / 1000 + 60}`;
    const found = await server().get(`query_exemplars?query=${metric}&${range}`);
    expect(found).toMatchObject([{ exemplars: [{ labels: { trace_id: "0af7651916cd43dd8448eb211c80319c" }, value: "0.5" }] }]);
  });
});

test("a histogram with custom buckets is what it was, by 2.0", async () => {
  const series: WriteSeries = { labels: [["__name__", "custom_buckets"]], metadata: histogramFamily("custom_buckets") };
  const encoder = openWriteEncoder({ protocol: 2, ...OPTIONS });
  const batch = { ...batchOf([]), histograms: [{ series, timestampMs: Date.now() - 1000, startMs: 0, histogram: CUSTOM }] };
  const response = await post(current.writeUrl, 2, encoder.encode(batch));
  expect(response.headers.get("x-prometheus-remote-write-histograms-written")).toBe("1");
  await expectAnswer(current, "histogram_count(custom_buckets)", 10);
  await expectAnswer(current, "histogram_sum(custom_buckets)", 20);
  await expectAnswer(current, "histogram_fraction(-Inf, 1, custom_buckets)", 0.5);
  await expectAnswer(current, "histogram_fraction(2, 4, custom_buckets)", 0.4);
});

test("the start timestamp of a counter is where Prometheus 3 puts its zero", async () => {
  const series: WriteSeries = { labels: [["__name__", "started_total"]], metadata: { ...gauge("started_total"), type: "counter" } };
  const timestampMs = Date.now() - 1000;
  const batch = batchOf([{ series, bits: bitsOf(600), timestampMs, startMs: timestampMs - 60_000 }]);
  await post(current.writeUrl, 2, openWriteEncoder({ protocol: 2, ...OPTIONS }).encode(batch));
  await expectAnswer(current, "count_over_time(started_total[5m])", 2);
  const [zero] = await current.query("started_total", timestampMs / 1000 - 30);
  expect(zero?.value).toBe(0);
});

/** VictoriaMetrics shows what it took some seconds later, or at once where it is told to (docs: README, force flush of recently ingested data). */
async function expectAnswer(server: Pick<PrometheusProcess, "query">, expression: string, wanted: number | undefined): Promise<void> {
  if (server === victoria) await fetch(new URL("/internal/force_flush", victoria.writeUrl));
  await expect.poll(async () => (await server.query(expression))[0]?.value, { timeout: 10_000, interval: 50 }).toBe(wanted);
}
