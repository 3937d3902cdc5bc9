import { memoryUsage } from "node:process";
import { randomHashKey } from "../../collector/pipeline/hash-key.ts";
import { SeriesStore } from "../../collector/series/series-store.ts";
import { encodeMetrics } from "../../collector/wire/otlp-metrics.ts";
import { MetricColumns } from "../../collector/wire/scan-metrics.ts";
import { counter, metric, number, resource } from "../unit/exporters/prometheus/lab.ts";

/**
 * `node --expose-gc fill-series.ts ours|prom-client SERIES`: holds so many series, and prints what they cost as one line of JSON. Two instances, 100
 * metrics, 5 labels on each series beside job and instance; the values of the labels are few, their combinations many, as they are in practice.
 */

export interface SeriesCost {
  readonly series: number;
  /** Without what the process had before. All that it takes counts: heap, buffers, WebAssembly memory, and what lies idle between them. */
  readonly residentBytes: number;
  readonly fullGcMs: number;
  readonly fillMs: number;
}

const METRICS = 100;
const POINTS_PER_BODY = 1000;
const INSTANCES = ["627cc493-f310-47de-96bd-71410b7dec09", "f3f1b6b2-0d1c-4a53-9d0e-6a2a3f5f1f7e"];
const LABELS = ["http.route", "http.request.method", "http.response.status_code", "network.zone", "shard.id"] as const;

function labelValues(index: number): readonly string[] {
  const pick = (count: number, divisor: number) => Math.floor(index / divisor) % count;
  return [
    `/api/runtime/custom-world-gallery/{owner_user_id}/${pick(50, 1)}`,
    ["GET", "POST", "PUT", "DELETE"][pick(4, 50)] as string,
    ["200", "201", "304", "404", "429"][pick(5, 200)] as string,
    `zone-${pick(5, 1000)}`,
    `shard-${Math.floor(index / 5000)}`,
  ];
}

const [what = "ours", count = "1000000"] = process.argv.slice(2);
const series = Number(count);
const fill = what === "ours" ? fillOurs() : await fillPromClient();
// What the first points bring with them (code, tables of least size) is not theirs.
fill(INSTANCES.length * METRICS);
const before = settled();
const startMs = performance.now();
const total = fill(series);
const fillMs = performance.now() - startMs;
const after = settled();
const gcMs = Array.from({ length: 7 }, () => {
  const start = performance.now();
  globalThis.gc?.();
  return performance.now() - start;
}).sort((a, b) => a - b);
const cost: SeriesCost = {
  series: total,
  residentBytes: after - before,
  fullGcMs: gcMs[3] as number,
  fillMs,
};
process.stdout.write(`${JSON.stringify(cost)}\n`);

function settled(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  return memoryUsage.rss();
}

/** As a scrape exporter is fed: encoded requests, scanned into columns. How many series there are. */
function fillOurs(): (series: number) => number {
  const store = new SeriesStore(
    { strategy: "UnderscoreEscapingWithSuffixes", namespace: "", constLabels: {}, promoteResource: false, scopeInfo: true },
    { maxSeries: 2_000_000, expirationMs: 300_000 },
    { keepExemplars: true, hashKey: randomHashKey() },
  );
  const columns = new MetricColumns();
  const bodies = INSTANCES.flatMap((id) => bodiesOf(id));
  return (wanted) => {
    // A few series first: those of the first points of each metric.
    const chosen = wanted >= series ? bodies : INSTANCES.map((id) => bodyOf(id, 0, 1));
    for (const { bytes, nameAt } of chosen) {
      for (let index = 0; index < METRICS; index++) {
        Buffer.from(bytes.buffer, bytes.byteOffset + nameAt).write(`metric_${String(index).padStart(3, "0")}`, "latin1");
        columns.scan(bytes);
        if (store.ingest(columns, Date.now()) !== undefined) throw new Error("points were lost");
      }
    }
    return store.table.live;
  };
}

interface Body {
  readonly bytes: Uint8Array;
  /** Where the part of the metric's name stands that differs. */
  readonly nameAt: number;
}

function bodiesOf(instance: string): readonly Body[] {
  const sets = series / METRICS / INSTANCES.length;
  return Array.from({ length: Math.ceil(sets / POINTS_PER_BODY) }, (_, index) =>
    bodyOf(instance, index * POINTS_PER_BODY, Math.min(POINTS_PER_BODY, sets - index * POINTS_PER_BODY)),
  );
}

/** Made before anything is measured; only the metric's name changes afterwards. */
function bodyOf(instance: string, from: number, count: number): Body {
  const points = Array.from({ length: count }, (_, offset) => {
    const values = labelValues(from + offset);
    return number(from + offset, { attributes: Object.fromEntries(LABELS.map((label, index) => [label, values[index] as string])) });
  });
  const one = resource({ "service.name": "api", "service.instance.id": instance, "host.name": "loadtest-target-01" });
  const bytes = encodeMetrics([metric("genarrative.http.server.metric_000", counter(...points), { resource: one })]);
  return { bytes, nameAt: Buffer.from(bytes).indexOf("metric_000") };
}

/** As somebody would who passes on what he has decoded: each label value is a text of its own. */
async function fillPromClient(): Promise<(series: number) => number> {
  const { Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  const names = LABELS.map((label) => label.replaceAll(".", "_"));
  const gauges = Array.from(
    { length: METRICS },
    (_, index) =>
      new Gauge({ name: `genarrative_http_server_metric_${index}`, help: "h", labelNames: ["job", "instance", ...names], registers: [registry] }),
  );
  const [route, method, status, zone, shard] = names as [string, string, string, string, string];
  return (wanted) => {
    const sets = wanted / METRICS / INSTANCES.length;
    for (let set = 0; set < sets; set++) {
      const received = labelValues(set).map((value) => Buffer.from(value));
      const text = (index: number) => (received[index] as Buffer).toString("utf8");
      for (const instance of INSTANCES) {
        for (const gauge of gauges) {
          gauge.set({ job: "api", instance, [route]: text(0), [method]: text(1), [status]: text(2), [zone]: text(3), [shard]: text(4) }, set);
        }
      }
    }
    return gauges.reduce((sum, gauge) => sum + Object.keys((gauge as unknown as { readonly hashMap: object }).hashMap).length, 0);
  };
}
