import { Agent, request } from "node:http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { SimpleSpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import { expect, test } from "vitest";
import { basicauth } from "../../collector/extensions/basicauth/basicauth.ts";
import { bearertokenauth } from "../../collector/extensions/bearertokenauth/bearertokenauth.ts";
import { Refused, Rejected } from "../../collector/pipeline/sink.ts";
import { GRPC, httpStatusOf } from "../../collector/wire/status-codes.ts";
import { heldPipeline, itemCount, JSON_TYPE, openReceiver, PROTOBUF, post, send, testContext } from "./harness.ts";
import { decode, jsonSpans, oracle, readStatus, spans } from "./messages.ts";
import { head, RawClient } from "./raw-socket.ts";

const failing = (error: Error) => ({ push: async () => Promise.reject(error) });
const overload = (retryAfterMs: number) => failing(new Refused("the queue is full", { retryAfterMs, overload: true }));
const away = (retryAfterMs: number) => failing(new Refused("the target is away", { retryAfterMs, overload: false }));

test("E-01 every error carries a Status in the request's type, or in JSON where the type is unknown", async () => {
  await using receiver = await openReceiver();
  for (const [path, method, headers] of [
    ["/nothing", "POST", PROTOBUF],
    ["/v1/traces", "GET", PROTOBUF],
    ["/v1/traces", "POST", { ...PROTOBUF, "content-encoding": "br" }],
  ] as const) {
    const inProtobuf = await send(receiver.httpPort, method, path, "", headers);
    expect(readStatus(inProtobuf.body).message).not.toBe("");
    const inJson = await send(receiver.httpPort, method, path, "", { ...headers, ...JSON_TYPE });
    expect(JSON.parse(inJson.body.toString()).message).toBe(readStatus(inProtobuf.body).message);
    const unknown = await send(receiver.httpPort, method, path, "", { "content-type": "text/html" });
    expect(unknown.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(unknown.body.toString())).toHaveProperty("message");
  }
});

test("E-02 undecodable JSON is 400 with the path of the wrong field as a violation", async () => {
  await using receiver = await openReceiver();
  const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: "a" }, { name: "b", startTimeUnixNano: {} }] }] }] });
  const reply = await post(receiver, "/v1/traces", body, JSON_TYPE);
  expect(reply.status).toBe(400);
  const status = JSON.parse(reply.body.toString());
  expect(status.code).toBe(3);
  expect(status.details[0]["@type"]).toBe("type.googleapis.com/google.rpc.BadRequest");
  expect(status.details[0].fieldViolations[0].field).toBe("resourceSpans[0].scopeSpans[0].spans[1].startTimeUnixNano");
});

test("E-03 a fault in the pipeline is 500 with code 13 and counted as failed", async () => {
  await using receiver = await openReceiver({ http: {} }, failing(new Error("boom")));
  const reply = await post(receiver, "/v1/traces", spans(4));
  expect([reply.status, readStatus(reply.body)]).toEqual([500, { code: 13, message: "Permanent error: boom", retrySeconds: undefined }]);
  expect(receiver.meter.total("otelcol_receiver_failed_spans")).toBe(4);
  expect(receiver.meter.total("otelcol_receiver_accepted_spans")).toBe(0);
});

test("E-03 a permanent failure of the whole batch is a partial success with all rejected", async () => {
  await using receiver = await openReceiver({ http: {} }, failing(new Rejected("nobody wants it", { items: 4, reason: "send_failed" })));
  const reply = await post(receiver, "/v1/traces", spans(4));
  expect(reply.status).toBe(200);
  expect(decode(oracle.traces.response, reply.body)).toEqual({ partialSuccess: { rejectedSpans: "4", errorMessage: "nobody wants it" } });
});

test("E-04 a temporary failure is 503 with code 14 and Retry-After", async () => {
  await using receiver = await openReceiver({ http: {} }, away(5000));
  const reply = await post(receiver, "/v1/traces", spans(4));
  expect([reply.status, reply.headers["retry-after"], readStatus(reply.body)]).toEqual([
    503,
    "5",
    { code: 14, message: "the target is away", retrySeconds: 5 },
  ]);
  expect(receiver.meter.total("otelcol_receiver_refused_spans")).toBe(4);
});

test("E-05 overload is 429 with code 8, Retry-After and RetryInfo, in both formats", async () => {
  await using receiver = await openReceiver({ http: {} }, overload(2000));
  const protobuf = await post(receiver, "/v1/traces", spans(1));
  expect([protobuf.status, protobuf.headers["retry-after"], readStatus(protobuf.body)]).toEqual([
    429,
    "2",
    { code: 8, message: "the queue is full", retrySeconds: 2 },
  ]);
  const json = await post(receiver, "/v1/traces", jsonSpans(1), JSON_TYPE);
  expect(JSON.parse(json.body.toString())).toEqual({
    code: 8,
    message: "the queue is full",
    details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "2s" }],
  });
});

test("E-05 what is refused is not in the ledger, bad ids in it included: its sender still has all of it", async () => {
  await using receiver = await openReceiver({ http: {} }, overload(2000));
  const json = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: "good" }, { name: "bad", traceId: "12" }] }] }] });
  expect((await post(receiver, "/v1/traces", json, JSON_TYPE)).status).toBe(429);
  expect(receiver.ledger.balance("traces")).toMatchObject({ received: 0, dropped: 0 });
  expect(receiver.meter.total("otelcol_receiver_refused_spans")).toBe(2);
});

test.each([
  [0, "1"],
  [1, "1"],
  [999, "1"],
  [1001, "2"],
  [13_000, "13"],
])("E-06 a wait of %d ms is Retry-After: %s, whole seconds rounded up and never 0", async (retryAfterMs, header) => {
  await using receiver = await openReceiver({ http: {} }, overload(retryAfterMs));
  expect((await post(receiver, "/v1/traces", spans(1))).headers["retry-after"]).toBe(header);
});

test("E-07 code to HTTP status", () => {
  const table = Object.fromEntries(Object.entries(GRPC).map(([name, code]) => [name, httpStatusOf(code)]));
  expect(table).toEqual({
    ok: 200,
    cancelled: 503,
    unknown: 500,
    invalidArgument: 400,
    deadlineExceeded: 503,
    notFound: 500,
    alreadyExists: 500,
    permissionDenied: 403,
    resourceExhausted: 429,
    failedPrecondition: 500,
    aborted: 503,
    outOfRange: 503,
    unimplemented: 404,
    internal: 500,
    unavailable: 503,
    dataLoss: 503,
    unauthenticated: 401,
  });
});

test("E-09 what the receiver makes of each kind of failure", async () => {
  const cases = [
    [overload(0), 429, "1"],
    [overload(13_000), 429, "13"],
    [away(0), 503, "1"],
    [failing(new Error("unknown")), 500, undefined],
  ] as const;
  for (const [options, status, retryAfter] of cases) {
    await using receiver = await openReceiver({ http: {} }, options);
    const reply = await post(receiver, "/v1/traces", spans(1));
    expect([reply.status, reply.headers["retry-after"]]).toEqual([status, retryAfter]);
  }
  await using receiver = await openReceiver();
  const malformed = await post(receiver, "/v1/traces", "\xff");
  expect([malformed.status, malformed.headers["retry-after"]]).toEqual([400, undefined]);
});

test("E-05 the JS SDK waits and sends again after 429, so that nothing is lost", async () => {
  let refusals = 0;
  await using receiver = await openReceiver(
    { http: {} },
    {
      push: async () => {
        if (refusals++ === 0) throw new Refused("full", { retryAfterMs: 1, overload: true });
      },
    },
  );
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${receiver.httpPort}/v1/traces` });
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  provider.getTracer("test").startSpan("one").end();
  await provider.forceFlush();
  await provider.shutdown();
  expect([refusals, itemCount(receiver)]).toEqual([2, 1]);
});

test("E-13 bearertokenauth: without a good token 401, code 16, and a challenge; with one 200", async () => {
  const { context } = testContext();
  const open = await bearertokenauth.open(bearertokenauth.config.parse({ token: "s3cret" }), context);
  await using receiver = await openReceiver({ http: { auth: { authenticator: "bearertokenauth" } } }, { extensions: { bearertokenauth: open } });
  for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: "s3cret" }] as const) {
    const reply = await post(receiver, "/v1/traces", spans(1), { ...PROTOBUF, ...headers });
    expect([reply.status, reply.headers["www-authenticate"], readStatus(reply.body).code]).toEqual([401, "Bearer", 16]);
  }
  expect((await post(receiver, "/v1/traces", spans(1), { ...PROTOBUF, authorization: "Bearer s3cret" })).status).toBe(200);
});

test("E-13 basicauth: 401 with a Basic challenge, 200 with the right password", async () => {
  const { context } = testContext();
  const open = await basicauth.open(basicauth.config.parse({ htpasswd: { inline: "alice:wonder" } }), context);
  await using receiver = await openReceiver({ http: { auth: { authenticator: "basicauth" } } }, { extensions: { basicauth: open } });
  const as = (credentials: string) =>
    post(receiver, "/v1/traces", spans(1), { ...PROTOBUF, authorization: `Basic ${Buffer.from(credentials).toString("base64")}` });
  const refusal = await as("alice:wrong");
  expect([refusal.status, refusal.headers["www-authenticate"]]).toEqual([401, expect.stringMatching(/^Basic realm=/)]);
  expect((await as("alice:wonder")).status).toBe(200);
});

test("E-14 a request in flight at shutdown is finished and answered, and its connection closed", async () => {
  const held = heldPipeline();
  const receiver = await openReceiver({ http: {} }, { push: held.push });
  await using client = new RawClient(receiver.httpPort);
  client.write(Buffer.concat([Buffer.from(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": spans(2).length })), spans(2)]));
  await held.reached;
  const closing = receiver[Symbol.asyncDispose]();
  await expect(post(receiver, "/v1/traces", spans(1))).rejects.toThrow(/ECONNREFUSED/);
  held.release();
  const reply = await client.reply();
  expect([reply.status, reply.headers["connection"]]).toEqual([200, "close"]);
  await closing;
  expect(itemCount(receiver)).toBe(2);
});

test("E-14 a request that comes on an open connection after shutdown began is 503 with Retry-After", async () => {
  const held = heldPipeline();
  const receiver = await openReceiver({ http: {} }, { push: held.push });
  await using client = new RawClient(receiver.httpPort);
  const one = Buffer.concat([Buffer.from(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": spans(2).length })), spans(2)]);
  // The answer to the empty request shows that the beginning of the next one, in the same segment, has been read as well.
  client.write(Buffer.concat([Buffer.from(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": 0 })), one.subarray(0, 10)]));
  expect((await client.reply()).status).toBe(200);
  await using other = new RawClient(receiver.httpPort);
  other.write(one);
  await held.reached;
  const closing = receiver[Symbol.asyncDispose]();
  client.write(one.subarray(10));
  const reply = await client.reply();
  expect([reply.status, reply.headers["retry-after"], reply.headers["connection"]]).toEqual([503, "1", "close"]);
  held.release();
  await closing;
});

test("E-14 shutdown in the middle of many senders: what was accepted is what went on", async () => {
  const receiver = await openReceiver();
  let accepted = 0;
  const stop = Promise.withResolvers<void>();
  const sender = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (;;) {
        if ((await postWith(agent, receiver.httpPort, spans(3))) !== 200) return;
        accepted += 3;
        if (accepted > 300) stop.resolve();
      }
    } catch {
      // Refused or cut off: not accepted.
    } finally {
      agent.destroy();
    }
  };
  const senders = Array.from({ length: 8 }, sender);
  await stop.promise;
  await receiver[Symbol.asyncDispose]();
  await Promise.all(senders);
  expect(accepted).toBeGreaterThan(300);
  expect(itemCount(receiver)).toBe(accepted);
  expect(receiver.ledger.balance("traces").received).toBe(accepted);
});

test("E-14 a request that never ends is cut off when the time for an orderly end is over", async () => {
  const outOfTime = new AbortController();
  const held = heldPipeline();
  const receiver = await openReceiver({ http: {} }, { push: held.push, outOfTime: outOfTime.signal });
  await using client = new RawClient(receiver.httpPort);
  client.write(Buffer.concat([Buffer.from(head("POST", "/v1/traces", { ...PROTOBUF, "content-length": spans(1).length })), spans(1)]));
  await held.reached;
  const closing = receiver[Symbol.asyncDispose]();
  outOfTime.abort();
  await client.closed();
  await closing;
});

test("E-15 the same JSON error is the same bytes each time", async () => {
  await using receiver = await openReceiver();
  const texts = new Set<string>();
  for (let times = 0; times < 5; times++) texts.add((await post(receiver, "/v1/traces", "[", JSON_TYPE)).body.toString());
  expect(texts.size).toBe(1);
});

function postWith(agent: Agent, port: number, body: Uint8Array): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { agent, host: "127.0.0.1", port, method: "POST", path: "/v1/traces", headers: { ...PROTOBUF, "content-length": body.length } },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
        response.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
