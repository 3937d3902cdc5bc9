import { basename } from "node:path";

/** How a load generator is told where its telemetry goes. */
export interface GeneratorOptions {
  readonly runId: string;
  /** `host:port` of OTLP/HTTP. */
  readonly otlpHttp: string;
  readonly apiUrl: string;
  /** Where k6 writes its single requests; undefined: it is not asked to. */
  readonly k6File: string | undefined;
  readonly isK6OtlpOn: boolean;
  readonly temporality: "cumulative" | "delta";
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface GeneratorCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** In addition to the environment that is there. */
  readonly env: Readonly<Record<string, string>>;
  readonly isK6: boolean;
}

/** `k6 run …` in whatever folder, with or without `.exe`; other commands of k6 make no load. */
export function isK6Run(command: readonly string[]): boolean {
  return /^k6(?:\.exe)?$/i.test(basename(command[0] ?? "")) && command.slice(1).find((word) => !word.startsWith("-")) === "run";
}

/**
 * The command with what makes its telemetry reach the collector: the standard OTLP variables for any SDK, and for k6 its own variables and
 * outputs. k6 reads no `OTEL_EXPORTER_OTLP_ENDPOINT`; it wants host:port without a scheme, and TLS switched off in words. Exponential histograms
 * keep a timeout of 30 s apart from one of 60 s, which the default buckets (up to 10 s) do not.
 * Source: grafana/k6 internal/output/opentelemetry/config.go; OpenTelemetry specification, protocol/exporter.md.
 */
export function generatorCommand(command: readonly string[], options: GeneratorOptions): GeneratorCommand {
  const [file = "", ...args] = command;
  const isK6 = isK6Run(command);
  const common = {
    PITWALL_RUN_ID: options.runId,
    PITWALL_API: options.apiUrl,
    OTEL_RESOURCE_ATTRIBUTES: resourceAttributes(options.env["OTEL_RESOURCE_ATTRIBUTES"], options.runId),
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${options.otlpHttp}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: options.temporality,
    OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "base2_exponential_bucket_histogram",
  };
  if (!isK6) return { file, args, env: common, isK6 };
  const outputs = [...(options.k6File === undefined ? [] : [`json=${options.k6File}`]), ...(options.isK6OtlpOn ? ["opentelemetry"] : [])];
  // An output on the command line hides those of K6_OUT: they are named there too.
  const fromEnvironment = outputs.length === 0 || hasOutput(args) ? [] : (options.env["K6_OUT"] ?? "").split(/\s+/).filter((word) => word !== "");
  const at = args.indexOf("run") + 1;
  const flags = [...fromEnvironment, ...outputs].flatMap((output) => ["--out", output]);
  return { file, args: [...args.slice(0, at), ...flags, ...args.slice(at)], env: { ...common, ...k6Environment(options) }, isK6 };
}

function k6Environment({ otlpHttp }: GeneratorOptions): Readonly<Record<string, string>> {
  return {
    K6_OTEL_EXPORTER_PROTOCOL: "http/protobuf",
    K6_OTEL_HTTP_EXPORTER_ENDPOINT: otlpHttp,
    K6_OTEL_HTTP_EXPORTER_INSECURE: "true",
    K6_OTEL_EXPORT_INTERVAL: "1s",
    K6_OTEL_FLUSH_INTERVAL: "1s",
  };
}

function hasOutput(args: readonly string[]): boolean {
  return args.some((word) => word === "-o" || word === "--out" || word.startsWith("--out=") || /^-o./.test(word));
}

/** The run's id first: an SDK that reads only part of the list still has it. An id that was there before is replaced. */
function resourceAttributes(given: string | undefined, runId: string): string {
  const others = (given ?? "").split(",").filter((pair) => pair.trim() !== "" && !pair.trim().startsWith("loadtest.run.id="));
  return [`loadtest.run.id=${runId}`, ...others].join(",");
}
