import { expect, test } from "vitest";
import { type Answer, type MockReceiver, mockReceiver, type Script } from "../../../remote-write/mock-receiver.ts";
import { instantPace } from "../../pipeline/river.ts";
import { EPOCH_MS } from "../prometheus/lab.ts";
import { eventually } from "./eventually.ts";
import { openOutboxLab } from "./outbox-lab.ts";

/** Answers in turn, then the last one for ever. */
const inTurn =
  (...answers: readonly Answer[]): Script =>
  (_request, index) =>
    answers[Math.min(index, answers.length - 1)] ?? {};

const bodies = (receiver: MockReceiver): readonly string[] => receiver.requests.map(({ body }) => body.toString("hex"));

test("a request that failed is sent again with the very same bytes, whatever has come in the meantime", async () => {
  await using receiver = await mockReceiver(inTurn({ status: 503 }, { status: 502 }, { status: 500 }, { status: 429 }, {}));
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace: instantPace() });
  put("a", 1, 1);
  outbox.flush();
  put("a", 2, 2);
  outbox.flush();
  await outbox.close();
  expect(new Set(bodies(receiver).slice(0, 5)).size).toBe(1);
  expect(receiver.requests.map(({ headers }) => headers["retry-attempt"])).toEqual([undefined, "1", "2", "3", "4", undefined]);
  expect(receiver.lines()).toEqual([`a{job="test"} 1@${EPOCH_MS + 1}`, `a{job="test"} 2@${EPOCH_MS + 2}`]);
  expect(ledger()).toEqual({ exported: 2 });
});

test("a lane has one request under way at a time, and the next one waits until it is settled", async () => {
  let underWay = 0;
  let most = 0;
  await using receiver = await mockReceiver((_request, index) => {
    most = Math.max(most, ++underWay);
    return { status: index % 3 === 0 ? 503 : 204, after: new Promise((resolve) => setTimeout(() => resolve(void underWay--), 2)) };
  });
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace: instantPace(), keys: { max_samples_per_send: 3 } });
  for (let index = 0; index < 30; index++) put("a", index, index);
  await outbox.close();
  expect(most).toBe(1);
  expect(receiver.lines().map((line) => Number(/ (\d+)@/.exec(line)?.[1]))).toEqual(Array.from({ length: 30 }, (_, index) => index));
  expect(ledger()).toEqual({ exported: 30 });
});

test("lanes go in parallel, and each keeps the order of its own series", async () => {
  let underWay = 0;
  let most = 0;
  const gate = Promise.withResolvers<void>();
  await using receiver = await mockReceiver((_request, index) => {
    most = Math.max(most, ++underWay);
    if (underWay === 3) gate.resolve();
    const after = gate.promise.then(() => void underWay--);
    return { status: index % 4 === 0 ? 503 : 204, after };
  });
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace: instantPace(), keys: { lanes: 3, max_samples_per_send: 2 } });
  const names = ["a", "bb", "ccc"];
  for (let index = 0; index < 12; index++) for (const name of names) put(name, index, index);
  await outbox.close();
  expect(most).toBe(3);
  for (const name of names) {
    const own = receiver.lines().filter((line) => line.startsWith(`${name}{`));
    expect(own.map((line) => Number(/ (\d+)@/.exec(line)?.[1]))).toEqual(Array.from({ length: 12 }, (_, index) => index));
  }
  expect(ledger()).toEqual({ exported: 36 });
});

test("waits double from 30 ms to 5 s, and begin anew after a success", async () => {
  await using receiver = await mockReceiver((_request, index) => ({ status: index < 10 || index === 11 ? 503 : 204 }));
  const pace = instantPace();
  const { outbox, put } = openOutboxLab({ url: receiver.url, pace });
  put("a", 1, 1);
  outbox.flush();
  await receiver.came(11);
  put("a", 2, 2);
  outbox.flush();
  await receiver.came(13);
  expect(pace.sleptMs.slice(0, 11)).toEqual([30, 60, 120, 240, 480, 960, 1920, 3840, 5000, 5000, 30]);
  await outbox.close();
});

test.each([
  ["seconds", { "retry-after": "7" }, 7000],
  ["a date", { "retry-after": new Date(EPOCH_MS + 9000).toUTCString() }, 9000],
])("Retry-After is kept where it is given in %s", async (_form, headers, waitMs) => {
  await using receiver = await mockReceiver(inTurn({ status: 429, headers }, { status: 503, headers }, {}));
  const pace = instantPace();
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace });
  put("a", 1, 1);
  outbox.flush();
  await eventually(() => expect(ledger()).toEqual({ exported: 1 }));
  expect(pace.sleptMs).toEqual([waitMs, waitMs]);
  await outbox.close();
});

test("what the receiver turns down is not sent again, and the server's words are in the log", async () => {
  await using receiver = await mockReceiver(inTurn({ written: { samples: 1 } }, { status: 400, body: 'label  name\t"x" is bad' }, {}));
  const { outbox, put, ledger, around } = openOutboxLab({ url: receiver.url, pace: instantPace() });
  for (const time of [1, 2, 3]) {
    put("a", time, time);
    outbox.flush();
  }
  await outbox.close();
  expect(receiver.requests).toHaveLength(3);
  expect(ledger()).toEqual({ exported: 2, send_failed: 1 });
  expect(around.log.lines.map(({ message }) => message)).toContainEqual(expect.stringContaining('label  name\t"x" is bad'));
});

test("of a partial write the difference is lost, whether the status is a 2xx or a 4xx", async () => {
  await using receiver = await mockReceiver(
    inTurn({ status: 400, written: { samples: 7 }, body: "3 out of order" }, { status: 200, written: { samples: 9 } }),
  );
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace: instantPace(), keys: { max_samples_per_send: 10 } });
  for (let index = 0; index < 20; index++) put("a", index, index);
  await outbox.close();
  expect(ledger()).toEqual({ exported: 16, partial_write: 4 });
});

test("what is older than five minutes is given up as expired, and the lane goes on", async () => {
  await using receiver = await mockReceiver(({ message }) => ({ status: message.series[0]?.samples[0]?.value === 1 ? 503 : 204 }));
  const pace = instantPace();
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace });
  put("a", 1, 1);
  outbox.flush();
  await eventually(() => expect(ledger()).toEqual({ exported: 0, expired: 1 }));
  expect(pace.nowMs()).toBeGreaterThan(300_000);
  expect(pace.nowMs()).toBeLessThan(310_000);
  put("a", 2, 2);
  await outbox.close();
  expect(ledger()).toEqual({ exported: 1, expired: 1 });
});

test("without retry_on_failure one attempt is all", async () => {
  await using receiver = await mockReceiver(inTurn({ status: 503 }, {}));
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace: instantPace(), keys: { retry_on_failure: { enabled: false } } });
  put("a", 1, 1);
  outbox.flush();
  put("a", 2, 2);
  await outbox.close();
  expect(ledger()).toEqual({ exported: 1, send_failed: 1 });
});

test("samples older than an hour go into a request of their own, before the others", async () => {
  await using receiver = await mockReceiver();
  const { outbox, put } = openOutboxLab({ url: receiver.url, pace: instantPace() });
  put("new", 0, 1);
  put("old", -3_600_001, 2);
  put("new", 1, 3);
  await outbox.close();
  expect(receiver.requests.map(({ message }) => message.series.map(({ labels }) => labels[0]?.[1]))).toEqual([["old"], ["new"]]);
});

test("a full queue in memory is told, and has room again when the receiver is back", async () => {
  const gate = Promise.withResolvers<void>();
  await using receiver = await mockReceiver(() => ({ after: gate.promise }));
  const { outbox, put } = openOutboxLab({ url: receiver.url, pace: instantPace(), keys: { queue: { max_memory_bytes: 1000 } } });
  for (let index = 0; index < 40; index++) put("a", index, index);
  outbox.flush();
  expect(outbox.isFull).toBe(true);
  gate.resolve();
  await eventually(() => expect(outbox.isFull).toBe(false));
  await outbox.close();
});

test("salvage halves what a 1.0 receiver turns down until only the bad point is lost", async () => {
  await using receiver = await mockReceiver(({ message }) => ({ status: message.series.some(({ labels }) => labels[0]?.[1] === "bad") ? 400 : 204 }));
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace: instantPace(), keys: { protocol: 1, salvage: true } });
  for (let index = 0; index < 40; index++) put(index === 17 ? "bad" : `good${index}`, 1, index);
  await outbox.close();
  expect(ledger()).toEqual({ exported: 39, send_failed: 1 });
  expect(receiver.lines()).toHaveLength(39);
});
