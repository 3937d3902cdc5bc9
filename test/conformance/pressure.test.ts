import { connect } from "node:http2";
import { connect as connectSocket } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { frame } from "./grpc-bytes.ts";
import { GrpcClient, TRACES_EXPORT } from "./grpc-client.ts";
import { type Harness, heldPipeline, JSON_TYPE, openReceiver, PATIENTLY, PROTOBUF, post } from "./harness.ts";
import { jsonTraces, readStatus, spans } from "./messages.ts";
import { head, RawClient } from "./raw-socket.ts";

const LARGE = spans(1000);
/** Room for one of them and a small one. */
const ROOM = { max_in_flight_bytes: LARGE.length + 10_000 };
const heldBytes = (receiver: Harness) => receiver.meter.total("pitwall_receiver_in_flight_bytes");
const turnedAway = (receiver: Harness, transport: string) => receiver.meter.total("pitwall_receiver_turned_away_requests", { transport });

test("max_in_flight_bytes: what does not fit beside the bodies that are being taken in is 429 with Retry-After, unread; what fits is taken", async () => {
  const held = heldPipeline();
  await using receiver = await openReceiver({ http: {} }, { push: held.push, keys: ROOM });
  const first = post(receiver, "/v1/traces", LARGE);
  await held.reached;
  expect(heldBytes(receiver)).toBe(LARGE.length);

  const second = await post(receiver, "/v1/traces", LARGE);
  expect([second.status, second.headers["retry-after"]]).toEqual([429, "1"]);
  expect(readStatus(second.body)).toMatchObject({ code: 8, message: expect.stringContaining("max_in_flight_bytes"), retrySeconds: 1 });
  const small = post(receiver, "/v1/traces", spans(1));
  await expect.poll(() => heldBytes(receiver), PATIENTLY).toBeGreaterThan(LARGE.length);

  held.release();
  expect([(await first).status, (await small).status, (await post(receiver, "/v1/traces", LARGE)).status]).toEqual([200, 200, 200]);
  expect([heldBytes(receiver), turnedAway(receiver, "http")]).toEqual([0, 1]);
});

test("max_in_flight_bytes: a chunked body is turned away as soon as it has grown too long", async () => {
  const held = heldPipeline();
  await using receiver = await openReceiver({ http: {} }, { push: held.push, keys: ROOM });
  const first = post(receiver, "/v1/traces", LARGE);
  await held.reached;
  await using client = new RawClient(receiver.httpPort);
  client.write(head("POST", "/v1/traces", { ...PROTOBUF, "transfer-encoding": "chunked" }));
  client.write(`${(20_000).toString(16)}\r\n`);
  client.write(Buffer.alloc(20_000));
  expect((await client.reply()).status).toBe(429);
  held.release();
  expect((await first).status).toBe(200);
});

test("max_in_flight_bytes: what a body expands to counts as well", async () => {
  const held = heldPipeline();
  await using receiver = await openReceiver({ http: {} }, { push: held.push, keys: ROOM });
  const first = post(receiver, "/v1/traces", LARGE);
  await held.reached;
  for (const bytes of [LARGE, Buffer.alloc(3_000_000)]) {
    const packed = await post(receiver, "/v1/traces", gzipSync(bytes), { ...PROTOBUF, "content-encoding": "gzip" });
    expect(packed.status).toBe(429);
  }
  expect(heldBytes(receiver)).toBe(LARGE.length);
  held.release();
  expect((await first).status).toBe(200);
});

test("max_in_flight_bytes: a gRPC call that finds no room is RESOURCE_EXHAUSTED with RetryInfo; both ports share the room", async () => {
  const held = heldPipeline();
  await using receiver = await openReceiver({ http: {}, grpc: {} }, { push: held.push, keys: ROOM });
  const first = post(receiver, "/v1/traces", LARGE);
  await held.reached;
  await using client = new GrpcClient(receiver.grpcPort);
  const reply = await client.call(TRACES_EXPORT, frame(LARGE));
  expect(reply.code).toBe(8);
  expect(readStatus(Buffer.from(String(reply.headers["grpc-status-details-bin"]), "base64"))).toMatchObject({ code: 8, retrySeconds: 1 });
  held.release();
  await first;
  expect((await client.call(TRACES_EXPORT, frame(LARGE))).code).toBe(0);
  expect([heldBytes(receiver), turnedAway(receiver, "grpc")]).toEqual([0, 1]);
});

test("max_in_flight_bytes: a body larger than the whole room goes alone rather than never", async () => {
  await using receiver = await openReceiver({ http: {}, grpc: {} }, { keys: { max_in_flight_bytes: 1 } });
  await using client = new GrpcClient(receiver.grpcPort);
  expect((await post(receiver, "/v1/traces", LARGE)).status).toBe(200);
  expect((await post(receiver, "/v1/traces", gzipSync(LARGE), { ...PROTOBUF, "content-encoding": "gzip" })).status).toBe(200);
  expect((await client.call(TRACES_EXPORT, frame(gzipSync(LARGE), true), { "grpc-encoding": "gzip" })).code).toBe(0);
});

test("uploads that are given up, by whichever protocol, leave nothing behind", async () => {
  await using receiver = await openReceiver({ http: {}, grpc: {} });
  for (let turn = 0; turn < 20; turn++) {
    await using client = new GrpcClient(receiver.grpcPort);
    const raw = new RawClient(receiver.httpPort);
    raw.write(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": 1_000_000 }));
    raw.write(Buffer.alloc(100_000));
    const stream = client.session.request({ ":method": "POST", ":path": TRACES_EXPORT, "content-type": "application/grpc", te: "trailers" });
    stream.on("error", () => {});
    stream.write(frame(LARGE).subarray(0, 20_000));
    await expect.poll(() => heldBytes(receiver), PATIENTLY).toBe(120_000);
    await raw[Symbol.asyncDispose]();
    client.session.destroy();
    await expect.poll(() => heldBytes(receiver), PATIENTLY).toBe(0);
  }
  expect(receiver.meter.total("pitwall_receiver_aborted_requests")).toBe(40);
});

test("HTTP/2 on the HTTP port: what had arrived of an upload that is reset is not taken for the whole, whatever the reset's code", async () => {
  await using receiver = await openReceiver({ http: {} });
  for (const code of [0, 2, 8]) {
    await using client = new RawClient(receiver.httpPort);
    const requestHead = [":method", "POST", ":path", "/v1/traces", ":scheme", "http", ":authority", "a", "content-type", "application/x-protobuf"];
    client.write(HTTP2_PREFACE);
    client.write(http2Frame(4, 0, 0, Buffer.alloc(0)));
    client.write(http2Frame(1, 4, 1, literalHeaders(requestHead)));
    client.write(http2Frame(0, 0, 1, spans(3)));
    await expect.poll(() => heldBytes(receiver), PATIENTLY).toBeGreaterThan(0);
    client.write(http2Frame(3, 0, 1, Buffer.from([0, 0, 0, code])));
    await expect.poll(() => heldBytes(receiver), PATIENTLY).toBe(0);
  }
  expect(receiver.batches).toEqual([]);
  expect(receiver.meter.total("pitwall_receiver_aborted_requests")).toBe(3);
});

/** RFC 9113 §3.4 and §4.1: written by hand, because Node's client ends a stream in good order before it resets it. */
const HTTP2_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

function http2Frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const frameHead = Buffer.alloc(9);
  frameHead.writeUIntBE(payload.length, 0, 3);
  frameHead[3] = type;
  frameHead[4] = flags;
  frameHead.writeUInt32BE(stream, 5);
  return Buffer.concat([frameHead, payload]);
}

/** RFC 7541 §6.2.2: literal fields without indexing, names and values in turn. */
function literalHeaders(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.map((text, index) => Buffer.concat([Buffer.from(index % 2 === 0 ? [0, text.length] : [text.length]), Buffer.from(text)])),
  );
}

test("HTTP/2 on the HTTP port: a request that stands still is cut after read_timeout, a connection without SETTINGS after read_header_timeout", async () => {
  await using receiver = await openReceiver({ http: { read_timeout: "100ms" } });
  const session = connect(`http://127.0.0.1:${receiver.httpPort}`);
  session.on("error", () => {});
  const stream = session.request({ ":method": "POST", ":path": "/v1/traces", ...PROTOBUF });
  stream.on("error", () => {});
  stream.write(Buffer.alloc(10));
  await new Promise((resolve) => stream.once("close", resolve));
  expect(heldBytes(receiver)).toBe(0);
  session.destroy();

  const silent = connectSocket(receiver.httpPort, "127.0.0.1");
  silent.on("error", () => {});
  silent.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  silent.resume();
  await new Promise((resolve) => silent.once("close", resolve));
});

test("HTTP/2 on the HTTP port: a connection at rest is closed after idle_timeout", async () => {
  await using receiver = await openReceiver({ http: { idle_timeout: "100ms" } });
  const session = connect(`http://127.0.0.1:${receiver.httpPort}`);
  session.on("error", () => {});
  await new Promise((resolve) => session.once("close", resolve));
});

test("a query that no URL can have is the sender's mistake where request_params look at it, not a fault of ours", async () => {
  const guard = { authenticate: () => undefined, async [Symbol.asyncDispose]() {} };
  await using receiver = await openReceiver({ http: { auth: { authenticator: "guard", request_params: ["token"] } } }, { extensions: { guard } });
  expect((await post(receiver, "//", jsonTraces([]), JSON_TYPE)).status).toBe(404);
  expect(receiver.log.filter(({ level }) => level === "error")).toEqual([]);
});

test("response_headers that HTTP does not allow, or that frame the message, are told at the start", async () => {
  for (const headers of [
    { "bad header": "x" },
    { "x-served-by": "a\nb" },
    { "x-served-by": "\u540d" },
    { "Content-Length": "1" },
    [{ name: "", value: "x" }],
  ]) {
    await expect(openReceiver({ http: { response_headers: headers } })).rejects.toThrow(/is not a header|is set by the server/);
  }
  await expect(openReceiver({ http: { cors: { exposed_headers: ["a\nb"] } } })).rejects.toThrow(/is not a header name/);
});

test("a challenge that no header can carry is a fault of ours, told as such; the next request is answered", async () => {
  let challenge = "Bearer\n";
  const guard = { authenticate: () => ({ message: "no", challenge }), async [Symbol.asyncDispose]() {} };
  await using receiver = await openReceiver({ http: { auth: { authenticator: "guard" } } }, { extensions: { guard } });
  expect((await post(receiver, "/v1/traces", spans(1))).status).toBe(500);
  challenge = "Bearer";
  expect((await post(receiver, "/v1/traces", spans(1))).status).toBe(401);
});
