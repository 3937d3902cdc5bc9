/** What the collector of a run is to hear and where it keeps it. */
export interface RunConfigOptions {
  readonly runId?: string;
  readonly k6File: string | undefined;
  readonly nginxLogs: readonly string[];
  /** Names or command patterns of processes whose memory, threads and descriptors are followed. */
  readonly processes: readonly string[];
  readonly isHostOn: boolean;
}

export interface OwnCollectorOptions extends RunConfigOptions {
  readonly otlpHttp: string;
  readonly otlpGrpc: string;
  readonly apiEndpoint: string;
  readonly runsFolder: string;
  readonly token: string | undefined;
  readonly endpointRules: readonly { readonly match: string; readonly as: string }[];
  /** `host:port` of the scrape endpoint; undefined: none. */
  readonly prometheus: string | undefined;
}

type Yaml = Readonly<Record<string, unknown>>;
const SIGNALS = ["traces", "metrics", "logs"] as const;

/** Hears everybody, keeps the run, evaluates the alerts. JSON is YAML, and needs no thought about quoting. */
export function ownCollectorConfig(options: OwnCollectorOptions): string {
  const witnesses = witnessReceivers(options);
  const prometheus: Yaml = options.prometheus === undefined ? {} : { prometheus: { endpoint: options.prometheus } };
  const heard = ["otlp"];
  const pipelines = SIGNALS.map((signal) => {
    const also = signal === "metrics" ? ["alerts", ...Object.keys(prometheus)] : [];
    return [signal, { receivers: heard, exporters: ["runs", ...also] }] as const;
  });
  return JSON.stringify({
    receivers: {
      otlp: { protocols: { http: { endpoint: options.otlpHttp }, grpc: { endpoint: options.otlpGrpc } } },
      ...witnesses.receivers,
    },
    connectors: {
      runs: {
        endpoint: options.apiEndpoint,
        directory: options.runsFolder,
        ...(options.token === undefined ? {} : { token: options.token }),
        ...(options.endpointRules.length === 0 ? {} : { endpoints: options.endpointRules }),
      },
    },
    exporters: { alerts: { rules: ["builtin"] }, nop: {}, ...prometheus },
    service: {
      telemetry: { metrics: { level: "none" }, logs: { level: "warn" } },
      pipelines: {
        ...Object.fromEntries(pipelines),
        ...witnesses.pipelines(["runs"]),
        "metrics/runs": { receivers: ["runs"], exporters: ["alerts", ...Object.keys(prometheus)] },
        "logs/runs": { receivers: ["runs"], exporters: ["nop"] },
      },
    },
  });
}

/** Reads this machine's witnesses and sends them to a collector that listens elsewhere. undefined where there is nothing to read. */
export function forwarderConfig(options: RunConfigOptions & { readonly otlpUrl: string }): string | undefined {
  const witnesses = witnessReceivers(options);
  if (Object.keys(witnesses.receivers).length === 0) return undefined;
  return JSON.stringify({
    receivers: witnesses.receivers,
    exporters: { otlp_http: { endpoint: options.otlpUrl, sending_queue: { sizer: "items", queue_size: 200_000 } } },
    service: {
      telemetry: { metrics: { level: "none" }, logs: { level: "warn" } },
      pipelines: witnesses.pipelines(["otlp_http"]),
    },
  });
}

function witnessReceivers({ runId, k6File, nginxLogs, processes, isHostOn }: RunConfigOptions) {
  const run: Yaml = runId === undefined ? {} : { run_id: runId };
  const receivers: Record<string, Yaml> = {
    ...(k6File === undefined ? {} : { k6: { path: k6File, format: "k6-json", ...run } }),
    ...(nginxLogs.length === 0 ? {} : { nginx: { paths: nginxLogs, ...run } }),
    ...(isHostOn ? { host: { ...(processes.length === 0 ? {} : { processes: processes.map((name) => ({ name })) }) } } : {}),
  };
  const ids = Object.keys(receivers);
  // The host has no requests; by logs it tells of processes that ended and began.
  const requesting = ids.filter((id) => id !== "host");
  return {
    receivers,
    pipelines: (exporters: readonly string[]): Yaml => ({
      ...(requesting.length === 0 ? {} : { "traces/witnesses": { receivers: requesting, exporters } }),
      ...(ids.length === 0 ? {} : { "metrics/witnesses": { receivers: ids, exporters }, "logs/witnesses": { receivers: ids, exporters } }),
    }),
  };
}
