import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { ClientTlsOptions } from "../../collector/pipeline/client-tls.ts";

/** One annotation as Grafana gives it back; times are Unix ms. A point has `timeEnd` equal to `time` (or none, before Grafana 7). */
export interface FoundAnnotation {
  readonly id: number;
  readonly time: number;
  readonly timeEnd: number;
  readonly tags: readonly string[];
  readonly text: string;
}

export interface NewAnnotation {
  readonly time: number;
  /** Left out: a point. */
  readonly timeEnd?: number;
  readonly tags: readonly string[];
  readonly text: string;
}

/** An answer other than 2xx, or none. The message never holds the token: it is made of status and Grafana's own words. */
export class GrafanaFault extends Error {
  override readonly name = "GrafanaFault";
  /** 0 = no answer. */
  readonly status: number;
  constructor(status: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
  }
}

export interface ApiOptions {
  /** Grafana's root, with its sub-path if it has one. */
  readonly url: URL;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly tls: ClientTlsOptions | undefined;
}

/** An answer of Grafana's is a few hundred bytes; whatever else listens there must not fill the memory. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const MAX_WORDS = 200;

/**
 * Grafana's annotations API, as far as regions need it. Redirects are not followed: the token would go with them.
 * Source: grafana/grafana docs/sources/developers/http_api/annotations.md, pkg/api/annotations.go
 */
export class AnnotationsApi {
  readonly #options: ApiOptions;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** The id of the new annotation. */
  async create(annotation: NewAnnotation): Promise<number> {
    const answer = await this.#exchange("POST", "/api/annotations", annotation);
    if (isRecord(answer) && typeof answer["id"] === "number") return answer["id"];
    throw new GrafanaFault(200, "the answer to a new annotation has no id");
  }

  async patch(id: number, changes: Partial<NewAnnotation>): Promise<void> {
    await this.#exchange("PATCH", `/api/annotations/${id}`, changes);
  }

  async remove(id: number): Promise<void> {
    await this.#exchange("DELETE", `/api/annotations/${id}`);
  }

  /** Those that carry all of the tags, newest first. */
  async find(tags: readonly string[]): Promise<readonly FoundAnnotation[]> {
    const query = new URLSearchParams([...tags.map((tag): [string, string] => ["tags", tag]), ["type", "annotation"], ["limit", "100"]]);
    const answer = await this.#exchange("GET", `/api/annotations?${query}`);
    if (!Array.isArray(answer)) throw new GrafanaFault(200, "the answer to a search for annotations is no list");
    return answer.filter(isRecord).flatMap(annotationOf);
  }

  #exchange(method: string, path: string, body?: object): Promise<unknown> {
    const { url, headers, timeoutMs, tls } = this.#options;
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(
      new URL(`${url.pathname.replace(/\/$/, "")}${path}`, url),
      {
        ...tls,
        method,
        headers: {
          accept: "application/json",
          ...(payload === undefined ? {} : { "content-type": "application/json", "content-length": payload.length }),
          ...headers(),
        },
        signal: AbortSignal.timeout(timeoutMs),
      },
      (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on("data", (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_ANSWER_BYTES) response.destroy(new Error("the answer is too long"));
          else chunks.push(chunk);
        });
        response.on("error", (error) => reject(new GrafanaFault(0, error.message, error)));
        response.on("end", () => {
          const status = response.statusCode ?? 0;
          const answer = parsed(Buffer.concat(chunks).toString("utf8"));
          if (status >= 200 && status < 300) resolve(answer);
          else reject(new GrafanaFault(status, `${method} ${path.split("?")[0]} was answered with ${status}${wordsOf(answer)}`));
        });
      },
    );
    request.on("error", (error) => {
      const why = error.name === "TimeoutError" || error.name === "AbortError" ? `no answer within ${timeoutMs} ms` : networkWords(error);
      reject(new GrafanaFault(0, `${url.origin} cannot be reached: ${why}`, error));
    });
    request.end(payload);
    return promise;
  }
}

function networkWords(error: Error): string {
  return error instanceof AggregateError
    ? error.errors.map((one: unknown) => (one instanceof Error ? one.message : String(one))).join("; ")
    : error.message;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Grafana says `{"message": …}`; a proxy in front of it says what it likes. */
function wordsOf(answer: unknown): string {
  const words = isRecord(answer) && typeof answer["message"] === "string" ? answer["message"] : typeof answer === "string" ? answer : "";
  return words === "" ? "" : `: ${words.replaceAll(/\s+/g, " ").slice(0, MAX_WORDS)}`;
}

function annotationOf(record: Readonly<Record<string, unknown>>): readonly FoundAnnotation[] {
  const { id, time, timeEnd, tags, text } = record;
  if (typeof id !== "number" || typeof time !== "number") return [];
  return [
    {
      id,
      time,
      timeEnd: typeof timeEnd === "number" && timeEnd > 0 ? timeEnd : time,
      tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [],
      text: typeof text === "string" ? text : "",
    },
  ];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
