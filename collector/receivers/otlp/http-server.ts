import type { ServerOptions } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { ComponentContext, Outlet } from "../../pipeline/define.ts";
import { openAuthGate } from "./auth-gate.ts";
import { openCors } from "./cors.ts";
import { openExchange } from "./http-exchange.ts";
import { openEncodings, openRoutes } from "./http-routes.ts";
import { limitPreface, limitRequest } from "./http2-limits.ts";
import type { InFlight } from "./in-flight.ts";
import { Intake } from "./intake.ts";
import type { HttpConfig } from "./otlp-config.ts";
import { openPort, type Port } from "./port.ts";
import { SenderHints } from "./sender-hints.ts";

/** Ms. Node's own 5 s is shorter than the export intervals of SDKs (5 to 60 s): every export would race with the close of its connection (N-04). */
const KEEP_ALIVE_MS = 120_000;
/** Ms; Node's defaults, which otelcol's receiver has none of (N-03). */
const HEADERS_TIMEOUT_MS = 60_000;
const REQUEST_TIMEOUT_MS = 300_000;
/** Ms between two looks at connections that may have timed out; Node's default is the upper end. */
const LONGEST_CHECK_MS = 30_000;
const SHORTEST_CHECK_MS = 25;
/** Bytes of HTTP/2 flow-control window for a stream: a batch of usual size needs no round trip. */
export const STREAM_WINDOW_BYTES = 1_048_576;

/** Opens the OTLP/HTTP server; HTTP/2 is served as well, over TLS by ALPN and without TLS to clients that begin with it. */
export async function openHttp(config: HttpConfig, out: Outlet, context: ComponentContext, inFlight: InFlight): Promise<Port> {
  const hints = new SenderHints(context.log);
  const timeouts = timeoutsOf(config);
  if (config.compression_algorithms?.includes("lz4"))
    context.log.warn({}, "compression_algorithms names lz4, which is not supported here: such bodies are answered 400");
  let closing = false;
  const labels = { receiver: context.id, transport: "http" };
  const exchange = openExchange({
    intake: new Intake(out, context, "http"),
    route: openRoutes(config, out.signals),
    encoding: openEncodings(config.compression_algorithms),
    cors: openCors(config.cors),
    auth: openAuthGate(config.auth, context),
    inFlight,
    hints,
    log: context.log,
    aborted: context.meter.counter("pitwall_receiver_aborted_requests", "Requests whose sender went away before the body was complete.", labels),
    turnedAway: context.meter.counter("pitwall_receiver_turned_away_requests", "Requests that found max_in_flight_bytes used up.", labels),
    limitBytes: config.max_request_body_size,
    responseHeaders: config.response_headers ?? undefined,
    sending: { keepAlive: () => config.keep_alives_enabled && !closing, writeTimeoutMs: config.write_timeout },
    isClosing: () => closing,
  });
  const http2 = createHttp2Server({ settings: { initialWindowSize: STREAM_WINDOW_BYTES } });
  const onHttp2 = (awaitsContinue: boolean) => (request: Http2ServerRequest, response: Http2ServerResponse) => {
    limitRequest(request, timeouts.requestTimeout);
    exchange(request, response, awaitsContinue);
  };
  http2.on("request", onHttp2(false));
  http2.on("checkContinue", onHttp2(true));
  http2.on("session", (session) => {
    limitPreface(session, timeouts.headersTimeout);
    // Closed in good order: streams that wait for their answer get it.
    session.setTimeout(timeouts.keepAliveTimeout, () => session.close());
  });
  http2.on("sessionError", (error: Error) => context.log.debug({ err: error }, "an HTTP/2 connection failed"));
  const port = await openPort(
    {
      at: config.at,
      tls: config.tls,
      maxConnections: config.max_connections,
      options: timeouts,
      silenceTimeoutMs: timeouts.headersTimeout,
      onHttp1: exchange,
      http2,
      hints,
    },
    context,
  );
  return {
    ...port,
    close: () => {
      closing = true;
      return port.close();
    },
  };
}

export function timeoutsOf(
  config: Pick<HttpConfig, "idle_timeout" | "read_timeout" | "read_header_timeout">,
): ServerOptions & { readonly headersTimeout: number; readonly requestTimeout: number; readonly keepAliveTimeout: number } {
  const requestTimeout = config.read_timeout ?? REQUEST_TIMEOUT_MS;
  const wanted = config.read_header_timeout ?? HEADERS_TIMEOUT_MS;
  // Node refuses a limit for the headers above the one for the whole request.
  const headersTimeout = requestTimeout > 0 ? Math.min(wanted === 0 ? requestTimeout : wanted, requestTimeout) : wanted;
  const shortest = Math.min(...[headersTimeout, requestTimeout].filter((ms) => ms > 0), LONGEST_CHECK_MS * 4);
  return {
    keepAliveTimeout: config.idle_timeout ?? KEEP_ALIVE_MS,
    headersTimeout,
    requestTimeout,
    connectionsCheckingInterval: Math.max(SHORTEST_CHECK_MS, Math.min(LONGEST_CHECK_MS, shortest / 4)),
  };
}
