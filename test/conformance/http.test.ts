import { expect, test } from "vitest";
import { JSON_TYPE, openReceiver, PATIENTLY, PROTOBUF, post, send } from "./harness.ts";
import { jsonSpans, logs, points, readStatus, spans } from "./messages.ts";
import { head, RawClient } from "./raw-socket.ts";

test("H-01 POST of each signal to its path is 200 and goes on into the pipeline", async () => {
  await using receiver = await openReceiver();
  for (const [path, body] of [
    ["/v1/traces", spans(3)],
    ["/v1/metrics", points(5)],
    ["/v1/logs", logs(7)],
  ] as const) {
    expect((await post(receiver, path, body)).status).toBe(200);
  }
  expect(receiver.batches.map(({ signal, count }) => [signal, count])).toEqual([
    ["traces", 3],
    ["metrics", 5],
    ["logs", 7],
  ]);
  expect(receiver.meter.total("otelcol_receiver_accepted_spans", { receiver: "otlp", transport: "http" })).toBe(3);
  expect(receiver.meter.total("otelcol_receiver_accepted_metric_points", { transport: "http" })).toBe(5);
  expect(receiver.meter.total("otelcol_receiver_accepted_log_records", { transport: "http" })).toBe(7);
});

test("H-02 profiles are answered 404 in words", async () => {
  await using receiver = await openReceiver();
  const reply = await post(receiver, "/v1development/profiles", new Uint8Array());
  expect(reply.status).toBe(404);
  expect(readStatus(reply.body).message).toContain("profiles are not received here");
});

test("H-03 configured paths are honoured, with a leading slash added; what is no path is a config error", async () => {
  await using receiver = await openReceiver({ http: { traces_url_path: "/my/traces", metrics_url_path: "my/metrics" } });
  expect((await post(receiver, "/my/traces", spans(1))).status).toBe(200);
  expect((await post(receiver, "/my/metrics", points(1))).status).toBe(200);
  expect((await post(receiver, "/v1/logs", logs(1))).status).toBe(200);
  expect((await post(receiver, "/v1/traces", spans(1))).status).toBe(404);
  await expect(openReceiver({ http: { logs_url_path: ":bad" } })).rejects.toThrow(/is not a URL path/);
  await expect(openReceiver({ http: { logs_url_path: "/%zz" } })).rejects.toThrow(/is not a URL path/);
});

test("H-04 an unknown path is 404 and names the paths that exist", async () => {
  await using receiver = await openReceiver({ http: {} }, { signals: ["traces", "metrics"] });
  const reply = await post(receiver, "/nothing", spans(1));
  expect(reply.status).toBe(404);
  expect(readStatus(reply.body).message).toBe("404 page not found: /nothing; paths: /v1/traces, /v1/metrics");
});

test("H-04 a signal without a pipeline is 404 and says so", async () => {
  await using receiver = await openReceiver({ http: {} }, { signals: ["traces"] });
  const reply = await post(receiver, "/v1/logs", logs(1));
  expect(reply.status).toBe(404);
  expect(readStatus(reply.body).message).toContain("there is no logs pipeline with this receiver");
});

test("H-04 a trailing slash and a doubled path are 404 with a hint, told in the log once per sender", async () => {
  await using receiver = await openReceiver();
  for (let times = 0; times < 3; times++) {
    expect(readStatus((await post(receiver, "/v1/traces/", spans(1))).body).message).toContain("leave the trailing slash away: /v1/traces");
    expect(readStatus((await post(receiver, "/v1/traces/v1/traces", spans(1))).body).message).toContain("OTEL_EXPORTER_OTLP_ENDPOINT");
  }
  expect(receiver.log.filter(({ level }) => level === "warn")).toHaveLength(2);
});

test.each(["GET", "PUT", "DELETE"])("H-05 %s on a signal path is 405 with Allow", async (method) => {
  await using receiver = await openReceiver();
  const reply = await send(receiver.httpPort, method, "/v1/traces", "", PROTOBUF);
  expect(reply.status).toBe(405);
  expect(reply.headers["allow"]).toBe("POST");
  expect(readStatus(reply.body).message).toBe("405 method not allowed, supported: [POST]");
});

const UNSUPPORTED = "415 unsupported media type, supported: [application/json, application/x-protobuf]";

test("H-06 POST without Content-Type is 415", async () => {
  await using receiver = await openReceiver();
  const reply = await post(receiver, "/v1/traces", spans(1), {});
  expect(reply.status).toBe(415);
  expect(JSON.parse(reply.body.toString())).toEqual({ code: 3, message: UNSUPPORTED });
});

test.each(["text/plain", "application/grpc", "application/jsonp"])("H-07 POST of %s is 415", async (type) => {
  await using receiver = await openReceiver();
  const reply = await post(receiver, "/v1/traces", spans(1), { "content-type": type });
  expect(reply.status).toBe(415);
  expect(reply.headers["content-type"]).toBe("application/json");
  expect(JSON.parse(reply.body.toString()).message).toBe(UNSUPPORTED);
  expect(receiver.batches).toHaveLength(0);
});

test("H-08 parameters and case of the media type do not matter; the answer has the bare type", async () => {
  await using receiver = await openReceiver();
  const json = await post(receiver, "/v1/traces", jsonSpans(1), { "content-type": "application/json; charset=utf-8" });
  expect([json.status, json.headers["content-type"]]).toEqual([200, "application/json"]);
  const protobuf = await post(receiver, "/v1/traces", spans(1), { "content-type": "Application/X-Protobuf" });
  expect([protobuf.status, protobuf.headers["content-type"]]).toEqual([200, "application/x-protobuf"]);
});

test("H-09 wrong method and wrong type: the method is judged first", async () => {
  await using receiver = await openReceiver();
  expect((await send(receiver.httpPort, "PUT", "/v1/traces", "x", { "content-type": "text/plain" })).status).toBe(405);
});

test("H-10 success and error come in the request's own type", async () => {
  await using receiver = await openReceiver();
  const types = async (body: Uint8Array | string, headers: Readonly<Record<string, string>>) =>
    (await post(receiver, "/v1/traces", body, headers)).headers["content-type"];
  expect(await types(spans(1), PROTOBUF)).toBe("application/x-protobuf");
  expect(await types("\xff\xff", PROTOBUF)).toBe("application/x-protobuf");
  expect(await types(jsonSpans(1), JSON_TYPE)).toBe("application/json");
  expect(await types("{", JSON_TYPE)).toBe("application/json");
});

test("H-11 failing authentication is 401 before any of the body has come", async () => {
  const denying = { authenticate: () => ({ message: "no", challenge: "Bearer" }), async [Symbol.asyncDispose]() {} };
  await using receiver = await openReceiver({ http: { auth: { authenticator: "guard" } } }, { extensions: { guard: denying } });
  await using client = new RawClient(receiver.httpPort);
  client.write(head("POST", "/v1/traces", { ...PROTOBUF, "content-encoding": "no-such", "content-length": 1000 }));
  const reply = await client.reply();
  expect(reply.status).toBe(401);
  expect(reply.headers["www-authenticate"]).toBe("Bearer");
  expect(readStatus(reply.body)).toMatchObject({ code: 16, message: "no" });
});

test.each(["HEAD", "OPTIONS"])("H-12 %s without CORS is 405", async (method) => {
  await using receiver = await openReceiver();
  expect((await send(receiver.httpPort, method, "/v1/traces")).status).toBe(405);
});

test("H-13 pipelined requests on one connection are answered in order", async () => {
  await using receiver = await openReceiver();
  await using client = new RawClient(receiver.httpPort);
  const one = (count: number) =>
    Buffer.concat([Buffer.from(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": spans(count).length })), spans(count)]);
  client.write(Buffer.concat([one(1), Buffer.from(head("POST", "/nothing", { ...PROTOBUF, "content-length": 0 })), one(2)]));
  expect((await client.reply()).status).toBe(200);
  expect((await client.reply()).status).toBe(404);
  expect((await client.reply()).status).toBe(200);
  expect(receiver.batches.map(({ count }) => count)).toEqual([1, 2]);
});

test("H-13 Connection: close is obeyed", async () => {
  await using receiver = await openReceiver();
  await using client = new RawClient(receiver.httpPort);
  client.write(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": 0, connection: "close" }));
  const reply = await client.reply();
  expect([reply.status, reply.headers["connection"]]).toEqual([200, "close"]);
  await client.closed();
});

test("H-13 a chunked body is put together, however it is cut", async () => {
  await using receiver = await openReceiver();
  await using client = new RawClient(receiver.httpPort);
  const body = Buffer.from(spans(500));
  client.write(head("POST", "/v1/traces", { ...PROTOBUF, "transfer-encoding": "chunked" }));
  for (let at = 0; at < body.length; at += 1777) {
    const chunk = body.subarray(at, at + 1777);
    client.write(Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n")]));
  }
  client.write("0\r\n\r\n");
  expect((await client.reply()).status).toBe(200);
  expect(receiver.batches.map(({ count }) => count)).toEqual([500]);
});

test("H-13 Expect: 100-continue is answered before the body, and not at all where the headers suffice to refuse", async () => {
  await using receiver = await openReceiver();
  await using client = new RawClient(receiver.httpPort);
  const body = spans(2);
  client.write(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": body.length, expect: "100-continue" }));
  expect((await client.reply()).status).toBe(100);
  client.write(body);
  expect((await client.reply()).status).toBe(200);
  client.write(head("POST", "/v1/traces", { "content-type": "text/plain", "content-length": 10, expect: "100-continue" }));
  const refusal = await client.reply();
  expect([refusal.status, refusal.headers["connection"]]).toEqual([415, "close"]);
});

test("H-13 a request that is no HTTP is answered 400 and the server lives on", async () => {
  await using receiver = await openReceiver();
  for (const garbage of ["GET\r\n\r\n", "POST /v1/traces HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n", "\0\0\0\0\0\0\0\0"]) {
    await using client = new RawClient(receiver.httpPort);
    client.write(garbage);
    expect((await client.reply()).status).toBe(400);
    await client.closed();
  }
  expect((await post(receiver, "/v1/traces", spans(1))).status).toBe(200);
});

test("H-13 a body that breaks off is counted and passes nothing on", async () => {
  await using receiver = await openReceiver();
  {
    await using client = new RawClient(receiver.httpPort);
    const empty = Buffer.from(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": 0 }));
    const broken = Buffer.from(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": 1000 }));
    client.write(Buffer.concat([empty, broken, spans(1).subarray(0, 20)]));
    // The answer to the empty request shows that what stood in the same segment has been read as well.
    expect((await client.reply()).status).toBe(200);
  }
  await expect.poll(() => receiver.meter.total("pitwall_receiver_aborted_requests", { transport: "http" }), PATIENTLY).toBe(1);
  expect(receiver.batches).toHaveLength(0);
});
