import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly remotePort: number;
}

export interface HttpServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly Received[];
}

export type Answer = (response: ServerResponse, request: Received, index: number) => void;

/** An OTLP/HTTP server of the test's own: keeps every request and answers as told. */
export async function httpServer(answer: Answer = (response) => void response.end(), tls?: ServerOptions): Promise<HttpServer> {
  const requests: Received[] = [];
  const listener = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
    const received = {
      path: message.url ?? "",
      headers: message.headers,
      body: Buffer.concat(chunks),
      remotePort: message.socket.remotePort ?? 0,
    };
    requests.push(received);
    answer(response, received, requests.length - 1);
  };
  const handle = (message: IncomingMessage, response: ServerResponse): void => void listener(message, response).catch(() => response.destroy());
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
