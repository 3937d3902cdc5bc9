/** The ready-made configurations behind `npm run otel:debug` and `npm run otel:rider`. */
export const PRESETS = ["debug", "rider"] as const;
export type Preset = (typeof PRESETS)[number];

/** Environment variables that the presets read, and what stands in when they are not set. */
export const PRESET_DEFAULTS = {
  OTELCOL_OTLP_HTTP_ENDPOINT: "127.0.0.1:4318",
  OTELCOL_OTLP_GRPC_ENDPOINT: "127.0.0.1:4317",
  RIDER_OTLP_GRPC_ENDPOINT: "127.0.0.1:17011",
  PITWALL_RUNS_ENDPOINT: "127.0.0.1:4319",
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The configuration as YAML. `own`: Pitwall itself will run it, so it also has what only Pitwall has: the alerts, the run API that records load
 * runs, and with PITWALL_PROMETHEUS_ENDPOINT the scrape endpoint. Otherwise otelcol (core or contrib) runs it as well.
 */
export function renderPreset(preset: Preset, env: Environment, { own }: { readonly own: boolean }): string {
  const value = (name: keyof typeof PRESET_DEFAULTS): string => `${JSON.stringify(given(env, name) ?? PRESET_DEFAULTS[name])} # ${name}`;
  const parts = [debugExporter(), ...(preset === "rider" ? [riderExporter(value("RIDER_OTLP_GRPC_ENDPOINT"))] : [])];
  const forMetrics = own ? [alertsExporter(env), ...scrapeEndpoint(env)] : [];
  const ids = (exporters: readonly ExporterText[]): readonly string[] => exporters.map(({ id }) => id);
  const runs = own ? ["runs"] : [];
  const pipelines = [
    pipeline("traces", "otlp", [...ids(parts), ...runs]),
    pipeline("metrics", "otlp", [...ids(parts), ...ids(forMetrics), ...runs]),
    pipeline("logs", "otlp", [...ids(parts), ...runs]),
    // What the run says of itself every second would bury what the servers say.
    ...(own ? [pipeline("metrics/runs", "runs", ids(forMetrics)), pipeline("logs/runs", "runs", ids(parts))] : []),
  ];
  return `# Written by \`pitwall start --preset ${preset}\` from the environment, each time anew: change the variables, or copy this file and use --config.
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: ${value("OTELCOL_OTLP_GRPC_ENDPOINT")}
      http:
        endpoint: ${value("OTELCOL_OTLP_HTTP_ENDPOINT")}
exporters:
${[...parts, ...forMetrics].map(({ text }) => text).join("")}${own ? runsConnector(value("PITWALL_RUNS_ENDPOINT"), env) : ""}service:
  pipelines:
${pipelines.join("")}`;
}

function pipeline(id: string, receiver: string, exporters: readonly string[]): string {
  return `    ${id}:\n      receivers: [${receiver}]\n      exporters: [${exporters.join(", ")}]\n`;
}

/** The token stays in the environment: the file is written for everybody to read. */
function runsConnector(endpoint: string, env: Environment): string {
  const token = given(env, "PITWALL_TOKEN") === undefined ? "" : "    token: ${env:PITWALL_TOKEN}\n";
  return `connectors:
  # Records load runs (\`pitwall run\`). Where another process has the port, the collector warns and goes on without.
  runs:
    endpoint: ${endpoint}
    on_port_in_use: warn
${token}`;
}

interface ExporterText {
  readonly id: string;
  readonly text: string;
}

function given(env: Environment, name: string): string | undefined {
  return env[name] === "" ? undefined : env[name];
}

function debugExporter(): ExporterText {
  return { id: "debug", text: "  debug:\n    verbosity: detailed\n" };
}

function riderExporter(endpoint: string): ExporterText {
  return { id: "otlp/rider", text: `  otlp/rider:\n    endpoint: ${endpoint}\n    tls:\n      insecure: true\n` };
}

function alertsExporter(env: Environment): ExporterText {
  const url = given(env, "PITWALL_ALERT_WEBHOOK");
  const webhook = url === undefined ? "" : `    webhook:\n      url: ${JSON.stringify(url)} # PITWALL_ALERT_WEBHOOK\n`;
  return {
    id: "alerts",
    text: `  # The rules of config/alerts, evaluated here: permits running out, memory climbing, 429 and others are logged.\n  alerts:\n    rules: [builtin]\n${webhook}`,
  };
}

function scrapeEndpoint(env: Environment): readonly ExporterText[] {
  const endpoint = given(env, "PITWALL_PROMETHEUS_ENDPOINT");
  if (endpoint === undefined) return [];
  return [{ id: "prometheus", text: `  prometheus:\n    endpoint: ${JSON.stringify(endpoint)} # PITWALL_PROMETHEUS_ENDPOINT\n` }];
}
