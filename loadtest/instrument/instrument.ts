import type { IncomingMessage, ServerResponse } from "node:http";
import { trace } from "@opentelemetry/api";
import { type HttpMetricsOptions, httpMetrics } from "./http-metrics.ts";
import { inFlightBodies } from "./in-flight-bodies.ts";
import { instrumentProcess } from "./process-metrics.ts";
import { type RequestPermits, requestPermits } from "./request-permits.ts";
import type { Telemetry } from "./start-telemetry.ts";

/**
 * `pitwall/instrument`: gives a Node server (express or plain node:http) the metrics, spans and request logs that Pitwall's dashboards,
 * alerts and diagnosis expect. docs/metrics.md lists them.
 *
 * ```ts
 * await using telemetry = await startTelemetry({ serviceName: "my-api" });
 * app.use(instrumentServer(telemetry, { maxConcurrentRequests: 256 }));
 * ```
 */
export {
  CLIENT_CLOSED_REQUEST_STATUS,
  type CompletedRequest,
  type HttpMetricsOptions,
  type HttpMiddleware,
  httpMetrics,
  type RequestLogger,
  requestLogAttributes,
} from "./http-metrics.ts";
export { type InFlightBodies, inFlightBodies } from "./in-flight-bodies.ts";
export { instrumentProcess } from "./process-metrics.ts";
export { type ProcessReading, readProcess } from "./process-reading.ts";
export { type RequestPermits, requestPermits } from "./request-permits.ts";
export { type CachedJson, type ResponseCache, type ResponseCacheOptions, responseCache } from "./response-cache.ts";
export { noTelemetry, startTelemetry, type Telemetry, type TelemetryOptions } from "./start-telemetry.ts";

export interface InstrumentServerOptions extends HttpMetricsOptions {
  /** Requests handled at a time; further ones are answered with 429. Undefined = no limit and no permit metrics. */
  readonly maxConcurrentRequests?: number;
  /** Requests that need no permit: a health check must not fail because the server is busy. */
  readonly exempt?: (request: IncomingMessage) => boolean;
  /** Answers a request that got no permit. Default: 429 with a JSON error and `Retry-After: 1`. */
  readonly reject?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** Everything at once: process metrics, request metrics with spans and logs, bodies in flight, permits. Use it before all other middleware. */
export function instrumentServer(
  telemetry: Pick<Telemetry, "meter" | "tracer" | "logger">,
  options: InstrumentServerOptions = {},
): (request: IncomingMessage, response: ServerResponse, next: () => void) => void {
  instrumentProcess(telemetry.meter);
  const observe = httpMetrics(telemetry.meter, telemetry.tracer, telemetry.logger, options);
  const bodies = inFlightBodies(telemetry.meter);
  const permits = options.maxConcurrentRequests === undefined ? undefined : requestPermits(telemetry.meter, options.maxConcurrentRequests);
  const reject = options.reject ?? tooManyRequests;
  return (request, response, next) => {
    observe(request, response, () => {
      bodies.track(response);
      if (permits === undefined || options.exempt?.(request) === true) next();
      else withPermit(permits, response, next, () => reject(request, response));
    });
  };
}

/**
 * On the span of a request: how many ms it waited for its permit, which a diagnosis takes off the application's own time (R6). A server that makes
 * requests wait sets it itself.
 */
export const PERMIT_WAIT_ATTRIBUTE = "permit_wait_ms";

/**
 * The permit is held until the response is over, so that a body that is slow to leave counts against the limit. Nobody waits for one: who got it
 * waited for 0 ms, and says so.
 */
function withPermit(permits: RequestPermits, response: ServerResponse, next: () => void, reject: () => void): void {
  const release = permits.acquire();
  if (release === undefined) {
    reject();
    return;
  }
  trace.getActiveSpan()?.setAttribute(PERMIT_WAIT_ATTRIBUTE, 0);
  response.once("close", release);
  next();
}

function tooManyRequests(_request: IncomingMessage, response: ServerResponse): void {
  const body = JSON.stringify({ error: { code: "too_many_requests", message: "The server handles as many requests as it may; try again." } });
  response.writeHead(429, { "content-type": "application/json", "content-length": Buffer.byteLength(body), "retry-after": "1" });
  response.end(body);
}
