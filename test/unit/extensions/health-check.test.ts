import { expect, test } from "vitest";
import { formatDuration } from "../../../collector/extensions/health_check/format-duration.ts";
import { healthCheck } from "../../../collector/extensions/health_check/health-check.ts";
import { context, surroundings } from "../pipeline/river.ts";

async function open(keys: object) {
  const around = surroundings();
  const extension = await healthCheck.open(healthCheck.config.parse({ endpoint: "127.0.0.1:0", ...keys }), context("health_check", around));
  const address = around.listens[0]?.split(" ").at(-1);
  return { extension, get: (path: string) => fetch(`http://${address}${path}`) };
}

test("503 until everything is open, 200 then, 503 again when closing begins", async () => {
  const { extension, get } = await open({});
  const before = await get("/");
  expect([before.status, await before.json()]).toEqual([503, { status: "Server not available", upSince: "0001-01-01T00:00:00Z", uptime: "" }]);
  extension.ready?.(true);
  const during = await get("/");
  expect([during.status, during.headers.get("content-type")]).toEqual([200, "application/json"]);
  expect(await during.json()).toEqual({
    status: "Server available",
    upSince: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    uptime: expect.stringMatching(/^\d[\d.]*s$/),
  });
  extension.ready?.(false);
  expect((await get("/")).status).toBe(503);
  await extension[Symbol.asyncDispose]();
  await extension[Symbol.asyncDispose]();
});

test("path and bodies can be chosen", async () => {
  const { extension, get } = await open({ path: "/healthz", response_body: { healthy: "fine" } });
  extension.ready?.(true);
  expect(await (await get("/healthz?verbose")).text()).toBe("fine");
  expect((await get("/")).status).toBe(404);
  await extension[Symbol.asyncDispose]();
});

test("the endpoint is localhost:13133 unless it is set", () => {
  expect(healthCheck.config.parse({})).toMatchObject({ endpoint: { host: "localhost", port: 13_133 }, path: "/" });
});

test("uptime is written as Go writes durations", () => {
  expect([0, 49_013, 60_000, 3_723_500].map(formatDuration)).toEqual(["0s", "49.013s", "1m0s", "1h2m3.5s"]);
});
