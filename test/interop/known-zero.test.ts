import { beforeAll, describe, expect, test } from "vitest";
import type { CollectorProcess } from "./collector-process.ts";
import { startMetricsCollector } from "./metrics-collector.ts";
import { counter, histogram, type MetricAt, type Plain, sendMetrics } from "./otlp-metrics.ts";
import { forwardPlainly } from "./plain-forwarding.ts";
import { type PrometheusProcess, startPrometheus } from "./prometheus-process.ts";
import { expectValue, flushed, type Server } from "./server-answers.ts";
import { startVictoriaMetrics, type VictoriaMetrics } from "./victoria-metrics-process.ts";

// A short run: what PromQL's increase() says of counters that were born or restarted in the middle of it.

const STEP_MS = 15_000;
const STEPS = 12;
const END_MS = Date.now() - 1000;
const BEGIN_MS = END_MS - STEPS * STEP_MS;
/** The server was started shortly before the first export. */
const SERVER_START_MS = BEGIN_MS - 5000;
/** The step at which the first request was turned away, the first slow one came, the worker was back. */
const MIDDLE = 7;
const RESTART_MS = BEGIN_MS + MIDDLE * STEP_MS - 8000;

const SERVER: Plain = { "service.name": "api", "service.instance.id": "api-1" };
const WORKER: Plain = { "service.name": "worker", "service.instance.id": "worker-1" };

/** Values at step 0 … 12; undefined: there is no point yet. */
const range = (value: (step: number) => number | undefined) => Array.from({ length: STEPS + 1 }, (_, step) => value(step));
const OK = range((step) => 300 + 225 * step);
const TURNED_AWAY = range((step) => (step < MIDDLE ? undefined : 120 + 20 * (step - MIDDLE)));
/** 96 before the restart; 100 when it is first heard of again, so that nothing ever falls. */
const JOBS = range((step) => (step < MIDDLE ? 16 * step : 100 + 10 * (step - MIDDLE)));
const FAST = range((step) => 40 + 40 * step);
const SLOW = range((step) => (step < MIDDLE ? undefined : 60 + 10 * (step - MIDDLE)));

const last = (values: readonly (number | undefined)[]) => values.at(-1) as number;

interface Case {
  readonly what: string;
  readonly selector: string;
  /** What truly happened. */
  readonly increase: number;
}

const CASES: readonly Case[] = [
  { what: "a counter that is there from the start", selector: 'app_responses_total{status="200",{}}', increase: last(OK) },
  { what: "a counter born in the middle", selector: 'app_responses_total{status="429",{}}', increase: last(TURNED_AWAY) },
  { what: "a counter restarted at a higher value", selector: "app_jobs_total{{}}", increase: 96 + last(JOBS) },
  { what: "the count of a histogram born in the middle", selector: 'app_duration_seconds_count{route="/slow",{}}', increase: last(SLOW) },
  { what: "a bucket of it", selector: 'app_duration_seconds_bucket{route="/slow",le="2.0",{}}', increase: last(SLOW) / 2 },
  { what: "its sum", selector: 'app_duration_seconds_sum{route="/slow",{}}', increase: 3 * last(SLOW) },
];
/** Where plain forwarding counts about half. */
const HALVED = CASES.slice(1);

function metricsAt(step: number): { readonly server: readonly MetricAt[]; readonly worker: readonly MetricAt[] } {
  const points = (values: Readonly<Record<string, readonly (number | undefined)[]>>, key: string) =>
    Object.entries(values).flatMap(([value, all]) => {
      const now = all[step];
      return now === undefined ? [] : [{ value: now, attributes: { [key]: value } }];
    });
  const distributions = points({ "/fast": FAST, "/slow": SLOW }, "route").map(({ value, attributes }) => ({
    attributes,
    bounds: [0.5, 2],
    counts: [0, value / 2, value / 2],
    sum: 3 * value,
  }));
  return {
    server: [counter("app.responses", points({ "200": OK, "429": TURNED_AWAY }, "status")), histogram("app.duration", distributions, { unit: "s" })],
    worker: [counter("app.jobs", [{ value: JOBS[step] as number }])],
  };
}

async function sendRun(collector: CollectorProcess): Promise<void> {
  for (let step = 0; step <= STEPS; step++) {
    const { server, worker } = metricsAt(step);
    const timeMs = BEGIN_MS + step * STEP_MS;
    await sendMetrics(collector, SERVER, server, { timeMs, startMs: SERVER_START_MS });
    await sendMetrics(collector, WORKER, worker, { timeMs, startMs: step < MIDDLE ? SERVER_START_MS : RESTART_MS });
  }
}

function forwardRun(writeUrl: string): Promise<void> {
  const samples = [
    ...samplesOf({ __name__: "app_responses_total", status: "200" }, OK),
    ...samplesOf({ __name__: "app_responses_total", status: "429" }, TURNED_AWAY),
    ...samplesOf({ __name__: "app_jobs_total" }, JOBS),
    ...samplesOf({ __name__: "app_duration_seconds_count", route: "/slow" }, SLOW),
    ...samplesOf({ __name__: "app_duration_seconds_bucket", route: "/slow", le: "2.0" }, SLOW, 0.5),
    ...samplesOf({ __name__: "app_duration_seconds_sum", route: "/slow" }, SLOW, 3),
  ];
  return forwardPlainly(writeUrl, samples);
}

function samplesOf(labels: Readonly<Record<string, string>>, values: readonly (number | undefined)[], factor = 1) {
  return values.flatMap((value, step) =>
    value === undefined ? [] : [{ labels: { ...labels, via: "plain" }, timeMs: BEGIN_MS + step * STEP_MS, value: value * factor }],
  );
}

let old: PrometheusProcess;
let current: PrometheusProcess;
let victoria: VictoriaMetrics;

beforeAll(async () => {
  [old, current, victoria] = await Promise.all([startPrometheus({}), startPrometheus({ command: "prometheus3" }), startVictoriaMetrics()]);
  const to = (server: { readonly writeUrl: string }, via: string, keys: object = {}) => ({
    endpoint: server.writeUrl,
    external_labels: { via },
    batch_send_deadline: "50ms",
    ...keys,
  });
  const exporters = {
    "prometheusremotewrite/old": to(old, "pitwall"),
    "prometheusremotewrite/one": to(current, "pitwall1", { protocol: 1 }),
    "prometheusremotewrite/two": to(current, "pitwall2", { protocol: 2 }),
    "prometheusremotewrite/victoria": to(victoria, "pitwall"),
  };
  const collector = await startMetricsCollector(exporters);
  await sendRun(collector);
  await Promise.all([forwardRun(old.writeUrl), forwardRun(current.writeUrl)]);
  return async () => {
    for (const running of [collector, old, current, victoria]) await running[Symbol.asyncDispose]();
  };
});

/** What the server says of the whole run, when it has all of it. */
async function increaseOf(server: Server, { selector }: Case, via: string): Promise<number> {
  const series = selector.replace("{}", `via="${via}"`);
  // In the window lie the start of the server and all exports; what is evaluated at the last export has nothing to extrapolate behind it.
  const seconds = (END_MS - SERVER_START_MS) / 1000 + 1;
  await expectValue(server, `count(count_over_time(${series}[5m]) > 0) and on() timestamp(${series}) == ${END_MS / 1000}`, 1);
  const [only, ...others] = await server.query(`increase(${series}[${seconds}s])`, END_MS / 1000);
  expect(others).toEqual([]);
  return only?.value ?? Number.NaN;
}

describe.each([
  { what: "Prometheus 2.42", server: () => old, via: "pitwall" },
  { what: "Prometheus 3 by remote write 1.0", server: () => current, via: "pitwall1" },
  { what: "Prometheus 3 by remote write 2.0", server: () => current, via: "pitwall2" },
])("$what", ({ server, via }) => {
  test.each(CASES)("counts within 3 %: $what", async (one) => {
    expect(Math.abs((await increaseOf(server(), one, via)) / one.increase - 1)).toBeLessThan(0.03);
  });

  test.each(HALVED)("counts about half of it where points are forwarded as they are: $what", async (one) => {
    const share = (await increaseOf(server(), one, "plain")) / one.increase;
    expect(share).toBeGreaterThan(0.3);
    expect(share).toBeLessThan(0.7);
  });
});

test.each(CASES)("VictoriaMetrics counts within 3 %: $what", async ({ selector, increase }) => {
  const series = selector.replace("{}", 'via="pitwall"');
  await expectValue(flushed(victoria), `timestamp(${series}) == bool ${END_MS / 1000}`, 1);
  const [only] = await victoria.query(`increase(${series}[10m])`);
  expect(Math.abs((only?.value ?? Number.NaN) / increase - 1)).toBeLessThan(0.03);
});

test("scraped by protobuf, the first value of a counter counts where Prometheus 3 takes start times", async () => {
  await using collector = await startMetricsCollector({ prometheus: { endpoint: "127.0.0.1:0" } });
  const target = collector.endpoint("prometheus");
  const nowMs = Date.now();
  const born = [counter("app.born", [{ value: 40 }])];
  await sendMetrics(collector, SERVER, born, { timeMs: nowMs, startMs: nowMs - 30_000 });
  const command = "prometheus3";
  const [withStarts, without] = await Promise.all([
    startPrometheus({ command, target, flags: ["--enable-feature=created-timestamp-zero-ingestion"] }),
    startPrometheus({ command, target }),
  ]);
  await using _ = withStarts;
  await using __ = without;
  expect(await bornIn(withStarts)).toBeCloseTo(40, 0);
  expect(await bornIn(without)).toBe(0);
});

/** `increase()` at the last sample, once there are some. */
async function bornIn(server: PrometheusProcess): Promise<number | undefined> {
  await expectValue(server, "count_over_time(app_born_total[5m]) > bool 3", 1);
  const [newest] = await server.query("timestamp(app_born_total)");
  const [only] = await server.query("increase(app_born_total[90s])", newest?.value);
  return only?.value;
}
