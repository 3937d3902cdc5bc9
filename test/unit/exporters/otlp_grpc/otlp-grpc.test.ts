import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Metadata, ServerCredentials } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { Attributes } from "../../../../collector/model/attributes.ts";
import type { Batch } from "../../../../collector/model/batch.ts";
import { isRefused, type Rejected, type Running, type Sink } from "../../../../collector/pipeline/sink.ts";
import { splitTooLarge } from "../../../../collector/pipeline/split-too-large.ts";
import { readOtlpProtobuf } from "../../../../collector/wire/otlp-request.ts";
import { encodeExportResponse } from "../../../../collector/wire/otlp-status.ts";
import { encodeRpcStatus } from "../../../../collector/wire/rpc-status.ts";
import { GRPC } from "../../../../collector/wire/status-codes.ts";
import { parseGrpcEndpoint } from "../../../../exporters/otlp_grpc/grpc-endpoint.ts";
import { otlpGrpc } from "../../../../exporters/otlp_grpc/otlp-grpc.ts";
import { freePort } from "../otlp_http/http-server.ts";
import { recordingContext } from "../otlp_http/recording-context.ts";
import { asReceived, gauge, logs, metrics, spanNames, spans } from "../otlp_http/sample-batch.ts";
import { grpcServer } from "./grpc-server.ts";

const tlsFile = (name: string): string => fileURLToPath(new URL(`../../../fixtures/tls/${name}`, import.meta.url));

const PLAIN = { tls: { insecure: true } };

function openExporter(config: object, context = recordingContext("otlp_grpc").context): Promise<Sink & Running> {
  return otlpGrpc.open(otlpGrpc.config.parse(config), context);
}

const whole = (batch: Batch): Buffer => Buffer.concat(batch.encoded);

describe("what is sent", () => {
  test.each(["gzip", "none"])("the received bytes go on unchanged with compression %s, each signal to its service", async (compression) => {
    await using server = await grpcServer();
    await using exporter = await openExporter({ endpoint: `127.0.0.1:${server.port}`, compression, ...PLAIN });
    const batches = [asReceived(spans("a"), spans("b")), asReceived(metrics(gauge("m", Attributes.EMPTY))), asReceived(logs("l"))];
    for (const batch of batches) await exporter.push(batch);
    expect(server.calls.map(({ path }) => path.split("/")[1]?.split(".").at(-1))).toEqual(["TraceService", "MetricsService", "LogsService"]);
    expect(server.calls.map(({ bytes }) => bytes)).toEqual(batches.map(whole));
  });

  test("headers of the config and of the authenticator are sent as metadata", async () => {
    await using server = await grpcServer();
    const { context } = recordingContext("otlp_grpc", { auth: { sign: () => ({ authorization: "Bearer t" }), async [Symbol.asyncDispose]() {} } });
    await using exporter = await openExporter(
      { endpoint: `127.0.0.1:${server.port}`, headers: { "X-Tenant": "team-1" }, auth: { authenticator: "auth" }, ...PLAIN },
      context,
    );
    await exporter.push(asReceived(spans("a")));
    expect(server.calls[0]?.metadata.get("x-tenant")).toEqual(["team-1"]);
    expect(server.calls[0]?.metadata.get("authorization")).toEqual(["Bearer t"]);
  });

  test.each(["http://127.0.0.1:", "dns:///127.0.0.1:", "http://localhost:"])("the endpoint may be written %s…", async (prefix) => {
    await using server = await grpcServer();
    await using exporter = await openExporter({ endpoint: `${prefix}${server.port}`, ...(prefix.startsWith("http") ? {} : PLAIN) });
    await exporter.push(asReceived(spans("a")));
    expect(server.calls).toHaveLength(1);
  });
});

describe("answers", () => {
  const batch = asReceived(spans("a", "b", "c"));

  test("L-08 partial success is a loss of that many", async () => {
    await using server = await grpcServer(() => ({ response: encodeExportResponse({ rejectedItems: 2, errorMessage: "no" }) }));
    await using exporter = await openExporter({ endpoint: `127.0.0.1:${server.port}`, ...PLAIN });
    await expect(exporter.push(batch)).rejects.toMatchObject({ items: 2, reason: "partial_success", message: expect.stringContaining("no") });
  });

  test("B-16 an empty partial_success that is set is a full success", async () => {
    await using server = await grpcServer(() => ({ response: Buffer.from("0a00", "hex") }));
    await using exporter = await openExporter({ endpoint: `127.0.0.1:${server.port}`, ...PLAIN });
    await exporter.push(batch);
    expect(server.calls).toHaveLength(1);
  });

  test("E-11 RetryInfo of a server that is full reaches the retries", async () => {
    const metadata = new Metadata();
    metadata.set("grpc-status-details-bin", Buffer.from(encodeRpcStatus({ code: GRPC.resourceExhausted, message: "full", retryDelayMs: 7000 })));
    await using server = await grpcServer(() => ({ status: { code: GRPC.resourceExhausted, details: "full", metadata } }));
    await using exporter = await openExporter({ endpoint: `127.0.0.1:${server.port}`, ...PLAIN });
    await expect(exporter.push(batch)).rejects.toMatchObject({ name: "Refused", retryAfterMs: 7000, overload: true });
  });

  test.each([
    ["UNAVAILABLE", GRPC.unavailable, "Refused"],
    ["INVALID_ARGUMENT", GRPC.invalidArgument, "Rejected"],
    ["UNIMPLEMENTED", GRPC.unimplemented, "Rejected"],
  ])("E-11 %s over the wire", async (word, code, name) => {
    await using server = await grpcServer(() => ({ status: { code, details: "because" } }));
    await using exporter = await openExporter({ endpoint: `127.0.0.1:${server.port}`, ...PLAIN });
    await expect(exporter.push(batch)).rejects.toMatchObject({ name, message: `${word}: because` });
  });

  test("L-09 where a message is over the server's limit only the record that is too large by itself is lost", async () => {
    const taken: string[] = [];
    await using server = await grpcServer(
      ({ bytes }) => {
        taken.push(...spanNames(readOtlpProtobuf("traces", bytes).batch));
        return { response: new Uint8Array() };
      },
      { server: { "grpc.max_receive_message_length": 2000 } },
    );
    await using exporter = await openExporter({ endpoint: `127.0.0.1:${server.port}`, compression: "none", ...PLAIN });
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
});

describe("E-12 trouble on the way is refused for now", () => {
  test("E-12 nobody listens; of Rider's port the log says once what to do", async () => {
    const endpoint = `127.0.0.1:${await freePort()}`;
    const { context, logs: logged } = recordingContext("otlp/rider");
    await using exporter = await openExporter({ endpoint, ...PLAIN }, context);
    for (let turn = 0; turn < 2; turn++) {
      await expect(exporter.push(asReceived(spans("a")))).rejects.toMatchObject({ name: "Refused", message: expect.stringContaining("UNAVAILABLE") });
    }
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain("Rider listens on a random port unless 'Use fixed OTLP server port' is set");
    expect(logged[0]).toContain(endpoint);
  });

  test("E-12 other targets get no advice about Rider", async () => {
    const { context, logs: logged } = recordingContext("otlp_grpc");
    await using exporter = await openExporter({ endpoint: `127.0.0.1:${await freePort()}`, ...PLAIN }, context);
    await expect(exporter.push(asReceived(spans("a")))).rejects.toSatisfy(isRefused);
    expect(logged).toEqual([]);
  });

  test("E-12 the timeout runs out", async () => {
    await using server = await grpcServer(() => "never");
    await using exporter = await openExporter({ endpoint: `127.0.0.1:${server.port}`, timeout: "100ms", ...PLAIN });
    await expect(exporter.push(asReceived(spans("a")))).rejects.toMatchObject({
      name: "Refused",
      message: expect.stringContaining("DEADLINE_EXCEEDED"),
    });
  });
});

describe("TLS", () => {
  const ca = readFileSync(tlsFile("ca.pem"));
  const pair = { private_key: readFileSync(tlsFile("server.key")), cert_chain: readFileSync(tlsFile("server.pem")) };
  const batch = asReceived(spans("a"));

  test("is on by default: a plain server is not talked to", async () => {
    await using server = await grpcServer();
    await using exporter = await openExporter({ endpoint: `127.0.0.1:${server.port}` });
    await expect(exporter.push(batch)).rejects.toSatisfy(isRefused);
    expect(server.calls).toHaveLength(0);
  });

  test("with the CA of the config the server is trusted, without it not", async () => {
    await using server = await grpcServer(undefined, { credentials: ServerCredentials.createSsl(null, [pair]) });
    await using trusting = await openExporter({ endpoint: `https://127.0.0.1:${server.port}`, tls: { ca_file: tlsFile("ca.pem") } });
    await trusting.push(batch);
    await using strict = await openExporter({ endpoint: `127.0.0.1:${server.port}` });
    await expect(strict.push(batch)).rejects.toSatisfy(isRefused);
    await using lax = await openExporter({ endpoint: `127.0.0.1:${server.port}`, tls: { insecure_skip_verify: true } });
    await lax.push(batch);
    expect(server.calls).toHaveLength(2);
  });

  test("the name to expect may be given", async () => {
    await using server = await grpcServer(undefined, { credentials: ServerCredentials.createSsl(null, [pair]) });
    const tls = { ca_file: tlsFile("ca.pem") };
    await using right = await openExporter({ endpoint: `127.0.0.1:${server.port}`, tls: { ...tls, server_name_override: "server.test" } });
    await right.push(batch);
    await using wrong = await openExporter({ endpoint: `127.0.0.1:${server.port}`, tls: { ...tls, server_name_override: "other.test" } });
    await expect(wrong.push(batch)).rejects.toSatisfy(isRefused);
  });

  test("a client certificate is shown to a server that asks for one", async () => {
    await using server = await grpcServer(undefined, { credentials: ServerCredentials.createSsl(ca, [pair], true) });
    const tls = { ca_file: tlsFile("ca.pem"), cert_file: tlsFile("client.pem"), key_file: tlsFile("client.key") };
    await using exporter = await openExporter({ endpoint: `127.0.0.1:${server.port}`, tls });
    await exporter.push(batch);
    expect(server.calls).toHaveLength(1);
  });
});

describe("config", () => {
  test.each([
    ["127.0.0.1:4317", { target: "127.0.0.1:4317", isPlain: undefined, authority: "127.0.0.1:4317", port: 4317 }],
    [":4317", { target: "localhost:4317", isPlain: undefined, authority: "localhost:4317", port: 4317 }],
    ["[::1]:4317", { target: "[::1]:4317", isPlain: undefined, authority: "[::1]:4317", port: 4317 }],
    ["http://collector:4317/", { target: "collector:4317", isPlain: true, authority: "collector:4317", port: 4317 }],
    ["https://collector:443", { target: "collector:443", isPlain: false, authority: "collector:443", port: 443 }],
    ["dns:///collector:4317", { target: "dns:///collector:4317", isPlain: undefined, authority: "collector:4317", port: 4317 }],
    ["unix:///run/otel.sock", { target: "unix:///run/otel.sock", isPlain: undefined, authority: undefined, port: undefined }],
    ["collector", undefined],
    ["collector:0", undefined],
    ["collector:70000", undefined],
    ["ftp://collector:21", undefined],
    ["", undefined],
  ])("endpoint %j", (text, expected) => {
    expect(parseGrpcEndpoint(text)).toEqual(expected);
  });

  test("what is missing or not supported is refused in words", () => {
    const messages = (config: object): string => (otlpGrpc.config.safeParse(config).error?.issues ?? []).map(({ message }) => message).join("\n");
    const endpoint = "127.0.0.1:4317";
    expect(messages({})).toContain("an endpoint is required");
    expect(messages({ endpoint: "collector" })).toContain("is not host:port");
    expect(messages({ endpoint, compression: "snappy" })).toContain("gzip and none");
    expect(messages({ endpoint, balancer_name: "ring_hash" })).toContain("round_robin");
  });

  test("header values are never printed, impossible ones are told at the start", async () => {
    const endpoint = "127.0.0.1:4317";
    expect(JSON.stringify(otlpGrpc.config.parse({ endpoint, headers: { authorization: "Bearer hunter2" } }))).not.toContain("hunter2");
    await expect(openExporter({ endpoint, headers: { "bad name": "v" }, ...PLAIN })).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
  });

  test("both names of the type are known", () => {
    expect([otlpGrpc.type, ...(otlpGrpc.aliases ?? [])]).toEqual(["otlp_grpc", "otlp"]);
  });
});
