import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Outlet } from "../../../collector/pipeline/define.ts";
import { Refused, Rejected } from "../../../collector/pipeline/sink.ts";
import { batch as batchProcessor } from "../../../collector/processors/batch/batch.ts";
import { basket, bodies, context, logs, surroundings } from "../pipeline/river.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

async function opened(keys: object, answer?: Parameters<typeof basket>[0], outOfTime?: AbortSignal) {
  const next = basket(answer);
  const around = surroundings();
  const outlet: Outlet = { signals: new Set(["logs"]), push: next.sink.push };
  const own = { ...context("batch", around), ...(outOfTime === undefined ? {} : { outOfTime }) };
  const stage = await batchProcessor.open(batchProcessor.config.parse(keys), outlet, own);
  return { stage, next, around, sizes: () => next.taken.map((one) => one.count) };
}
const away = (): Promise<void> => Promise.reject(new Refused("away", { retryAfterMs: 0, overload: false }));

test("a batch goes when it is large enough, in one piece", async () => {
  const { stage, sizes, around } = await opened({ send_batch_size: 10, timeout: "1h" });
  for (let index = 0; index < 5; index++) await stage.push(logs(4));
  expect(sizes()).toEqual([12]);
  await stage[Symbol.asyncDispose]();
  expect(sizes()).toEqual([12, 8]);
  expect(around.meter.total("otelcol_processor_batch_batch_size_trigger_send")).toBe(1);
  expect(around.meter.total("otelcol_processor_batch_timeout_trigger_send")).toBe(1);
  expect(around.meter.total("otelcol_processor_batch_batch_send_size")).toBe(2);
});

test("a batch goes when it is old enough", async () => {
  const { stage, sizes } = await opened({ timeout: "200ms" });
  await stage.push(logs(1));
  vi.advanceTimersByTime(150);
  await stage.push(logs(1));
  vi.advanceTimersByTime(49);
  expect(sizes()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(sizes()).toEqual([2]);
  await stage.push(logs(3));
  vi.advanceTimersByTime(200);
  expect(sizes()).toEqual([2, 3]);
  await stage[Symbol.asyncDispose]();
});

test("with timeout 0 nothing waits", async () => {
  const { stage, sizes } = await opened({ timeout: 0 });
  await stage.push(logs(2));
  expect(sizes()).toEqual([2]);
  await stage[Symbol.asyncDispose]();
});

test("send_batch_max_size cuts, keeps the order, and leaves the rest for the next batch", async () => {
  const { stage, sizes, next } = await opened({ send_batch_size: 10, send_batch_max_size: 10, timeout: "1h" });
  await stage.push(logs(13, "a"));
  expect(sizes()).toEqual([10]);
  await stage.push(logs(8, "b"));
  expect(sizes()).toEqual([10, 10]);
  await stage[Symbol.asyncDispose]();
  expect(next.bodies()).toEqual([...bodies(logs(13, "a")), ...bodies(logs(8, "b"))]);
});

test("L-04 what the next component refuses is kept and offered again", async () => {
  const { stage, next, around } = await opened({ send_batch_size: 5, timeout: "1h" }, (_batch, attempt) => (attempt <= 3 ? away() : undefined));
  await stage.push(logs(5));
  await vi.advanceTimersByTimeAsync(10_000);
  expect([next.attempts(), next.bodies().length]).toEqual([4, 5]);
  expect(around.ledger.droppedRows()).toEqual([]);
  await stage[Symbol.asyncDispose]();
});

test("while the next component refuses, about two batches are held and then senders are refused", async () => {
  let isAway = true;
  const { stage, next } = await opened({ send_batch_size: 10, timeout: "1h" }, () => (isAway ? away() : undefined));
  await stage.push(logs(10, "a"));
  await vi.advanceTimersByTimeAsync(1);
  await stage.push(logs(10, "b"));
  await expect(stage.push(logs(1, "c"))).rejects.toMatchObject({ code: "REFUSED", overload: true });
  isAway = false;
  await vi.advanceTimersByTimeAsync(10_000);
  await stage.push(logs(1, "c"));
  await stage[Symbol.asyncDispose]();
  expect(next.bodies()).toHaveLength(21);
});

test("while the next component is slow, senders wait instead", async () => {
  const gate = Promise.withResolvers<void>();
  const { stage, next } = await opened({ send_batch_size: 10, timeout: "1h" }, () => gate.promise);
  await stage.push(logs(10, "a"));
  await stage.push(logs(10, "b"));
  let isTaken = false;
  const third = stage.push(logs(10, "c")).then(() => {
    isTaken = true;
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(isTaken).toBe(false);
  gate.resolve();
  await third;
  await stage[Symbol.asyncDispose]();
  expect(next.bodies()).toHaveLength(30);
});

test("what is rejected further down is not offered again", async () => {
  const { stage, next } = await opened({ send_batch_size: 5, timeout: "1h" }, (_batch, attempt) =>
    attempt === 1 ? Promise.reject(new Rejected("bad", { items: 2, reason: "bad_id" })) : undefined,
  );
  await stage.push(logs(5, "a"));
  await stage.push(logs(5, "b"));
  await stage[Symbol.asyncDispose]();
  expect(next.bodies()).toEqual(bodies(logs(5, "b")));
});

test("closing sends what is held, and counts it as shutdown only when the time is up", async () => {
  const end = new AbortController();
  const { stage, around } = await opened({ send_batch_size: 10, timeout: "1h" }, away, end.signal);
  await stage.push(logs(12));
  const closed = stage[Symbol.asyncDispose]();
  await expect(stage.push(logs(1))).rejects.toMatchObject({ code: "REFUSED" });
  await vi.advanceTimersByTimeAsync(3000);
  expect(around.ledger.droppedRows()).toEqual([]);
  end.abort();
  await closed;
  await stage[Symbol.asyncDispose]();
  expect(around.ledger.droppedRows()).toEqual([{ signal: "logs", component: "batch", reason: "shutdown", items: 12 }]);
});

test("what is not supported is refused at its place, in words", () => {
  const issues = (keys: object) =>
    (batchProcessor.config.safeParse(keys).error?.issues ?? []).map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  expect(issues({ metadata_keys: ["tenant"] })).toEqual([expect.stringMatching(/^metadata_keys: batching by client metadata is not supported/)]);
  expect(issues({ send_batch_size: 100, send_batch_max_size: 10 })).toEqual([
    "send_batch_max_size: must be 0 (no limit) or at least send_batch_size",
  ]);
  expect(batchProcessor.config.parse({})).toMatchObject({ timeout: 200, send_batch_size: 8192, send_batch_max_size: 0 });
});
