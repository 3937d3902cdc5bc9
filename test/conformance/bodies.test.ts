import { expect, test } from "vitest";
import { Rejected } from "../../collector/pipeline/sink.ts";
import { itemCount, JSON_TYPE, openReceiver, post } from "./harness.ts";
import { decode, encode, encodeTraces, jsonSpan, jsonSpans, jsonTraces, logs, oracle, points, readStatus, span, spans } from "./messages.ts";

test("B-01 full success in protobuf is 0 bytes", async () => {
  await using receiver = await openReceiver();
  const reply = await post(receiver, "/v1/traces", spans(1));
  expect([reply.status, reply.body.length, reply.headers["content-type"]]).toEqual([200, 0, "application/x-protobuf"]);
  expect(decode(oracle.traces.response, reply.body)).toEqual({});
});

test("B-02 full success in JSON is {}", async () => {
  await using receiver = await openReceiver();
  const reply = await post(receiver, "/v1/traces", jsonSpans(1), JSON_TYPE);
  expect([reply.status, reply.body.toString()]).toEqual([200, "{}"]);
});

test("B-03 a request of 0 bytes is a success that passes nothing on and counts nothing", async () => {
  await using receiver = await openReceiver();
  expect((await post(receiver, "/v1/metrics", new Uint8Array())).status).toBe(200);
  expect(receiver.batches).toHaveLength(0);
  expect(receiver.meter.total("otelcol_receiver_accepted_metric_points")).toBe(0);
  expect(receiver.meter.total("pitwall_receiver_unreadable_requests")).toBe(0);
});

test("B-04 resources without items are a success that passes nothing on", async () => {
  await using receiver = await openReceiver();
  expect((await post(receiver, "/v1/traces", spans(0))).status).toBe(200);
  expect((await post(receiver, "/v1/logs", logs(0))).status).toBe(200);
  expect((await post(receiver, "/v1/metrics", points(0))).status).toBe(200);
  expect(receiver.batches).toHaveLength(0);
});

test("B-05 an empty JSON body is 400 and says so", async () => {
  await using receiver = await openReceiver();
  for (const body of ["", "  \n"]) {
    const reply = await post(receiver, "/v1/traces", body, JSON_TYPE);
    expect(reply.status).toBe(400);
    expect(JSON.parse(reply.body.toString())).toMatchObject({ code: 3, message: expect.stringContaining("empty JSON body") });
  }
});

test.each(["[]", '"text"', "12", "true", "null"])("B-06 %s at the top of a JSON body is 400", async (body) => {
  await using receiver = await openReceiver();
  expect((await post(receiver, "/v1/traces", body, JSON_TYPE)).status).toBe(400);
});

test("B-07 garbage behind the JSON object is 400, where otelcol stops reading and accepts", async () => {
  await using receiver = await openReceiver();
  expect((await post(receiver, "/v1/traces", `${jsonSpans(1)} x`, JSON_TYPE)).status).toBe(400);
  expect((await post(receiver, "/v1/traces", `${jsonSpans(1)}{}`, JSON_TYPE)).status).toBe(400);
  expect(receiver.batches).toHaveLength(0);
  expect((await post(receiver, "/v1/traces", `${jsonSpans(1)}\r\n\t `, JSON_TYPE)).status).toBe(200);
});

test("B-08 truncated protobuf and arbitrary bytes are 400 with code 3, and the server lives on", async () => {
  await using receiver = await openReceiver();
  const whole = spans(2);
  // Cut inside the outermost message: a cut between two resources would leave a shorter, but valid request.
  for (let length = 1; length < whole.length; length += 7) {
    const reply = await post(receiver, "/v1/traces", whole.subarray(0, length));
    expect([length, reply.status, readStatus(reply.body).code]).toEqual([length, 400, 3]);
  }
  for (const bytes of [[0xff, 0xff, 0xff, 0xff], [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], [0x07], [0x0a, 0x01, 0x0a]]) {
    expect((await post(receiver, "/v1/traces", Uint8Array.from(bytes))).status).toBe(400);
  }
  expect(receiver.batches).toHaveLength(0);
  expect(receiver.meter.total("pitwall_receiver_unreadable_requests")).toBeGreaterThan(4);
  expect((await post(receiver, "/v1/traces", whole)).status).toBe(200);
});

test("B-09 a span with a trace id of 5 bytes is rejected alone: partial success, its neighbours go on, the ledger has it", async () => {
  await using receiver = await openReceiver();
  const bad = span({ traceId: Buffer.alloc(5, 1) });
  const reply = await post(receiver, "/v1/traces", encodeTraces([span(), bad, span({ name: "third" })]));
  expect(reply.status).toBe(200);
  expect(decode(oracle.traces.response, reply.body)).toEqual({
    partialSuccess: { rejectedSpans: "1", errorMessage: expect.stringContaining("trace id") },
  });
  expect(itemCount(receiver)).toBe(2);
  expect(receiver.batches[0]?.items.map((item) => ("name" in item ? item.name : ""))).toEqual(["GET /", "third"]);
  expect(receiver.ledger.balance("traces")).toMatchObject({ received: 3, dropped: 1 });
  expect(receiver.ledger.droppedRows()).toEqual([{ component: "otlp", reason: "bad_id", signal: "traces", items: 1 }]);
  expect(receiver.meter.total("otelcol_receiver_accepted_spans")).toBe(2);
  expect(receiver.meter.total("otelcol_receiver_refused_spans")).toBe(1);
});

test("B-09 where all items are rejected nothing is passed on", async () => {
  await using receiver = await openReceiver();
  const reply = await post(receiver, "/v1/traces", encodeTraces([span({ spanId: Buffer.alloc(3, 1) })]));
  expect(decode(oracle.traces.response, reply.body)).toMatchObject({ partialSuccess: { rejectedSpans: "1" } });
  expect(receiver.batches).toHaveLength(0);
  expect(receiver.ledger.balance("traces")).toMatchObject({ received: 1, dropped: 1 });
});

test("B-10 unknown fields and future enum values are accepted, and the fields counted by number", async () => {
  await using receiver = await openReceiver();
  // Field 99 of ExportTraceServiceRequest, as a varint.
  const unknownField = Uint8Array.of(0x98, 0x06, 0x01);
  const body = Buffer.concat([encodeTraces([span({ kind: 4711, status: { code: 99 } })]), unknownField]);
  expect((await post(receiver, "/v1/traces", body)).status).toBe(200);
  expect(receiver.batches[0]?.items).toMatchObject([{ kind: 4711, statusCode: 99 }]);
  const family = receiver.meter.snapshot().find(({ name }) => name === "pitwall_receiver_unknown_fields");
  expect(family?.series.map(({ labels, value }) => [labels["field"]?.split(".").at(-1), value])).toEqual([["99", 1]]);
});

test("B-11 the withdrawn instrumentation_library_spans (field 1000) arrive as scope spans", async () => {
  await using receiver = await openReceiver();
  const current = decodeFields(encodeTraces([span()]));
  // ResourceSpans: resource stays field 1; scope_spans (2) is renumbered to instrumentation_library_spans (1000), whose layout is the same.
  const old = wrap(
    1,
    Buffer.concat(decodeFields(current[0]?.bytes ?? Buffer.alloc(0)).map(({ field, bytes }) => wrap(field === 2 ? 1000 : field, bytes))),
  );
  expect((await post(receiver, "/v1/traces", old)).status).toBe(200);
  expect(receiver.batches[0]?.items).toMatchObject([{ name: "GET /", scope: { name: "test" } }]);
});

test("B-12 what the pipeline rejects for good is a partial success with the count, in both formats", async () => {
  await using receiver = await openReceiver(
    { http: {} },
    {
      push: async () => {
        throw new Rejected("the series limit of 2 is reached", { items: 2, reason: "series_limit" });
      },
    },
  );
  const protobuf = await post(receiver, "/v1/metrics", points(5));
  expect(protobuf.status).toBe(200);
  const partialSuccess = { rejectedDataPoints: "2", errorMessage: "the series limit of 2 is reached" };
  expect(decode(oracle.metrics.response, protobuf.body)).toEqual({ partialSuccess });
  const json = await post(receiver, "/v1/logs", JSON.stringify(decodeJson(logs(3))), JSON_TYPE);
  expect(JSON.parse(json.body.toString())).toEqual({ partialSuccess: { rejectedLogRecords: "2", errorMessage: "the series limit of 2 is reached" } });
  expect(receiver.meter.total("otelcol_receiver_accepted_metric_points")).toBe(3);
  expect(receiver.meter.total("otelcol_receiver_refused_metric_points")).toBe(2);
});

test("B-13 a warning alone is a message with nothing rejected", async () => {
  await using receiver = await openReceiver(
    { http: {} },
    { push: async () => Promise.reject(new Rejected("delta temporality, converted", { items: 0, reason: "none" })) },
  );
  const reply = await post(receiver, "/v1/metrics", points(5));
  expect(decode(oracle.metrics.response, reply.body)).toEqual({ partialSuccess: { errorMessage: "delta temporality, converted" } });
  expect(receiver.meter.total("otelcol_receiver_accepted_metric_points")).toBe(5);
});

test("B-14 the rejected count in JSON is a string", async () => {
  await using receiver = await openReceiver();
  const reply = await post(receiver, "/v1/traces", jsonTraces([jsonSpan(), jsonSpan({ traceId: "abc" })]), JSON_TYPE);
  expect(reply.body.toString()).toContain('"rejectedSpans":"1"');
});

test("B-15 a message of any length is cut: no answer comes near 4 MiB", async () => {
  const words = "é".repeat(3_000_000);
  await using receiver = await openReceiver({ http: {} }, { push: async () => Promise.reject(new Rejected(words, { items: 1, reason: "none" })) });
  const reply = await post(receiver, "/v1/traces", spans(2));
  expect(reply.body.length).toBeLessThan(1100);
  expect(decode(oracle.traces.response, reply.body)).toMatchObject({
    partialSuccess: { rejectedSpans: "1", errorMessage: expect.stringMatching(/^é+…$/) },
  });
});

/** Length-delimited fields of one message. */
function decodeFields(bytes: Uint8Array): { readonly field: number; readonly bytes: Uint8Array }[] {
  const fields: { field: number; bytes: Uint8Array }[] = [];
  for (let at = 0; at < bytes.length; ) {
    const field = (bytes[at++] as number) >> 3;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    fields.push({ field, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  return fields;
}

function wrap(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value);
  return Buffer.from(bytes);
}

function decodeJson(bytes: Uint8Array): unknown {
  return decode(oracle.logs.request, encode(oracle.logs.request, decode(oracle.logs.request, bytes) as object));
}
