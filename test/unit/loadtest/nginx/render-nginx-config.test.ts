import { expect, test } from "vitest";
import { NGINX_LOG_FORMATS } from "../../../../collector/model/catalog-nginx.ts";
import { NGINX_DEFAULTS, renderNginxConfig } from "../../../../loadtest/nginx/render-nginx-config.ts";

const SETTINGS = { ...NGINX_DEFAULTS, folder: "/tmp/own", listen: "127.0.0.1:8080", upstream: "127.0.0.1:8082" };
const squeeze = (text: string) => text.replaceAll(/\s+/g, " ");

test.each(["timing", "json"] as const)("the log format %s is the one that Pitwall recommends, the log lies in the own folder", (format) => {
  const config = renderNginxConfig({ ...SETTINGS, format });
  const wanted = NGINX_LOG_FORMATS[format].replace("/var/log/nginx/pitwall.access.log", '"/tmp/own/access.log"');
  expect(squeeze(config)).toContain(squeeze(wanted).trim());
  expect(config).not.toContain("/var/");
});

test("connections to the upstream are kept, unless that is switched off", () => {
  expect(renderNginxConfig(SETTINGS)).toContain("keepalive 32;");
  expect(renderNginxConfig({ ...SETTINGS, keepalive: 0 })).not.toContain("keepalive");
});

test("further directives stand in the server block", () => {
  expect(renderNginxConfig({ ...SETTINGS, more: "limit_rate 64k;", user: "root" })).toMatch(
    /user root;[\s\S]*server \{\n {4}listen[\s\S]*limit_rate 64k;\n {2}\}/,
  );
});
