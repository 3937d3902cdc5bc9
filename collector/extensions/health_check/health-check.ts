import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extension, z } from "../../pipeline/define.ts";
import { formatHostPort, hostPort } from "../../pipeline/settings.ts";
import { formatDuration } from "./format-duration.ts";

/** otelcol's `health_check`: 200 when every component is open, 503 before that and from the moment the shutdown begins. */
export const healthCheck = extension({
  type: "health_check",
  about: "Answers over HTTP whether the collector is ready: 200 or 503.",
  config: z.strictObject({
    endpoint: hostPort().prefault("localhost:13133"),
    path: z.string().startsWith("/", "must begin with /").default("/"),
    response_body: z.strictObject({ healthy: z.string().optional(), unhealthy: z.string().optional() }).optional(),
  }),
  async open({ endpoint, path, response_body }, context) {
    const health = new Health(response_body ?? {});
    const server = createServer((request, response) => {
      const requested = (request.url ?? "/").replace(/\?.*$/, "");
      // Go's mux serves everything below a path that ends in a slash.
      const isOurs = path.endsWith("/") ? requested.startsWith(path) : requested === path;
      if (isOurs) health.answer(response);
      else response.writeHead(404).end();
      request.resume();
    });
    await listen(server, endpoint.host, endpoint.port);
    const { address, port } = server.address() as AddressInfo;
    context.listening("", formatHostPort({ host: address, port }));
    return {
      ready: (isReady) => health.turn(isReady),
      async [Symbol.asyncDispose]() {
        if (!server.listening) return;
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  },
});

class Health {
  readonly #bodies: { readonly healthy?: string | undefined; readonly unhealthy?: string | undefined };
  /** Wall-clock ms. */
  #upSinceMs: number | undefined;

  constructor(bodies: { readonly healthy?: string | undefined; readonly unhealthy?: string | undefined }) {
    this.#bodies = bodies;
  }

  turn(isReady: boolean): void {
    this.#upSinceMs = isReady ? Date.now() : undefined;
  }

  answer(response: ServerResponse): void {
    const upSinceMs = this.#upSinceMs;
    const isUp = upSinceMs !== undefined;
    const own = isUp ? this.#bodies.healthy : this.#bodies.unhealthy;
    if (own === undefined) response.setHeader("content-type", "application/json");
    response.writeHead(isUp ? 200 : 503).end(own ?? JSON.stringify(statusOf(upSinceMs)));
  }
}

/** Fields and words of otelcol's healthcheckextension; the zero time stands where it is not up. */
function statusOf(upSinceMs: number | undefined): object {
  if (upSinceMs === undefined) return { status: "Server not available", upSince: "0001-01-01T00:00:00Z", uptime: "" };
  return { status: "Server available", upSince: new Date(upSinceMs).toISOString(), uptime: formatDuration(Date.now() - upSinceMs) };
}

/** An empty host means all interfaces, as in Go. */
function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, ...(host === "" ? {} : { host }) }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
