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
 * runs, and where the environment asks for them the scrape endpoint, Grafana's annotations, the proxy's log and figures of this machine.
 * Otherwise otelcol (core or contrib) runs it as well.
 */
export function renderPreset(preset: Preset, env: Environment, { own }: { readonly own: boolean }): string {
  const value = (name: keyof typeof PRESET_DEFAULTS): string => `${JSON.stringify(given(env, name) ?? PRESET_DEFAULTS[name])} # ${name}`;
  const parts = [debugExporter(), ...(preset === "rider" ? [riderExporter(value("RIDER_OTLP_GRPC_ENDPOINT"))] : [])];
  const forMetrics = own ? [alertsExporter(env), ...scrapeEndpoint(env)] : [];
  const forRuns = own ? grafanaExporter(env) : [];
  const witnesses = own ? [...nginxReceiver(env), ...hostReceiver(env)] : [];
  const runs = own ? ["runs"] : [];
  const pipelines = [
    pipeline("traces", ["otlp"], [...ids(parts), ...runs]),
    pipeline("metrics", ["otlp"], [...ids(parts), ...ids(forMetrics), ...runs]),
    pipeline("logs", ["otlp"], [...ids(parts), ...runs]),
    // What the run says of itself every second would bury what the servers say, and so would every request of the proxy.
    ...(own
      ? [pipeline("metrics/runs", ["runs"], ids([...forMetrics, ...forRuns])), pipeline("logs/runs", ["runs"], ids([...parts, ...forRuns]))]
      : []),
    ...witnessPipelines(witnesses, ids(forMetrics)),
  ];
  return `# Written by \`pitwall start --preset ${preset}\` from the environment, each time anew: change the variables, or copy this file and use --config.
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: ${value("OTELCOL_OTLP_GRPC_ENDPOINT")}
      http:
        endpoint: ${value("OTELCOL_OTLP_HTTP_ENDPOINT")}
${texts(witnesses)}exporters:
${texts([...parts, ...forMetrics, ...forRuns])}${own ? runsConnector(value("PITWALL_RUNS_ENDPOINT"), env) : ""}service:
  pipelines:
${pipelines.join("")}`;
}

/** What is read on this machine goes into the ledger of the run; what is no single request is for the alerts and the scrape endpoint too. */
function witnessPipelines(witnesses: readonly ComponentText[], forMetrics: readonly string[]): readonly string[] {
  if (witnesses.length === 0) return [];
  const requests = ids(witnesses).filter((id) => id !== "host");
  const single = requests.length === 0 ? [] : ["traces", "logs"].map((signal) => pipeline(`${signal}/witnesses`, requests, ["runs"]));
  return [...single, pipeline("metrics/witnesses", ids(witnesses), [...forMetrics, "runs"])];
}

function pipeline(id: string, receivers: readonly string[], exporters: readonly string[]): string {
  return `    ${id}:\n      receivers: [${receivers.join(", ")}]\n      exporters: [${exporters.join(", ")}]\n`;
}

/** The token stays in the environment: the file is written for everybody to read. */
function runsConnector(endpoint: string, env: Environment): string {
  const token = given(env, "PITWALL_TOKEN") === undefined ? "" : "    token: ${env:PITWALL_TOKEN}\n";
  const names = listed(given(env, "PITWALL_ALLOWED_HOSTS"));
  const hosts = names.length === 0 ? "" : `    allowed_hosts: ${JSON.stringify(names)} # PITWALL_ALLOWED_HOSTS\n`;
  return `connectors:
  # Records load runs (\`pitwall run\`). Where another process has the port, the collector warns and goes on without.
  runs:
    endpoint: ${endpoint}
    on_port_in_use: warn
${token}${hosts}`;
}

/** A receiver or exporter. */
interface ComponentText {
  readonly id: string;
  readonly text: string;
}

function ids(components: readonly ComponentText[]): readonly string[] {
  return components.map(({ id }) => id);
}

function texts(components: readonly ComponentText[]): string {
  return components.map(({ text }) => text).join("");
}

function given(env: Environment, name: string): string | undefined {
  return env[name] === "" ? undefined : env[name];
}

function debugExporter(): ComponentText {
  return { id: "debug", text: "  debug:\n    verbosity: detailed\n" };
}

function riderExporter(endpoint: string): ComponentText {
  return { id: "otlp/rider", text: `  otlp/rider:\n    endpoint: ${endpoint}\n    tls:\n      insecure: true\n` };
}

function alertsExporter(env: Environment): ComponentText {
  const url = given(env, "PITWALL_ALERT_WEBHOOK");
  const webhook = url === undefined ? "" : `    webhook:\n      url: ${JSON.stringify(url)} # PITWALL_ALERT_WEBHOOK\n`;
  return {
    id: "alerts",
    text: `  # The rules of config/alerts, evaluated here: permits running out, memory climbing, 429 and others are logged.\n  alerts:\n    rules: [builtin]\n${webhook}`,
  };
}

function scrapeEndpoint(env: Environment): readonly ComponentText[] {
  const endpoint = given(env, "PITWALL_PROMETHEUS_ENDPOINT");
  if (endpoint === undefined) return [];
  return [{ id: "prometheus", text: `  prometheus:\n    endpoint: ${JSON.stringify(endpoint)} # PITWALL_PROMETHEUS_ENDPOINT\n` }];
}

/** The token stays in the environment. */
function grafanaExporter(env: Environment): readonly ComponentText[] {
  const endpoint = given(env, "PITWALL_GRAFANA_ENDPOINT");
  if (endpoint === undefined) return [];
  const token = given(env, "PITWALL_GRAFANA_TOKEN") === undefined ? "" : "    token: ${env:PITWALL_GRAFANA_TOKEN}\n";
  return [
    { id: "grafana_annotations", text: `  grafana_annotations:\n    endpoint: ${JSON.stringify(endpoint)} # PITWALL_GRAFANA_ENDPOINT\n${token}` },
  ];
}

function nginxReceiver(env: Environment): readonly ComponentText[] {
  const paths = listed(given(env, "PITWALL_NGINX_LOG"));
  return paths.length === 0 ? [] : [{ id: "nginx", text: `  nginx:\n    paths: ${JSON.stringify(paths)} # PITWALL_NGINX_LOG\n` }];
}

/** Sockets, accept queues, memory, disk of this machine, and of the processes that are named. `none` names none. */
function hostReceiver(env: Environment): readonly ComponentText[] {
  const names = listed(given(env, "PITWALL_HOST_PROCESSES"));
  if (names.length === 0) return [];
  const processes = names.filter((name) => name !== "none").map((name) => ({ name }));
  return [{ id: "host", text: `  host:\n    processes: ${JSON.stringify(processes)} # PITWALL_HOST_PROCESSES\n` }];
}

function listed(text: string | undefined): readonly string[] {
  return (text ?? "")
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");
}
