import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { type Body, BodyAborted, BodyCollector, BodyTooLarge } from "./body.ts";
import type { BufferPool } from "./buffer-pool.ts";

export type HttpRequest = IncomingMessage | Http2ServerRequest;

/**
 * The whole request body, at most `limitBytes` of it.
 *
 * Throws: BodyTooLarge as soon as the limit is passed (the rest is left unread); BodyAborted when the sender goes away.
 */
export function readBody(request: HttpRequest, limitBytes: number, pool: BufferPool): Promise<Body> {
  return new Promise((resolve, reject) => {
    const collector = new BodyCollector(pool, limitBytes, announcedBytes(request) ?? 0);
    let settled = false;
    const fail = (error: Error) => {
      if (settled) return;
      settled = true;
      collector.discard();
      reject(error);
    };
    request.on("data", (chunk: Buffer) => {
      if (settled || collector.add(chunk)) return;
      request.pause();
      fail(new BodyTooLarge(limitBytes));
    });
    request.on("end", () => {
      if (settled) return;
      settled = true;
      resolve(collector.finish());
    });
    // Every request closes in the end: no error (and no stack trace) is made for those that were read.
    const abort = () => {
      if (!settled) fail(new BodyAborted("the connection was closed in the middle of the body"));
    };
    request.on("error", abort);
    request.on("close", abort);
  });
}

/** Content-Length, already checked by the parser of node:http; undefined where there is none (chunked, HTTP/2). */
export function announcedBytes(request: HttpRequest): number | undefined {
  const text = request.headers["content-length"];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
