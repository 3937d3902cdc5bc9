import { LoadError } from "../../model/errors.ts";
import type { Log } from "../../pipeline/define.ts";
import type { Terminal } from "../terminal.ts";
import { openRunClient, type RunClient } from "./run-client.ts";
import { openRunCollector } from "./run-collector.ts";
import { forwarderConfig, ownCollectorConfig } from "./run-config.ts";
import type { RunOptions } from "./run-options.ts";

/** Where a run is kept: a collector that already listens, or one of our own for as long as the run lasts. */
export interface CollectorSide extends AsyncDisposable {
  readonly client: RunClient;
  readonly apiUrl: string;
  /** `host:port` that the load generator sends OTLP/HTTP to. */
  readonly otlpHttp: string;
  readonly isOwn: boolean;
  /** As YAML, secrets hidden; "" where the collector is somebody else's. */
  readonly configText: string;
}

export interface CollectorSideOptions {
  readonly options: RunOptions;
  /** Where k6 is going to write; undefined: it is not. */
  readonly k6File: string | undefined;
  readonly endpointRules: readonly { readonly match: string; readonly as: string }[];
  readonly terminal: Terminal;
  readonly log: Log;
}

const OTLP_HTTP_PORT = 4318;

/**
 * Uses the collector whose run API listens at `--api`; where nobody listens, starts one here. Witnesses of this machine (k6's file, access logs,
 * the host) are read here in both cases. Throws: E_PORT_IN_USE, E_TARGET_UNAVAILABLE, E_CONFIG_INVALID.
 */
export async function openCollectorSide(parts: CollectorSideOptions): Promise<CollectorSide> {
  const { options } = parts;
  const api = apiUrl(options.api);
  const client = openRunClient(api, options.token);
  return (await client.status()) === undefined ? await ownCollector(parts, api) : await joined(parts, api, client);
}

async function ownCollector({ options, k6File, endpointRules, terminal, log }: CollectorSideOptions, api: string): Promise<CollectorSide> {
  if (!isLocal(api)) {
    throw new LoadError("E_TARGET_UNAVAILABLE", `nothing listens at ${api}`, {
      hint: "Start a collector there (`npm run otel:debug`), or leave --api out to start one here.",
    });
  }
  const prometheus = terminal.env["PITWALL_PROMETHEUS_ENDPOINT"];
  const text = ownCollectorConfig({
    k6File,
    nginxLogs: options.nginxLog ?? [],
    processes: options.process ?? [],
    isHostOn: hostIsReadable(options),
    otlpHttp: options.otlpHttp,
    otlpGrpc: options.otlpGrpc,
    apiEndpoint: new URL(api).host,
    runsFolder: options.runsDir,
    token: options.token,
    endpointRules,
    prometheus: prometheus === "" ? undefined : prometheus,
  });
  const collector = await openRunCollector({ text, sources: options.config ?? [], sets: options.set ?? [], log, terminal });
  const bound = `http://${collector.addresses.get("runs") ?? new URL(api).host}`;
  return {
    client: openRunClient(bound, options.token),
    apiUrl: bound,
    otlpHttp: collector.addresses.get("otlp.http") ?? options.otlpHttp,
    isOwn: true,
    configText: collector.configText,
    [Symbol.asyncDispose]: () => collector[Symbol.asyncDispose](),
  };
}

async function joined({ options, k6File, terminal, log }: CollectorSideOptions, api: string, client: RunClient): Promise<CollectorSide> {
  const otlpHttp = options.otlp ?? `${new URL(api).hostname}:${OTLP_HTTP_PORT}`;
  const text = forwarderConfig({
    k6File,
    nginxLogs: options.nginxLog ?? [],
    processes: options.process ?? [],
    isHostOn: hostIsReadable(options),
    otlpUrl: `http://${otlpHttp}`,
  });
  const forwarder = text === undefined ? undefined : await openRunCollector({ text, sources: [], sets: options.set ?? [], log, terminal });
  return {
    client,
    apiUrl: api,
    otlpHttp,
    isOwn: false,
    configText: forwarder?.configText ?? "",
    async [Symbol.asyncDispose]() {
      await forwarder?.[Symbol.asyncDispose]();
    },
  };
}

/** Figures of the machine come from procfs. */
function hostIsReadable(options: RunOptions): boolean {
  return options.host && process.platform === "linux";
}

function apiUrl(text: string): string {
  return /^https?:\/\//.test(text) ? text : `http://${text}`;
}

function isLocal(url: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
}
