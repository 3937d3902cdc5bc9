import { z } from "../../collector/pipeline/define.ts";
import { clientTls, duration, retryOnFailure, secret, sendingQueue } from "../../collector/pipeline/settings.ts";
import { COMPRESSIONS } from "./compress.ts";

const httpUrl = () =>
  z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: (issue) => `"${issue.input}" is not a URL like http://127.0.0.1:4318`,
  });

/** Keys and defaults of otelcol's otlp_http exporter; what it has and we have not is refused in words. */
export const otlpHttpConfig = z
  .strictObject({
    /** `/v1/traces`, `/v1/metrics` or `/v1/logs` is added. */
    endpoint: httpUrl().optional(),
    /** Taken as they are. */
    traces_endpoint: httpUrl().optional(),
    metrics_endpoint: httpUrl().optional(),
    logs_endpoint: httpUrl().optional(),
    compression: z
      .enum(COMPRESSIONS, { error: (issue) => `compression ${JSON.stringify(issue.input)} is not supported here: ${COMPRESSIONS.join(", ")} are` })
      .default("gzip"),
    /** Of gzip, deflate and zlib 1 (fastest) to 9, of zstd 1 to 22. Default: 1, for zstd 3. */
    compression_params: z.strictObject({ level: z.int().min(-1).max(22) }).optional(),
    encoding: z.enum(["proto", "json"]).default("proto"),
    /** For the whole exchange; 0 = none. */
    timeout: duration().default(30_000),
    /** Values are never printed. */
    headers: z.record(z.string(), secret()).default({}),
    tls: clientTls().optional(),
    /** `authenticator`: the id of an extension that signs requests. */
    auth: z.strictObject({ authenticator: z.string() }).optional(),
    proxy_url: z.never({ error: "proxy_url is not supported: point the endpoint to where requests shall go" }).optional(),
    sending_queue: sendingQueue().prefault({}),
    retry_on_failure: retryOnFailure().prefault({}),
    max_idle_conns: z.int().min(0).default(100),
    max_idle_conns_per_host: z.int().min(0).optional(),
    /** 0 = no limit. */
    max_conns_per_host: z.int().min(0).default(0),
    idle_conn_timeout: duration().default(90_000),
    disable_keep_alives: z.boolean().default(false),
    /** Accepted: Node sizes its own buffers, and HTTP/2 is not spoken here. */
    read_buffer_size: z.int().min(0).optional(),
    write_buffer_size: z.int().min(0).optional(),
    force_attempt_http2: z.boolean().optional(),
    http2_read_idle_timeout: duration().optional(),
    http2_ping_timeout: duration().optional(),
  })
  .refine(
    ({ endpoint, traces_endpoint, metrics_endpoint, logs_endpoint }) => [endpoint, traces_endpoint, metrics_endpoint, logs_endpoint].some(Boolean),
    {
      error: "an endpoint is missing: set endpoint (like http://127.0.0.1:4318), or traces_endpoint, metrics_endpoint, logs_endpoint",
      path: ["endpoint"],
    },
  );

export type OtlpHttpConfig = z.output<typeof otlpHttpConfig>;
