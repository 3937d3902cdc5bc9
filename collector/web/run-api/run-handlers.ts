import { randomUUID } from "node:crypto";
import { createReadStream, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Request, RequestHandler, Response } from "express";
import type { Clock } from "../../model/time.ts";
import type { Log } from "../../pipeline/define.ts";
import { MIN_FREE_BYTES } from "../../run/run-keeper/free-disk.ts";
import type { RunKeeper } from "../../run/run-keeper/run-keeper.ts";
import type { RunStore } from "../../run/run-keeper/run-store.ts";
import { ApiFault } from "./api-fault.ts";
import { checkBody } from "./check-body.ts";
import { findOpenRun, findRun } from "./find-run.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import { renderOpenApi } from "./openapi.ts";
import { PAGE_POLICY, renderRunsPage } from "./render-runs-page.ts";
import type { ReportRequest } from "./report-thread.ts";
import { emptySchema, newMarkSchema, newRunSchema, runChangesSchema } from "./request-schemas.ts";
import { REPORT_POLICY } from "./response-headers.ts";
import { API, type Operation } from "./routes.ts";
import { HEAVY_TIMEOUT_MS, STALL_TIMEOUT_MS } from "./timeouts.ts";

/** The first one is for whoever takes anything. */
const REPORT_TYPES = { json: "application/json", html: "text/html", markdown: "text/markdown" } as const;

export interface RunApiParts {
  readonly keeper: RunKeeper;
  readonly store: RunStore;
  /** Aside of what records. */
  readonly renderReport: (path: string, form: ReportRequest["form"]) => Promise<string>;
  /** Into a file of its own that holds what is committed at this moment. */
  readonly copyLedger: (path: string, to: string) => Promise<void>;
  readonly version: string;
  readonly clock: Clock;
  /** When the collector was started. */
  readonly startedUnixMs: number;
  readonly freeBytes: () => number;
  readonly log: Log;
}

/** What each operation of the routes does. */
export function runHandlers(parts: RunApiParts): Readonly<Record<Operation, RequestHandler>> {
  const { keeper, store, version, clock } = parts;
  const heavy = new OneAtATime();
  const openApi = renderOpenApi();
  const sendReport = async (request: Request, response: Response, form: ReportRequest["form"]): Promise<void> => {
    const { path } = found(request);
    request.socket.setTimeout(HEAVY_TIMEOUT_MS);
    const text = await heavy.run(() => {
      keeper.flush();
      return parts.renderReport(path, form);
    });
    request.socket.setTimeout(STALL_TIMEOUT_MS);
    if (form === "html") response.setHeader("Content-Security-Policy", REPORT_POLICY);
    response.type(`${REPORT_TYPES[form]}; charset=utf-8`).send(text);
  };
  const found = (request: Request) => findRun(idOf(request), keeper, store);
  const open = (request: Request) => findOpenRun(idOf(request), keeper, store);

  return {
    showPage(_request, response) {
      response.setHeader("Content-Security-Policy", PAGE_POLICY);
      response.type("text/html; charset=utf-8").send(
        renderRunsPage(
          store.list().map(({ run }) => run),
          version,
        ),
      );
    },
    getStatus(_request, response) {
      const uptimeSeconds = Math.round(clock.nowMs() - parts.startedUnixMs) / 1000;
      response.json({ version, uptimeSeconds, directory: store.directory, run: keeper.current ?? null });
    },
    createRun(request, response) {
      const run = keeper.create(checkBody(newRunSchema, request.body));
      response.status(201).location(`${API}/runs/${run.id}`).json(run);
    },
    listRuns(_request, response) {
      response.json({ runs: store.list().map(({ run: { conditions: _conditions, gates: _gates, ...rest } }) => rest) });
    },
    getRun(request, response) {
      response.json(found(request).run);
    },
    updateRun(request, response) {
      const id = open(request);
      response.json(keeper.update(id, checkBody(runChangesSchema, request.body)));
    },
    endRun(request, response) {
      const id = open(request);
      checkBody(emptySchema, request.body ?? {});
      response.json(keeper.end(id));
    },
    markRun(request, response) {
      const id = open(request);
      response.status(201).json(keeper.mark(id, checkBody(newMarkSchema, request.body)));
    },
    markCurrentRun(request, response) {
      const id = findOpenRun("current", keeper, store);
      response.status(201).json(keeper.mark(id, checkBody(newMarkSchema, request.body)));
    },
    getProgress(request, response) {
      const { hops, ...rest } = keeper.progress(open(request));
      response.json({ ...rest, hops: hops.map((hop) => ({ ...hop, ...orNull(hop), recent: { ...hop.recent, ...orNull(hop.recent) } })) });
    },
    async getReport(request, response) {
      response.vary("Accept");
      const forms = Object.keys(REPORT_TYPES) as readonly ReportRequest["form"][];
      const type = request.accepts(Object.values(REPORT_TYPES));
      const form = forms.find((one) => REPORT_TYPES[one] === type);
      if (form === undefined) {
        throw new ApiFault(406, "not_acceptable", "Accept names none of the forms", { hint: `Possible: ${Object.values(REPORT_TYPES).join(", ")}.` });
      }
      await sendReport(request, response, form);
    },
    getReportJson: (request, response) => sendReport(request, response, "json"),
    getReportHtml: (request, response) => sendReport(request, response, "html"),
    getReportMarkdown: (request, response) => sendReport(request, response, "markdown"),
    async getLedger(request, response) {
      const { run, path } = found(request);
      const copy = join(store.directory, `.copy-${randomUUID()}`);
      try {
        request.socket.setTimeout(HEAVY_TIMEOUT_MS);
        await heavy.run(() => {
          keeper.flush();
          requireRoom(path, parts.freeBytes());
          return parts.copyLedger(path, copy);
        });
        request.socket.setTimeout(STALL_TIMEOUT_MS);
        response.attachment(`${run.id}.sqlite`).type("application/vnd.sqlite3");
        await sendFile(copy, request, response);
      } finally {
        rmSync(copy, { force: true });
      }
    },
    getOpenApi(_request, response) {
      response.type("application/json; charset=utf-8").send(openApi);
    },
  };
}

function orNull({ p50Ms, p95Ms }: { readonly p50Ms: number | undefined; readonly p95Ms: number | undefined }) {
  return { p50Ms: p50Ms ?? null, p95Ms: p95Ms ?? null };
}

function idOf(request: Request): string {
  const { id } = request.params;
  return typeof id === "string" ? id : "";
}

function requireRoom(path: string, freeBytes: number): void {
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (freeBytes - sizeBytes >= MIN_FREE_BYTES) return;
  throw new ApiFault(503, "disk_full", "the disk has no room for a copy of the ledger", {
    hint: "Take the file itself once the run has ended, or make room.",
  });
}

async function sendFile(path: string, request: Request, response: Response): Promise<void> {
  response.setHeader("Content-Length", statSync(path).size);
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  try {
    await pipeline(createReadStream(path), response);
  } catch (error) {
    // Whoever asked is gone: nobody is left to be told.
    if (!response.destroyed) throw error;
  }
}
