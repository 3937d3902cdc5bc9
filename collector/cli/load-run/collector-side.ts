import { connect } from "node:net";
import { isLoadError, LoadError } from "../../model/errors.ts";
import type { Log } from "../../pipeline/define.ts";
import type { Terminal } from "../terminal.ts";
import { apiUrl, isFreePort, otlpAddress } from "./api-address.ts";
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
  readonly say: (text: string) => void;
}

const OTLP_HTTP_PORT = 4318;
const CONNECT_MS = 2000;

/**
 * Uses the collector whose run API listens at `--api`; where nobody listens, starts one here. Witnesses of this machine (k6's file, access logs,
 * the host) are read here in both cases. Throws: E_USAGE, E_PORT_IN_USE, E_TARGET_UNAVAILABLE, E_CONFIG_INVALID.
 */
export async function openCollectorSide(parts: CollectorSideOptions): Promise<CollectorSide> {
  const { options } = parts;
  const api = apiUrl(options.api);
  const client = openRunClient(api, options.token);
  const status = isFreePort(api) ? undefined : await client.status();
  if (status === undefined) return await ownCollector(parts, api);
  if (status.run !== null) {
    // Before anything of this machine is sent there: it would go into the other run.
    throw new LoadError("E_TARGET_UNAVAILABLE", `run ${status.run.id} is open at ${api}, and one run is recorded at a time`, {
      hint: "Wait for its end; or record apart from it, with --api 127.0.0.1:0 --otlp-http 127.0.0.1:0 --otlp-grpc 127.0.0.1:0.",
    });
  }
  return await joined(parts, api, client);
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
    otlpHttp: otlpAddress("--otlp-http", options.otlpHttp),
    otlpGrpc: otlpAddress("--otlp-grpc", options.otlpGrpc),
    apiEndpoint: new URL(api).host,
    runsFolder: options.runsDir,
    token: options.token,
    endpointRules,
    prometheus: prometheus === "" ? undefined : prometheus,
  });
  const sources = options.config ?? [];
  const collector = await openRunCollector({ text, sources, sets: options.set ?? [], log, terminal }).catch((error: unknown) => {
    throw withPortHint(error);
  });
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

async function joined({ options, k6File, terminal, log, say }: CollectorSideOptions, api: string, client: RunClient): Promise<CollectorSide> {
  const otlpHttp = otlpAddress("--otlp", options.otlp ?? `${new URL(api).hostname}:${OTLP_HTTP_PORT}`);
  if (!(await isListening(otlpHttp))) {
    throw new LoadError("E_TARGET_UNAVAILABLE", `a collector's run API listens at ${api}, but nobody takes OTLP/HTTP at ${otlpHttp}`, {
      hint: "Give the address where that collector takes OTLP/HTTP with --otlp host:port.",
    });
  }
  if (options.config !== undefined || options.set !== undefined)
    say(`a collector listens already at ${api}: --config and --set are for one that is started here, and change nothing`);
  const text = forwarderConfig({
    k6File,
    nginxLogs: options.nginxLog ?? [],
    processes: options.process ?? [],
    isHostOn: hostIsReadable(options),
    otlpUrl: `http://${otlpHttp}`,
  });
  const forwarder = text === undefined ? undefined : await openRunCollector({ text, sources: [], sets: [], log, terminal });
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

/** The ports are not in a configuration that the user has written. */
function withPortHint(error: unknown): unknown {
  if (!isLoadError(error) || error.code !== "E_PORT_IN_USE") return error;
  return new LoadError("E_PORT_IN_USE", error.message, {
    cause: error,
    hint: "Stop the other process, or take free ports: --otlp-http 127.0.0.1:0 --otlp-grpc 127.0.0.1:0 (and --api 127.0.0.1:0).",
  });
}

function isListening(hostPort: string): Promise<boolean> {
  const { hostname, port } = new URL(`http://${hostPort}`);
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port === "" ? 80 : port), timeout: CONNECT_MS });
  socket.once("connect", () => resolve(true));
  socket.once("error", () => resolve(false));
  socket.once("timeout", () => resolve(false));
  return promise.finally(() => socket.destroy());
}

function isLocal(url: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
}
