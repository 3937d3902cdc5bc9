import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  type Context,
  context,
  type Histogram,
  type LogRecord,
  type Meter,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { METRICS } from "../../collector/model/catalog.ts";
import { catalogHistogram } from "./catalog-instrument.ts";

/** The part of an OpenTelemetry logger that is needed; it is in @opentelemetry/api from 1.10 on, before in @opentelemetry/api-logs. */
export interface RequestLogger {
  emit(record: LogRecord): void;
}

/** A completed request, as its log record has it. */
export interface CompletedRequest {
  readonly requestId: string;
  readonly method: string;
  /** Undefined where no route matched. */
  readonly route: string | undefined;
  readonly scheme: "http" | "https";
  readonly path: string;
  readonly status: number;
  readonly latencyMs: number;
  readonly isSlow: boolean;
}

export interface HttpMetricsOptions {
  /** From how many ms on a request is slow. Default 1000. */
  readonly slowRequestMs?: number;
  /** The route that matched, asked when the response is over. Default: express's own, e.g. `/works/:id`. Few values, never the path. */
  readonly route?: (request: IncomingMessage) => string | undefined;
  /** Told of every completed request, e.g. for a local log. */
  readonly completed?: (request: CompletedRequest) => void;
}

/** For `app.use(…)` of express, and for node:http: `createServer((request, response) => observe(request, response, () => handler(request, response)))`. */
export type HttpMiddleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/** nginx's status for a client that left before its answer was complete (ngx_http_request.h, NGX_HTTP_CLIENT_CLOSED_REQUEST). */
export const CLIENT_CLOSED_REQUEST_STATUS = 499;

/** semantic-conventions docs/http/http-metrics.md: other methods become `_OTHER`, so that nobody can make series at will. */
const KNOWN_METHODS = new Set(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"]);
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** OTel logs data model, severity numbers. */
const SEVERITY = { INFO: 9, WARN: 13, ERROR: 17 } as const;

/**
 * One SERVER span, one measurement of `http.server.request.duration` and one log record for every request, when its response is over or its
 * client has left (status 499). The caller's W3C `traceparent` is continued; `x-request-id` is taken over or made, and sent back.
 */
export function httpMetrics(meter: Meter, tracer: Tracer, logger: RequestLogger, options: HttpMetricsOptions = {}): HttpMiddleware {
  const duration = catalogHistogram(meter, METRICS.httpServerRequestDuration);
  const slowRequestMs = options.slowRequestMs ?? 1000;
  const routeOf = options.route ?? expressRoute;

  return (request, response, next) => {
    const beganMs = performance.now();
    const method = request.method ?? "GET";
    const scheme = "encrypted" in request.socket ? "https" : "http";
    const path = pathOf(request);
    const requestId = takeRequestId(request);
    response.setHeader("x-request-id", requestId);
    const parent = propagation.extract(ROOT_CONTEXT, request.headers);
    const attributes = { "http.request.method": method, "url.path": path, "url.scheme": scheme };
    const span = tracer.startSpan(method, { kind: SpanKind.SERVER, attributes }, parent);
    const inSpan = trace.setSpan(parent, span);

    response.once("close", () => {
      const latencyMs = performance.now() - beganMs;
      const completed: CompletedRequest = {
        requestId,
        method,
        route: routeOf(request),
        scheme,
        path,
        status: response.writableFinished ? response.statusCode : CLIENT_CLOSED_REQUEST_STATUS,
        latencyMs,
        isSlow: latencyMs >= slowRequestMs,
      };
      measure(duration, completed, inSpan);
      endSpan(span, completed);
      logger.emit(logRecord(completed, inSpan));
      options.completed?.(completed);
    });
    context.with(inSpan, next);
  };
}

function measure(duration: Histogram, request: CompletedRequest, inSpan: Context): void {
  duration.record(
    request.latencyMs / 1000,
    {
      "http.request.method": KNOWN_METHODS.has(request.method) ? request.method : "_OTHER",
      "url.scheme": request.scheme,
      ...(request.route === undefined ? {} : { "http.route": request.route }),
      "http.response.status_code": request.status,
      ...errorType(request.status),
    },
    inSpan,
  );
}

function endSpan(span: Span, request: CompletedRequest): void {
  if (request.route !== undefined) {
    span.updateName(`${request.method} ${request.route}`);
    span.setAttribute("http.route", request.route);
  }
  span.setAttribute("http.response.status_code", request.status);
  const error = errorType(request.status);
  if (error["error.type"] !== undefined) {
    span.setAttributes({ ...error });
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

function logRecord(request: CompletedRequest, inSpan: Context): LogRecord {
  const severity = request.status >= 500 ? "ERROR" : request.isSlow || request.status === 429 ? "WARN" : "INFO";
  return {
    severityNumber: SEVERITY[severity],
    severityText: severity,
    body: "request completed",
    context: inSpan,
    attributes: requestLogAttributes(request),
  };
}

/** The attributes of a request's log record; for local logs too, so that both can be searched alike. */
export function requestLogAttributes(request: CompletedRequest): Readonly<Record<string, string | number | boolean>> {
  return {
    request_id: request.requestId,
    "http.request.method": request.method,
    ...(request.route === undefined ? {} : { "http.route": request.route }),
    "url.scheme": request.scheme,
    "url.path": request.path,
    "http.response.status_code": request.status,
    status_class: `${Math.trunc(request.status / 100)}xx`,
    latency_ms: Math.round(request.latencyMs),
    slow_request: request.isSlow,
  };
}

function errorType(status: number): { readonly "error.type"?: string } {
  if (status === CLIENT_CLOSED_REQUEST_STATUS) return { "error.type": "client_closed_request" };
  return status >= 500 ? { "error.type": String(status) } : {};
}

function takeRequestId(request: IncomingMessage): string {
  const given = request.headers["x-request-id"];
  return typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
}

function pathOf(request: IncomingMessage): string {
  // express shortens `url` below a mounted router and keeps the whole one in `originalUrl`.
  const url = "originalUrl" in request && typeof request.originalUrl === "string" ? request.originalUrl : (request.url ?? "/");
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}

/** `request.route.path` below `request.baseUrl`, as express leaves them after a match. */
function expressRoute(request: IncomingMessage): string | undefined {
  if (!("route" in request) || typeof request.route !== "object" || request.route === null) return undefined;
  const path = "path" in request.route ? request.route.path : undefined;
  const base = "baseUrl" in request && typeof request.baseUrl === "string" ? request.baseUrl : "";
  return typeof path === "string" ? base + path : undefined;
}
