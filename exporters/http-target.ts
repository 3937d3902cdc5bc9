import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { urlToHttpOptions } from "node:url";
import type { ClientTlsOptions } from "../collector/pipeline/client-tls.ts";

/** What of a success is read at most (OTLP: responses should stay below 4 MiB), and of an error (as otelcol). */
const MAX_SUCCESS_BYTES = 4 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

export interface HttpTargetOptions {
  /** For the whole exchange; 0 = none. */
  readonly timeoutMs: number;
  readonly tls?: ClientTlsOptions;
  readonly keepAlive?: boolean;
  readonly maxSockets?: number;
  readonly maxFreeSockets?: number;
  /** How long an unused connection is kept. */
  readonly idleTimeoutMs?: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Cut where it is longer than anybody reads. */
  readonly body: Buffer;
}

type Send = (headers: Readonly<Record<string, string>>) => ClientRequest;

/** Posts to http and https URLs over kept connections. Rejects with the network's error, or one that names the timeout, where no whole answer came. */
export class HttpTarget implements Disposable {
  readonly #timeoutMs: number;
  readonly #http: HttpAgent;
  readonly #https: HttpsAgent;

  constructor({ timeoutMs, tls, keepAlive = true, maxSockets, maxFreeSockets = 100, idleTimeoutMs }: HttpTargetOptions) {
    this.#timeoutMs = timeoutMs;
    const pool = {
      keepAlive,
      maxFreeSockets,
      ...(maxSockets === undefined ? {} : { maxSockets }),
      ...(idleTimeoutMs === undefined ? {} : { timeout: idleTimeoutMs }),
    };
    this.#http = new HttpAgent(pool);
    this.#https = new HttpsAgent({ ...pool, ...tls });
  }

  /** What of a URL can be worked out once. */
  open(url: URL): Send {
    const target = urlToHttpOptions(url);
    const agent = url.protocol === "https:" ? this.#https : this.#http;
    const request = url.protocol === "https:" ? httpsRequest : httpRequest;
    return (headers) => request({ ...target, method: "POST", agent, headers });
  }

  /**
   * A kept connection may have been closed by the other side just as it was taken up again; that one case is tried again at once,
   * because in all likelihood no server has seen the request.
   */
  async post(send: Send, headers: Readonly<Record<string, string>>, pieces: readonly Uint8Array[]): Promise<HttpAnswer> {
    const endMs = this.#timeoutMs > 0 ? performance.now() + this.#timeoutMs : Number.POSITIVE_INFINITY;
    try {
      return await this.#exchange(send, headers, pieces, endMs);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return this.#exchange(send, headers, pieces, endMs);
    }
  }

  [Symbol.dispose](): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  /** Events and one timer: an AbortSignal and an iterated response cost a quarter of a forwarded request. */
  #exchange(send: Send, headers: Readonly<Record<string, string>>, pieces: readonly Uint8Array[], endMs: number): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      let length = 0;
      for (const piece of pieces) length += piece.length;
      const request = send({ ...headers, "content-length": String(length) });
      const timer = Number.isFinite(endMs)
        ? setTimeout(() => request.destroy(new Error(`no answer within ${this.#timeoutMs} ms`)), Math.max(0, endMs - performance.now()))
        : undefined;
      let answered = false;
      const fail = (error: Error) => {
        clearTimeout(timer);
        const isStale = !answered && request.reusedSocket && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
        reject(isStale ? new StaleConnection("the kept connection was closed", { cause: error }) : error);
      };
      request.on("error", fail);
      request.on("response", (response) => {
        answered = true;
        collectAnswer(
          response,
          (answer) => {
            clearTimeout(timer);
            resolve(answer);
          },
          fail,
        );
      });
      // Where nothing else was said before: Node drops a 101 in silence.
      request.on("close", () => fail(new Error("the connection ended without an answer")));
      const last = pieces.length - 1;
      for (let index = 0; index < last; index++) request.write(pieces[index]);
      request.end(pieces[last]);
    });
  }
}

class StaleConnection extends Error {}

function collectAnswer(response: IncomingMessage, resolve: (answer: HttpAnswer) => void, reject: (error: Error) => void): void {
  const status = response.statusCode ?? 0;
  const limit = status >= 200 && status < 300 ? MAX_SUCCESS_BYTES : MAX_ERROR_BYTES;
  const chunks: Buffer[] = [];
  let size = 0;
  const done = () => resolve({ status, headers: response.headers, body: chunks.length === 0 ? NO_BODY : Buffer.concat(chunks) });
  response.on("data", (chunk: Buffer) => {
    if (size < limit) chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
    if (size <= 2 * MAX_SUCCESS_BYTES) return;
    // Beyond what a polite server would still send it is cheaper to lose the connection than to read on.
    done();
    response.destroy();
  });
  response.on("end", done);
  response.on("error", reject);
}

const NO_BODY = Buffer.alloc(0);
