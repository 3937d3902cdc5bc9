import { beforeAll, describe, expect, test } from "vitest";
import type { CollectorProcess } from "./collector-process.ts";
import {
  type Answers,
  CLASSIC,
  everyKind,
  NATIVE,
  NATIVE_AS_CLASSIC,
  NUMBERS,
  RESOURCE,
  SLOW_TRACE_ID,
  SUMMARY,
  TARGET,
  TRACE_ID,
  UTF8,
  UTF8_ESCAPED,
} from "./every-kind.ts";
import { startMetricsCollector } from "./metrics-collector.ts";
import { sendMetrics } from "./otlp-metrics.ts";
import { type PrometheusProcess, startPrometheus } from "./prometheus-process.ts";
import { openScrapeRecorder, type ScrapeRecorder } from "./scrape-recorder.ts";
import { answersOf, exemplarsOf, expectValue } from "./server-answers.ts";

// Real Prometheus servers scrape Pitwall in every format that they ask for, and answer with what was sent as OTLP.

type ServerName = "old" | "oldNative" | "current";

interface Scrape {
  readonly server: ServerName;
  /** Of Pitwall, which one is scraped. */
  readonly exporter: "prometheus" | "prometheus/text" | "prometheus/utf8";
  /** Further keys of the scrape config. */
  readonly keys?: object;
  readonly contentType: string;
  readonly answers: readonly Answers[];
  readonly hasExemplars: boolean;
}

const OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
const KINDS = [NUMBERS, CLASSIC, SUMMARY, TARGET];
const protocol = (name: string) => ({ scrape_protocols: [name] });

const SCRAPES: Readonly<Record<string, Scrape>> = {
  "2.42 as it is": {
    server: "old",
    exporter: "prometheus",
    contentType: OPENMETRICS,
    answers: [...KINDS, NATIVE_AS_CLASSIC],
    hasExemplars: true,
  },
  "2.42 without OpenMetrics": {
    server: "old",
    exporter: "prometheus/text",
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    answers: [...KINDS, NATIVE_AS_CLASSIC],
    hasExemplars: false,
  },
  "2.42 with dots in our names": {
    server: "old",
    exporter: "prometheus/utf8",
    contentType: OPENMETRICS,
    answers: [UTF8_ESCAPED],
    hasExemplars: false,
  },
  "2.42 with native histograms": {
    server: "oldNative",
    exporter: "prometheus",
    contentType: PROTOBUF,
    answers: [...KINDS, NATIVE],
    hasExemplars: true,
  },
  "3 as it is": {
    server: "current",
    exporter: "prometheus",
    contentType: `${OPENMETRICS}; escaping=allow-utf-8`,
    answers: [...KINDS, NATIVE_AS_CLASSIC],
    hasExemplars: true,
  },
  "3 by OpenMetrics 0.0.1": {
    server: "current",
    exporter: "prometheus",
    keys: protocol("OpenMetricsText0.0.1"),
    contentType: "application/openmetrics-text; version=0.0.1; charset=utf-8",
    answers: [...KINDS, NATIVE_AS_CLASSIC],
    hasExemplars: true,
  },
  "3 without OpenMetrics": {
    server: "current",
    exporter: "prometheus/text",
    contentType: "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
    answers: [...KINDS, NATIVE_AS_CLASSIC],
    hasExemplars: false,
  },
  "3 by text 0.0.4": {
    server: "current",
    exporter: "prometheus",
    keys: protocol("PrometheusText0.0.4"),
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    answers: [...KINDS, NATIVE_AS_CLASSIC],
    hasExemplars: false,
  },
  "3 with native histograms": {
    server: "current",
    exporter: "prometheus",
    keys: { scrape_native_histograms: true },
    contentType: PROTOBUF,
    answers: [...KINDS, NATIVE],
    hasExemplars: true,
  },
  "3 by protobuf without native histograms": {
    server: "current",
    exporter: "prometheus",
    keys: protocol("PrometheusProto"),
    contentType: PROTOBUF,
    answers: [...KINDS, NATIVE_AS_CLASSIC],
    hasExemplars: true,
  },
  "3 with dots in our names": {
    server: "current",
    exporter: "prometheus/utf8",
    contentType: `${OPENMETRICS}; escaping=allow-utf-8`,
    answers: [UTF8],
    hasExemplars: false,
  },
  // Beside protobuf Prometheus names no escaping, and that means underscores.
  "3 with dots in our names, by protobuf": {
    server: "current",
    exporter: "prometheus/utf8",
    keys: protocol("PrometheusProto"),
    contentType: PROTOBUF,
    answers: [UTF8_ESCAPED],
    hasExemplars: false,
  },
  "3 with dots in our names, by text 0.0.4": {
    server: "current",
    exporter: "prometheus/utf8",
    keys: protocol("PrometheusText0.0.4"),
    contentType: "text/plain; version=0.0.4; charset=utf-8",
    answers: [UTF8_ESCAPED],
    hasExemplars: false,
  },
};

const FLAGS: Readonly<Record<ServerName, string>> = {
  old: "--enable-feature=exemplar-storage",
  oldNative: "--enable-feature=exemplar-storage,native-histograms",
  current: "--enable-feature=exemplar-storage",
};

const jobs = Object.keys(SCRAPES);
/** A job's index, in paths and labels. */
const idOf = (job: string) => `s${jobs.indexOf(job)}`;
const pathOf = (job: string) => `/${idOf(job)}`;

let collector: CollectorProcess;
let recorder: ScrapeRecorder;
let servers: Readonly<Record<ServerName, PrometheusProcess>>;
let sentMs: number;

beforeAll(async () => {
  const common = { endpoint: "127.0.0.1:0", const_labels: { fleet: "a" } };
  const exporters = {
    prometheus: common,
    "prometheus/text": { ...common, enable_open_metrics: false },
    "prometheus/utf8": { ...common, translation_strategy: "NoTranslation" },
  };
  collector = await startMetricsCollector(exporters);
  sentMs = Date.now();
  await sendMetrics(collector, RESOURCE, everyKind(sentMs), { timeMs: sentMs, startMs: sentMs - 60_000 });
  recorder = await openScrapeRecorder(
    Object.fromEntries(Object.entries(SCRAPES).map(([job, { exporter }]) => [pathOf(job), `http://${collector.endpoint(exporter)}/metrics`])),
  );
  const [old, oldNative, current] = await Promise.all([start("old"), start("oldNative"), start("current")]);
  servers = { old, oldNative, current };
  return async () => {
    for (const running of [old, oldNative, current, recorder, collector]) await running[Symbol.asyncDispose]();
  };
});

function start(name: ServerName): Promise<PrometheusProcess> {
  const scrape_configs = Object.entries(SCRAPES)
    .filter(([, { server }]) => server === name)
    .map(([job, { keys }]) => ({
      job_name: job,
      honor_labels: true,
      metrics_path: pathOf(job),
      static_configs: [{ targets: [recorder.address] }],
      metric_relabel_configs: [{ target_label: "via", replacement: idOf(job) }],
      ...keys,
    }));
  return startPrometheus({ command: name === "current" ? "prometheus3" : "prometheus", flags: [FLAGS[name]], config: { scrape_configs } });
}

describe.each(Object.entries(SCRAPES))("%s", (job, { server: name, exporter, contentType, answers, hasExemplars }) => {
  const via = `via="${idOf(job)}"`;

  test(`is answered with ${contentType.slice(0, 48)}, is up all the time, and has every value that was sent`, async () => {
    const server = servers[name];
    await expectValue(server, `count_over_time(up{job="${job}"}[5m]) > bool 1`, 1);
    for (const wanted of answers) expect(await answersOf(server, wanted, via)).toEqual(wanted);
    expect(recorder.answers(pathOf(job))).toEqual([`200 ${contentType}`]);
    await expectValue(server, `min_over_time(up{job="${job}"}[5m])`, 1);
  });

  test("has the job and instance that the sender named, and our constant label, on every series", async () => {
    const found = await servers[name].query(`group by (job, instance, fleet) ({${via},job!=""})`);
    // What Prometheus says of the scrape itself has the names of its own config.
    expect(found.map(({ labels }) => labels).filter(({ job: one }) => one !== job)).toEqual([{ job: "shop/api", instance: "api-1", fleet: "a" }]);
    expect(await servers[name].query(`{${via},exported_job!=""}`)).toEqual([]);
  });

  test("has type and help of what it scraped", async () => {
    const found = (await servers[name].get(`targets/metadata?match_target=${encodeURIComponent(`{job="${job}"}`)}`)) as readonly Metadata[];
    const typeOf = (pattern: RegExp) => found.find(({ metric }) => pattern.test(metric))?.type;
    expect(typeOf(/^app.latency(_seconds)?$/)).toBe("histogram");
    expect(typeOf(/^app.rpc(_seconds)?$/)).toBe("summary");
    expect(typeOf(/^app.temperature(_celsius)?$/)).toBe("gauge");
    const requests = found.find(({ metric }) => /^app.requests(_total)?$/.test(metric));
    // OpenMetrics has no counter whose sample does not end with _total.
    const hasCounters = exporter !== "prometheus/utf8" || !contentType.startsWith(OPENMETRICS);
    expect(requests).toMatchObject({ type: hasCounters ? "counter" : "unknown", help: 'All "requests"\nand more \\ less' });
  });

  if (!hasExemplars) return;
  test("has the exemplars", async () => {
    expect(await exemplarsOf(servers[name], `app_requests_total{${via}}`, sentMs)).toEqual([{ trace: TRACE_ID, value: 1, ms: sentMs - 1000 }]);
    expect(await exemplarsOf(servers[name], `app_latency_seconds_bucket{${via}}`, sentMs)).toEqual([
      { trace: TRACE_ID, value: 0.25, ms: sentMs - 1000 },
      { trace: SLOW_TRACE_ID, value: 1.5, ms: sentMs - 1000 },
    ]);
  });
});

interface Metadata {
  readonly metric: string;
  readonly type: string;
  readonly help: string;
}
