import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { digestRun } from "../../collector/diagnose/digest/digest-run.ts";
import type { LedgerCell, RunLedger } from "../../collector/model/ledger.ts";
import { readLedger } from "../../collector/run/ledger/read-ledger.ts";
import { decodeHistogram } from "../../collector/stats/histogram-bytes.ts";
import { peerCommand } from "../peers/peers.ts";
import { Process } from "./child-process.ts";
import { type CollectorProcess, FOLDER, OTLP_RECEIVER, startCollector, TELEMETRY } from "./collector-process.ts";

/** The real k6, its OTLP output, the `runs` connector and the ledger: what k6 tells by metrics alone must be what the server served. */

const ITERATIONS = 60;
/** Of the works requests every tenth. */
const FAILURES = ITERATIONS / 10;
const RUNS = "runs";
const K6_FILE = "k6.json";
const RECEIVED_FILE = "received.jsonl";

let collector: CollectorProcess;
let target: Server;
let targetUrl: string;
let served = 0;
let servedWorks = 0;

beforeAll(async () => {
  target = createServer((request, response) => {
    served++;
    const isWorks = request.url === "/works";
    if (isWorks) servedWorks++;
    response.statusCode = isWorks && servedWorks % 10 === 0 ? 503 : 200;
    setTimeout(() => response.end("works"), isWorks ? 12 : 2);
  }).listen(0, "127.0.0.1");
  await once(target, "listening");
  targetUrl = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
  const pipeline = { receivers: ["otlp"], exporters: ["runs", "file"] };
  const witnesses = { receivers: ["k6"], exporters: ["runs"] };
  collector = await startCollector({
    config: {
      receivers: { otlp: OTLP_RECEIVER, k6: { path: `${FOLDER}/${K6_FILE}`, poll_interval: "50ms", batch_timeout: "100ms" } },
      connectors: { runs: { endpoint: "127.0.0.1:0", directory: `${FOLDER}/${RUNS}` } },
      exporters: { nop: {}, file: { path: `${FOLDER}/${RECEIVED_FILE}` } },
      service: {
        telemetry: TELEMETRY,
        pipelines: {
          metrics: pipeline,
          "traces/k6": witnesses,
          "metrics/k6": witnesses,
          "logs/k6": witnesses,
          "metrics/runs": { receivers: ["runs"], exporters: ["nop"] },
          "logs/runs": { receivers: ["runs"], exporters: ["nop"] },
        },
      },
    },
  });
  return async () => {
    await collector[Symbol.asyncDispose]();
    target.close();
    target.closeAllConnections();
  };
});

async function api(path: string, body: object): Promise<{ readonly id: string }> {
  const response = await fetch(`http://${collector.endpoint("runs")}/api/v1${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as { readonly id: string };
}

/** Runs k6 within a run of its own and gives its ledger. */
async function recordK6(environment: Readonly<Record<string, string>>, more: readonly string[] = []): Promise<RunLedger> {
  served = 0;
  servedWorks = 0;
  const script = join(collector.folder, "script.js");
  writeFileSync(
    script,
    `import http from "k6/http"; import { check } from "k6";
     export default () => {
       const works = http.get("${targetUrl}/works", { tags: { name: "works" } });
       check(works, { ok: (r) => r.status === 200 });
       http.get("${targetUrl}/healthz", { tags: { name: "health" } });
     };`,
  );
  const { id } = await api("/runs", { name: "k6" });
  const peer = peerCommand("k6");
  await using k6 = new Process({
    file: peer.file,
    arguments: [
      ...peer.arguments,
      "run",
      "--quiet",
      "--no-usage-report",
      "--vus=3",
      `--iterations=${ITERATIONS}`,
      "--out=opentelemetry",
      ...more,
      script,
    ],
    environment: {
      ...peer.environment,
      OTEL_RESOURCE_ATTRIBUTES: `loadtest.run.id=${id}`,
      K6_OTEL_EXPORT_INTERVAL: "200ms",
      K6_OTEL_FLUSH_INTERVAL: "100ms",
      K6_OTEL_EXPORTER_PROTOCOL: "http/protobuf",
      K6_OTEL_HTTP_EXPORTER_INSECURE: "true",
      K6_OTEL_HTTP_EXPORTER_ENDPOINT: collector.endpoint("otlp.http"),
      ...environment,
    },
  });
  expect(await k6.end(), k6.stderr).toBe(0);
  await heard(id, more.length > 0);
  await api(`/runs/${id}/end`, {});
  return readLedger(join(collector.folder, RUNS, `${id}.sqlite`));
}

/** Waits until the file's requests are all there; what came by OTLP was, before k6 ended. */
async function heard(id: string, fromFile: boolean): Promise<void> {
  const deadline = AbortSignal.timeout(10_000);
  while (fromFile && !deadline.aborted) {
    const response = await fetch(`http://${collector.endpoint("runs")}/api/v1/runs/${id}/progress`);
    const { hops } = (await response.json()) as { readonly hops: readonly { readonly source: string; readonly requests: number }[] };
    if (hops[0]?.source === "requests" && hops[0].requests >= ITERATIONS * 2) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** What k6 sent, as the collector got it. */
const received = (): string => readFileSync(join(collector.folder, RECEIVED_FILE), { encoding: "utf8", flag: "a+" });

async function collectorSent(before: number): Promise<void> {
  const deadline = AbortSignal.timeout(10_000);
  while (!received().slice(before).includes('"http_req_duration"') && !deadline.aborted) await new Promise((resolve) => setTimeout(resolve, 50));
}

const sum = (cells: readonly LedgerCell[]) => cells.reduce((all, { count }) => all + count, 0);
const named = ({ endpoints, cells }: RunLedger, name: string) => cells.filter(({ endpoint }) => endpoints[endpoint]?.name === name);
const measured = (cells: readonly LedgerCell[]) => cells.flatMap(({ latency }) => (latency === undefined ? [] : [decodeHistogram(latency)]));

const HISTOGRAMS = { explicit: "explicit_bucket_histogram", exponential: "base2_exponential_bucket_histogram" } as const;

describe.each(["cumulative", "delta"])("%s", (temporality) => {
  test.each(["explicit", "exponential"] as const)(
    "with %s histograms: counts are the server's, without a file",
    async (kind) => {
      const before = received().length;
      const ledger = await recordK6({
        OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality,
        OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: HISTOGRAMS[kind],
      });
      const { cells } = ledger;
      await collectorSent(before);
      const text = received().slice(before);
      expect(text.includes('"exponentialHistogram"')).toBe(kind === "exponential");
      expect(text.includes(`"aggregationTemporality":${temporality === "delta" ? 1 : 2}`)).toBe(true);
      expect(served).toBe(ITERATIONS * 2);
      expect(new Set(cells.map(({ hop, source, witness }) => `${hop} ${source} ${witness}`))).toEqual(new Set(["client metrics k6"]));
      expect(sum(cells)).toBe(served);
      expect(sum(named(ledger, "works"))).toBe(ITERATIONS);
      const failed = cells.filter(({ outcome }) => outcome !== "ok");
      expect(failed.every(({ status, errorKind }) => status === 503 && errorKind === "http_5xx")).toBe(true);
      expect(sum(failed)).toBe(FAILURES);

      const durations = measured(named(ledger, "works"));
      expect(durations.reduce((all, { count }) => all + count, 0)).toBe(ITERATIONS);
      const mean = durations.reduce((all, one) => all + (one.sum ?? Number.NaN), 0) / ITERATIONS;
      expect(mean).toBeGreaterThan(11);
      expect(mean).toBeLessThan(500);
      const waits = cells.flatMap(({ sums }) => (sums.wait === undefined ? [] : [sums.wait.n]));
      expect(waits.reduce((all, n) => all + n, 0)).toBe(served);
      expect(ledger.losses).toEqual([]);
      expect(ledger.witnesses).toMatchObject([
        { hop: "client", name: "k6", format: "otlp", sources: ["metrics"], durationMeans: "send_to_last_byte" },
      ]);
      const series = (name: string, condition?: string) =>
        ledger.gauges
          .filter((one) => one.name === name && (condition === undefined || one.attributes["condition"] === condition))
          .reduce((all, { points }) => all + points.reduce((total, point) => total + point.sum, 0), 0);
      expect(series("iterations")).toBe(ITERATIONS);
      expect(series("checks", "zero")).toBe(FAILURES);
      expect(series("checks", "nonzero")).toBe(ITERATIONS - FAILURES);
    },
    30_000,
  );
});

test("with its file beside it every request is counted once: by the file", async () => {
  const ledger = await recordK6({}, [`--out=json=${join(collector.folder, K6_FILE)}`]);
  expect(served).toBe(ITERATIONS * 2);
  const bySource = Map.groupBy(ledger.cells, ({ source }) => source);
  expect(sum(bySource.get("requests") ?? [])).toBe(served);
  expect(sum(bySource.get("metrics") ?? [])).toBe(served);
  const load = digestRun(ledger, ledger.phases).scopes[0];
  const client = load?.total.streams.get("client");
  expect(client).toMatchObject({ source: "requests", count: served });
  expect(load?.endpoints.map(({ endpoint, streams }) => [endpoint, streams.get("client")?.count]).sort()).toEqual([
    ["health", ITERATIONS],
    ["works", ITERATIONS],
  ]);
}, 30_000);
