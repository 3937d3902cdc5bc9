import { expect, test } from "vitest";
import { deliverySettings, queuedDelivery } from "../../../collector/pipeline/delivery.ts";
import { retryOnFailure, sendingQueue } from "../../../collector/pipeline/settings.ts";
import { ShutdownClock } from "../../../collector/pipeline/shutdown.ts";
import { Refused, Rejected } from "../../../collector/pipeline/sink.ts";
import { basket, context, instantPace, logs, surroundings } from "./river.ts";

function opened(answer: Parameters<typeof basket>[0], queue: object = {}) {
  const around = surroundings();
  const target = basket(answer);
  const shutdown = new ShutdownClock(1000);
  const delivery = queuedDelivery(
    { ...context("out", around), signal: "logs", exporter: target.sink, shutdown, pace: instantPace(), random: () => 0.5 },
    { sending_queue: sendingQueue().parse(queue), retry_on_failure: retryOnFailure().parse({ initial_interval: "1s" }) },
  );
  return { around, target, delivery };
}
const away = (): Promise<void> => Promise.reject(new Refused("connect ECONNREFUSED", { retryAfterMs: 0, overload: false }));

test("a target that is away is spoken of once, and again when it takes data", async () => {
  const { around, delivery } = opened((_batch, attempt) => (attempt % 3 !== 0 ? away() : undefined), { num_consumers: 1 });
  await delivery.push(logs(1));
  await delivery.push(logs(1));
  await delivery[Symbol.asyncDispose]();
  expect(around.log.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    "warn not delivered, trying again: connect ECONNREFUSED",
    "info the target takes data again",
  ]);
});

test("queue gauges are there while it is open, and taken away with it", async () => {
  const { around, delivery } = opened(undefined, { queue_size: 7 });
  const labels = { exporter: "out", data_type: "logs" };
  expect(around.meter.total("otelcol_exporter_queue_capacity", labels)).toBe(7);
  expect(around.meter.total("otelcol_exporter_queue_size", labels)).toBe(0);
  await delivery[Symbol.asyncDispose]();
  expect(around.meter.total("otelcol_exporter_queue_capacity", labels)).toBe(0);
});

test("a batch cut by max_size is counted piece by piece", async () => {
  const { around, target, delivery } = opened(
    (batch, attempt) => (attempt === 2 ? Promise.reject(new Rejected("no", { items: batch.count, reason: "send_failed" })) : undefined),
    { batch: { min_size: 0, max_size: 4 } },
  );
  await delivery.push(logs(10));
  await delivery[Symbol.asyncDispose]();
  expect(target.taken.map((batch) => batch.count)).toEqual([4, 2]);
  expect(around.ledger.exportedRows()).toEqual([{ signal: "logs", component: "out", items: 6 }]);
  expect(around.ledger.droppedRows()).toEqual([{ signal: "logs", component: "out", reason: "send_failed", items: 4 }]);
});

test("an exporter's config without queue and retry keys has otelcol's defaults", () => {
  expect(deliverySettings({ endpoint: "x" })).toEqual({
    sending_queue: expect.objectContaining({ enabled: true, num_consumers: 10, queue_size: 1000 }),
    retry_on_failure: expect.objectContaining({ enabled: true, initial_interval: 5000, max_elapsed_time: 300_000 }),
  });
});
