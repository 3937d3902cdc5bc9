import type { ServerResponse } from "node:http";

/** What every answer carries beside its data; made anew for each request. */
export interface Meta {
  readonly request_id: string;
  readonly cache?: "hit" | "miss";
}

export function sendData(response: ServerResponse, data: unknown): void {
  sendDataJson(response, Buffer.from(JSON.stringify(data)));
}

/** Puts the meta behind data that is JSON already, without parsing, copying or serialising it again. */
export function sendDataJson(response: ServerResponse, dataJson: Uint8Array, more: Omit<Meta, "request_id"> = {}): void {
  const meta = JSON.stringify({ request_id: String(response.getHeader("x-request-id")), ...more } satisfies Meta);
  const end = `,"meta":${meta}}`;
  response.writeHead(200, {
    "content-type": "application/json; charset=utf-8",
    "content-length": HEAD.length + dataJson.length + Buffer.byteLength(end),
  });
  response.cork();
  response.write(HEAD);
  response.write(dataJson);
  response.end(end);
  response.uncork();
}

export function sendError(
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify({ ok: false, error: { code, message }, meta: { request_id: String(response.getHeader("x-request-id")) } });
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(body), ...headers });
  response.end(body);
}

const HEAD = Buffer.from('{"ok":true,"data":');
