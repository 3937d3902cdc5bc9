import { status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { frame } from "./grpc-bytes.ts";
import { GrpcClient, grpcJsCall, TRACES_EXPORT } from "./grpc-client.ts";
import { JSON_TYPE, openReceiver, PROTOBUF, post, send } from "./harness.ts";
import { readStatus, spans } from "./messages.ts";
import { head, RawClient } from "./raw-socket.ts";

const GRPC_ONLY = { grpc: {} };

test("G-12 HTTP/1 on the gRPC port is told the right one, in the sender's own type, and logged once", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  const plain = await send(receiver.grpcPort, "GET", "/");
  expect([plain.status, plain.body.toString()]).toEqual([400, expect.stringContaining("this is the gRPC port")]);
  expect(plain.body.toString()).toContain("4318");
  const protobuf = await send(receiver.grpcPort, "POST", "/v1/traces", spans(1000), PROTOBUF);
  expect([protobuf.status, readStatus(protobuf.body).message]).toEqual([400, expect.stringContaining("this is the gRPC port")]);
  const json = await send(receiver.grpcPort, "POST", "/v1/traces", "{}", JSON_TYPE);
  expect(JSON.parse(json.body.toString()).message).toContain("this is the gRPC port");
  expect(receiver.log.filter(({ message }) => message.includes("gRPC port"))).toHaveLength(1);
});

test("G-12 OTLP/HTTP by HTTP/2 on the gRPC port is told the right one", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await using client = new GrpcClient(receiver.grpcPort);
  const reply = await client.call("/v1/traces", spans(1), { "content-type": "application/x-protobuf" });
  expect([reply.httpStatus, reply.bytes.toString()]).toEqual([415, expect.stringContaining("this is the gRPC port")]);
});

test("G-12 gRPC on the HTTP port is told the right one, and logged once", async () => {
  await using receiver = await openReceiver({ http: {} });
  for (let times = 0; times < 3; times++) {
    await expect(grpcJsCall(`127.0.0.1:${receiver.httpPort}`, TRACES_EXPORT, spans(1))).rejects.toMatchObject({
      code: status.UNIMPLEMENTED,
      details: expect.stringContaining("this is the OTLP/HTTP port"),
    });
  }
  expect(receiver.log.filter(({ message }) => message.includes("a client speaks gRPC"))).toHaveLength(1);
  expect((await post(receiver, "/v1/traces", spans(1))).status).toBe(200);
});

test("G-12 a TLS client on a port without TLS is named in the log", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await using client = new RawClient(receiver.grpcPort);
  client.write(Uint8Array.of(0x16, 3, 1, 0, 200, 1));
  await client.closed();
  expect(receiver.log.filter(({ level }) => level === "warn").map(({ message }) => message)).toEqual([expect.stringContaining("speaks TLS")]);
});

test("G-12 the first bytes may come one by one", async () => {
  await using receiver = await openReceiver({ http: {} });
  await using client = new RawClient(receiver.httpPort);
  for (const character of head("POST", "/v1/traces", { ...PROTOBUF, "content-length": 0 })) client.write(character);
  expect((await client.reply()).status).toBe(200);
});

test("G-13 grpc.health.v1 Check: serving, known service, unknown service", async () => {
  await using receiver = await openReceiver(GRPC_ONLY, { signals: ["traces"] });
  const check = (service: string) =>
    grpcJsCall(
      `127.0.0.1:${receiver.grpcPort}`,
      "/grpc.health.v1.Health/Check",
      Buffer.concat([Buffer.from([0x0a, service.length]), Buffer.from(service)]),
    );
  expect([...(await grpcJsCall(`127.0.0.1:${receiver.grpcPort}`, "/grpc.health.v1.Health/Check", Buffer.alloc(0)))]).toEqual([8, 1]);
  expect([...(await check("opentelemetry.proto.collector.trace.v1.TraceService"))]).toEqual([8, 1]);
  await expect(check("opentelemetry.proto.collector.logs.v1.LogsService")).rejects.toMatchObject({ code: status.NOT_FOUND });
});

test("G-13 Watch says SERVING, and NOT_SERVING when the receiver stops", async () => {
  const receiver = await openReceiver(GRPC_ONLY);
  await using client = new GrpcClient(receiver.grpcPort);
  const stream = client.session.request({ ":method": "POST", ":path": "/grpc.health.v1.Health/Watch", "content-type": "application/grpc" });
  stream.end(frame(Buffer.alloc(0)));
  const first = await new Promise<Buffer>((resolve) => stream.once("data", resolve));
  const second = new Promise<Buffer>((resolve) => stream.once("data", resolve));
  await receiver[Symbol.asyncDispose]();
  expect([first, await second]).toEqual([frame(Buffer.from([8, 1])), frame(Buffer.from([8, 2]))]);
});
