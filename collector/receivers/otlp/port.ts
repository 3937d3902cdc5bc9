import {
  createServer as createHttpServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerOptions,
  type ServerResponse,
} from "node:http";
import type { Http2Server, ServerHttp2Session } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { Server, Socket } from "node:net";
import type { TLSSocket, Server as TlsServer } from "node:tls";
import type { ComponentContext } from "../../pipeline/define.ts";
import type { Endpoint } from "./endpoint.ts";
import { onFirstBytes } from "./first-bytes.ts";
import { listenOn } from "./listen.ts";
import type { SenderHints } from "./sender-hints.ts";
import { readServerTls, reloadIntervalMs } from "./server-tls.ts";
import type { ServerTls } from "./tls-config.ts";

/** How long an orderly end waits for requests in flight where nobody else sets a limit. */
const CLOSE_DEADLINE_MS = 10_000;

export interface PortParts {
  readonly at: Endpoint;
  readonly tls: ServerTls | null | undefined;
  readonly maxConnections: number;
  readonly options: ServerOptions;
  /** How long a fresh connection may say nothing; 0 = no limit. */
  readonly silenceTimeoutMs: number;
  /** `awaitsContinue`: the client holds its body back until `100 Continue`. */
  readonly onHttp1: (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) => void;
  /** Never listens itself: it is given the connections that speak HTTP/2. */
  readonly http2: Http2Server;
  readonly hints: SenderHints;
}

export interface Port {
  readonly address: string;
  readonly loopbackOnly: boolean;
  /** No new connections; those at rest are closed, the others once their requests are answered, at the latest when the time is over. */
  close(): Promise<void>;
}

/**
 * One listening endpoint that tells HTTP/1 and HTTP/2 apart by their first bytes (or ALPN), so that either can be served, or be told in words
 * that it came to the wrong port.
 */
export async function openPort(parts: PortParts, context: ComponentContext): Promise<Port> {
  const sockets = new Set<Socket>();
  const undecided = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const timers: NodeJS.Timeout[] = [];
  let isClosing = false;

  parts.http2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });

  const toHttp2 = (socket: Socket) => {
    // node:http leaves its sockets half open after the client's end; a session would never hear that its client is gone.
    socket.allowHalfOpen = false;
    parts.http2.emit("connection", socket);
  };

  const dispatch = (server: HttpServer, http1: (socket: Socket) => void, socket: Socket) => {
    if (isClosing) {
      socket.destroy();
      return;
    }
    if ((socket as Partial<TLSSocket>).alpnProtocol === "h2") {
      toHttp2(socket);
      return;
    }
    undecided.add(socket);
    socket.once("close", () => undecided.delete(socket));
    onFirstBytes(socket, parts.silenceTimeoutMs, (spoken) => {
      undecided.delete(socket);
      if (spoken === "http1") http1.call(server, socket);
      else if (spoken === "http2") toHttp2(socket);
      else {
        parts.hints.tell(
          socket.remoteAddress,
          "tls",
          "a client speaks TLS to a port without TLS: set `insecure: true` (or http://) at the client, or configure tls here",
        );
        socket.destroy();
      }
    });
  };

  const makeServer = (): Server => {
    const server = parts.tls ? secureServer(parts.tls, parts.options, context, timers) : createHttpServer(parts.options);
    const event = parts.tls ? "secureConnection" : "connection";
    // node:http answers a connection by this one listener; ours stands before it.
    const [http1] = server.listeners(event) as [(socket: Socket) => void];
    server.removeListener(event, http1);
    server.on(event, (socket: Socket) => dispatch(server, http1, socket));
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
    });
    server.on("request", (request, response) => parts.onHttp1(request, response, false));
    server.on("checkContinue", (request, response) => parts.onHttp1(request, response, true));
    server.on("tlsClientError", (error: Error, socket: Socket) =>
      parts.hints.tell(socket.remoteAddress, "handshake", `a TLS handshake failed: ${error.message}`),
    );
    server.maxConnections = parts.maxConnections;
    server.on("drop", (refused) =>
      parts.hints.tell(refused?.remoteAddress, "drop", `a connection was closed: all ${parts.maxConnections} of max_connections are in use`),
    );
    return server;
  };

  const { servers, address, loopbackOnly } = await listenOn(parts.at, makeServer);

  const close = async (): Promise<void> => {
    isClosing = true;
    for (const timer of timers) clearInterval(timer);
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of undecided) socket.destroy();
    // Nor has anything been asked on a connection that has not even begun its TLS handshake.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    for (const session of sessions) session.close();
    const cutOff = () => {
      for (const socket of sockets) socket.destroy();
    };
    const timer = context.outOfTime === undefined ? setTimeout(cutOff, CLOSE_DEADLINE_MS) : undefined;
    if (context.outOfTime?.aborted) cutOff();
    context.outOfTime?.addEventListener("abort", cutOff, { once: true });
    await Promise.all(closed);
    clearTimeout(timer);
    context.outOfTime?.removeEventListener("abort", cutOff);
  };
  return { address, loopbackOnly, close };
}

function secureServer(tls: ServerTls, options: ServerOptions, context: ComponentContext, timers: NodeJS.Timeout[]): HttpServer {
  const server = createHttpsServer({ ...options, ...readServerTls(tls, context.id), ALPNProtocols: ["h2", "http/1.1"] });
  const intervalMs = reloadIntervalMs(tls);
  if (intervalMs !== undefined) timers.push(setInterval(() => reload(server, tls, context), intervalMs).unref());
  return server;
}

/** A certificate that cannot be read leaves the one in use in place. */
function reload(server: TlsServer, tls: ServerTls, context: ComponentContext): void {
  try {
    server.setSecureContext(readServerTls(tls, context.id));
  } catch (error) {
    context.log.error({ err: error }, "the TLS certificate could not be read again; the old one stays in use");
  }
}
