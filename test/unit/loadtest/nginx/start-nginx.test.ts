import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { NginxFailed, startNginx } from "../../../../loadtest/nginx/start-nginx.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-start-nginx-"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

function nginxThat(body: string): void {
  const file = join(folder, "own-nginx");
  writeFileSync(file, body);
  chmodSync(file, 0o755);
  vi.stubEnv("NGINX_BIN", file);
}

test("an nginx that ends at once: its own words", async () => {
  nginxThat("#!/bin/sh\necho 'unknown directive' >&2\nexit 1\n");
  await expect(startNginx({ upstream: "127.0.0.1:1" })).rejects.toThrow("nginx could not be started: unknown directive");
});

test("a file that the system cannot run: said, not thrown from elsewhere", async () => {
  nginxThat("#!/no/such/interpreter\n");
  await expect(startNginx({ upstream: "127.0.0.1:1" })).rejects.toThrow(NginxFailed);
});

test("no nginx, or a wrong address: what to do", async () => {
  vi.stubEnv("NGINX_BIN", join(folder, "none"));
  await expect(startNginx({ upstream: "127.0.0.1:1" })).rejects.toThrow("set NGINX_BIN to its file");
  nginxThat("#!/bin/sh\n");
  await expect(startNginx({ upstream: "127.0.0.1:1", listen: "8080", folder })).rejects.toThrow("8080 is not ADDRESS:PORT");
  expect(readdirSync(folder)).toEqual(["own-nginx"]);
});
