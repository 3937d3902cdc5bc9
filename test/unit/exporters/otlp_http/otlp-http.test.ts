import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Batch } from "../../../../collector/model/batch.ts";
import { isRefused, type Rejected, type Running, type Sink } from "../../../../collector/pipeline/sink.ts";
import { splitTooLarge } from "../../../../collector/pipeline/split-too-large.ts";
import { readOtlpJson } from "../../../../collector/wire/otlp-json.ts";
import { readOtlpProtobuf } from "../../../../collector/wire/otlp-request.ts";
import { encodeExportResponse } from "../../../../collector/wire/otlp-status.ts";
import { otlpHttp } from "../../../../exporters/otlp_http/otlp-http.ts";
import { freePort, httpServer } from "./http-server.ts";
import { recordingContext } from "./recording-context.ts";
import { asReceived, gauge, logs, metrics, spanNames, spans } from "./sample-batch.ts";

const tlsFile = (name: string): string => fileURLToPath(new URL(`../../../fixtures/tls/${name}`, import.meta.url));

function openExporter(config: object, context = recordingContext("otlp_http").context): Promise<Sink & Running> {
  return otlpHttp.open(otlpHttp.config.parse(config), context);
}

const whole = (batch: Batch): Buffer => Buffer.concat(batch.encoded);

describe("what is sent", () => {
  const batch = asReceived(spans("a"), spans("b", "c"));

  test.each([
    ["gzip", gunzipSync],
    ["zstd", zstdDecompressSync],
    ["deflate", inflateSync],
    ["zlib", inflateSync],
    ["none", (body: Buffer) => body],
  ] as const)("the received bytes go on unchanged with compression %s", async (compression, plain) => {
    await using server = await httpServer();
    await using exporter = await openExporter({ endpoint: server.url, compression });
    await exporter.push(batch);
    const [request] = server.requests;
    expect(request?.path).toBe("/v1/traces");
    expect(request?.headers["content-type"]).toBe("application/x-protobuf");
    expect(request?.headers["content-encoding"]).toBe(compression === "none" ? undefined : compression);
    expect(plain(request?.body ?? Buffer.alloc(0))).toEqual(whole(batch));
  });

  test("gzip is the default, and a body of megabytes is compressed too", async () => {
    await using server = await httpServer();
    await using exporter = await openExporter({ endpoint: server.url });
    const large = asReceived(logs(...Array.from({ length: 300 }, (_, index) => `${index}`.repeat(2500))));
    expect(large.sizeBytes).toBeGreaterThan(1024 * 1024);
    await exporter.push(large);
    expect(gunzipSync(server.requests[0]?.body ?? "")).toEqual(whole(large));
  });

  test("encoding json sends OTLP/JSON", async () => {
    await using server = await httpServer((response) => response.writeHead(200, { "content-type": "application/json" }).end("{}"));
    await using exporter = await openExporter({ endpoint: server.url, encoding: "json", compression: "none" });
    await exporter.push(batch);
    const [request] = server.requests;
    expect(request?.headers["content-type"]).toBe("application/json");
    expect(spanNames(readOtlpJson("traces", request?.body ?? Buffer.alloc(0)).batch)).toEqual(["a", "b", "c"]);
  });

  test("each signal has its path, behind the endpoint's own or verbatim", async () => {
    await using server = await httpServer();
    await using exporter = await openExporter({ endpoint: `${server.url}/otlp/`, logs_endpoint: `${server.url}/my/logs?tenant=1` });
    await exporter.push(batch);
    await exporter.push(asReceived(metrics(gauge("m", Attributes.EMPTY))));
    await exporter.push(asReceived(logs("l")));
    expect(server.requests.map(({ path }) => path)).toEqual(["/otlp/v1/traces", "/otlp/v1/metrics", "/my/logs?tenant=1"]);
  });

  test("a signal without an endpoint is rejected, not lost in silence", async () => {
    await using server = await httpServer();
    await using exporter = await openExporter({ logs_endpoint: `${server.url}/logs` });
    await expect(exporter.push(batch)).rejects.toMatchObject({ name: "Rejected", items: 3, reason: "no_endpoint" });
  });

  test("headers of the config and of the authenticator are sent", async () => {
    await using server = await httpServer();
    const { context } = recordingContext("otlp_http", {
      bearertokenauth: { sign: () => ({ authorization: "Bearer t" }), async [Symbol.asyncDispose]() {} },
    });
    await using exporter = await openExporter(
      { endpoint: server.url, headers: { "X-Tenant": "team-1" }, auth: { authenticator: "bearertokenauth" } },
      context,
    );
    await exporter.push(batch);
    expect(server.requests[0]?.headers).toMatchObject({ "x-tenant": "team-1", authorization: "Bearer t" });
  });

  test("connections are kept", async () => {
    await using server = await httpServer();
    await using exporter = await openExporter({ endpoint: server.url });
    for (let turn = 0; turn < 3; turn++) await exporter.push(batch);
    expect(new Set(server.requests.map(({ remotePort }) => remotePort)).size).toBe(1);
  });

  test("a kept connection that the server closed meanwhile costs nothing", async () => {
    // Answers one request a connection and resets it when the second arrives, as a server does whose idle timeout just ran out.
    const seen = new Map<object, number>();
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => {
        const turn = (seen.get(socket) ?? 0) + 1;
        seen.set(socket, turn);
        if (turn > 1) socket.resetAndDestroy();
        else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: keep-alive\r\n\r\n");
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const exporter = await openExporter({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    await exporter.push(batch);
    await exporter.push(batch);
    expect(seen.size).toBe(2);
    await exporter[Symbol.asyncDispose]();
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("E-12 trouble on the way is refused for now", () => {
  const batch = asReceived(spans("a"));

  test("E-12 nobody listens", async () => {
    await using exporter = await openExporter({ endpoint: `http://127.0.0.1:${await freePort()}` });
    await expect(exporter.push(batch)).rejects.toMatchObject({ name: "Refused", overload: false, message: expect.stringContaining("ECONNREFUSED") });
  });

  test("E-12 the connection is cut in mid-answer", async () => {
    await using server = await httpServer((response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("half");
      setImmediate(() => response.destroy());
    });
    await using exporter = await openExporter({ endpoint: server.url });
    await expect(exporter.push(batch)).rejects.toSatisfy(isRefused);
  });

  test.each([
    ["before the answer", () => {}],
    ["within the answer", (response: { write(text: string): void }) => response.write("half")],
  ])("E-12 the timeout runs out %s", async (_name, answer) => {
    await using server = await httpServer(answer);
    await using exporter = await openExporter({ endpoint: server.url, timeout: "100ms" });
    await expect(exporter.push(batch)).rejects.toMatchObject({ name: "Refused", message: expect.stringContaining("100 ms") });
  });

  test("E-10 a busy server's Retry-After reaches the retries", async () => {
    await using server = await httpServer((response) => response.writeHead(429, { "retry-after": "3" }).end());
    await using exporter = await openExporter({ endpoint: server.url });
    await expect(exporter.push(batch)).rejects.toMatchObject({ name: "Refused", retryAfterMs: 3000, overload: true });
  });
});

describe("losses", () => {
  test("L-08 partial success is a loss of that many", async () => {
    await using server = await httpServer((response) =>
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end(encodeExportResponse({ rejectedItems: 2, errorMessage: "no" })),
    );
    await using exporter = await openExporter({ endpoint: server.url });
    await expect(exporter.push(asReceived(spans("a", "b", "c")))).rejects.toMatchObject({ items: 2, reason: "partial_success" });
  });

  test("L-09 where the server says 413 only the record that is too large by itself is lost", async () => {
    const taken: string[] = [];
    await using server = await httpServer((response, { body }) => {
      if (body.length > 2000) return void response.writeHead(413).end();
      taken.push(...spanNames(readOtlpProtobuf("traces", body).batch));
      return void response.end();
    });
    await using exporter = await openExporter({ endpoint: server.url, compression: "none" });
    const names = [...Array.from({ length: 40 }, (_, index) => `span ${index}`), "x".repeat(3000), "last"];
    const lost = await splitTooLarge(exporter)
      .push(asReceived(spans(...names)))
      .then(
        () => undefined,
        (error: unknown) => error as Rejected,
      );
    expect(lost).toMatchObject({ items: 1, reason: "too_large" });
    expect(taken).toEqual(names.filter((name) => name.length < 3000));
  });

  test("a long error answer is not read to its end", async () => {
    await using server = await httpServer((response) => response.writeHead(500, { "content-type": "text/plain" }).end("x".repeat(300_000)));
    await using exporter = await openExporter({ endpoint: server.url });
    const error = await exporter.push(asReceived(spans("a"))).catch((failure: unknown) => failure as Rejected);
    expect(error).toMatchObject({ reason: "send_failed" });
    expect((error as Rejected).message.length).toBeLessThan(1000);
  });

  test("a server's warning is logged once", async () => {
    await using server = await httpServer((response) =>
      response
        .writeHead(200, { "content-type": "application/x-protobuf" })
        .end(encodeExportResponse({ rejectedItems: 0, errorMessage: "prefer cumulative" })),
    );
    const { context, logs: logged } = recordingContext("otlp_http");
    await using exporter = await openExporter({ endpoint: server.url }, context);
    await exporter.push(asReceived(spans("a")));
    await exporter.push(asReceived(spans("b")));
    expect(logged.filter((line) => line.includes("prefer cumulative"))).toHaveLength(1);
  });
});

describe("TLS", () => {
  const identity = { key: readFileSync(tlsFile("server.key")), cert: readFileSync(tlsFile("server.pem")) };
  const batch = asReceived(spans("a"));

  test("with the CA of the config the server is trusted", async () => {
    await using server = await httpServer(undefined, identity);
    await using exporter = await openExporter({ endpoint: server.url, tls: { ca_file: tlsFile("ca.pem") } });
    await exporter.push(batch);
    expect(server.requests).toHaveLength(1);
  });

  test("without it the server is not, unless insecure_skip_verify says so", async () => {
    await using server = await httpServer(undefined, identity);
    await using strict = await openExporter({ endpoint: server.url });
    await expect(strict.push(batch)).rejects.toMatchObject({ name: "Refused", message: expect.stringMatching(/certificate/) });
    await using lax = await openExporter({ endpoint: server.url, tls: { insecure_skip_verify: true } });
    await lax.push(batch);
    expect(server.requests).toHaveLength(1);
  });

  test("a client certificate is shown to a server that asks for one", async () => {
    await using server = await httpServer(undefined, {
      ...identity,
      ca: readFileSync(tlsFile("ca.pem")),
      requestCert: true,
      rejectUnauthorized: true,
    });
    const ca = { ca_file: tlsFile("ca.pem") };
    await using known = await openExporter({
      endpoint: server.url,
      tls: { ...ca, cert_file: tlsFile("client.pem"), key_file: tlsFile("client.key") },
    });
    await known.push(batch);
    await using unknown = await openExporter({ endpoint: server.url, tls: ca });
    await expect(unknown.push(batch)).rejects.toSatisfy(isRefused);
    expect(server.requests).toHaveLength(1);
  });

  test.each([
    ["a key without its certificate", { key_file: tlsFile("client.key") }, "E_CONFIG_INVALID"],
    ["a file that is not there", { ca_file: tlsFile("nothing.pem") }, "E_FILE"],
    ["a certificate that is none", { cert_pem: "x", key_pem: "y" }, "E_CONFIG_INVALID"],
  ])("%s is told at the start", async (_name, tls, code) => {
    await expect(openExporter({ endpoint: "https://127.0.0.1:1", tls })).rejects.toMatchObject({ code });
  });
});

describe("config", () => {
  const messages = (config: object): string => {
    const { error } = otlpHttp.config.safeParse(config);
    return (error?.issues ?? []).map(({ message }) => message).join("\n");
  };
  const endpoint = "http://127.0.0.1:4318";

  test("what is missing or not supported is refused in words", () => {
    expect(messages({})).toContain("an endpoint is missing");
    expect(messages({ endpoint: "127.0.0.1:4318" })).toContain("is not a URL");
    expect(messages({ endpoint, proxy_url: "http://proxy:3128" })).toContain("proxy_url is not supported");
    expect(messages({ endpoint, compression: "snappy" })).toContain("gzip, zstd, deflate");
    expect(messages({ endpoint, retries: 3 })).toContain("retries");
  });

  test("header values are never printed", () => {
    const config = otlpHttp.config.parse({ endpoint, headers: { authorization: "Bearer hunter2" } });
    expect(JSON.stringify(config)).not.toContain("hunter2");
  });

  test("an impossible header and an authenticator that is not there are told at the start", async () => {
    await expect(openExporter({ endpoint, headers: { "bad name": "v" } })).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
    await expect(openExporter({ endpoint, auth: { authenticator: "nobody" } })).rejects.toMatchObject({ message: expect.stringContaining("nobody") });
  });

  test("both names of the type are known", () => {
    expect([otlpHttp.type, ...(otlpHttp.aliases ?? [])]).toEqual(["otlp_http", "otlphttp"]);
  });
});
