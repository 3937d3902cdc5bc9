import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import { isLoadError } from "../../model/errors.ts";
import type { Log } from "../../pipeline/define.ts";
import { RunConflict, type RunConflictCode } from "../../run/run-keeper/run-conflict.ts";
import { ApiFault } from "./api-fault.ts";
import { internalFault, sendFault } from "./open-run-api.ts";
import { ROUTES } from "./routes.ts";
import { type RunApiParts, runHandlers } from "./run-handlers.ts";

const MAX_BODY_BYTES = 262_144;

/** The run API behind its guard (request-guard.ts), which has let the request pass. */
export function buildRunApi(parts: RunApiParts): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag").set("query parser", false);
  const handlers = runHandlers(parts);
  const readBody = [requireJson, express.json({ limit: MAX_BODY_BYTES, inflate: false, strict: true })];
  for (const { method, path, operation, body } of ROUTES) {
    app[method](expressPath(path), ...(body === undefined ? [] : readBody), handlers[operation]);
  }
  for (const [path, routes] of Map.groupBy(ROUTES, (route) => route.path))
    app.all(expressPath(path), refuseMethod(routes.map(({ method }) => method)));
  app.use((request) => {
    throw new ApiFault(404, "not_found", `nothing is at ${request.path.slice(0, 200)}`, { hint: "GET /api/v1/openapi.json lists what there is." });
  });
  app.use(answerFault(parts.log));
  return app;
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\}/g, ":$1");
}

/** A form that a page sends without asking first is never JSON. */
const requireJson: RequestHandler = (request, _response, next) => {
  const hasBody = request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
  if (hasBody && request.is("application/json") === false) {
    throw new ApiFault(415, "unsupported_media_type", "the body is not application/json", { hint: "Send `Content-Type: application/json`." });
  }
  next();
};

function refuseMethod(methods: readonly string[]): RequestHandler {
  const allow = methods.flatMap((method) => (method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()])).join(", ");
  return (request) => {
    throw new ApiFault(405, "method_not_allowed", `${request.method} is not possible here`, {
      hint: `Possible: ${allow}.`,
      headers: { Allow: allow },
    });
  };
}

function answerFault(log: Log): ErrorRequestHandler {
  // Express knows it by its four parameters.
  return (error: unknown, _request, response, _next) => sendFault(response, faultOf(error) ?? internalFault(error, log));
}

/** Conflicts that are a value's, not the state's. */
const FIELD_OF: { readonly [code in RunConflictCode]?: string } = { time_outside_run: "timeUnixMs", load_ends_early: "loadEndUnixMs" };

/** undefined: nobody meant it to happen. */
function faultOf(error: unknown): ApiFault | undefined {
  if (error instanceof ApiFault) return error;
  if (error instanceof RunConflict) {
    const field = FIELD_OF[error.code];
    return new ApiFault(field === undefined ? 409 : 400, error.code, error.message, { field, hint: error.hint });
  }
  if (isLoadError(error)) {
    if (error.code === "E_RUN_NOT_FOUND") return new ApiFault(404, "run_not_found", error.message, { hint: error.hint });
    if (error.code === "E_LEDGER") return new ApiFault(503, "ledger_unavailable", error.message, { hint: error.hint });
    return undefined;
  }
  return bodyFault(error);
}

/** What body-parser and the router raise: `http-errors` with a type. */
function bodyFault(error: unknown): ApiFault | undefined {
  if (!(error instanceof Error) || !("status" in error) || typeof error.status !== "number" || error.status >= 500) return undefined;
  switch ("type" in error ? error.type : "") {
    case "entity.too.large":
      return new ApiFault(413, "too_large", `the body is larger than ${MAX_BODY_BYTES / 1024} KB`, {
        hint: "Shorten texts, or give less of the conditions.",
      });
    case "entity.parse.failed":
      return new ApiFault(400, "invalid_json", `the body is not JSON: ${error.message}`, { hint: "Send one JSON object." });
    case "encoding.unsupported":
    case "charset.unsupported":
      return new ApiFault(415, "unsupported_media_type", error.message, { hint: "Send plain UTF-8 without Content-Encoding." });
    default:
      return new ApiFault(error.status, "bad_request", error.message);
  }
}
