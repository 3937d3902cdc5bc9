import { createHash, timingSafeEqual } from "node:crypto";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { type CompletedRequest, instrumentServer, responseCache, type Telemetry } from "../instrument/instrument.ts";
import { sendData, sendDataJson, sendError } from "./envelope.ts";
import { expressPath, matchRoute, ROUTES } from "./routes.ts";
import type { CreationEntry, ServerSettings } from "./settings.ts";
import type { Store } from "./store.ts";
import { makeTables, type WorkProfile } from "./works-data.ts";

export interface AppContext {
  readonly settings: ServerSettings;
  readonly telemetry: Pick<Telemetry, "meter" | "tracer" | "logger">;
  readonly store: Store;
  readonly completed?: (request: CompletedRequest) => void;
}

/** Who the one access token belongs to: the owner of the custom world. */
const TOKEN_OWNER = makeTables().custom_world_profile[0] as WorkProfile;

/** The read endpoints of the works lists: public galleries, their details, personal lists, health. */
export function createApp({ settings, telemetry, store, completed }: AppContext): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(
    instrumentServer(telemetry, {
      ...(settings.maxConcurrentRequests === undefined ? {} : { maxConcurrentRequests: settings.maxConcurrentRequests }),
      route: (request) => matchRoute(pathOf(request)),
      exempt: (request) => pathOf(request) === ROUTES.health,
      reject: (_request, response) =>
        sendError(response, 429, "too_many_requests", "GENARRATIVE_API_MAX_CONCURRENT_REQUESTS requests are being handled; try again.", {
          "retry-after": "1",
        }),
      ...(completed === undefined ? {} : { completed }),
    }),
  );
  app.get(ROUTES.health, (_request, response) => sendData(response, { status: "ok" }));
  addPuzzleGallery(app, settings, telemetry, store);
  addCustomWorldGallery(app, settings, store);
  addPersonalLists(app, settings, store);
  app.use((_request: Request, response: Response) => sendError(response, 404, "not_found", "There is no such route."));
  app.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) next(error);
    else sendError(response, 500, "internal", "The server failed; its log says why.");
  });
  return app;
}

function addPuzzleGallery(app: Express, settings: ServerSettings, telemetry: Pick<Telemetry, "meter">, store: Store): void {
  const cache = responseCache(telemetry.meter, "genarrative.puzzle_gallery", {
    ttlMs: settings.galleryTtlMs,
    rebuild: async () => ({ items: await store.listPuzzleGallery() }),
  });
  store.subscribe(() => cache.invalidate());
  const entry = entrySwitch(settings, "puzzle");
  app.get(ROUTES.puzzleGallery, entry, async (_request, response) => {
    const { json, hit } = await cache.read();
    sendDataJson(response, json, { cache: hit ? "hit" : "miss" });
  });
  app.get(expressPath(ROUTES.puzzleGalleryWork), entry, async (request, response) => {
    const id = request.params["profile_id"];
    sendFound(response, await store.getPuzzleWork((row) => row.profile_id === id));
  });
}

function addCustomWorldGallery(app: Express, settings: ServerSettings, store: Store): void {
  const entry = entrySwitch(settings, "custom_world");
  app.get(ROUTES.customWorldGallery, entry, async (_request, response) => sendData(response, { items: await store.listCustomWorldGallery() }));
  app.get(expressPath(ROUTES.customWorldByCode), entry, async (request, response) => {
    const code = request.params["code"];
    sendFound(response, await store.getCustomWorldWork((row) => row.public_work_code === code));
  });
  app.get(expressPath(ROUTES.customWorldWork), entry, async (request, response) => {
    const { owner_user_id: owner, profile_id: id } = request.params;
    sendFound(response, await store.getCustomWorldWork((row) => row.owner_user_id === owner && row.profile_id === id));
  });
}

function addPersonalLists(app: Express, settings: ServerSettings, store: Store): void {
  const signedIn = bearerOnly(settings.accessToken);
  const owner = TOKEN_OWNER.owner_user_id;
  app.get(ROUTES.puzzleWorks, signedIn, async (_request, response) => sendData(response, { items: await store.listOwnerWorks("puzzle", owner) }));
  app.get(expressPath(ROUTES.puzzleWork), signedIn, async (request, response) => {
    const id = request.params["profile_id"];
    sendFound(
      response,
      (await store.listOwnerWorks("puzzle", owner)).find((row) => row.profile_id === id),
    );
  });
  app.get(ROUTES.customWorldWorks, signedIn, async (_request, response) =>
    sendData(response, { items: await store.listOwnerWorks("custom_world", owner) }),
  );
}

function entrySwitch(settings: ServerSettings, entry: CreationEntry) {
  const isDisabled = settings.disabledEntries.has(entry);
  return (_request: Request, response: Response, next: NextFunction) => {
    if (isDisabled) sendError(response, 503, "creation_entry_disabled", `The entry ${entry} is switched off.`);
    else next();
  };
}

function bearerOnly(accessToken: string | undefined) {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const expected = accessToken === undefined ? undefined : digest(accessToken);
  return (request: Request, response: Response, next: NextFunction) => {
    const given = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (expected !== undefined && given !== undefined && timingSafeEqual(digest(given), expected)) next();
    else sendError(response, 401, "unauthorized", "A valid access token is needed.", { "www-authenticate": "Bearer" });
  };
}

function sendFound(response: Response, work: unknown): void {
  if (work === undefined) sendError(response, 404, "work_not_found", "There is no such public work.");
  else sendData(response, work);
}

function pathOf(request: { readonly url?: string | undefined; readonly originalUrl?: unknown }): string {
  const url = typeof request.originalUrl === "string" ? request.originalUrl : (request.url ?? "/");
  return url.split("?", 1)[0] as string;
}
