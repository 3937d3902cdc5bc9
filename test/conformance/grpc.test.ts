import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync, gzipSync } from "node:zlib";
import { type ServiceError, status } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { Refused, Rejected } from "../../collector/pipeline/sink.ts";
import { frame } from "./grpc-bytes.ts";
import { GrpcClient, grpcJsCall, LOGS_EXPORT, METRICS_EXPORT, TRACES_EXPORT } from "./grpc-client.ts";
import { heldPipeline, itemCount, openReceiver, PATIENTLY } from "./harness.ts";
import { decode, encodeTraces, logs, oracle, points, readStatus, span, spans } from "./messages.ts";

const GRPC_ONLY = { grpc: {} };
const failing = (error: Error) => ({ push: async () => Promise.reject(error) });

test("G-01 Export of the three services, called by grpc-js", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  for (const [path, body] of [
    [TRACES_EXPORT, spans(2)],
    [METRICS_EXPORT, points(3)],
    [LOGS_EXPORT, logs(4)],
    [METRICS_EXPORT, points(100_000)],
  ] as const) {
    expect((await grpcJsCall(`127.0.0.1:${receiver.grpcPort}`, path, body)).length).toBe(0);
  }
  expect(receiver.batches.map(({ signal, count }) => [signal, count])).toEqual([
    ["traces", 2],
    ["metrics", 3],
    ["logs", 4],
    ["metrics", 100_000],
  ]);
  expect(receiver.meter.total("otelcol_receiver_accepted_log_records", { receiver: "otlp", transport: "grpc" })).toBe(4);
});

test("G-01 many calls at once on one connection each get their own answer", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await using client = new GrpcClient(receiver.grpcPort);
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, index) => client.call(TRACES_EXPORT, frame(index % 5 === 0 ? Buffer.from([0xff]) : spans(index)))),
  );
  expect(replies.map(({ code }) => code)).toEqual(replies.map((_, index) => (index % 5 === 0 ? 3 : 0)));
  expect(itemCount(receiver)).toBe(Array.from({ length: 50 }, (_, index) => (index % 5 === 0 ? 0 : index)).reduce((sum, n) => sum + n));
});

test("G-02 a signal without a pipeline is UNIMPLEMENTED in words", async () => {
  await using receiver = await openReceiver(GRPC_ONLY, { signals: ["metrics"] });
  await expect(grpcJsCall(`127.0.0.1:${receiver.grpcPort}`, TRACES_EXPORT, spans(1))).rejects.toMatchObject({
    code: status.UNIMPLEMENTED,
    details: "no traces pipeline has this receiver: traces are not taken here",
  });
});

test("G-02 an unknown method is UNIMPLEMENTED", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await expect(grpcJsCall(`127.0.0.1:${receiver.grpcPort}`, "/some.Service/Method", spans(1))).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
});

test("G-03 gzip, deflate, identity and uncompressed messages under a grpc-encoding", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await using client = new GrpcClient(receiver.grpcPort);
  for (const [encoding, message] of [
    ["gzip", frame(gzipSync(spans(1)), true)],
    ["gzip", frame(gzipSync(points(30_000)), true)],
    ["deflate", frame(deflateSync(spans(1)), true)],
    ["identity", frame(spans(1))],
    ["gzip", frame(spans(1), false)],
  ] as const) {
    const path = message.length > 10_000 || encoding === "gzip" ? undefined : TRACES_EXPORT;
    const reply = await client.call(path ?? (message.length > 10_000 ? METRICS_EXPORT : TRACES_EXPORT), message, { "grpc-encoding": encoding });
    expect([encoding, reply.code, reply.message]).toEqual([encoding, 0, ""]);
  }
  expect(itemCount(receiver)).toBe(30_004);
});

test("G-03 an unknown grpc-encoding is UNIMPLEMENTED and told what is accepted", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await using client = new GrpcClient(receiver.grpcPort);
  const reply = await client.call(TRACES_EXPORT, frame(spans(1), true), { "grpc-encoding": "br" });
  expect([reply.code, reply.headers["grpc-accept-encoding"]]).toEqual([12, "identity,gzip,deflate,zstd,snappy"]);
});

test("G-03 a compressed flag without an encoding is INTERNAL; a body that is not gzip INVALID_ARGUMENT", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await using client = new GrpcClient(receiver.grpcPort);
  expect((await client.call(TRACES_EXPORT, frame(gzipSync(spans(1)), true))).code).toBe(13);
  expect((await client.call(TRACES_EXPORT, frame(Buffer.from("plain"), true), { "grpc-encoding": "gzip" })).code).toBe(3);
});

test("G-04 full success is an empty message; partial success and warning are in it", async () => {
  const answers: (Error | undefined)[] = [
    undefined,
    new Rejected("too many series", { items: 1, reason: "series_limit" }),
    new Rejected("converted", { items: 0, reason: "none" }),
  ];
  await using receiver = await openReceiver(GRPC_ONLY, {
    push: async () => {
      const answer = answers.shift();
      if (answer !== undefined) throw answer;
    },
  });
  await using client = new GrpcClient(receiver.grpcPort);
  const full = await client.call(TRACES_EXPORT, frame(spans(2)));
  expect([full.code, full.bytes]).toEqual([0, Buffer.alloc(5)]);
  const partial = await client.call(TRACES_EXPORT, frame(spans(2)));
  expect(decode(oracle.traces.response, partial.messages[0] as Buffer)).toEqual({
    partialSuccess: { rejectedSpans: "1", errorMessage: "too many series" },
  });
  const warning = await client.call(TRACES_EXPORT, frame(spans(2)));
  expect(decode(oracle.traces.response, warning.messages[0] as Buffer)).toEqual({ partialSuccess: { errorMessage: "converted" } });
});

test("G-04 a span with a bad id is rejected alone", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  const reply = await grpcJsCall(`127.0.0.1:${receiver.grpcPort}`, TRACES_EXPORT, encodeTraces([span(), span({ traceId: Buffer.alloc(5, 1) })]));
  expect(decode(oracle.traces.response, reply)).toMatchObject({ partialSuccess: { rejectedSpans: "1" } });
  expect(receiver.ledger.balance("traces")).toMatchObject({ received: 2, dropped: 1 });
});

test.each([
  ["RESOURCE_EXHAUSTED", true, 2500, 2.5],
  ["UNAVAILABLE", false, 4000, 4],
  ["RESOURCE_EXHAUSTED", true, 0, 1],
] as const)("G-05 %s carries RetryInfo in grpc-status-details-bin (overload %s, %d ms)", async (name, overload, retryAfterMs, retrySeconds) => {
  await using receiver = await openReceiver(GRPC_ONLY, failing(new Refused("wait, please: 50 %", { retryAfterMs, overload })));
  const error = (await grpcJsCall(`127.0.0.1:${receiver.grpcPort}`, TRACES_EXPORT, spans(1)).catch((caught: ServiceError) => caught)) as ServiceError;
  expect([error.code, error.details]).toEqual([status[name], "wait, please: 50 %"]);
  expect(readStatus(error.metadata.get("grpc-status-details-bin")[0] as Buffer)).toEqual({
    code: status[name],
    message: "wait, please: 50 %",
    retrySeconds,
  });
});

test("G-06 keepalive pings are answered however many come, on a connection without calls too", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await using client = new GrpcClient(receiver.grpcPort);
  let goaways = 0;
  client.session.on("goaway", () => goaways++);
  for (let times = 0; times < 50; times++) await new Promise((resolve) => client.session.ping(resolve));
  expect((await client.call(TRACES_EXPORT, frame(spans(1)))).code).toBe(0);
  expect(goaways).toBe(0);
});

test("G-06 enforcement_policy.min_time is honoured: too many pings end in GOAWAY", async () => {
  await using receiver = await openReceiver({ grpc: { keepalive: { enforcement_policy: { min_time: "1m" } } } });
  await using client = new GrpcClient(receiver.grpcPort);
  await new Promise((resolve) => client.session.once("connect", resolve));
  const goaway = new Promise((resolve) => client.session.once("goaway", (code, _last, data) => resolve([code, data?.toString()])));
  for (let times = 0; times < 10; times++) client.session.ping(() => {});
  expect(await goaway).toEqual([11, "too_many_pings"]);
});

test("G-06 max_connection_idle and max_connection_age end a connection in good order", async () => {
  for (const parameters of [{ max_connection_idle: "50ms" }, { max_connection_age: "50ms" }]) {
    await using receiver = await openReceiver({ grpc: { keepalive: { server_parameters: parameters } } });
    await using client = new GrpcClient(receiver.grpcPort);
    const closed = new Promise((resolve) => client.session.once("close", resolve));
    expect((await client.call(TRACES_EXPORT, frame(spans(1)))).code).toBe(0);
    await closed;
  }
});

test("G-07 max_concurrent_streams is announced; the buffer sizes are accepted", async () => {
  await using receiver = await openReceiver({ grpc: { max_concurrent_streams: 7, read_buffer_size: 1024, write_buffer_size: 1024 } });
  await using client = new GrpcClient(receiver.grpcPort);
  const settings = await new Promise<{ maxConcurrentStreams?: number }>((resolve) => client.session.once("remoteSettings", resolve));
  expect(settings.maxConcurrentStreams).toBe(7);
});

test("G-08 a call whose deadline passes in the pipeline is DEADLINE_EXCEEDED and counted", async () => {
  const gate = Promise.withResolvers<void>();
  await using receiver = await openReceiver(GRPC_ONLY, { push: () => gate.promise });
  await using client = new GrpcClient(receiver.grpcPort);
  const reply = await client.call(TRACES_EXPORT, frame(spans(1)), { "grpc-timeout": "20m" });
  expect(reply.code).toBe(4);
  expect(receiver.meter.total("pitwall_receiver_deadline_exceeded")).toBe(1);
  gate.resolve();
  // What the pipeline took all the same is counted where it arrived.
  await expect.poll(() => receiver.meter.total("otelcol_receiver_accepted_spans"), PATIENTLY).toBe(1);
});

test("G-08 a deadline in the far future is none", async () => {
  await using receiver = await openReceiver(GRPC_ONLY, {
    push: async (batch) => void (await new Promise((resolve) => setImmediate(resolve, batch))),
  });
  await using client = new GrpcClient(receiver.grpcPort);
  expect((await client.call(TRACES_EXPORT, frame(spans(1)), { "grpc-timeout": "99999999H" })).code).toBe(0);
});

test("G-08 a malformed grpc-timeout is refused", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await using client = new GrpcClient(receiver.grpcPort);
  expect((await client.call(TRACES_EXPORT, frame(spans(1)), { "grpc-timeout": "soon" })).code).toBe(3);
});

test("G-09 metadata authenticates: UNAUTHENTICATED without, OK with", async () => {
  const guard = {
    authenticate: ({ authorization }: { authorization?: string | undefined }) =>
      authorization === "Bearer good" ? undefined : { message: "who are you?" },
    async [Symbol.asyncDispose]() {},
  };
  await using receiver = await openReceiver({ grpc: { auth: { authenticator: "guard" }, include_metadata: true } }, { extensions: { guard } });
  const address = `127.0.0.1:${receiver.grpcPort}`;
  await expect(grpcJsCall(address, TRACES_EXPORT, spans(1))).rejects.toMatchObject({ code: status.UNAUTHENTICATED, details: "who are you?" });
  await grpcJsCall(address, TRACES_EXPORT, spans(1), { metadata: { authorization: "Bearer good" } });
  expect(itemCount(receiver)).toBe(1);
});

test("G-10 a unix socket, and one that a dead process left behind", async () => {
  const folder = mkdtempSync(join(tmpdir(), "pitwall-"));
  try {
    const path = join(folder, "otlp.sock");
    for (let times = 0; times < 2; times++) {
      await using receiver = await openReceiver({ grpc: { transport: "unix", endpoint: path } });
      expect(receiver.listening.get("grpc")).toBe(`unix:${path}`);
      await grpcJsCall(`unix:${path}`, TRACES_EXPORT, spans(1));
      expect(itemCount(receiver)).toBe(1);
    }
    await using _first = await openReceiver({ grpc: { transport: "unix", endpoint: path } });
    await expect(openReceiver({ grpc: { transport: "unix", endpoint: path } })).rejects.toMatchObject({ code: "E_PORT_IN_USE" });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("G-11 malformed protobuf is INVALID_ARGUMENT", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await expect(grpcJsCall(`127.0.0.1:${receiver.grpcPort}`, TRACES_EXPORT, Buffer.from([0xff, 0xff]))).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
  });
});

test("G-11 none, two, half and wrongly flagged messages are refused, each by its own code", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await using client = new GrpcClient(receiver.grpcPort);
  const one = frame(spans(1));
  const code = async (bytes: Uint8Array) => (await client.call(TRACES_EXPORT, bytes)).code;
  expect(await code(Buffer.alloc(0))).toBe(12);
  expect(await code(Buffer.concat([one, one]))).toBe(12);
  expect(await code(one.subarray(0, 3))).toBe(3);
  expect(await code(one.subarray(0, -1))).toBe(3);
  expect(await code(Buffer.concat([Buffer.from([7]), one.subarray(1)]))).toBe(3);
  expect(receiver.batches).toHaveLength(0);
  expect(await code(one)).toBe(0);
});

test("G-11 a call whose client goes away is counted, and others go on", async () => {
  await using receiver = await openReceiver(GRPC_ONLY);
  await using client = new GrpcClient(receiver.grpcPort);
  const leaving = new GrpcClient(receiver.grpcPort);
  const stream = leaving.session.request({ ":method": "POST", ":path": TRACES_EXPORT, "content-type": "application/grpc" });
  stream.on("error", () => {});
  stream.write(frame(spans(1)).subarray(0, 20));
  // Its answer shows that the server has read the frames before it.
  expect((await leaving.call(TRACES_EXPORT, frame(spans(1)))).code).toBe(0);
  leaving.session.destroy();
  await expect.poll(() => receiver.meter.total("pitwall_receiver_aborted_requests", { transport: "grpc" }), PATIENTLY).toBe(1);
  expect((await client.call(TRACES_EXPORT, frame(spans(1)))).code).toBe(0);
});

test("C-12 a message over max_recv_msg_size_mib is RESOURCE_EXHAUSTED without RetryInfo, on its announcement alone", async () => {
  await using receiver = await openReceiver({ grpc: { max_recv_msg_size_mib: 1 } });
  await using client = new GrpcClient(receiver.grpcPort);
  const announced = Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3]);
  const stream = client.session.request({ ":method": "POST", ":path": TRACES_EXPORT, "content-type": "application/grpc" });
  stream.write(announced);
  const headers = await new Promise<Record<string, unknown>>((resolve) => stream.once("response", resolve));
  expect([headers["grpc-status"], headers["grpc-status-details-bin"]]).toEqual(["8", undefined]);
  stream.resume();

  const whole = await client.call(METRICS_EXPORT, frame(points(100_000)));
  expect([whole.code, whole.headers["grpc-status-details-bin"]]).toEqual([8, undefined]);
  const bomb = await client.call(METRICS_EXPORT, frame(gzipSync(points(100_000)), true), { "grpc-encoding": "gzip" });
  expect([bomb.code, bomb.headers["grpc-status-details-bin"]]).toEqual([8, undefined]);
  expect((await client.call(METRICS_EXPORT, frame(points(1)))).code).toBe(0);
});

test("E-14 a gRPC call in flight at shutdown is finished and answered", async () => {
  const held = heldPipeline();
  const receiver = await openReceiver(GRPC_ONLY, { push: held.push });
  await using client = new GrpcClient(receiver.grpcPort);
  const reply = client.call(TRACES_EXPORT, frame(spans(3)));
  await held.reached;
  const closing = receiver[Symbol.asyncDispose]();
  held.release();
  expect((await reply).code).toBe(0);
  await closing;
  expect(itemCount(receiver)).toBe(3);
});
