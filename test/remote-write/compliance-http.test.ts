import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { prometheusRemoteWrite } from "../../exporters/prometheusremotewrite/prometheusremotewrite.ts";
import { eventually } from "../unit/exporters/prometheusremotewrite/eventually.ts";
import { fastPace, type Lab, number, openLab } from "../unit/exporters/prometheusremotewrite/lab.ts";
import { instantPace } from "../unit/pipeline/river.ts";
import { type Answer, type CapturedRequest, mockReceiver, type Script } from "./mock-receiver.ts";
import { sent, testMetric } from "./sender.ts";

/**
 * Checks of Prometheus' sender compliance suite (prometheus/compliance, remotewrite/sender: protocol, response, retry, backoff, error handling and
 * fallback), each under its level and name there. What the suite only looks at is asserted here.
 */

const ONE = [testMetric(number(42))];
const inTurn =
  (...answers: readonly Answer[]): Script =>
  (_request, index) =>
    answers[index] ?? {};
const timestampOf = ({ message }: CapturedRequest): number => message.series[0]?.samples[0]?.timestampMs ?? 0;

/** One point after the other, the next when the one before is settled. */
async function oneByOne(count: number, script: Script): Promise<Lab> {
  const lab = await openLab({ script, pace: instantPace(), keys: { stale_markers: false } });
  for (let index = 0; index < count; index++) {
    lab.clock.ms += 1000;
    await lab.push(testMetric(number(index, { time: 10 + index })));
    lab.exporter.flush();
    await eventually(() => expect(lab.ledger()["inFlight"]).toBeUndefined());
  }
  await lab.close();
  return lab;
}

describe("HTTPRequest", () => {
  test("MUST post_method", async () => expect((await sent(ONE)).receiver.requests[0]?.method).toBe("POST"));
  test("MUST content_type_protobuf", async () =>
    expect((await sent(ONE)).receiver.requests[0]?.headers["content-type"]).toMatch(/^application\/x-protobuf/));
  test("SHOULD content_type_with_proto_param", async () =>
    expect((await sent(ONE)).receiver.requests[0]?.headers["content-type"]).toContain("proto=io.prometheus.write.v2.Request"));
  test("MUST content_encoding_snappy", async () => expect((await sent(ONE)).receiver.requests[0]?.headers["content-encoding"]).toBe("snappy"));
  test("MUST snappy_block_format", async () => {
    const body = (await sent(ONE)).receiver.requests[0]?.body;
    expect(body?.subarray(0, 10).toString("latin1")).not.toContain("sNaPpY");
    expect(body?.length).toBeGreaterThan(0);
  });
  test("MUST protobuf_parseable", async () => expect((await sent(ONE)).receiver.requests[0]?.message.series).toHaveLength(1));
  test("MUST version_header_present", async () =>
    expect((await sent(ONE)).receiver.requests[0]?.headers["x-prometheus-remote-write-version"]).toBeDefined());
  test("SHOULD version_header_value", async () =>
    expect((await sent(ONE)).receiver.requests[0]?.headers["x-prometheus-remote-write-version"]).toBe("2.0.0"));
  test("MUST user_agent_present", async () => expect((await sent(ONE)).receiver.requests[0]?.headers["user-agent"]).toMatch(/^Pitwall/));
  test.each(["Content-Encoding", "content-type", "X-Prometheus-Remote-Write-Version", "User-Agent"])(
    "MUST reserved header %s cannot be overridden",
    (name) => {
      const parsed = prometheusRemoteWrite.config.safeParse({ endpoint: "http://127.0.0.1:9090/api/v1/write", headers: { [name]: "x" } });
      expect(parsed.error?.issues[0]?.message).toContain("set by the remote write protocol");
    },
  );
});

describe("ResponseProcessing", () => {
  test("SHOULD ignore_response_body_on_success", async () =>
    expect((await sent(ONE, { script: () => ({ status: 200, body: "error: not really" }) })).ledger()).toEqual({ exported: 1 }));
  test("MUST handle_204_no_content", async () => expect((await sent(ONE, { script: () => ({ status: 204 }) })).ledger()).toEqual({ exported: 1 }));
  test("MUST handle_200_ok", async () =>
    expect((await sent(ONE, { script: () => ({ status: 200, body: "OK" }) })).ledger()).toEqual({ exported: 1 }));
  test("MAY process_written_count_headers", async () =>
    expect((await sent(ONE, { script: () => ({ status: 200, written: { samples: 0 } }) })).ledger()).toEqual({ exported: 0, partial_write: 1 }));
  test("SHOULD handle_partial_write_response", async () => {
    const three = [1, 2, 3].map((index) => testMetric(number(index, { attributes: { index } })));
    const lab = await sent(three, { script: () => ({ status: 400, body: "Rejected 1 sample", written: { samples: 2 } }) });
    expect(lab.ledger()).toEqual({ exported: 2, partial_write: 1 });
    expect(lab.receiver.requests).toHaveLength(1);
  });
  test("SHOULD handle_missing_written_headers", async () => {
    const lab = await sent(ONE, { script: () => ({ status: 400, body: "Bad request" }), keys: { protocol: 2 } });
    expect(lab.ledger()).toEqual({ exported: 0, send_failed: 1 });
  });
  test("MUST log_error_messages_verbatim", async () => {
    const words = "Error: Invalid label name '__invalid__'\n  <b>as is</b>";
    const lab = await sent(ONE, { script: () => ({ status: 400, body: words }) });
    expect(lab.logged("warn").join("\n")).toContain(words);
  });
  test("SHOULD handle_large_error_body", async () => {
    const lab = await sent(ONE, { script: () => ({ status: 400, body: "detailed error information; ".repeat(40_000) }) });
    expect(lab.ledger()).toEqual({ exported: 0, send_failed: 1 });
    expect(lab.logged("warn").every((line) => line.length < 4000)).toBe(true);
  });
  test("SHOULD content_type_negotiation", async () => {
    const lab = await sent(ONE, { script: ({ version }) => (version === 2 ? { status: 415 } : {}) });
    expect(lab.receiver.requests.map(({ headers }) => headers["content-type"])).toEqual([
      "application/x-protobuf;proto=io.prometheus.write.v2.Request",
      "application/x-protobuf",
    ]);
  });
});

describe("RetryBehavior", () => {
  test("MUST no_retry_on_4xx", async () => {
    const lab = await oneByOne(5, inTurn({}, { status: 400 }, { status: 401 }, { status: 404 }));
    expect(new Set(lab.receiver.requests.map(timestampOf)).size).toBe(5);
    expect(lab.receiver.requests).toHaveLength(5);
  });
  test.each([
    ["MUST no_retry_on_400", 400],
    ["MUST no_retry_on_401", 401],
    ["MUST no_retry_on_404", 404],
    ["SHOULD no_retry_on_413", 413],
  ])("%s", async (_name, status) => expect((await sent(ONE, { script: () => ({ status }) })).receiver.requests.length).toBeLessThanOrEqual(2));
  test.each([
    ["MUST retry_on_500", 500],
    ["MUST retry_on_503", 503],
    ["SHOULD retry_on_502", 502],
    ["SHOULD retry_on_504", 504],
    ["MAY retry_on_429", 429],
  ])("%s", async (_name, status) => {
    const lab = await oneByOne(2, inTurn({ status }, { status }, {}, { status }, {}));
    expect(lab.receiver.requests.map(timestampOf).map((time) => time - timestampOf(lab.receiver.requests[0] as CapturedRequest))).toEqual([
      0, 0, 0, 1000, 1000,
    ]);
    expect(lab.ledger()).toEqual({ exported: 2 });
  });
});

describe("BackoffBehavior", () => {
  async function waits(random = 0.5): Promise<readonly number[]> {
    const pace = instantPace();
    const receiver = await mockReceiver((_request, index) => ({ status: index < 12 ? 503 : 204 }));
    const lab = await openLab({ receiver, pace, random, keys: { stale_markers: false } });
    await lab.push(...ONE);
    await receiver.came(13);
    await lab.close();
    await receiver[Symbol.asyncDispose]();
    return pace.sleptMs;
  }
  test("MUST backoff_required", async () => expect((await waits()).every((ms) => ms >= 1)).toBe(true));
  test("SHOULD exponential_backoff_on_retries", async () => {
    const slept = await waits();
    expect(slept.slice(1, 8).map((ms, index) => ms / (slept[index] as number))).toEqual([2, 2, 2, 2, 2, 2, 2]);
  });
  test("SHOULD backoff_max_delay", async () => expect(Math.max(...(await waits()))).toBe(5000));
  test("RECOMMENDED backoff_with_jitter", async () => expect([(await waits(0))[0], (await waits(1))[0]]).toEqual([22.5, 37.5]));
  test("MAY retry_after_header_respected", async () => {
    const pace = instantPace();
    await using receiver = await mockReceiver(inTurn({ status: 429, headers: { "retry-after": "11" } }, {}));
    const lab = await openLab({ receiver, pace, keys: { stale_markers: false } });
    await lab.push(...ONE);
    await receiver.came(2);
    await lab.close();
    expect(pace.sleptMs).toEqual([11_000]);
  });
});

describe("ErrorHandling", () => {
  /** A receiver that spoils the first answer in this way, and a sender that gets through in the end. */
  async function survives(first: Answer, keys: object = {}): Promise<Lab> {
    const lab = await openLab({ script: inTurn(first), keys: { stale_markers: false, ...keys } });
    await lab.push(...ONE);
    await eventually(() => expect(lab.ledger()).toEqual({ exported: 1 }));
    await lab.close();
    return lab;
  }
  const port = async (): Promise<number> => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port: free } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return free;
  };

  test("SHOULD handle_connection_refused", async () => {
    const free = await port();
    const lab = await openLab({ keys: { endpoint: `http://127.0.0.1:${free}/api/v1/write`, stale_markers: false } });
    await lab.push(...ONE);
    await eventually(() => expect(lab.logged("warn").join()).toContain("ECONNREFUSED"));
    await using receiver = await mockReceiver(() => ({}), free);
    await receiver.came(1);
    await lab.close();
    expect(lab.ledger()).toEqual({ exported: 1 });
  });
  test("SHOULD handle_timeout", async () => {
    const lab = await survives({ after: new Promise(() => {}) }, { timeout: "30ms" });
    expect(lab.logged("warn").join()).toContain("no answer within 30 ms");
  });
  test("SHOULD handle_partial_write", async () =>
    expect((await sent(ONE, { script: () => ({ status: 200, body: "partial", written: { samples: 1 } }) })).ledger()).toEqual({ exported: 1 }));
  test("SHOULD handle_malformed_response", async () => {
    const server = createServer((socket) => void socket.once("data", () => socket.end("Not valid response headers\r\n\r\n")));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const lab = await openLab({ keys: { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, stale_markers: false } });
    await lab.push(...ONE);
    await eventually(() => expect(lab.logged("warn").join()).toContain("cannot be reached"));
    await lab.close();
    server.close();
    expect(lab.ledger()).toEqual({ exported: 0, shutdown: 1 });
  });
  test("MUST sender_continues_after_errors", async () => {
    const lab = await oneByOne(3, inTurn({ status: 500 }, {}, { status: 400, written: { samples: 0 } }));
    expect(lab.ledger()).toEqual({ exported: 2, send_failed: 1 });
  });
  test("SHOULD handle_invalid_status_code", async () => expect((await survives({ status: 999 })).receiver.requests).toHaveLength(2));
  test("SHOULD handle_empty_response", async () => expect((await survives({ status: 200 })).ledger()).toEqual({ exported: 1 }));
  test("SHOULD handle_large_error_response", async () =>
    expect((await survives({ status: 503, body: "x".repeat(1024 * 1024) })).ledger()).toEqual({ exported: 1 }));
  test("SHOULD network_error_handling", async () => expect((await survives({ cut: true })).ledger()).toEqual({ exported: 1 }));
  test("SHOULD detect_broken_receiver", async () => {
    const lab = await sent(ONE, { script: () => ({ status: 204, silent: true }), keys: { protocol: 2 } });
    expect(lab.ledger()).toEqual({ exported: 0, not_written: 1 });
  });
  test.each([
    ["SHOULD dns_resolution_failure", "http://nonexistent.invalid:9999/api/v1/write", /ENOTFOUND|EAI_AGAIN/],
    ["SHOULD tls_handshake_failure", "https", /cannot be reached/],
  ])("%s", async (_name, endpoint, words) => {
    await using plain = await mockReceiver();
    const lab = await openLab({
      pace: fastPace(),
      keys: { endpoint: endpoint === "https" ? plain.url.replace("http:", "https:") : endpoint, stale_markers: false },
    });
    await lab.push(...ONE);
    await eventually(() => expect(lab.logged("warn").join()).toMatch(words));
    await lab.close();
    expect(lab.ledger()).toEqual({ exported: 0, shutdown: 1 });
  });
  test("SHOULD invalid_url_scheme", () =>
    expect(prometheusRemoteWrite.config.safeParse({ endpoint: "invalid://localhost:9999" }).error?.issues[0]?.message).toContain(
      "is not a URL like",
    ));
});

describe("FallbackBehavior", () => {
  const to1: Script = ({ version }) => (version === 2 ? { status: 415, body: "RW 2.0 not supported, please use RW 1.0" } : {});
  const versions = (lab: Lab) => lab.receiver.requests.map(({ headers }) => headers["x-prometheus-remote-write-version"]);

  test("SHOULD fallback_on_415_unsupported_media_type", async () =>
    expect((await sent(ONE, { script: to1 })).receiver.taken().map(({ version }) => version)).toEqual([1]));
  test("SHOULD retry_with_different_version", async () => expect(versions(await sent(ONE, { script: to1 }))).toEqual(["2.0.0", "0.1.0"]));
  test("MUST fallback_header_changes", async () => {
    const [first, second] = (await sent(ONE, { script: to1 })).receiver.requests;
    expect(second?.headers["content-type"]).not.toBe(first?.headers["content-type"]);
  });
  test("SHOULD accept_success_after_fallback", async () => expect((await sent(ONE, { script: to1 })).ledger()).toEqual({ exported: 1 }));
  test("SHOULD persistent_fallback_choice", async () =>
    expect(versions(await oneByOne(4, to1))).toEqual(["2.0.0", "0.1.0", "0.1.0", "0.1.0", "0.1.0"]));
  test("MUST no_fallback_on_2xx", async () => expect(new Set(versions(await oneByOne(4, () => ({}))))).toEqual(new Set(["2.0.0"])));
});
