import { beforeAll, describe, expect, test } from "vitest";
import { RUN_METRICS } from "../../collector/model/catalog-run.ts";
import type { CollectorProcess } from "./collector-process.ts";
import { stopWithLedger } from "./kept-ledger.ts";
import { startMetricsCollector } from "./metrics-collector.ts";
import { counter, exponential, gauge, histogram, type MetricAt, type Plain, sendMetrics, summary } from "./otlp-metrics.ts";
import { type PrometheusProcess, startPrometheus } from "./prometheus-process.ts";
import { expectValue, flushed, type Server } from "./server-answers.ts";
import { startVictoriaMetrics, type VictoriaMetrics } from "./victoria-metrics-process.ts";

// When a run ends, what belongs to it leaves the panels at once, where a server would go on showing it for five minutes.

const RUN_ID = "spike-42";
const IN_RUN: Plain = { "service.name": "in-run", "service.instance.id": "1", "service.version": "1", "loadtest.run.id": RUN_ID };
const BESIDE: Plain = { "service.name": "beside", "service.instance.id": "1", "service.version": "1" };
const RUNNER: Plain = { "service.name": "runner", "service.instance.id": "1", "loadtest.run.id": RUN_ID };

const METRICS: readonly MetricAt[] = [
  counter("app.steps", [{ value: 7 }]),
  gauge("app.depth", [{ value: 3 }]),
  histogram("app.latency", [{ bounds: [1], counts: [2, 1], sum: 4 }]),
  exponential("app.size", [{ scale: 0, positive: [0, [5]], sum: 7 }]),
  summary("app.rpc", [{ count: 4, sum: 2, quantiles: { 0.5: 0.25 } }]),
];
const runActive = (value: number) => gauge(RUN_METRICS.runActive.name, [{ value, attributes: { "run.id": RUN_ID } }], { unit: "{run}" });

let old: PrometheusProcess;
let current: PrometheusProcess;
let victoria: VictoriaMetrics;
let scraped: CollectorProcess;
let writing: CollectorProcess;

/** Which server answers, and the label that tells the two ways to it apart. */
const PLACES = [
  { place: "Prometheus 2.42 by remote write", server: () => old, via: "write" },
  { place: "Prometheus 3 by remote write", server: () => current, via: "write" },
  { place: "VictoriaMetrics by remote write", server: () => flushed(victoria), via: "write" },
  { place: "Prometheus 2.42 by scrape", server: () => old, via: "scrape" },
  { place: "Prometheus 3 by scrape", server: () => current, via: "scrape" },
] as const;

beforeAll(async () => {
  scraped = await startMetricsCollector({ prometheus: { endpoint: "127.0.0.1:0" } });
  const target = scraped.endpoint("prometheus");
  const scrape = { metric_relabel_configs: [{ target_label: "via", replacement: "scrape" }] };
  [old, current, victoria] = await Promise.all([
    startPrometheus({ target, scrape }),
    startPrometheus({ command: "prometheus3", target, scrape: { ...scrape, scrape_native_histograms: true } }),
    startVictoriaMetrics(),
  ]);
  const to = ({ writeUrl }: { readonly writeUrl: string }) => ({ endpoint: writeUrl, external_labels: { via: "write" } });
  writing = await startMetricsCollector({
    "prometheusremotewrite/old": to(old),
    "prometheusremotewrite/current": to(current),
    "prometheusremotewrite/victoria": to(victoria),
  });
  return async () => {
    for (const running of [writing, scraped, old, current, victoria]) await running[Symbol.asyncDispose]();
  };
});

async function sendToBoth(resource: Plain, metrics: readonly MetricAt[]): Promise<void> {
  const timeMs = Date.now();
  for (const collector of [scraped, writing]) await sendMetrics(collector, resource, metrics, { timeMs, startMs: timeMs - 10_000 });
}

const countOf = (job: string, via: string) => `count({job="${job}",via="${via}"})`;
const steps = (job: string, via: string) => `app_steps_total{job="${job}",via="${via}"}`;
const activeOf = (via: string) => `loadtest_run_active{run_id="${RUN_ID}",via="${via}"}`;

describe("the end of a run", () => {
  const before = new Map<string, number | undefined>();

  test("until then, all of its series are there", async () => {
    await sendToBoth(RUNNER, [runActive(1)]);
    await sendToBoth(IN_RUN, METRICS);
    await sendToBoth(BESIDE, METRICS);
    for (const { place, server, via } of PLACES) {
      await expectValue(server(), activeOf(via), 1);
      for (const job of ["in-run", "beside"]) {
        await expectValue(server(), steps(job, via), 7);
        await expectValue(server(), `count(target_info{job="${job}",via="${via}"})`, 1);
      }
      before.set(place, await answerOf(server(), countOf("beside", via)));
      expect(await answerOf(server(), countOf("in-run", via))).toBe(before.get(place));
    }
    await sendToBoth(RUNNER, [runActive(0)]);
  });

  test.each(PLACES)("$place: its series are gone at once, their last values can still be asked for", async ({ server, via }) => {
    await expectValue(server(), countOf("in-run", via), undefined);
    expect(await answerOf(server(), `last_over_time(${steps("in-run", via)}[5m])`)).toBe(7);
    expect(await answerOf(server(), `last_over_time(app_latency_count{job="in-run",via="${via}"}[5m])`)).toBe(3);
  });

  test.each(PLACES)("$place: what does not belong to it stays, and so does what says that it is over", async ({ place, server, via }) => {
    expect(await answerOf(server(), countOf("beside", via))).toBe(before.get(place));
    expect(await answerOf(server(), activeOf(via))).toBe(0);
  });
});

describe("the end of Pitwall", () => {
  test("nothing of what it took is lost", async () => {
    for (const collector of [writing, scraped]) expect(await stopWithLedger(collector)).toMatchObject({ losses: [], balanced: true });
  });

  test.each(PLACES)("$place: all of its series are gone at once, their last values can still be asked for", async ({ server, via }) => {
    await expectValue(server(), `count({via="${via}"})`, undefined);
    expect(await answerOf(server(), `last_over_time(${steps("beside", via)}[5m])`)).toBe(7);
  });
});

async function answerOf(server: Server, query: string): Promise<number | undefined> {
  return (await server.query(query))[0]?.value;
}
