import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { prometheus } from "../../../../exporters/prometheus/prometheus.ts";
import { openScrapeServer } from "../../../../exporters/prometheus/scrape-server.ts";
import { recordingContext } from "../otlp_http/recording-context.ts";

test("a scraper that asks and does not read is cut off, and its page with it", async () => {
  let released = 0;
  await using server = await openScrapeServer({
    endpoint: { host: "127.0.0.1", port: 0 },
    path: "/metrics",
    openMetrics: true,
    protobuf: true,
    log: recordingContext("prometheus").context.log,
    stallTimeoutMs: 50,
    render: () => ({ bytes: Buffer.alloc(64_000_000, "#"), release: () => released++ }),
  });
  const socket = connect(Number(server.address.split(":").at(-1)), "127.0.0.1");
  socket.pause();
  socket.write("GET /metrics HTTP/1.1\r\nhost: a\r\n\r\n");
  const cut = once(socket, "error").catch(() => {});
  // A peer that has gone is noticed by who writes; seldom, because what arrives keeps the connection alive.
  const knocking = setInterval(() => socket.write("\r\n"), 400);
  const [error] = (await cut) as [{ code: string }];
  clearInterval(knocking);
  expect(["EPIPE", "ECONNRESET"]).toContain(error.code);
  await expect.poll(() => released).toBe(1);
});

test("an error while rendering is a 500 with a sentence, never an empty page, and the next scrape is served", async () => {
  let calls = 0;
  let released = 0;
  await using server = await openScrapeServer({
    endpoint: { host: "127.0.0.1", port: 0 },
    path: "/metrics",
    openMetrics: true,
    protobuf: true,
    log: recordingContext("prometheus").context.log,
    render: () => {
      if (calls++ === 0) throw new Error("broken");
      return { bytes: Buffer.from("a 1\n"), release: () => released++ };
    },
  });
  const url = `http://${server.address}/metrics`;
  const broken = await fetch(url);
  expect([broken.status, await broken.text()]).toEqual([500, expect.stringContaining("could not be rendered")]);
  for (const [method, headers] of [
    ["GET", { "accept-encoding": "gzip" }],
    ["GET", { "accept-encoding": "identity" }],
    ["HEAD", { "accept-encoding": "identity" }],
  ] as const) {
    const answer = await fetch(url, { method, headers });
    expect([answer.status, await answer.text()]).toEqual([200, method === "HEAD" ? "" : "a 1\n"]);
  }
  await expect.poll(() => released).toBe(3);
});

test("a path that no request could have is a mistake of the configuration", () => {
  const isTaken = (path: string) => prometheus.config.safeParse({ endpoint: "127.0.0.1:0", path }).success;
  expect(["/", "/metrics", "/a/b-c"].map(isTaken)).toEqual([true, true, true]);
  expect(["metrics", "/metrics?x=1", "/a b", "/a#b"].map(isTaken)).toEqual([false, false, false, false]);
});
