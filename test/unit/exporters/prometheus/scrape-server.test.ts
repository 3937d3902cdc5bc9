import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { openScrapeServer } from "../../../../exporters/prometheus/scrape-server.ts";
import { recordingContext } from "../otlp_http/recording-context.ts";

test("a scraper that asks and does not read is cut off, and its page with it", async () => {
  await using server = await openScrapeServer({
    endpoint: { host: "127.0.0.1", port: 0 },
    path: "/metrics",
    openMetrics: true,
    utf8: false,
    log: recordingContext("prometheus").context.log,
    stallTimeoutMs: 50,
    render: () => Buffer.alloc(64_000_000, "#"),
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
});
