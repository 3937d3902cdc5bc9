import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { validate } from "../../../collector/cli/commands/validate.ts";
import type { Terminal } from "../../../collector/cli/terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "pitwall-test-"));
const FILE = join(folder, "metrics.json");
const point = { timeUnixNano: "1700000000123000000" };

function request(...metrics: readonly object[]): string {
  const resource = { attributes: [{ key: "service.name", value: { stringValue: "api" } }] };
  return `${JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] })}\n`;
}

beforeAll(() => {
  const read = { attributes: [{ key: "read.kind", value: { stringValue: "list" } }] };
  const histogram = { ...point, ...read, count: "1", sum: 1, bucketCounts: ["1", "0"], explicitBounds: [1] };
  writeFileSync(
    FILE,
    request({ name: "read.duration_ms", unit: "ms", histogram: { aggregationTemporality: 2, dataPoints: [histogram] } }) +
      '{"resourceLogs":[]}\n' +
      request(
        { name: "permits", unit: "1", gauge: { dataPoints: [{ ...point, asInt: "3" }] } },
        { name: "@@", gauge: { dataPoints: [{ ...point, asInt: "3" }] } },
      ) +
      '{"resourceMetrics":"broken"}\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function catcher(): Terminal & { out: string; err: string } {
  return {
    env: {},
    out: "",
    err: "",
    writeError(text) {
      this.err += text;
    },
    async writeOut(text) {
      this.out += text.toString();
    },
    style: (_, text) => text,
  };
}

const OUTPUT = { logFormat: "auto", color: false } as const;
const CONFIG = (exporters: string) => [
  "yaml:receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:0'}}}}",
  `yaml:exporters: ${exporters}`,
  "yaml:service: {pipelines: {metrics: {receivers: [otlp], exporters: [prometheus]}}}",
];

test("validate --translate prints every metric of a recording with its Prometheus name, type and labels", async () => {
  const terminal = catcher();
  expect(await validate({ ...OUTPUT, translate: FILE }, terminal)).toBe(0);
  expect(terminal.out).toBe(
    [
      "prometheus: UnderscoreEscapingWithSuffixes",
      "OTLP name         unit  Prometheus name                type       labels",
      "@@                -     -                              -          not shown: nothing of the name is left in Prometheus' alphabet",
      "permits           1     permits_ratio                  gauge      job",
      "read.duration_ms  ms    read_duration_ms_milliseconds  histogram  job, le, read_kind",
      "",
    ].join("\n"),
  );
  expect(terminal.err).toContain("metrics.json:4: ");
});

test("the configuration decides how: strategy, overrides, scope and promoted labels", async () => {
  const terminal = catcher();
  const exporters =
    "{prometheus: {endpoint: '127.0.0.1:0', translation_strategy: NoTranslation, resource_to_telemetry_conversion: {enabled: true}, " +
    "metric_overrides_preset: genarrative, metric_overrides: [{metric: permits, name: slots, instrument: counter}]}}";
  await validate({ ...OUTPUT, translate: FILE, json: true, config: CONFIG(exporters) }, terminal);
  expect(JSON.parse(terminal.out)).toEqual([
    {
      exporter: "prometheus",
      strategy: "NoTranslation",
      metrics: [
        { metric: "@@", unit: "", name: "@@", type: "gauge", labels: ["job", "service.name"], problem: "" },
        { metric: "permits", unit: "1", name: "slots", type: "counter", labels: ["job", "service.name"], problem: "" },
        {
          metric: "read.duration_ms",
          unit: "ms",
          name: "read.duration_ms",
          type: "histogram",
          labels: ["job", "le", "read.kind", "service.name"],
          problem: "",
        },
      ],
    },
  ]);
});

test("each exporter of the configuration has its own table", async () => {
  const terminal = catcher();
  const exporters = "{prometheus: {endpoint: '127.0.0.1:0'}, prometheus/plain: {endpoint: '127.0.0.1:0', add_metric_suffixes: false}}";
  await validate({ ...OUTPUT, translate: FILE, config: CONFIG(exporters) }, terminal);
  expect(terminal.out.match(/^prometheus.*$/gm)).toEqual([
    "prometheus: UnderscoreEscapingWithSuffixes",
    "prometheus/plain: UnderscoreEscapingWithoutSuffixes",
  ]);
  expect(terminal.err).toContain("valid, 1 pipeline");
});

test("a file that is not there, one without metrics, and --json without a file are told as such", async () => {
  const without = join(folder, "logs.json");
  writeFileSync(without, '{"resourceLogs":[]}\n');
  const failing = (keys: object) => expect(validate({ ...OUTPUT, ...keys }, catcher())).rejects;
  await failing({ translate: join(folder, "absent.json") }).toMatchObject({ code: "E_FILE" });
  await failing({ translate: without }).toMatchObject({ code: "E_FILE", message: expect.stringContaining("no metrics") });
  await failing({ json: true }).toMatchObject({ code: "E_USAGE" });
});
