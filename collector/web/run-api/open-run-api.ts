import { lookup } from "node:dns/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, isIP } from "node:net";
import { LoadError } from "../../model/errors.ts";
import type { Log } from "../../pipeline/define.ts";
import { findPortHolder } from "../../pipeline/port-holder.ts";
import { formatHostPort, type HostPort, type Secret } from "../../pipeline/settings.ts";
import { ApiFault } from "./api-fault.ts";
import { guardRequest, isLoopbackHost } from "./request-guard.ts";
import { COMMON_HEADERS } from "./response-headers.ts";
import { REQUEST_TIMEOUT_MS, STALL_TIMEOUT_MS } from "./timeouts.ts";

/** How often connections are looked at: node:http's 30 s would be twice as long as a request may take. */
const LOOK_MS = 1000;
/** Far more than people and scripts need. */
const MAX_CONNECTIONS = 128;

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;

export interface RunApiOptions {
  readonly endpoint: HostPort;
  readonly token: Secret | undefined;
  /** Names, besides its own address, under which it may be called. */
  readonly allowedHosts: readonly string[];
  readonly log: Log;
  /** Asked with the first request that passes the guard: what answers costs memory that a collector without runs does not spend. */
  readonly loadHandler: () => Promise<RequestHandler>;
  /** For a request to come in whole. Default: 15 s. */
  readonly requestTimeoutMs?: number;
  /** For a connection on which nothing moves. Default: 60 s. */
  readonly stallTimeoutMs?: number;
}

export interface RunApi extends AsyncDisposable {
  /** host:port as bound. */
  readonly address: string;
}

/**
 * Serves the run API over HTTP. Throws: E_PORT_IN_USE with the holder where the system tells; E_LISTEN; E_CONFIG_INVALID where others than this
 * machine could reach it and there is no token.
 */
export async function openRunApi(options: RunApiOptions): Promise<RunApi> {
  const { endpoint, log } = options;
  const address = await addressOf(endpoint);
  if (options.token === undefined && !isLoopbackHost(address)) {
    throw new LoadError("E_CONFIG_INVALID", `the run API on ${formatHostPort(endpoint)} could be used by anybody who reaches this machine`, {
      hint: "Set `token` of the runs connector (like ${env:PITWALL_TOKEN}), or use an endpoint on 127.0.0.1.",
    });
  }
  const rules = { host: endpoint.host, allowedHosts: options.allowedHosts.map((name) => name.toLowerCase()), token: options.token };
  let handler: Promise<RequestHandler> | undefined;
  const { requestTimeoutMs: requestTimeout = REQUEST_TIMEOUT_MS, stallTimeoutMs = STALL_TIMEOUT_MS } = options;
  const limits = { requestTimeout, headersTimeout: requestTimeout, connectionsCheckingInterval: Math.min(LOOK_MS, requestTimeout) };
  const server = createServer(limits, (request, response) => {
    for (const [name, value] of Object.entries(COMMON_HEADERS)) response.setHeader(name, value);
    try {
      guardRequest(request, rules);
    } catch (error) {
      sendFault(response, error instanceof ApiFault ? error : internalFault(error, log));
      return;
    }
    handler ??= options.loadHandler().catch((error: unknown) => {
      handler = undefined;
      throw error;
    });
    handler.then((handle) => handle(request, response)).catch((error: unknown) => sendFault(response, internalFault(error, log)));
  });
  server.timeout = stallTimeoutMs;
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, { host: address, port: endpoint.port });
  const bound = server.address() as AddressInfo;
  return {
    address: formatHostPort({ host: bound.address, port: bound.port }),
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const stragglers = setTimeout(() => server.closeAllConnections(), 1000);
      await closed;
      clearTimeout(stragglers);
    },
  };
}

/** Ends the answer, whatever has become of it. */
export function sendFault(response: ServerResponse, fault: ApiFault): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const text = JSON.stringify(fault.body);
  // A body that nobody reads any more would be taken for the next request.
  response.writeHead(fault.status, {
    ...fault.headers,
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
    Connection: "close",
  });
  response.end(response.req.method === "HEAD" ? undefined : text);
}

export function internalFault(error: unknown, log: Log): ApiFault {
  log.error({ err: error }, "the run API could not answer");
  return new ApiFault(500, "internal", "a fault in Pitwall", { hint: "The collector's log has the details." });
}

/** "" = all interfaces. A name is resolved once, so that what is judged is what is bound. */
async function addressOf({ host, port }: HostPort): Promise<string> {
  if (host === "localhost") return "127.0.0.1";
  if (host === "" || isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw new LoadError("E_LISTEN", `cannot listen on ${formatHostPort({ host, port })}: ${(error as Error).message}`, { cause: error });
  }
}

function listen(server: Server, at: HostPort): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (error: NodeJS.ErrnoException): void => reject(listenError(error, at));
  server.once("error", fail);
  server.listen({ port: at.port, ...(at.host === "" ? {} : { host: at.host }) }, () => {
    server.off("error", fail);
    resolve();
  });
  return promise;
}

function listenError(error: NodeJS.ErrnoException, at: HostPort): LoadError {
  const address = formatHostPort(at);
  if (error.code !== "EADDRINUSE") return new LoadError("E_LISTEN", `cannot listen on ${address} (run API): ${error.message}`, { cause: error });
  const holder = findPortHolder(at.port);
  const by = holder === undefined ? "" : ` by process ${holder.pid} (${holder.name})`;
  return new LoadError("E_PORT_IN_USE", `${address} is already in use${by} (run API)`, { cause: error });
}
