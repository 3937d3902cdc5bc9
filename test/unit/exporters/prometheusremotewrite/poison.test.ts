import { expect, test } from "vitest";
import { isPoisonProven } from "../../../../exporters/prometheusremotewrite/poison.ts";
import { WriteColumns } from "../../../../exporters/prometheusremotewrite/write-columns.ts";
import { WriteRequest } from "../../../../exporters/prometheusremotewrite/write-request.ts";
import { type CapturedRequest, mockReceiver } from "../../../remote-write/mock-receiver.ts";
import { instantPace } from "../../pipeline/river.ts";
import { openOutboxLab } from "./outbox-lab.ts";

const has = ({ message }: CapturedRequest, name: string): boolean => message.series.some(({ labels }) => labels.some(([, value]) => value === name));

test("one series at which the receiver fails every time is isolated, counted as poison and named; all others arrive", async () => {
  await using receiver = await mockReceiver((request) => (has(request, "poison") ? { status: 500, body: "duplicate label names" } : {}));
  const { outbox, put, ledger, around } = openOutboxLab({ url: receiver.url, pace: instantPace() });
  for (let index = 0; index < 100; index++) put(index === 61 ? "poison" : `good${index}`, 1, index);
  await outbox.close();
  expect(ledger()).toEqual({ exported: 99, poison: 1 });
  expect(receiver.lines()).toHaveLength(99);
  const [line] = around.log.lines.filter(({ message }) => message.startsWith("given up"));
  expect(line?.message).toContain("duplicate label names");
  expect(line?.fields).toMatchObject({ series: '{__name__="poison", job="test"}' });
});

test("a poison that stands alone goes when the request behind it was taken", async () => {
  await using receiver = await mockReceiver((request) => (has(request, "poison") ? { status: 500 } : {}));
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace: instantPace() });
  put("poison", 1, 1);
  outbox.flush();
  for (const time of [1, 2]) {
    put("good", time, time);
    outbox.flush();
  }
  await outbox.close();
  expect(ledger()).toEqual({ exported: 2, poison: 1 });
  expect(receiver.lines().map((line) => Number(/ (\d+)@/.exec(line)?.[1]))).toEqual([1, 2]);
});

test("a receiver that fails at everything is no proof against anybody: all is kept until it recovers", async () => {
  await using receiver = await mockReceiver((_request, index) => ({ status: index < 60 ? 500 : 204 }));
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace: instantPace() });
  for (let index = 0; index < 20; index++) put(`good${index}`, 1, index);
  outbox.flush();
  put("good1", 2, 100);
  outbox.flush();
  await receiver.came(61);
  await outbox.close();
  expect(ledger()).toEqual({ exported: 21 });
  expect(receiver.lines()).toHaveLength(21);
});

test("gateways and overload (429, 502, 503, 504) never make a suspect: the request stays whole", async () => {
  const statuses = [502, 503, 504, 429];
  await using receiver = await mockReceiver((_request, index) => ({ status: index < 40 ? (statuses[index % 4] ?? 503) : 204 }));
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace: instantPace() });
  for (let index = 0; index < 20; index++) put(`good${index}`, 1, index);
  outbox.flush();
  await receiver.came(41);
  await outbox.close();
  expect(new Set(receiver.requests.map(({ body }) => body.toString("hex"))).size).toBe(1);
  expect(ledger()).toEqual({ exported: 20 });
});

test("two lanes: one that hangs on a poison does not keep the other", async () => {
  await using receiver = await mockReceiver((request) => (has(request, "p") ? { status: 500 } : {}));
  const { outbox, put, ledger } = openOutboxLab({ url: receiver.url, pace: instantPace(), keys: { lanes: 2 } });
  put("p", 1, 1);
  for (let index = 0; index < 10; index++) put("ok", index, index);
  outbox.flush();
  await outbox.close();
  expect(ledger()["exported"]).toBe(10);
});

test("that other data were taken proves something only if the suspect failed once more after that", () => {
  const request = new WriteRequest(new WriteColumns(), 0, 10);
  const provenBy = (lastTakenMs: number, lastAttemptMs: number): boolean => {
    request.lastAttemptMs = lastAttemptMs;
    return isPoisonProven({ request, lastTakenMs });
  };
  expect(provenBy(5, 20)).toBe(false);
  expect(provenBy(15, 12)).toBe(false);
  expect(provenBy(15, 20)).toBe(true);
});
