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
  /** `k6 2.2.0` where that is known: its OTLP output had another name before 1.4. */
  readonly generator?: string;
  readonly temporality: "cumulative" | "delta";
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface GeneratorCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** In addition to the environment that is there. */
  /** undefined: taken out of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const K6_COMMANDS = new Set([
  "run",
  "archive",
  "cloud",
  "completion",
  "deps",
  "help",
  "inspect",
  "new",
  "pause",
  "resume",
  "scale",
  "stats",
  "status",
  "version",
  "x",
]);

/** `k6 run …` in whatever folder, with or without `.exe`; other commands of k6 make no load. */
export function isK6Run(command: readonly string[]): boolean {
  return isK6(command) && command.slice(1).find((word) => K6_COMMANDS.has(word)) === "run";
}

/** A command that may well start k6 (`npm run load:k6`, `sh -c "k6 run …"`): it can only be told by its environment. */
export function isMaybeK6(command: readonly string[]): boolean {
  return !isK6(command) && command.some((word) => /(?:^|[^a-z0-9])k6(?:$|[^a-z0-9])/i.test(word));
}

function isK6(command: readonly string[]): boolean {
  return /^k6(?:\.exe)?$/i.test(basename((command[0] ?? "").replaceAll("\\", "/")));
}

/**
 * The command with what makes its telemetry reach the collector: the standard OTLP variables for any SDK, and for k6 its own variables and
 * outputs. k6 reads no `OTEL_EXPORTER_OTLP_ENDPOINT`; it wants host:port without a scheme, and TLS switched off in words. Exponential histograms
 * keep a timeout of 30 s apart from one of 60 s, which the default buckets (up to 10 s) do not. Endpoints of single signals would hide the common
 * one. K6_OUT is a list with commas.
 * Source: grafana/k6 internal/output/opentelemetry/config.go; OpenTelemetry specification, protocol/exporter.md.
 */
export function generatorCommand(command: readonly string[], options: GeneratorOptions): GeneratorCommand {
  const [file = "", ...args] = command;
  const common = {
    ...withoutSignalEndpoints(options.env),
    ...k6Environment(options),
    PITWALL_RUN_ID: options.runId,
    PITWALL_API: options.apiUrl,
    OTEL_RESOURCE_ATTRIBUTES: resourceAttributes(options.env["OTEL_RESOURCE_ATTRIBUTES"], options.runId),
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${options.otlpHttp}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: options.temporality,
    OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "base2_exponential_bucket_histogram",
  };
  const outputs = [
    ...(options.k6File === undefined ? [] : [`json=${options.k6File}`]),
    ...(options.isK6OtlpOn ? [otlpOutput(options.generator)] : []),
  ];
  const given = (options.env["K6_OUT"] ?? "").split(",").filter((word) => word.trim() !== "");
  if (!isK6Run(command)) {
    // A comma in a path would divide it.
    const told = isMaybeK6(command) ? outputs.filter((output) => !output.includes(",")) : [];
    return { file, args, env: told.length === 0 ? common : { ...common, K6_OUT: [...given, ...told].join(",") } };
  }
  // An output on the command line hides those of K6_OUT: they are named there too.
  const fromEnvironment = outputs.length === 0 || hasOutput(args) ? [] : given;
  const at = args.indexOf("run") + 1;
  const flags = [...fromEnvironment, ...outputs].flatMap((output) => ["--out", output]);
  return { file, args: [...args.slice(0, at), ...flags, ...args.slice(at)], env: common };
}

/** Source: k6's release notes of 1.4.0. */
function otlpOutput(generator = ""): string {
  const [major, minor] = (/^k6 (\d+)\.(\d+)/.exec(generator)?.slice(1) ?? []).map(Number);
  return major !== undefined && minor !== undefined && (major < 1 || (major === 1 && minor < 4)) ? "experimental-opentelemetry" : "opentelemetry";
}

function withoutSignalEndpoints(env: GeneratorOptions["env"]): Readonly<Record<string, undefined>> {
  const names = Object.keys(env).filter((name) => /^OTEL_EXPORTER_OTLP_(?:TRACES|METRICS|LOGS)_(?:ENDPOINT|PROTOCOL)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
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
