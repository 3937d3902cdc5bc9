import { z } from "zod";

/** Config shapes that several components share. YAML keys and defaults are otelcol's unless said otherwise. */

const DURATION_PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|[\u00b5\u03bc]s|ms|s|m|h)/gy;
const MS_PER_UNIT: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, μs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Go's duration grammar (time.ParseDuration): `1m30s`, `200ms`, `1.5h`, `0`. Undefined where the text is none. */
export function parseDurationMs(text: string): number | undefined {
  const body = text.replace(/^[+-]/, "");
  const sign = text.startsWith("-") ? -1 : 1;
  if (body === "0") return 0;
  let at = 0;
  let ms = 0;
  DURATION_PART.lastIndex = 0;
  for (let part = DURATION_PART.exec(body); part !== null; part = DURATION_PART.exec(body)) {
    ms += Number(part[1]) * (MS_PER_UNIT[part[2] as string] as number);
    at = DURATION_PART.lastIndex;
  }
  return at === body.length && at > 0 ? sign * ms : undefined;
}

/** ms (24.8 days): a longer timer would go off at once. */
export const LONGEST_TIMER_MS = 2_147_483_647;

/**
 * A duration in ms from Go's grammar. A bare 0 is allowed, other bare numbers are not (otelcol reads them as ns, which nobody means).
 * What is longer than a timer can be ("never", in hours) is as long as it can be.
 */
export function duration(): z.ZodType<number, string | number> {
  return z.union([z.string(), z.number()]).transform((raw, check) => {
    const ms = typeof raw === "string" ? parseDurationMs(raw) : raw === 0 ? 0 : undefined;
    if (ms === undefined || ms < 0) {
      check.addIssue({ code: "custom", message: `"${raw}" is not a duration; write it with a unit, like 200ms, 5s or 1m30s` });
      return z.NEVER;
    }
    return Math.min(ms, LONGEST_TIMER_MS);
  });
}

/** A value that is never printed: config dumps show `[REDACTED]` for everything below a `secret()`. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return "[REDACTED]";
  }
  toJSON(): string {
    return "[REDACTED]";
  }
}

export function secret(): z.ZodType<Secret, string> {
  return z.string().transform((text) => new Secret(text));
}

/** `host:port`, with port 0 for any free one; [::1]:4317 for IPv6; an empty host means all interfaces, as in Go. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  if (match === null || Number(match[3]) > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? "", port: Number(match[3]) };
}

export function hostPort(): z.ZodType<HostPort, string> {
  return z.string().transform((text, check) => {
    const parsed = parseHostPort(text);
    if (parsed === undefined) {
      check.addIssue({ code: "custom", message: `"${text}" is not host:port (like 127.0.0.1:4318, [::1]:4318, or 127.0.0.1:0 for any free port)` });
      return z.NEVER;
    }
    return parsed;
  });
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `tls` of a client (exporter). */
export const clientTls = () =>
  z.strictObject({
    insecure: z.boolean().default(false),
    insecure_skip_verify: z.boolean().default(false),
    server_name_override: z.string().optional(),
    ca_file: z.string().optional(),
    ca_pem: secret().optional(),
    cert_file: z.string().optional(),
    cert_pem: secret().optional(),
    key_file: z.string().optional(),
    key_pem: secret().optional(),
    include_system_ca_certs_pool: z.boolean().default(false),
    min_version: z.enum(["1.0", "1.1", "1.2", "1.3"]).default("1.2"),
    max_version: z.enum(["1.0", "1.1", "1.2", "1.3"]).optional(),
    cipher_suites: z.array(z.string()).optional(),
    reload_interval: duration().optional(),
  });
export type ClientTls = z.output<ReturnType<typeof clientTls>>;

/** `sending_queue` (exporterhelper): sizes in `sizer` units. A full queue refuses (the sender hears 429 and keeps its data, L-01) or, with `block_on_overflow`, waits. */
export const sendingQueue = () =>
  z.strictObject({
    enabled: z.boolean().default(true),
    num_consumers: z.int().min(1).default(10),
    queue_size: z.int().min(1).default(1000),
    sizer: z.enum(["requests", "items", "bytes"]).default("requests"),
    block_on_overflow: z.boolean().default(false),
    wait_for_result: z.boolean().default(false),
    batch: z
      .strictObject({
        flush_timeout: duration().default(200),
        min_size: z.int().min(0).default(8192),
        max_size: z.int().min(0).default(0),
        sizer: z.enum(["items", "bytes"]).default("items"),
      })
      .optional(),
  });
export type SendingQueue = z.output<ReturnType<typeof sendingQueue>>;

/** `retry_on_failure` (configretry): exponential back-off with jitter; `max_elapsed_time: 0` retries for ever. */
export const retryOnFailure = () =>
  z.strictObject({
    enabled: z.boolean().default(true),
    initial_interval: duration().default(5000),
    randomization_factor: z.number().min(0).max(1).default(0.5),
    multiplier: z.number().min(1).default(1.5),
    max_interval: duration().default(30_000),
    max_elapsed_time: duration().default(300_000),
  });
export type RetryOnFailure = z.output<ReturnType<typeof retryOnFailure>>;
