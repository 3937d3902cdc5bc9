import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface StoredAnnotation {
  readonly id: number;
  time: number;
  timeEnd: number;
  tags: string[];
  text: string;
}

export interface FakeGrafana extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  /** By id. */
  readonly annotations: Map<number, StoredAnnotation>;
  /** `METHOD path` of each request that came, in order. */
  readonly requests: string[];
  /** Answers this status to everything from now on; undefined = works. */
  failWith(status: number | undefined): void;
  /** Patches take no `timeEnd` (Grafana before 6.4: a region was two rows), or there is no PATCH at all (before 6.0). */
  patches: "works" | "ignores the end" | "unknown";
}

/**
 * Grafana's annotations API as far as its own documentation and handlers describe it: authentication, validation, defaults, order and words.
 * Source: grafana/grafana docs/sources/developers/http_api/annotations.md, pkg/api/annotations.go, pkg/services/annotations
 */
export async function startFakeGrafana(prefix = ""): Promise<FakeGrafana> {
  const token = "glsa_c2VjcmV0_1";
  const annotations = new Map<number, StoredAnnotation>();
  const requests: string[] = [];
  let nextId = 1;
  let failure: number | undefined;
  const fake = { patches: "works" as FakeGrafana["patches"] };

  const answer = async (request: IncomingMessage): Promise<readonly [number, unknown]> => {
    const url = new URL(request.url ?? "/", "http://grafana");
    requests.push(`${request.method} ${url.pathname}`);
    const body = await bodyOf(request);
    if (failure !== undefined) return [failure, { message: "Something went wrong" }];
    if (request.headers.authorization !== `Bearer ${token}`) return [401, { message: "Invalid API key" }];
    const path = url.pathname.startsWith(prefix) ? url.pathname.slice(prefix.length) : url.pathname;
    if (path === "/api/annotations" && request.method === "POST") return create(body);
    if (path === "/api/annotations" && request.method === "GET") return find(url.searchParams);
    const id = Number(/^\/api\/annotations\/(\d+)$/.exec(path)?.[1]);
    if (Number.isNaN(id)) return [404, { message: "Not found" }];
    if (request.method === "PATCH" && fake.patches === "unknown") return [404, { message: "Not found" }];
    const found = annotations.get(id);
    if (found === undefined) return [404, { message: "Annotation not found" }];
    if (request.method === "DELETE") {
      annotations.delete(id);
      return [200, { message: "Annotation deleted" }];
    }
    if (request.method !== "PATCH") return [405, { message: "Method not allowed" }];
    patch(found, body, fake.patches === "works");
    return [200, { message: "Annotation patched" }];
  };

  const create = (body: Record<string, unknown>): readonly [number, unknown] => {
    if (typeof body["text"] !== "string" || body["text"] === "")
      return [400, { message: "Failed to save annotation", error: "text field should not be empty" }];
    const time = numberOf(body["time"]) || Date.now();
    const timeEnd = numberOf(body["timeEnd"]) || time;
    const id = nextId++;
    annotations.set(id, { id, time: Math.min(time, timeEnd), timeEnd: Math.max(time, timeEnd), tags: tagsOf(body["tags"]), text: body["text"] });
    return [200, { message: "Annotation added", id }];
  };

  const find = (query: URLSearchParams): readonly [number, unknown] => {
    const tags = query.getAll("tags");
    const limit = Number(query.get("limit") ?? 100);
    const found = [...annotations.values()]
      .filter((one) => tags.every((tag) => one.tags.includes(tag)))
      .sort((a, b) => b.timeEnd - a.timeEnd || b.time - a.time);
    const common = { alertId: 0, alertName: "", dashboardId: 0, dashboardUID: null, panelId: 0, userId: 0, newState: "", prevState: "", data: {} };
    return [200, found.slice(0, limit).map((one) => ({ ...common, created: one.time, updated: one.time, ...one }))];
  };

  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return Object.assign(fake, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`,
    token,
    annotations,
    requests,
    failWith(status: number | undefined) {
      failure = status;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** What is empty or 0 in a patch leaves the annotation as it is. */
function patch(found: StoredAnnotation, body: Record<string, unknown>, takesEnd: boolean): void {
  if (body["tags"] !== undefined) found.tags = tagsOf(body["tags"]);
  if (typeof body["text"] === "string" && body["text"] !== "") found.text = body["text"];
  found.time = numberOf(body["time"]) || found.time;
  if (takesEnd) found.timeEnd = numberOf(body["timeEnd"]) || found.timeEnd;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : 0;
}

function tagsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}
