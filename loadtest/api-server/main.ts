import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { noTelemetry, requestLogAttributes, startTelemetry } from "../instrument/instrument.ts";
import { createApp } from "./app.ts";
import { parseSettings, type ServerSettings } from "./settings.ts";
import { Store } from "./store.ts";
import { makeTables } from "./works-data.ts";

/**
 * The sample api-server: `node loadtest/api-server/main.ts`, configured by the environment (settings.ts, loadtest/README.md).
 * One JSON line each on stderr: `ready` with the bound address, `stopped` with what it counted itself, for comparison with its telemetry.
 */
const EXIT_CONFIG = 78;
const EXIT_UNAVAILABLE = 69;
/** Longer than clients and proxies keep idle connections, so that they close first and no request meets a closing one. */
const KEEP_ALIVE_MS = 75_000;
/** How long requests under way may take after the signal to stop. */
const DRAIN_MS = 5000;

const { settings, mistakes } = parseSettings(process.env);
if (mistakes.length > 0) {
  for (const mistake of mistakes) process.stderr.write(`${mistake}\n`);
  process.exitCode = EXIT_CONFIG;
} else {
  await serve(settings);
}

async function serve(settings: ServerSettings): Promise<void> {
  await using telemetry = settings.isTelemetryOn ? await startTelemetry({ serviceName: "genarrative-api" }) : noTelemetry();
  const store = new Store(makeTables(), telemetry, { latencyMs: settings.storeLatencyMs });
  const counted = { requests: 0, byRouteAndStatus: new Map<string, number>() };
  const app = createApp({
    settings,
    telemetry,
    store,
    completed(request) {
      counted.requests++;
      const key = `${request.route ?? ""} ${request.status}`;
      counted.byRouteAndStatus.set(key, (counted.byRouteAndStatus.get(key) ?? 0) + 1);
      if (settings.isRequestLogOn) writeLine({ msg: "request completed", ...requestLogAttributes(request) });
    },
  });
  const server = createServer(app);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  const stop = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.resolve());
  // A parent that started it with an IPC channel ends it by going away.
  process.once("disconnect", () => stop.resolve());

  const failure = await new Promise<Error | undefined>((resolve) => {
    server.once("error", resolve);
    server.listen(
      { host: settings.host, port: settings.port, ...(settings.listenBacklog === undefined ? {} : { backlog: settings.listenBacklog }) },
      () => resolve(undefined),
    );
  });
  if (failure !== undefined) {
    process.stderr.write(`Cannot listen on ${settings.host}:${settings.port}: ${failure.message}\n`);
    process.exitCode = EXIT_UNAVAILABLE;
    return;
  }
  const plays = startPlays(settings.playIntervalMs, store);
  const { address, port, family } = server.address() as AddressInfo;
  writeLine({
    msg: "ready",
    address: family === "IPv6" ? `[${address}]:${port}` : `${address}:${port}`,
    pid: process.pid,
    telemetry: settings.isTelemetryOn,
  });

  await stop.promise;
  clearInterval(plays);
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const patience = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(patience);
  writeLine({
    msg: "stopped",
    requests: counted.requests,
    store_reads: store.reads,
    by_route_and_status: Object.fromEntries(counted.byRouteAndStatus),
  });
  process.disconnect?.();
}

function startPlays(intervalMs: number | undefined, store: Store): NodeJS.Timeout | undefined {
  if (intervalMs === undefined) return undefined;
  return setInterval(() => store.recordPlay("puzzle-profile-0001"), intervalMs);
}

function writeLine(line: object): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...line })}\n`);
}
