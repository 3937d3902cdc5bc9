import { z } from "../../collector/pipeline/define.ts";
import { clientTls, duration, retryOnFailure, secret, sendingQueue } from "../../collector/pipeline/settings.ts";
import { type GrpcEndpoint, parseGrpcEndpoint } from "./grpc-endpoint.ts";

const endpoint = z.string({ error: "an endpoint is required, like 127.0.0.1:4317" }).transform((text, check): GrpcEndpoint => {
  const parsed = parseGrpcEndpoint(text);
  if (parsed !== undefined) return parsed;
  check.addIssue({ code: "custom", message: `"${text}" is not host:port, http(s)://host:port, dns:///host:port or unix:///path` });
  return z.NEVER;
});

/** Keys and defaults of otelcol's otlp_grpc exporter; what it has and we have not is refused in words. */
export const otlpGrpcConfig = z.strictObject({
  endpoint,
  compression: z
    .enum(["gzip", "none"], { error: (issue) => `compression ${JSON.stringify(issue.input)} is not supported here: gzip and none are` })
    .default("gzip"),
  /** For one request; 0 = none. */
  timeout: duration().default(5000),
  /** Sent as metadata; values are never printed. */
  headers: z.record(z.string(), secret()).default({}),
  /** On unless `insecure` is true or the endpoint begins with http://. */
  tls: clientTls().optional(),
  /** `authenticator`: the id of an extension that signs requests. */
  auth: z.strictObject({ authenticator: z.string() }).optional(),
  /** Pings on idle connections: after `time`, lost without an answer within `timeout`. */
  keepalive: z
    .strictObject({
      time: duration().optional(),
      timeout: duration().optional(),
      permit_without_stream: z.boolean().default(false),
    })
    .optional(),
  /** true: a request waits for the connection (until `timeout`) instead of failing at once. */
  wait_for_ready: z.boolean().default(false),
  balancer_name: z
    .enum(["round_robin", "pick_first"], {
      error: (issue) => `balancer ${JSON.stringify(issue.input)} is not supported here: round_robin and pick_first are`,
    })
    .default("round_robin"),
  /** The `:authority` that is sent, where it is not the endpoint. */
  authority: z.string().optional(),
  /** Accepted: Node sizes its own buffers. */
  read_buffer_size: z.int().min(0).optional(),
  write_buffer_size: z.int().min(0).optional(),
  sending_queue: sendingQueue().prefault({}),
  retry_on_failure: retryOnFailure().prefault({}),
});

export type OtlpGrpcConfig = z.output<typeof otlpGrpcConfig>;
