import type { IncomingMessage } from "node:http";
import type { Http2ServerRequest } from "node:http2";
import { type Body, BodyAborted, BodyCollector, BodyTooLarge } from "./body.ts";
import type { Lease, NoRoom } from "./in-flight.ts";

export type HttpRequest = IncomingMessage | Http2ServerRequest;

/**
 * The whole request body, at most `limitBytes` of it.
 *
 * Throws: BodyTooLarge as soon as the limit is passed and NoRoom when there is none (the rest is left unread); BodyAborted when the sender goes away.
 */
export function readBody(request: HttpRequest, limitBytes: number, lease: Lease): Promise<Body> {
  return new Promise((resolve, reject) => {
    // node:http copies every body chunk out of the parser's buffer for its listener; chunks of HTTP/2 are windows into a buffer that the session still reads.
    const ownsChunks = request.httpVersionMajor === 1;
    const collector = new BodyCollector(lease.pool, limitBytes, announcedBytes(request) ?? 0, ownsChunks);
    let settled = false;
    const fail = (error: Error) => {
      if (settled) return;
      settled = true;
      collector.discard();
      reject(error);
    };
    request.on("data", (chunk: Buffer) => {
      if (settled) return;
      try {
        lease.hold(chunk.length);
        if (collector.add(chunk)) return;
        request.pause();
        fail(new BodyTooLarge(limitBytes));
      } catch (error) {
        request.pause();
        fail(error as NoRoom);
      }
    });
    const finish = () => {
      if (settled) return;
      settled = true;
      resolve(collector.finish());
    };
    request.on("end", finish);
    // Every request closes in the end: no error (and no stack trace) is made for those that were read.
    const abort = () => {
      if (!settled) fail(new BodyAborted("the connection was closed in the middle of the body"));
    };
    // An HTTP/2 stream that is reset with NO_ERROR ends like a complete one; this comes first.
    request.on("aborted", abort);
    request.on("error", abort);
    request.on("close", abort);
  });
}

/** Content-Length, already checked by the parser of node:http; undefined where there is none (chunked, HTTP/2). */
export function announcedBytes(request: HttpRequest): number | undefined {
  const text = request.headers["content-length"];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
