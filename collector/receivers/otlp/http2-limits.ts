import { constants, type Http2ServerRequest, type ServerHttp2Session } from "node:http2";

/** A connection that has said it speaks HTTP/2 owes its SETTINGS (RFC 9113 §3.4); one that sends none within this time is cut. 0 = no limit. */
export function limitPreface(session: ServerHttp2Session, timeoutMs: number): void {
  if (timeoutMs <= 0) return;
  const timer = setTimeout(() => session.destroy(), timeoutMs).unref();
  session.once("remoteSettings", () => clearTimeout(timer));
  session.once("close", () => clearTimeout(timer));
}

/** What `requestTimeout` is to node:http, which does not know it for HTTP/2: the whole request must have arrived by then. 0 = no limit. */
export function limitRequest(request: Http2ServerRequest, timeoutMs: number): void {
  if (timeoutMs <= 0) return;
  const timer = setTimeout(() => request.stream.close(constants.NGHTTP2_CANCEL), timeoutMs).unref();
  request.once("end", () => clearTimeout(timer));
  request.once("close", () => clearTimeout(timer));
}
