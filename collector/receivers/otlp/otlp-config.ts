import { validateHeaderName, validateHeaderValue } from "node:http";
import { z } from "zod";
import { duration } from "../../pipeline/settings.ts";
import { endpointKeys, readEndpoint } from "./endpoint.ts";
import { serverTls } from "./tls-config.ts";

/** Bytes; OTLP 1.11 recommends that servers take bodies of 64 MiB (otelcol: 20 MiB over HTTP, 4 MiB over gRPC). */
const DEFAULT_MAX_BODY_BYTES = 67_108_864;
const DEFAULT_MAX_MESSAGE_MIB = 64;
/** Bytes; 2 GiB is as much as a buffer's length that our readers hold in a 32-bit integer. */
const LARGEST_MAX_BODY_BYTES = 2_147_483_647;
/** Ours: otelcol has no bound. Each connection costs some 20 KiB while idle. */
const DEFAULT_MAX_CONNECTIONS = 4096;
/** Bytes; ours: otelcol has no bound. Four bodies of the largest size, or thousands of usual ones. */
const DEFAULT_MAX_IN_FLIGHT_BYTES = 268_435_456;
/** Bytes; configgrpc's default, accepted for compatibility. */
export const DEFAULT_GRPC_BUFFER_BYTES = 524_288;

/** `auth` of a server (otelcol: config/configauth, confighttp `AuthConfig`). */
const authKeys = () => z.strictObject({ authenticator: z.string(), request_params: z.array(z.string()).default([]) });
export type AuthConfig = z.output<ReturnType<typeof authKeys>>;

const cors = () =>
  z.strictObject({
    allowed_origins: z.array(z.string()).default([]),
    allowed_headers: z.array(z.string()).default([]),
    exposed_headers: z.array(z.string().regex(/^[!#$%&'*+.^`|~\w-]+$/, "is not a header name")).default([]),
    /** Seconds. */
    max_age: z.int().min(0).default(0),
  });
export type CorsConfig = z.output<ReturnType<typeof cors>>;

/** otelcol takes a map, newer ones also a list of name and value. */
const headerMap = () =>
  z
    .union([z.record(z.string(), z.string()), z.array(z.strictObject({ name: z.string(), value: z.string() }))])
    .transform(
      (headers): Readonly<Record<string, string>> =>
        Array.isArray(headers) ? Object.fromEntries(headers.map(({ name, value }) => [name, value])) : headers,
    )
    .superRefine((headers, check) => {
      for (const [name, value] of Object.entries(headers)) {
        const why = whyNoHeader(name, value);
        if (why !== undefined) check.addIssue({ code: "custom", path: [name], message: `"${name}" ${why}` });
      }
    });

/** Headers that say how a message is framed: HTTP/2 forbids them, and in HTTP/1 only the server knows them. */
const FRAMING_HEADERS = new Set([
  "connection",
  "content-length",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

function whyNoHeader(name: string, value: string): string | undefined {
  if (FRAMING_HEADERS.has(name.toLowerCase())) return "is set by the server itself";
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return undefined;
  } catch {
    return "is not a header that HTTP allows, or its value has characters that it does not";
  }
}

export const ENCODING_NAMES = ["", "identity", "gzip", "deflate", "zlib", "zstd", "snappy", "x-snappy-framed", "lz4"] as const;

const maxConnections = () => z.int().min(1).default(DEFAULT_MAX_CONNECTIONS);

const httpProtocol = () =>
  z
    .strictObject({
      ...endpointKeys("localhost:4318"),
      traces_url_path: urlPath("/v1/traces"),
      metrics_url_path: urlPath("/v1/metrics"),
      logs_url_path: urlPath("/v1/logs"),
      /** Bytes, of the body as sent and as expanded; 0 = the default. */
      max_request_body_size: z
        .int()
        .min(0)
        .max(LARGEST_MAX_BODY_BYTES)
        .default(0)
        .transform((bytes) => (bytes === 0 ? DEFAULT_MAX_BODY_BYTES : bytes)),
      compression_algorithms: z.array(z.enum(ENCODING_NAMES)).optional(),
      cors: cors().nullish(),
      tls: serverTls().nullish(),
      auth: authKeys().nullish(),
      include_metadata: z.boolean().default(false),
      response_headers: headerMap().nullish(),
      keep_alives_enabled: z.boolean().default(true),
      /** The whole request must have arrived by then. Not set: 300 s; 0: no limit. */
      read_timeout: duration().optional(),
      /** Not set: 60 s; 0: no limit. */
      read_header_timeout: duration().optional(),
      write_timeout: duration().default(0),
      /** How long a kept-alive connection may rest. Not set: 120 s; 0: no limit. */
      idle_timeout: duration().optional(),
      max_connections: maxConnections(),
    })
    .transform((config, check) => ({ ...config, at: readEndpoint(config, check) }));
export type HttpConfig = z.output<ReturnType<typeof httpProtocol>>;

const grpcProtocol = () =>
  z
    .strictObject({
      ...endpointKeys("localhost:4317"),
      /** 0 = the default. */
      max_recv_msg_size_mib: z
        .int()
        .min(0)
        .max(2047)
        .default(0)
        .transform((mib) => (mib === 0 ? DEFAULT_MAX_MESSAGE_MIB : mib)),
      max_concurrent_streams: z.int().min(0).max(4_294_967_295).default(0),
      /** Accepted for compatibility: Node sizes its own buffers. */
      read_buffer_size: z.int().min(0).default(DEFAULT_GRPC_BUFFER_BYTES),
      write_buffer_size: z.int().min(0).default(DEFAULT_GRPC_BUFFER_BYTES),
      tls: serverTls().nullish(),
      auth: authKeys().nullish(),
      include_metadata: z.boolean().default(false),
      keepalive: z
        .strictObject({
          server_parameters: z
            .strictObject({
              max_connection_idle: duration().optional(),
              max_connection_age: duration().optional(),
              max_connection_age_grace: duration().optional(),
              time: duration().optional(),
              timeout: duration().optional(),
            })
            .nullish(),
          enforcement_policy: z.strictObject({ min_time: duration().optional(), permit_without_stream: z.boolean().default(false) }).nullish(),
        })
        .nullish(),
      max_connections: maxConnections(),
    })
    .transform((config, check) => ({ ...config, at: readEndpoint(config, check) }));
export type GrpcConfig = z.output<ReturnType<typeof grpcProtocol>>;
export type KeepaliveConfig = NonNullable<GrpcConfig["keepalive"]>;

const NO_PROTOCOL = "must specify at least one protocol when using the OTLP receiver";

/** A protocol is on when its key stands there; `http:` without a body has all defaults. */
export const otlpConfig = z
  .strictObject({
    protocols: z.strictObject({ grpc: grpcProtocol().nullable().optional(), http: httpProtocol().nullable().optional() }).nullish(),
    /** What all requests of this receiver hold together, as sent and as expanded, until they are answered; beyond it senders are told to come again (429, RESOURCE_EXHAUSTED). */
    max_in_flight_bytes: z.int().min(1).default(DEFAULT_MAX_IN_FLIGHT_BYTES),
  })
  .transform(({ protocols, max_in_flight_bytes }, check) => {
    const http = protocols?.http === null ? httpProtocol().parse({}) : protocols?.http;
    const grpc = protocols?.grpc === null ? grpcProtocol().parse({}) : protocols?.grpc;
    if (http === undefined && grpc === undefined) {
      check.addIssue({ code: "custom", path: ["protocols"], message: `${NO_PROTOCOL}: write protocols: {grpc:, http:}, or only one of them` });
    }
    return { http, grpc, max_in_flight_bytes };
  });
export type OtlpConfig = z.output<typeof otlpConfig>;

function urlPath(defaultPath: string): z.ZodType<string, string | undefined> {
  return z
    .string()
    .default(defaultPath)
    .transform((path, check) => {
      const badEscape = /%(?![0-9a-fA-F]{2})/.test(path);
      const badFirstSegment = /^[^/]*:/.test(path);
      if (path === "" || badEscape || badFirstSegment || /[\s?#]/.test(path)) {
        check.addIssue({ code: "custom", message: `"${path}" is not a URL path (like ${defaultPath})` });
        return z.NEVER;
      }
      return path.startsWith("/") ? path : `/${path}`;
    });
}
