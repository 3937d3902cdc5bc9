import { isIP } from "node:net";
import { checkServerIdentity, createSecureContext } from "node:tls";
import type { ChannelCredentials, ChannelOptions, Client } from "@grpc/grpc-js";
import type { Signal } from "../../collector/model/batch.ts";
import { clientTlsOptions } from "../../collector/pipeline/client-tls.ts";
import { clientTls } from "../../collector/pipeline/settings.ts";
import type { GrpcEndpoint } from "./grpc-endpoint.ts";
import type { CallFailure } from "./judge-status.ts";
import type { OtlpGrpcConfig } from "./otlp-grpc-config.ts";

type Grpc = typeof import("@grpc/grpc-js");

const METHODS: Readonly<Record<Signal, string>> = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
  logs: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
};

/** grpc-js waits up to two minutes before it dials again; a target that is back should hear from us sooner. */
const MAX_RECONNECT_BACKOFF_MS = 10_000;

/** Unary OTLP calls with the bytes as they are: the library's own encoders are not used. */
export class GrpcClient implements Disposable {
  readonly #grpc: Grpc;
  readonly #client: Client;
  readonly #timeoutMs: number;
  readonly #waitForReady: boolean;

  private constructor(grpc: Grpc, client: Client, config: OtlpGrpcConfig) {
    this.#grpc = grpc;
    this.#client = client;
    this.#timeoutMs = config.timeout;
    this.#waitForReady = config.wait_for_ready;
  }

  /** Dials when the first call asks for it. Loads the library only now: a collector without this exporter should not pay for it. */
  static async open(config: OtlpGrpcConfig, id: string): Promise<GrpcClient> {
    // A CommonJS package: `default` is all of it, also where the names in it cannot be told from outside.
    const { default: grpc } = (await import("@grpc/grpc-js")) as unknown as { readonly default: Grpc };
    const client = new grpc.Client(config.endpoint.target, credentials(grpc, config, id), channelOptions(grpc, config));
    return new GrpcClient(grpc, client, config);
  }

  /** The response's bytes. Rejects with a `CallFailed`. */
  export(signal: Signal, pieces: readonly Uint8Array[], headers: Readonly<Record<string, string>>): Promise<Uint8Array> {
    const metadata = new this.#grpc.Metadata({ waitForReady: this.#waitForReady });
    for (const [name, value] of Object.entries(headers)) metadata.set(name, name.endsWith("-bin") ? Buffer.from(value) : value);
    const options = this.#timeoutMs > 0 ? { deadline: Date.now() + this.#timeoutMs } : {};
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    this.#client.makeUnaryRequest(METHODS[signal], joined, asIs, pieces, metadata, options, (error, response) => {
      if (error !== null) {
        const [details] = error.metadata?.get("grpc-status-details-bin") ?? [];
        reject(new CallFailed({ code: error.code, message: error.details, details: Buffer.isBuffer(details) ? details : undefined }));
      } else resolve(response ?? new Uint8Array());
    });
    return promise;
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** A call that ended with a status other than OK, or with none at all (UNAVAILABLE). */
export class CallFailed extends Error {
  readonly failure: CallFailure;
  constructor(failure: CallFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

function joined(pieces: readonly Uint8Array[]): Buffer {
  const [first] = pieces;
  if (pieces.length === 1 && first !== undefined) return Buffer.from(first.buffer, first.byteOffset, first.length);
  return Buffer.concat(pieces);
}

function asIs(bytes: Buffer): Uint8Array {
  return bytes;
}

function credentials({ credentials }: Grpc, { endpoint, tls }: OtlpGrpcConfig, id: string): ChannelCredentials {
  if (endpoint.isPlain ?? tls?.insecure ?? false) return credentials.createInsecure();
  const options = clientTlsOptions(tls ?? clientTls().parse({}), id);
  const address = options.servername === undefined ? ipAddress(endpoint) : undefined;
  return credentials.createFromSecureContext(createSecureContext(options), {
    rejectUnauthorized: options.rejectUnauthorized,
    ...(address === undefined ? {} : { checkServerIdentity: (_name, certificate) => checkServerIdentity(address, certificate) }),
  });
}

/**
 * grpc-js would send an address as server name, which TLS forbids and Node therefore refuses. So a name is sent that nobody has,
 * and the certificate is checked for the address all the same.
 */
const NO_SERVER_NAME = "address.invalid";

function ipAddress({ target }: GrpcEndpoint): string | undefined {
  const host = target
    .replace(/^dns:\/\/\//, "")
    .replace(/:\d+$/, "")
    .replace(/^\[|\]$/g, "");
  return isIP(host) === 0 ? undefined : host;
}

function channelOptions({ compressionAlgorithms }: Grpc, config: OtlpGrpcConfig): ChannelOptions {
  const { keepalive, tls, endpoint } = config;
  const serverName = tls?.server_name_override ?? (ipAddress(endpoint) === undefined ? undefined : NO_SERVER_NAME);
  const authority = config.authority ?? tls?.server_name_override ?? endpoint.authority;
  return {
    "grpc.primary_user_agent": "Pitwall",
    "grpc.default_compression_algorithm": config.compression === "gzip" ? compressionAlgorithms.gzip : compressionAlgorithms.identity,
    "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ [config.balancer_name]: {} }] }),
    "grpc.service_config_disable_resolution": 1,
    // Retries are the river bed's: there they are counted.
    "grpc.enable_retries": 0,
    "grpc.max_reconnect_backoff_ms": MAX_RECONNECT_BACKOFF_MS,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.enable_http_proxy": 0,
    ...(serverName === undefined ? {} : { "grpc.ssl_target_name_override": serverName }),
    ...(authority === undefined ? {} : { "grpc.default_authority": authority }),
    ...(keepalive?.time === undefined ? {} : { "grpc.keepalive_time_ms": keepalive.time }),
    ...(keepalive?.timeout === undefined ? {} : { "grpc.keepalive_timeout_ms": keepalive.timeout }),
    ...(keepalive === undefined ? {} : { "grpc.keepalive_permit_without_calls": keepalive.permit_without_stream ? 1 : 0 }),
  };
}
