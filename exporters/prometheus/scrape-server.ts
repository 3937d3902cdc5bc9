import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import { LoadError } from "../../collector/model/errors.ts";
import type { Log } from "../../collector/pipeline/define.ts";
import { formatHostPort, type HostPort } from "../../collector/pipeline/settings.ts";
import type { Body } from "./bodies.ts";
import { acceptsGzip, type Format, negotiateFormat } from "./negotiate.ts";

/** Above this compression leaves the event loop: it costs 2–5 times the CPU then, but no pause of tens of ms. */
const SYNC_GZIP_BYTES = 1_048_576;
/** Level 1: 19 MB become 0.9 MB in 50 ms; higher levels cost more than the network saves. */
const GZIP = { level: 1 };
/** Longer than any usual scrape interval: Node's 5 s would close the connection just when the next scrape uses it. */
const KEEP_ALIVE_MS = 130_000;
/** Ms in which a scraper that has asked must take something of its answer; a page may be tens of MB, and each that waits holds its own. */
const STALL_TIMEOUT_MS = 60_000;
/** Far more than anybody scrapes from; for the same reason. */
const MAX_CONNECTIONS = 128;
const gzipAsync = promisify(gzip);

export interface ScrapeOptions {
  readonly endpoint: HostPort;
  readonly path: string;
  readonly openMetrics: boolean;
  readonly protobuf: boolean;
  readonly log: Log;
  readonly stallTimeoutMs?: number;
  /** The exposition at this moment; released when it has been sent, or will not be. */
  render(format: Format): Body;
}

export interface ScrapeServer extends AsyncDisposable {
  /** host:port as bound. */
  readonly address: string;
}

/**
 * Serves one path over HTTP: GET and HEAD, negotiated, gzip where the scraper takes it.
 * Throws: E_PORT_IN_USE, E_LISTEN.
 */
export async function openScrapeServer(options: ScrapeOptions): Promise<ScrapeServer> {
  const server = createServer((request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      options.log.error({ error: String(error) }, "the scrape endpoint could not answer");
      if (response.headersSent) response.destroy();
      else send(response, 500, "The metrics could not be rendered; the collector's log says why.\n");
    });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.timeout = options.stallTimeoutMs ?? STALL_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options.endpoint);
  const { address, port } = server.address() as AddressInfo;
  return {
    address: formatHostPort({ host: address, port }),
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

async function answer(request: IncomingMessage, response: ServerResponse, options: ScrapeOptions): Promise<void> {
  const path = (request.url ?? "/").split("?", 1)[0];
  if (path !== options.path) return send(response, 404, `Nothing is here; the metrics are at ${options.path}\n`);
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return send(response, 405, "Metrics are read with GET.\n");
  }
  const format = negotiateFormat(request.headers.accept, options);
  const rendered = options.render(format);
  try {
    await reply(request, response, format, rendered);
  } catch (error) {
    rendered.release();
    throw error;
  }
}

async function reply(request: IncomingMessage, response: ServerResponse, format: Format, rendered: Body): Promise<void> {
  const { bytes } = rendered;
  response.setHeader("Content-Type", format.contentType);
  response.setHeader("Vary", "Accept, Accept-Encoding");
  const packed = acceptsGzip(request.headers["accept-encoding"]);
  const body = !packed ? bytes : bytes.length < SYNC_GZIP_BYTES ? gzipSync(bytes, GZIP) : await gzipAsync(bytes, GZIP);
  if (packed) response.setHeader("Content-Encoding", "gzip");
  response.setHeader("Content-Length", body.length);
  response.writeHead(200);
  // Packed, sent or cut off: nobody reads it any more.
  if (packed || response.closed) rendered.release();
  else response.once("close", () => rendered.release());
  response.end(request.method === "HEAD" ? undefined : body);
}

function send(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8", "Content-Length": Buffer.byteLength(text) });
  response.end(response.req.method === "HEAD" ? undefined : text);
}

function listen(server: Server, endpoint: HostPort): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", (error: NodeJS.ErrnoException) => {
    const address = formatHostPort(endpoint);
    if (error.code === "EADDRINUSE") reject(new LoadError("E_PORT_IN_USE", `${address} is in use (prometheus exporter).`, { cause: error }));
    else reject(new LoadError("E_LISTEN", `Cannot listen on ${address} (prometheus exporter): ${error.message}.`, { cause: error }));
  });
  server.listen({ port: endpoint.port, ...(endpoint.host === "" ? {} : { host: endpoint.host }) }, resolve);
  return promise;
}
