import { expect, test, vi } from "vitest";
import type { Batch } from "../../collector/model/batch.ts";
import type { ExporterDefinition, StageDefinition } from "../../collector/pipeline/define.ts";
import { Refused, Rejected } from "../../collector/pipeline/sink.ts";
import { batch as batchProcessor } from "../../collector/processors/batch/batch.ts";
import { memoryLimiterOver } from "../../collector/processors/memory_limiter/memory-limiter.ts";
import { debug } from "../../exporters/debug/debug.ts";
import { basket, bodies, handReceiver, logs, openRiver, type RiverParts, sendUntilTaken } from "../unit/pipeline/river.ts";

/** The holes through which collectors are known to lose data without a word. Each ends with a ledger that balances. */

const away = (retryAfterMs = 0): Promise<void> => Promise.reject(new Refused("the target is away", { retryAfterMs, overload: false }));
const retries = (keys: object): object => ({
  enabled: true,
  initial_interval: 1,
  max_interval: 5,
  multiplier: 1.5,
  randomization_factor: 0,
  max_elapsed_time: 0,
  ...keys,
});
const queue = (keys: object): object => ({
  enabled: true,
  num_consumers: 1,
  queue_size: 1000,
  sizer: "requests",
  block_on_overflow: false,
  wait_for_result: false,
  ...keys,
});

interface Line {
  readonly hand: ReturnType<typeof handReceiver>;
  readonly target: ReturnType<typeof basket>;
  readonly river: Awaited<ReturnType<typeof openRiver>>;
}

async function openLine(
  answer: Parameters<typeof basket>[0],
  keys: { readonly sending_queue?: object; readonly retry_on_failure?: object },
  processors: RiverParts["processors"] = {},
  shutdownTimeoutMs = 2000,
): Promise<Line> {
  const hand = handReceiver();
  const target = basket(answer, true);
  const river = await openRiver(
    {
      receivers: { hand: hand.definition },
      processors,
      exporters: {
        out: {
          definition: target.definition,
          config: { sending_queue: queue(keys.sending_queue ?? {}), retry_on_failure: retries(keys.retry_on_failure ?? {}) },
        },
      },
      pipelines: [{ id: "logs", receivers: ["hand"], processors: Object.keys(processors), exporters: ["out"] }],
    },
    shutdownTimeoutMs,
  );
  return { hand, target, river };
}

const configured = (definition: StageDefinition, keys: object) => ({ definition, config: definition.config.parse(keys) });
const rows = (line: Line) => line.river.around.ledger.droppedRows().map(({ component, reason, items }) => [component, reason, items]);
const balance = (line: Line) => line.river.around.ledger.balance("logs");

test("L-01 a full queue refuses instead of dropping, and what senders send again arrives", async () => {
  const opened = Promise.withResolvers<void>();
  const line = await openLine(() => opened.promise, { sending_queue: { queue_size: 2 } });
  const results = await Promise.allSettled(Array.from({ length: 6 }, (_, index) => line.hand.push(logs(2, `b${index}`))));
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "fulfilled", "fulfilled", "rejected", "rejected", "rejected"]);
  expect(balance(line)).toMatchObject({ received: 6, dropped: 0, inFlight: 6 });
  expect(line.river.around.meter.total("otelcol_exporter_enqueue_failed_log_records")).toBe(6);
  expect(line.river.around.meter.total("otelcol_exporter_queue_size")).toBe(2);
  opened.resolve();
  for (const index of [3, 4, 5]) await sendUntilTaken(line.hand, logs(2, `b${index}`));
  await line.river.collector[Symbol.asyncDispose]();
  expect(line.target.bodies()).toHaveLength(12);
  expect(rows(line)).toEqual([]);
  expect(balance(line)).toMatchObject({ received: 12, exported: 12, inFlight: 0 });
});

test("L-02 what the retries give up is counted as retry_exhausted", async () => {
  const line = await openLine(() => away(), { retry_on_failure: { max_elapsed_time: 30 } });
  await line.hand.push(logs(4));
  await vi.waitFor(() => expect(balance(line).inFlight).toBe(0), { timeout: 15_000 });
  expect(rows(line)).toEqual([["out", "retry_exhausted", 4]]);
  expect(line.river.around.meter.total("otelcol_exporter_send_failed_log_records")).toBe(4);
  expect(line.river.around.log.lines).toContainEqual(expect.objectContaining({ level: "warn", message: "lost items: the target is away" }));
  await line.river.collector[Symbol.asyncDispose]();
  expect(balance(line)).toMatchObject({ received: 4, exported: 0, dropped: 4, inFlight: 0 });
});

test("L-02 without retries and without a queue the sender keeps what the target refused", async () => {
  const line = await openLine(() => away(40), { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } });
  await expect(line.hand.push(logs(4))).rejects.toMatchObject({ code: "REFUSED", retryAfterMs: 40 });
  await line.river.collector[Symbol.asyncDispose]();
  expect(balance(line)).toMatchObject({ received: 0, dropped: 0, inFlight: 0 });
});

test("L-02 with a queue and without retries what the target refuses once is counted as send_failed", async () => {
  const line = await openLine(() => away(), { retry_on_failure: { enabled: false } });
  await line.hand.push(logs(4));
  await line.river.collector[Symbol.asyncDispose]();
  expect(rows(line)).toEqual([["out", "send_failed", 4]]);
  expect(balance(line)).toMatchObject({ received: 4, dropped: 4, inFlight: 0 });
});

test("L-03 at the end what is in back-off or in the queue is tried again, and what then fails is counted as shutdown", async () => {
  let isBack = false;
  const keys = { retry_on_failure: { initial_interval: 3_600_000, max_interval: 3_600_000 } };
  const line = await openLine((batch) => (isBack && !bodies(batch).includes("lost-0") ? undefined : away()), keys, {}, 10_000);
  for (const name of ["kept", "lost", "waiting"]) await line.hand.push(logs(2, name));
  await vi.waitFor(() => expect(line.target.attempts()).toBe(1), { timeout: 15_000 });
  isBack = true;
  await line.river.collector[Symbol.asyncDispose]();
  expect(line.target.bodies()).toEqual([...bodies(logs(2, "kept")), ...bodies(logs(2, "waiting"))]);
  expect(rows(line)).toEqual([["out", "shutdown", 2]]);
  expect(balance(line)).toMatchObject({ received: 6, exported: 4, dropped: 2, inFlight: 0 });
});

test("L-03 a target that hangs does not hold up the end, and what it has not answered is counted as shutdown", async () => {
  const line = await openLine(() => new Promise(() => {}), {}, {}, 50);
  await line.hand.push(logs(2, "sent"));
  await line.hand.push(logs(3, "queued"));
  await line.river.collector[Symbol.asyncDispose]();
  expect(rows(line)).toEqual([["out", "shutdown", 5]]);
  expect(balance(line)).toMatchObject({ received: 5, exported: 0, dropped: 5, inFlight: 0 });
});

test("L-04 the batch processor offers again what its exporter refused, and an exporter's rejection is in the ledger", async () => {
  const line = await openLine(
    (_batch, attempt) =>
      attempt === 1 ? away() : attempt === 2 ? Promise.reject(new Rejected("no", { items: 5, reason: "send_failed" })) : undefined,
    { sending_queue: { enabled: false }, retry_on_failure: { enabled: false } },
    { batch: configured(batchProcessor as StageDefinition, { send_batch_size: 5, timeout: "1h" }) },
  );
  await line.hand.push(logs(5, "a"));
  await line.hand.push(logs(5, "b"));
  await line.river.collector[Symbol.asyncDispose]();
  expect(line.target.attempts()).toBe(3);
  expect(line.target.bodies()).toEqual(bodies(logs(5, "b")));
  expect(rows(line)).toEqual([["out", "send_failed", 5]]);
  expect(balance(line)).toMatchObject({ received: 10, exported: 5, dropped: 5, inFlight: 0 });
});

test("L-05 what waits in the batch processor is seen as in flight and arrives at the end", async () => {
  const line = await openLine(undefined, {}, { batch: configured(batchProcessor as StageDefinition, { timeout: "1h" }) });
  await line.hand.push(logs(7));
  expect(balance(line)).toMatchObject({ received: 7, exported: 0, inFlight: 7 });
  await line.river.collector[Symbol.asyncDispose]();
  expect(line.target.bodies()).toEqual(bodies(logs(7)));
  expect(balance(line)).toMatchObject({ received: 7, exported: 7, dropped: 0, inFlight: 0 });
});

test("L-07 the memory limiter's refusal carries a time to wait, and nothing of it is counted as received or lost", async () => {
  let usedBytes = 95e6;
  const memory = { usedBytes: () => usedBytes, totalBytes: () => 1e9, collectGarbage: () => false, nowMs: () => 0 };
  const line = await openLine(
    undefined,
    {},
    { memory_limiter: configured(memoryLimiterOver(memory) as StageDefinition, { check_interval: "1ms", limit_mib: 100 }) },
  );
  await expect(line.hand.push(logs(3))).rejects.toMatchObject({ code: "REFUSED", overload: true, retryAfterMs: 1000 });
  expect(balance(line)).toMatchObject({ received: 0, dropped: 0, inFlight: 0 });
  usedBytes = 10e6;
  await sendUntilTaken(line.hand, logs(3));
  await line.river.collector[Symbol.asyncDispose]();
  expect(rows(line)).toEqual([]);
  expect(balance(line)).toMatchObject({ received: 3, exported: 3, inFlight: 0 });
});

test("L-08 what the target rejects of a batch is counted as failed, the rest as sent", async () => {
  const line = await openLine(() => Promise.reject(new Rejected("2 records have no time", { items: 2, reason: "partial_success" })), {});
  await line.hand.push(logs(6));
  await line.river.collector[Symbol.asyncDispose]();
  const { meter } = line.river.around;
  expect([meter.total("otelcol_exporter_sent_log_records"), meter.total("otelcol_exporter_send_failed_log_records")]).toEqual([4, 2]);
  expect(rows(line)).toEqual([["out", "partial_success", 2]]);
  expect(balance(line)).toMatchObject({ received: 6, exported: 4, dropped: 2, inFlight: 0 });
});

test("L-09 a request that is too large is cut, retried in pieces, and only the record that is too large by itself is lost", async () => {
  const tooLarge = (batch: Batch): boolean => batch.count > 2 || bodies(batch).some((body) => body.startsWith("huge"));
  const line = await openLine(
    (batch, attempt) =>
      tooLarge(batch) ? Promise.reject(new Rejected("413", { items: batch.count, reason: "too_large" })) : attempt % 2 === 0 ? away() : undefined,
    { sending_queue: { batch: { flush_timeout: 200, min_size: 13, max_size: 0, sizer: "items" } } },
  );
  await line.hand.push(logs(6, "a"));
  await line.hand.push(logs(1, "huge"));
  await line.hand.push(logs(6, "b"));
  await vi.waitFor(() => expect(balance(line).inFlight).toBe(0), { timeout: 15_000 });
  await line.river.collector[Symbol.asyncDispose]();
  expect(line.target.bodies()).toEqual([...bodies(logs(6, "a")), ...bodies(logs(6, "b"))]);
  expect(rows(line)).toEqual([["out", "too_large", 1]]);
  expect(balance(line)).toMatchObject({ received: 13, exported: 12, dropped: 1, inFlight: 0 });
});

test("L-15 debug prints every batch, however many there are in a second", async () => {
  const hand = handReceiver();
  const { collector, around } = await openRiver({
    receivers: { hand: hand.definition },
    exporters: { debug: { definition: debug as ExporterDefinition, config: debug.config.parse({ verbosity: "normal" }) } },
    pipelines: [{ id: "logs", receivers: ["hand"], exporters: ["debug"] }],
  });
  const names = Array.from({ length: 300 }, (_, index) => `b${index}`);
  for (const name of names) await hand.push(logs(1, name));
  await collector[Symbol.asyncDispose]();
  expect(around.printed.join("").match(/\bb\d+-0\b/g)).toEqual(names.map((name) => `${name}-0`));
  expect(around.ledger.balance("logs")).toMatchObject({ received: 300, exported: 300, dropped: 0, inFlight: 0 });
});
