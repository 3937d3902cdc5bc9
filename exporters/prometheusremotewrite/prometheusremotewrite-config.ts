import { z } from "../../collector/pipeline/define.ts";
import { clientTls, duration, secret } from "../../collector/pipeline/settings.ts";
import { labelRecord, translationSettings } from "../../collector/series/translation-settings.ts";

/** What the protocol itself sets. Source: remote_write_spec_2_0.md, "Protocol": users must not be able to override them. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-type",
  "content-length",
  "transfer-encoding",
  "connection",
  "host",
  "user-agent",
  "retry-attempt",
  "x-prometheus-remote-write-version",
]);

const headers = z
  .record(z.string(), secret())
  .default({})
  .superRefine((record, check) => {
    for (const name of Object.keys(record)) {
      if (!RESERVED_HEADERS.has(name.toLowerCase())) continue;
      check.addIssue({ code: "custom", path: [name], message: `the header "${name}" is set by the remote write protocol and cannot be configured` });
    }
  });

/** `retry_on_failure` with Prometheus' own waiting times: 30 ms, doubled up to 5 s. */
const retry = z
  .strictObject({
    enabled: z.boolean().default(true),
    initial_interval: duration().default(30),
    randomization_factor: z.number().min(0).max(1).default(0.25),
    multiplier: z.number().min(1).default(2),
    max_interval: duration().default(5000),
    /** Age at which what could not be delivered is given up; 0 = never. */
    max_elapsed_time: duration().default(300_000),
  })
  .prefault({});

/** contrib's words for `protocol`. */
const MESSAGES = ["prometheus.WriteRequest", "io.prometheus.write.v2.Request"] as const;

/** Keys of contrib's prometheusremotewrite exporter where we have what they mean, and our own. */
export const prometheusRemoteWriteConfig = z
  .strictObject({
    /** The whole URL, like http://127.0.0.1:9090/api/v1/write. */
    endpoint: z.string().refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
      error: (issue) => `"${issue.input}" is not a URL like http://127.0.0.1:9090/api/v1/write`,
    }),
    /** Values are never printed. */
    headers,
    tls: clientTls().optional(),
    auth: z.strictObject({ authenticator: z.string() }).optional(),
    /** For one request. */
    timeout: duration().default(5000),
    compression: z.literal("snappy", { error: "remote write is compressed with snappy, nothing else" }).default("snappy"),
    /** auto: 2.0 where the receiver proves that it knows it, else 1.0. */
    protocol: z.union([z.literal("auto"), z.literal(1), z.literal(2), z.literal("1"), z.literal("2")]).default("auto"),
    protobuf_message: z.enum(MESSAGES).optional(),

    ...translationSettings,
    external_labels: labelRecord(),
    target_info: z.strictObject({ enabled: z.boolean().default(true) }).prefault({}),
    send_metadata: z.boolean().default(true),
    send_exemplars: z.boolean().default(true),
    /** Exponential histograms as native ones: auto = over 2.0 only. false: as classic ones that end at powers of two. */
    native_histograms: z.union([z.literal("auto"), z.boolean()]).default("auto"),
    /** Classic histograms as native ones with custom buckets, over 2.0 only. */
    convert_classic_to_nhcb: z.boolean().default(false),
    /** At the end of a run and of a series, so that it does not seem to live for 5 more minutes. */
    stale_markers: z.boolean().default(true),
    /** Of two points of a cumulative series within one millisecond the later one is moved to the next ms; otherwise it is lost as `conflict`. */
    spread_collisions: z.boolean().default(false),

    /** Samples and native histograms of one request. A single histogram may have more. */
    max_samples_per_send: z.int().min(1).default(2000),
    /** Of one request before compression, about. */
    max_batch_size_bytes: z.int().min(1).default(3_000_000),
    /** A request that is not full goes out after so long. */
    batch_send_deadline: duration().default(1000),
    /** Requests under way at once, each for series of its own. */
    lanes: z.int().min(1).max(64).default(1),
    retry_on_failure: retry,
    /** A 1.0 request that was turned down (4xx) or too large is halved until only what is bad is lost. The specification asks not to send again. */
    salvage: z.boolean().default(false),

    /** OTLP series; their names, labels and values may take 1 KiB each on average. */
    max_series: z.int().min(1).default(500_000),
    /** 0 = no limit; Mimir has 30 and VictoriaMetrics 40 by default. */
    max_labels_per_series: z.int().min(0).default(0),
    /** A series without a point for so long has ended; 0 = never. */
    metric_expiration: duration().default(300_000),

    queue: z
      .strictObject({
        /** What waits in memory. */
        max_memory_bytes: z.int().min(1).default(67_108_864),
        /** What waits goes to files here while the receiver is away, and survives the end of the process. Not set: it stays in memory. */
        directory: z.string().min(1).optional(),
        max_disk_bytes: z.int().min(1).default(1_073_741_824),
        /** So long the receiver has to be away. */
        spill_after: duration().default(5000),
      })
      .prefault({}),
    remote_write_queue: z.never({ error: "remote_write_queue is not supported: use queue, lanes and max_samples_per_send" }).optional(),
    wal: z.never({ error: "wal is not supported: set queue.directory" }).optional(),
  })
  .transform(({ protocol, protobuf_message, ...rest }) => ({
    ...rest,
    protocol:
      protobuf_message === undefined
        ? protocol === "auto"
          ? protocol
          : (Number(protocol) as 1 | 2)
        : protobuf_message === MESSAGES[0]
          ? (1 as const)
          : (2 as const),
  }));

export type PrometheusRemoteWriteConfig = z.output<typeof prometheusRemoteWriteConfig>;
