import { validateHeaderName, validateHeaderValue } from "node:http";
import type { Batch, Signal } from "../../collector/model/batch.ts";
import { SIGNALS } from "../../collector/model/batch.ts";
import { LoadError } from "../../collector/model/errors.ts";
import { clientTlsOptions } from "../../collector/pipeline/client-tls.ts";
import { exporter, Refused, Rejected } from "../../collector/pipeline/define.ts";
import { requestSigner } from "../../collector/pipeline/request-signer.ts";
import { formatOtlpJson } from "../../collector/wire/otlp-json.ts";
import { type HttpAnswer, HttpTarget } from "../http-target.ts";
import { compress } from "./compress.ts";
import { judgeAnswer } from "./judge-answer.ts";
import { type OtlpHttpConfig, otlpHttpConfig } from "./otlp-http-config.ts";

/** Sends OTLP over HTTP. Bytes that nothing has changed go on as they came: no decoding, no encoding. */
export const otlpHttp = exporter({
  type: "otlp_http",
  aliases: ["otlphttp"],
  about: "Sends telemetry to an OTLP/HTTP server, as protobuf or JSON.",
  signals: SIGNALS,
  queued: true,
  config: otlpHttpConfig,

  async open(config, context) {
    const headers = checkedHeaders(config, context.id);
    const sign = requestSigner(config.auth, context);
    const target = openTarget(config, context.id);
    const places = placesOf(signalUrls(config), target);
    const warned = new Set<string>();
    if (config.tls?.reload_interval !== undefined)
      context.log.warn({}, "tls.reload_interval is not supported by exporters: certificates are read at the start");

    return {
      async push(batch) {
        const place = places[batch.signal];
        if (place === undefined) {
          throw new Rejected(`${context.id} has no endpoint for ${batch.signal}`, { items: batch.count, reason: "no_endpoint" });
        }
        const body = await encodeBody(batch, config);
        const answer = await exchange(target, place, { ...headers, ...sign() }, body);
        const warning = judgeAnswer(batch, answer, Date.now());
        if (warning !== "" && !warned.has(warning) && warned.size < MAX_WARNINGS) {
          warned.add(warning);
          context.log.warn({ signal: batch.signal }, `the server took all, but says: ${warning}`);
        }
      },
      async [Symbol.asyncDispose]() {
        target[Symbol.dispose]();
      },
    };
  },
});

/** Different warnings that are logged, each once: servers repeat them with every answer. */
const MAX_WARNINGS = 20;

interface Place {
  readonly origin: string;
  readonly send: ReturnType<HttpTarget["open"]>;
}

function placesOf(urls: ReturnType<typeof signalUrls>, target: HttpTarget): Readonly<Record<Signal, Place | undefined>> {
  const place = (url: URL | undefined) => (url === undefined ? undefined : { origin: url.origin, send: target.open(url) });
  return { traces: place(urls.traces), metrics: place(urls.metrics), logs: place(urls.logs) };
}

/** The server's words for "not now" (network down, timed out) as `Refused`. */
async function exchange(
  target: HttpTarget,
  { origin, send }: Place,
  headers: Readonly<Record<string, string>>,
  body: readonly Uint8Array[],
): Promise<HttpAnswer> {
  try {
    return await target.post(send, headers, body);
  } catch (error) {
    throw new Refused(`${origin} cannot be reached: ${networkWords(error)}`, { retryAfterMs: 0, overload: false, cause: error });
  }
}

/** Of connects to several addresses Node reports an AggregateError with an empty message. */
export function networkWords(error: unknown): string {
  if (error instanceof AggregateError) return [...new Set(error.errors.map(networkWords))].join("; ");
  return error instanceof Error ? error.message : String(error);
}

async function encodeBody(batch: Batch, { encoding, compression, compression_params }: OtlpHttpConfig): Promise<readonly Uint8Array[]> {
  const pieces = encoding === "json" ? [Buffer.from(formatOtlpJson(batch))] : batch.encoded;
  if (compression === "none") return pieces;
  const [first] = pieces;
  const whole = pieces.length === 1 && first !== undefined ? first : Buffer.concat(pieces);
  return [await compress(whole, compression, compression_params?.level)];
}

function signalUrls(config: OtlpHttpConfig): Readonly<Record<Signal, URL | undefined>> {
  const url = (signal: Signal, own: string | undefined): URL | undefined => {
    if (own !== undefined) return new URL(own);
    if (config.endpoint === undefined) return undefined;
    const base = new URL(config.endpoint);
    base.pathname = `${base.pathname.replace(/\/+$/, "")}/v1/${signal}`;
    return base;
  };
  return {
    traces: url("traces", config.traces_endpoint),
    metrics: url("metrics", config.metrics_endpoint),
    logs: url("logs", config.logs_endpoint),
  };
}

function openTarget(config: OtlpHttpConfig, id: string): HttpTarget {
  return new HttpTarget({
    timeoutMs: config.timeout,
    keepAlive: !config.disable_keep_alives,
    maxFreeSockets: config.max_idle_conns_per_host ?? config.max_idle_conns,
    idleTimeoutMs: config.idle_conn_timeout,
    ...(config.max_conns_per_host > 0 ? { maxSockets: config.max_conns_per_host } : {}),
    ...(config.tls === undefined ? {} : { tls: clientTlsOptions(config.tls, id) }),
  });
}

/** Configured headers win over ours, names in lower case. Throws: E_CONFIG_INVALID, without showing values. */
function checkedHeaders(config: OtlpHttpConfig, id: string): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {
    "content-type": config.encoding === "json" ? "application/json" : "application/x-protobuf",
    "user-agent": "Pitwall",
    ...(config.compression === "none" ? {} : { "content-encoding": config.compression }),
  };
  for (const [name, value] of Object.entries(config.headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value.reveal());
    } catch {
      throw new LoadError(
        "E_CONFIG_INVALID",
        `${id}: headers: "${name}" is not a header that HTTP allows, or its value has characters that it does not`,
      );
    }
    headers[name.toLowerCase()] = value.reveal();
  }
  return headers;
}
