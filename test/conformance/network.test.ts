import { connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { basicauth } from "../../collector/extensions/basicauth/basicauth.ts";
import { bearertokenauth } from "../../collector/extensions/bearertokenauth/bearertokenauth.ts";
import { CONTAINER_HINT, otlp } from "../../collector/receivers/otlp/otlp.ts";
import { type Harness, JSON_TYPE, openReceiver, PATIENTLY, PROTOBUF, post, send, testContext } from "./harness.ts";
import { jsonSpans, spans } from "./messages.ts";
import { head, RawClient } from "./raw-socket.ts";

const ORIGIN = "https://app.example.com";
const preflight = (receiver: Harness, headers: Readonly<Record<string, string>> = {}) =>
  send(receiver.httpPort, "OPTIONS", "/v1/traces", "", { origin: ORIGIN, "access-control-request-method": "POST", ...headers });
const corsHeaders = (headers: object) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("access-control-")));

test("N-01 without allowed_origins no CORS header is sent", async () => {
  await using receiver = await openReceiver({ http: { cors: { allowed_origins: [] } } });
  const reply = await post(receiver, "/v1/traces", spans(1), { ...PROTOBUF, origin: ORIGIN });
  expect([reply.status, corsHeaders(reply.headers)]).toEqual([200, {}]);
  expect((await preflight(receiver)).status).toBe(405);
});

test("N-02 a preflight from an origin that a pattern allows is 204, with credentials and the headers asked for", async () => {
  await using receiver = await openReceiver({ http: { cors: { allowed_origins: ["https://*.example.com"], max_age: 600 } } });
  const reply = await preflight(receiver, { "access-control-request-headers": "content-type,x-requested-with" });
  expect([reply.status, corsHeaders(reply.headers)]).toEqual([
    204,
    {
      "access-control-allow-origin": ORIGIN,
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": "content-type,x-requested-with",
      "access-control-max-age": "600",
    },
  ]);
});

test("N-02 another origin, or a header that is not allowed, is granted nothing", async () => {
  await using receiver = await openReceiver({ http: { cors: { allowed_origins: ["https://*.example.com"], allowed_headers: ["x-tenant"] } } });
  expect(corsHeaders((await preflight(receiver, { origin: "https://app.example.com.evil.org" })).headers)).toEqual({});
  expect(corsHeaders((await preflight(receiver, { origin: "https://appXexample.com" })).headers)).toEqual({});
  expect(corsHeaders((await preflight(receiver, { "access-control-request-headers": "x-other" })).headers)).toEqual({});
  expect(corsHeaders((await preflight(receiver, { "access-control-request-headers": "X-Tenant" })).headers)).not.toEqual({});
});

test("N-02 the answer to the request itself carries origin, credentials and exposed headers, errors too", async () => {
  await using receiver = await openReceiver({ http: { cors: { allowed_origins: ["*"], exposed_headers: ["Retry-After"] } } });
  for (const body of [jsonSpans(1), "{"]) {
    const reply = await post(receiver, "/v1/traces", body, { ...JSON_TYPE, origin: ORIGIN });
    expect(corsHeaders(reply.headers)).toEqual({
      "access-control-allow-origin": "*",
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "Retry-After",
    });
    expect(reply.headers["vary"]).toBe("Origin");
  }
});

test("N-02 a preflight needs no authentication, the request does", async () => {
  const guard = { authenticate: () => ({ message: "no" }), async [Symbol.asyncDispose]() {} };
  await using receiver = await openReceiver(
    { http: { cors: { allowed_origins: ["*"] }, auth: { authenticator: "guard" } } },
    { extensions: { guard } },
  );
  expect((await preflight(receiver)).status).toBe(204);
  const reply = await post(receiver, "/v1/traces", jsonSpans(1), { ...JSON_TYPE, origin: ORIGIN });
  expect([reply.status, reply.headers["access-control-allow-origin"]]).toEqual([401, "*"]);
});

test("N-03 a head that trickles in is cut off with 408", async () => {
  await using receiver = await openReceiver({ http: { read_header_timeout: "100ms" } });
  await using client = new RawClient(receiver.httpPort);
  client.write("POST /v1/traces HTTP/1.1\r\nhost: a\r\n");
  expect((await client.reply()).status).toBe(408);
  await client.closed();
});

test("N-03 a body that trickles in is cut off", async () => {
  await using receiver = await openReceiver({ http: { read_timeout: "100ms" } });
  await using client = new RawClient(receiver.httpPort);
  client.write(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": 100 }));
  client.write("x");
  await client.closed();
  await expect.poll(() => receiver.meter.total("pitwall_receiver_aborted_requests"), PATIENTLY).toBe(1);
});

test("N-03 a connection that never says anything is closed", async () => {
  await using receiver = await openReceiver({ http: { read_header_timeout: "100ms" } });
  await using client = new RawClient(receiver.httpPort);
  await client.closed();
});

test("N-03 max_connections bounds what is open at once; the sender is named in the log", async () => {
  await using receiver = await openReceiver({ http: { max_connections: 2 } });
  await using first = new RawClient(receiver.httpPort);
  await using second = new RawClient(receiver.httpPort);
  const get = head("POST", "/v1/traces", { ...PROTOBUF, "content-length": 0 });
  first.write(get);
  second.write(get);
  await first.reply();
  await second.reply();
  await using third = new RawClient(receiver.httpPort);
  await third.closed();
  expect(receiver.log.map(({ message }) => message)).toContainEqual(expect.stringContaining("max_connections"));
});

test("N-04 a connection rests longer than SDKs do: 120 s, unless idle_timeout says otherwise", async () => {
  for (const [keys, keepAlive] of [
    [{}, "timeout=120"],
    [{ idle_timeout: "7s" }, "timeout=7"],
  ] as const) {
    await using receiver = await openReceiver({ http: keys });
    await using client = new RawClient(receiver.httpPort);
    client.write(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": 0 }));
    const reply = await client.reply();
    expect([reply.headers["connection"], reply.headers["keep-alive"]]).toEqual(["keep-alive", keepAlive]);
  }
});

test("N-04 keep_alives_enabled: false ends a connection with its answer", async () => {
  await using receiver = await openReceiver({ http: { keep_alives_enabled: false } });
  await using client = new RawClient(receiver.httpPort);
  client.write(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": 0 }));
  expect((await client.reply()).headers["connection"]).toBe("close");
  await client.closed();
});

test("N-05 localhost is 127.0.0.1 and, where the machine has it, ::1 on the same port", async () => {
  await using receiver = await openReceiver({ http: { endpoint: "localhost:0" } });
  expect(receiver.listening.get("http")).toBe(`127.0.0.1:${receiver.httpPort}`);
  expect((await post(receiver, "/v1/traces", spans(1))).status).toBe(200);
  const hasIpv6 = await canListen("::1");
  expect(await canConnect("::1", receiver.httpPort)).toBe(hasIpv6);
});

test("N-05 the default endpoints are localhost:4317 and localhost:4318", () => {
  const config = otlp.config.parse({ protocols: { grpc: null, http: null } }) as { http: { endpoint: string }; grpc: { endpoint: string } };
  expect([config.grpc.endpoint, config.http.endpoint]).toEqual(["localhost:4317", "localhost:4318"]);
  expect(CONTAINER_HINT).toContain("0.0.0.0:4317");
});

test("N-06 a port in use fails the start with the address, the holder where the system tells it, and what to do", async () => {
  await using receiver = await openReceiver();
  const error = await openReceiver({ http: { endpoint: `127.0.0.1:${receiver.httpPort}` } }).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: "E_PORT_IN_USE", message: expect.stringContaining(`127.0.0.1:${receiver.httpPort} is already in use`) });
  expect((error as { hint: string }).hint).toContain("another endpoint");
  if (process.platform === "linux") expect((error as Error).message).toContain(`by process ${process.pid}`);
});

test("N-06 an address that is not ours is E_LISTEN; what was opened before is closed again", async () => {
  const free = await freePort();
  await expect(openReceiver({ grpc: { endpoint: `127.0.0.1:${free}` }, http: { endpoint: "192.0.2.1:4318" } })).rejects.toMatchObject({
    code: "E_LISTEN",
  });
  expect(await canConnect("127.0.0.1", free)).toBe(false);
});

test("N-08 an authenticator that is not there, or cannot judge, fails the start by name", async () => {
  await expect(openReceiver({ http: { auth: { authenticator: "oidc" } } })).rejects.toThrow(/references extension "oidc" which is not configured/);
  const { context } = testContext();
  const client = await basicauth.open(basicauth.config.parse({ client_auth: { username: "a", password: "b" } }), context);
  await expect(openReceiver({ grpc: { auth: { authenticator: "basicauth" } } }, { extensions: { basicauth: client } })).rejects.toThrow(
    /cannot authenticate requests/,
  );
});

test("N-08 request_params lets the token come by query", async () => {
  const { context } = testContext();
  const guard = await bearertokenauth.open(bearertokenauth.config.parse({ tokens: ["one", "two"] }), context);
  await using receiver = await openReceiver(
    { http: { auth: { authenticator: "bearertokenauth", request_params: ["authorization"] } } },
    { extensions: { bearertokenauth: guard } },
  );
  expect((await post(receiver, "/v1/traces?authorization=Bearer%20two", spans(1))).status).toBe(200);
  expect((await post(receiver, "/v1/traces?authorization=Bearer%20three", spans(1))).status).toBe(401);
  expect((await post(receiver, "/v1/traces", spans(1))).status).toBe(401);
});

test("N-09 response_headers stand on every answer; include_metadata is accepted", async () => {
  for (const headers of [{ "x-served-by": "pitwall" }, [{ name: "x-served-by", value: "pitwall" }]]) {
    await using receiver = await openReceiver({ http: { response_headers: headers, include_metadata: true } });
    expect((await post(receiver, "/v1/traces", spans(1))).headers["x-served-by"]).toBe("pitwall");
    expect((await post(receiver, "/nothing", spans(1))).headers["x-served-by"]).toBe("pitwall");
  }
});

test("N-10 port 0 takes a free port and tells which", async () => {
  await using receiver = await openReceiver({ http: {}, grpc: {} });
  expect(receiver.httpPort).toBeGreaterThan(0);
  expect(receiver.grpcPort).toBeGreaterThan(0);
  expect([...receiver.listening]).toEqual([
    ["grpc", `127.0.0.1:${receiver.grpcPort}`],
    ["http", `127.0.0.1:${receiver.httpPort}`],
  ]);
});

function canConnect(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

function canListen(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen({ host, port: 0 }, () => server.close(() => resolve(true)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen({ host: "127.0.0.1", port: 0 }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
