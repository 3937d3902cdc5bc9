import { expect, test } from "vitest";
import { Queue } from "../../../collector/pipeline/queue.ts";
import { type SendingQueue, sendingQueue } from "../../../collector/pipeline/settings.ts";
import { Refused, Rejected } from "../../../collector/pipeline/sink.ts";
import { encodedBatch } from "../../../collector/wire/otlp-batch.ts";
import { basket, logs, turn } from "./river.ts";

const settings = (keys: object = {}): SendingQueue => sendingQueue().parse(keys);
const queueOf = (target: ReturnType<typeof basket>, keys: object = {}): Queue =>
  new Queue({ id: "out", settings: settings(keys), delivery: target.sink });

/** A target that holds what it is given until it is opened. */
function gate(): ReturnType<typeof basket> & { open(): void } {
  const opened = Promise.withResolvers<void>();
  return { ...basket(() => opened.promise), open: () => opened.resolve() };
}

test("what was accepted arrives in order and disposing waits for it", async () => {
  const target = basket(() => turn());
  const queue = queueOf(target, { num_consumers: 1 });
  for (let index = 0; index < 50; index++) await queue.push(logs(1, `n${index}`));
  await queue[Symbol.asyncDispose]();
  await queue[Symbol.asyncDispose]();
  expect(target.bodies()).toEqual(Array.from({ length: 50 }, (_, index) => `n${index}-0`));
  await expect(queue.push(logs(1))).rejects.toMatchObject({ code: "REFUSED", overload: false });
});

test.each([
  ["requests", 2, 3],
  ["items", 10, 3],
  ["bytes", 2 * logs(5).encoded.reduce((sum, piece) => sum + piece.length, 0), 3],
] as const)("L-01 a queue full by %s refuses with a time to wait and loses nothing", async (sizer, queueSize, fits) => {
  const target = gate();
  const queue = queueOf(target, { sizer, queue_size: queueSize, num_consumers: 1 });
  for (let index = 0; index < fits; index++) await queue.push(logs(5));
  const refusal = queue.push(logs(5));
  await expect(refusal).rejects.toMatchObject({ code: "REFUSED", overload: true });
  await expect(refusal).rejects.toMatchObject({ retryAfterMs: 1000, message: expect.stringContaining(`${queueSize} ${sizer}`) });
  expect(queue.size).toBe(queueSize);
  target.open();
  await queue[Symbol.asyncDispose]();
  expect(target.bodies()).toHaveLength(fits * 5);
});

test("a batch larger than the whole queue goes alone instead of never", async () => {
  const target = gate();
  const queue = queueOf(target, { sizer: "items", queue_size: 3, num_consumers: 1 });
  await queue.push(logs(1));
  await queue.push(logs(9));
  await expect(queue.push(logs(1))).rejects.toBeInstanceOf(Refused);
  target.open();
  await queue[Symbol.asyncDispose]();
  expect(target.bodies()).toHaveLength(10);
});

test("with block_on_overflow the sender waits for room, and is refused when the queue closes first", async () => {
  const target = gate();
  const queue = queueOf(target, { queue_size: 1, num_consumers: 1, block_on_overflow: true });
  await queue.push(logs(1, "a"));
  await queue.push(logs(1, "b"));
  let isIn = false;
  const third = queue.push(logs(1, "c")).then(() => {
    isIn = true;
  });
  await turn();
  expect(isIn).toBe(false);
  target.open();
  await third;
  await queue[Symbol.asyncDispose]();
  expect(target.bodies()).toEqual(["a-0", "b-0", "c-0"]);

  const shut = gate();
  const closing = queueOf(shut, { queue_size: 1, num_consumers: 1, block_on_overflow: true });
  await closing.push(logs(1));
  await closing.push(logs(1));
  const waiting = closing.push(logs(1));
  const closed = closing[Symbol.asyncDispose]();
  await expect(waiting).rejects.toBeInstanceOf(Refused);
  shut.open();
  await closed;
});

test("with wait_for_result the sender hears what became of its batch", async () => {
  const target = basket((_batch, attempt) => {
    if (attempt === 1) return Promise.reject(new Rejected("bad", { items: 1, reason: "bad_id" }));
    if (attempt === 2) return Promise.reject(new Refused("away", { retryAfterMs: 5, overload: false }));
    return undefined;
  });
  const queue = queueOf(target, { wait_for_result: true });
  await expect(queue.push(logs(2))).rejects.toMatchObject({ code: "REJECTED", items: 1 });
  await expect(queue.push(logs(2))).rejects.toMatchObject({ code: "REFUSED" });
  await queue.push(logs(2));
  await queue[Symbol.asyncDispose]();
});

test("borrowed bytes are copied before the push is accepted", async () => {
  const target = gate();
  const queue = queueOf(target, { num_consumers: 1 });
  const bytes = logs(1, "kept").encoded[0] as Uint8Array;
  const borrowed = Uint8Array.from(bytes);
  await queue.push(encodedBatch("logs", [borrowed], 1));
  borrowed.fill(0);
  target.open();
  await queue[Symbol.asyncDispose]();
  expect(target.bodies()).toEqual(["kept-0"]);
});

test("batching merges what waits up to min_size, and closing does not wait for more", async () => {
  const target = basket();
  const queue = queueOf(target, { num_consumers: 1, batch: { min_size: 6, flush_timeout: "1h" } });
  for (let index = 0; index < 5; index++) await queue.push(logs(2));
  await turn();
  expect(target.taken.map((batch) => batch.count)).toEqual([6]);
  await queue[Symbol.asyncDispose]();
  expect(target.taken.map((batch) => batch.count)).toEqual([6, 4]);
});

test("batching flushes what is older than flush_timeout", async () => {
  const arrived = Promise.withResolvers<void>();
  const target = basket(() => {
    arrived.resolve();
  });
  const queue = queueOf(target, { batch: { min_size: 1000, flush_timeout: "5ms" } });
  await queue.push(logs(3));
  await queue.push(logs(4));
  await arrived.promise;
  expect(target.taken.map((batch) => batch.count)).toEqual([7]);
  await queue[Symbol.asyncDispose]();
});
