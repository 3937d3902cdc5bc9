import { expect, test } from "vitest";
import { NGINX_LOG_FORMATS } from "../../../../collector/model/catalog-nginx.ts";
import { nginxJson } from "../../../../collector/wire/generators/nginx-log.ts";
import { NGINX_FIELDS, NGINX_SHORT_NAMES } from "../../../../collector/wire/generators/nginx-request.ts";
import { readText } from "./read-fixture.ts";

test("every variable of the proposed formats is one that the readers know", () => {
  const known = new Set<string>([...NGINX_FIELDS]);
  for (const text of Object.values(NGINX_LOG_FORMATS)) {
    for (const [, name] of text.matchAll(/\$([a-z_]+)/g)) expect(known, name).toContain(name);
  }
});

test("every short name of the timing format stands for the variable behind it", () => {
  const pairs = [...NGINX_LOG_FORMATS.timing.matchAll(/ ?\b([a-z]+)="?\$([a-z_]+)/g)].map(([, short = "", name]) => [
    NGINX_SHORT_NAMES.get(short),
    name,
  ]);
  expect(pairs).toHaveLength(NGINX_SHORT_NAMES.size);
  for (const [known, name] of pairs) expect(known).toBe(name);
});

test("a line of the JSON format with the proxy's own values is read, numbers in quotes or not", () => {
  const line = '{"msec":1795272093.310,"request":"POST /a HTTP/2.0","status":201,"request_time":0.25,"urt":"0.2","ua":"10.0.0.1:80","rc":"OK"}';
  expect(readText(nginxJson, line).requests).toMatchObject([
    {
      endpoint: { method: "POST", name: "/a" },
      status: 201,
      durationMs: 250,
      outcome: "ok",
      proxy: { complete: true, tries: [{ responseMs: 200 }] },
    },
  ]);
});
