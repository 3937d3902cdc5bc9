import { describe, expect, test } from "vitest";
import { generatorCommand, isK6Run, isMaybeK6 } from "../../../../collector/cli/load-run/generator-command.ts";

const OPTIONS = {
  runId: "20260512-045100-spike-3f2a",
  otlpHttp: "127.0.0.1:4318",
  apiUrl: "http://127.0.0.1:4319",
  k6File: "/tmp/k6.json",
  isK6OtlpOn: true,
  temporality: "cumulative",
  env: {},
} as const;

describe("any command", () => {
  test("is told by the standard variables where its telemetry goes and which run it is part of", () => {
    const { file, args, env } = generatorCommand(["locust", "-f", "locustfile.py"], OPTIONS);
    expect({ file, args }).toEqual({ file: "locust", args: ["-f", "locustfile.py"] });
    expect(env).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
      OTEL_RESOURCE_ATTRIBUTES: "loadtest.run.id=20260512-045100-spike-3f2a",
      PITWALL_RUN_ID: "20260512-045100-spike-3f2a",
    });
  });

  test("keeps the resource attributes that were set, but not another run's id", () => {
    const env = { OTEL_RESOURCE_ATTRIBUTES: "team=a,loadtest.run.id=old,zone=b" };
    expect(generatorCommand(["x"], { ...OPTIONS, env }).env["OTEL_RESOURCE_ATTRIBUTES"]).toBe(`loadtest.run.id=${OPTIONS.runId},team=a,zone=b`);
  });
});

describe("k6 run", () => {
  test("is recognised by its name in any folder, and only where it makes load", () => {
    expect(isK6Run(["k6", "run", "a.js"])).toBe(true);
    expect(isK6Run(["/opt/bin/k6", "--quiet", "run", "a.js"])).toBe(true);
    expect(isK6Run(["C:/tools/k6.exe", "run", "a.js"])).toBe(true);
    expect(isK6Run(["k6", "inspect", "run"])).toBe(false);
    expect(isK6Run(["npx", "k6", "run"])).toBe(false);
    expect(isK6Run(["k6", "--address", "localhost:6566", "run", "a.js"])).toBe(true);
    expect(isK6Run(["C:\\tools\\k6.exe", "run", "a.js"])).toBe(true);
    expect(isK6Run(["k6", "cloud", "run", "a.js"])).toBe(false);
    expect(isK6Run([])).toBe(false);
  });

  test("gets both outputs right behind `run`, and an address without a scheme", () => {
    const { args, env } = generatorCommand(["k6", "--quiet", "run", "-e", "A=1", "a.js"], OPTIONS);
    expect(args).toEqual(["--quiet", "run", "--out", "json=/tmp/k6.json", "--out", "opentelemetry", "-e", "A=1", "a.js"]);
    expect(env).toMatchObject({
      K6_OTEL_EXPORTER_PROTOCOL: "http/protobuf",
      K6_OTEL_HTTP_EXPORTER_ENDPOINT: "127.0.0.1:4318",
      K6_OTEL_HTTP_EXPORTER_INSECURE: "true",
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "base2_exponential_bucket_histogram",
    });
  });

  test("keeps outputs of the command line, and those of K6_OUT that ours would hide", () => {
    const own = generatorCommand(["k6", "run", "--out", "csv=a.csv", "a.js"], { ...OPTIONS, env: { K6_OUT: "influxdb" } });
    expect(own.args).toEqual(["run", "--out", "json=/tmp/k6.json", "--out", "opentelemetry", "--out", "csv=a.csv", "a.js"]);
    const fromEnvironment = generatorCommand(["k6", "run", "a.js"], { ...OPTIONS, env: { K6_OUT: "csv=a.csv,influxdb" } });
    expect(fromEnvironment.args).toEqual([
      "run",
      "--out",
      "csv=a.csv",
      "--out",
      "influxdb",
      "--out",
      "json=/tmp/k6.json",
      "--out",
      "opentelemetry",
      "a.js",
    ]);
  });

  test("is left alone where neither output is wanted", () => {
    const { args } = generatorCommand(["k6", "run", "a.js"], { ...OPTIONS, k6File: undefined, isK6OtlpOn: false, env: { K6_OUT: "csv=a.csv" } });
    expect(args).toEqual(["run", "a.js"]);
  });

  test("is asked for its OTLP output by the name that its version knows", () => {
    const outputOf = (generator: string) => generatorCommand(["k6", "run", "a.js"], { ...OPTIONS, k6File: undefined, generator }).args[2];
    expect(["k6 0.54.0", "k6 1.3.0", "k6 1.4.0", "k6 2.2.0", "k6"].map(outputOf)).toEqual([
      "experimental-opentelemetry",
      "experimental-opentelemetry",
      "opentelemetry",
      "opentelemetry",
      "opentelemetry",
    ]);
  });
});

describe("a command that starts k6 itself", () => {
  test("is recognised by a word", () => {
    expect(isMaybeK6(["npm", "run", "loadtest:k6:works"])).toBe(true);
    expect(isMaybeK6(["sh", "-c", "cd load && k6 run a.js"])).toBe(true);
    expect(isMaybeK6(["npx", "k6", "run", "a.js"])).toBe(true);
    expect(isMaybeK6(["k6", "run", "a.js"])).toBe(false);
    expect(isMaybeK6(["node", "k6ish.js", "mark6"])).toBe(false);
  });

  test("is told the outputs by K6_OUT, beside those that were there", () => {
    const { args, env } = generatorCommand(["npm", "run", "load:k6"], { ...OPTIONS, env: { K6_OUT: "csv=a.csv" } });
    expect(args).toEqual(["run", "load:k6"]);
    expect(env).toMatchObject({ K6_OUT: "csv=a.csv,json=/tmp/k6.json,opentelemetry", K6_OTEL_HTTP_EXPORTER_ENDPOINT: "127.0.0.1:4318" });
  });

  test("is not told of a file whose path K6_OUT would divide, nor of outputs that nobody wants", () => {
    const command = ["npm", "run", "load:k6"];
    expect(generatorCommand(command, { ...OPTIONS, k6File: "/tmp/a,b.json" }).env["K6_OUT"]).toBe("opentelemetry");
    expect(generatorCommand(command, { ...OPTIONS, k6File: undefined, isK6OtlpOn: false }).env).not.toHaveProperty("K6_OUT");
    expect(generatorCommand(["npm", "run", "load"], OPTIONS).env).not.toHaveProperty("K6_OUT");
  });
});
