import { expect, test } from "vitest";
import { prometheusRemoteWrite } from "../../../../exporters/prometheusremotewrite/prometheusremotewrite.ts";
import { context } from "../../pipeline/river.ts";
import { eventually } from "./eventually.ts";
import { counter, EPOCH_MS, gauge, metric, number, openLab } from "./lab.ts";

const ENDPOINT = "http://127.0.0.1:9090/api/v1/write";
const parse = (keys: object) => prometheusRemoteWrite.config.safeParse({ endpoint: ENDPOINT, ...keys });
const problem = (keys: object): string =>
  parse(keys)
    .error?.issues.map(({ message }) => message)
    .join("; ") ?? "";

test("contrib's keys are understood where we have what they mean", () => {
  const keys = {
    headers: { "X-Scope-OrgID": "team" },
    external_labels: { cluster: "c" },
    namespace: "ns",
    add_metric_suffixes: false,
    resource_to_telemetry_conversion: { enabled: true },
    target_info: { enabled: false },
    send_metadata: true,
    timeout: "10s",
    compression: "snappy",
    tls: { insecure_skip_verify: true },
    retry_on_failure: { enabled: true, initial_interval: "50ms", max_interval: "30s", max_elapsed_time: "5m" },
    max_batch_size_bytes: 3_000_000,
    protobuf_message: "io.prometheus.write.v2.Request",
  };
  expect(problem(keys)).toBe("");
  expect(parse(keys).data).toMatchObject({ protocol: 2 });
});

test.each([
  [{ compression: "zstd" }, "snappy, nothing else"],
  [{ wal: { directory: "x" } }, "set queue.directory"],
  [{ remote_write_queue: { queue_size: 1 } }, "use queue, lanes and max_samples_per_send"],
  [{ endpoint: "127.0.0.1:9090" }, "is not a URL like"],
  [{ headers: { "content-type": "text/plain" } }, "set by the remote write protocol"],
])("%o is refused in words", (keys, words) => expect(problem(keys)).toContain(words));

test("headers that HTTP does not allow are refused without showing their value", async () => {
  const config = prometheusRemoteWrite.config.parse({ endpoint: ENDPOINT, headers: { Authorization: "Bearer s3cret\nx" } });
  const opening = prometheusRemoteWrite.open(config, context("out"));
  await expect(opening).rejects.toMatchObject({ code: "E_CONFIG_INVALID", message: expect.not.stringContaining("s3cret") });
});

test("configured headers and those of an authenticator go along", async () => {
  await using lab = await openLab({ keys: { headers: { "X-Scope-OrgID": "team" } } });
  await lab.push(metric("temperature", gauge(number(1))));
  await lab.close();
  expect(lab.receiver.requests[0]?.headers["x-scope-orgid"]).toBe("team");
  const config = prometheusRemoteWrite.config.parse({ endpoint: ENDPOINT, auth: { authenticator: "nobody" } });
  await expect(prometheusRemoteWrite.open(config, context("out"))).rejects.toMatchObject({ code: "E_CONFIG_INVALID" });
});

test("its own meters tell what was sent, lost and tried again, and which version is spoken", async () => {
  await using lab = await openLab({
    script: ({ version }, index) => (version === 2 ? { status: 415 } : index < 3 ? { status: 503 } : index === 3 ? {} : { status: 400 }),
  });
  await lab.push(metric("temperature", gauge(number(1))));
  await lab.receiver.came(4);
  const { meter } = lab.around;
  const total = (name: string, labels = {}) => meter.total(`pitwall_remote_write_${name}`, labels);
  await eventually(() => expect(total("sent_samples")).toBe(1));
  expect(total("retries")).toBe(2);
  expect(total("protocol")).toBe(1);
  expect(total("last_sent_timestamp_seconds")).toBe((EPOCH_MS + 10_000) / 1000);
  expect(total("series")).toBe(1);
  await lab.push(metric("requests", counter(number(1))));
  lab.exporter.flush();
  await eventually(() => expect(total("dropped_samples", { reason: "send_failed" })).toBe(2));
  expect(total("queue_bytes", { place: "memory" })).toBe(0);
  expect(meter.total("otelcol_exporter_sent_metric_points", { exporter: "out" })).toBe(1);
  expect(meter.total("otelcol_exporter_send_failed_metric_points", { exporter: "out" })).toBe(1);
  await lab.close();
});

test("a full queue refuses before anything is taken, and says when to come back", async () => {
  const gate = Promise.withResolvers<void>();
  await using lab = await openLab({ script: () => ({ after: gate.promise }), keys: { queue: { max_memory_bytes: 100 }, batch_send_deadline: "1h" } });
  await lab.push(metric("temperature", gauge(...Array.from({ length: 9 }, (_, index) => number(index, { attributes: { index } })))));
  await expect(lab.push(metric("other", gauge(number(1))))).rejects.toMatchObject({ code: "REFUSED", retryAfterMs: 1000, overload: true });
  gate.resolve();
  await lab.close();
  expect(lab.ledger()).toEqual({ exported: 9 });
  await expect(lab.push(metric("late", gauge(number(1))))).rejects.toMatchObject({ code: "REFUSED", overload: false });
});
