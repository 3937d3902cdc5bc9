import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { ClientTlsOptions } from "../../collector/pipeline/client-tls.ts";

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

  /**
   * A kept connection may have been closed by the other side just as it was taken up again; that one case is tried again at once,
   * because in all likelihood no server has seen the request.
   */
  async post(url: URL, headers: Readonly<Record<string, string>>, pieces: readonly Uint8Array[]): Promise<HttpAnswer> {
    const deadline = new AbortController();
    const timer = this.#timeoutMs > 0 ? setTimeout(() => deadline.abort(), this.#timeoutMs) : undefined;
    try {
      return await this.#exchange(url, headers, pieces, deadline.signal).catch((error: unknown) => {
        if (!(error instanceof StaleConnection)) throw error;
        return this.#exchange(url, headers, pieces, deadline.signal);
      });
    } catch (error) {
      throw deadline.signal.aborted ? new Error(`no answer within ${this.#timeoutMs} ms`, { cause: error }) : error;
    } finally {
      clearTimeout(timer);
    }
  }

  [Symbol.dispose](): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #exchange(url: URL, headers: Readonly<Record<string, string>>, pieces: readonly Uint8Array[], signal: AbortSignal): Promise<HttpAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const options = { method: "POST", headers: { ...headers, "content-length": String(length) }, signal };
    const request =
      url.protocol === "https:" ? httpsRequest(url, { ...options, agent: this.#https }) : httpRequest(url, { ...options, agent: this.#http });
    let answered = false;
    request.on("response", (response) => {
      answered = true;
      readAnswer(response).then(resolve, reject);
    });
    request.on("error", (error) => {
      const isStale = !answered && request.reusedSocket && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE");
      reject(isStale ? new StaleConnection("the kept connection was closed", { cause: error }) : error);
    });
    for (const piece of pieces) request.write(piece);
    request.end();
    return promise;
  }
}

class StaleConnection extends Error {}

async function readAnswer(response: IncomingMessage): Promise<HttpAnswer> {
  const status = response.statusCode ?? 0;
  const limit = status >= 200 && status < 300 ? MAX_SUCCESS_BYTES : MAX_ERROR_BYTES;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (size < limit) chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
    // Beyond what a polite server would still send it is cheaper to lose the connection than to read on.
    if (size > 2 * MAX_SUCCESS_BYTES) break;
  }
  return { status, headers: response.headers, body: Buffer.concat(chunks) };
}
