import { expect, test } from "vitest";
import { type Answer, mockReceiver, type Script } from "../../../remote-write/mock-receiver.ts";
import { instantPace } from "../../pipeline/river.ts";
import { EPOCH_MS } from "../prometheus/lab.ts";
import { openOutboxLab } from "./outbox-lab.ts";

/** A receiver of 1.0 that is sent 2.0. */
const of1 =
  (answer: Answer): Script =>
  ({ version }) =>
    version === 2 ? answer : {};

async function sendThree(script: Script, keys: object = {}) {
  const receiver = await mockReceiver(script);
  const { outbox, put, ledger, around } = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  for (const time of [1, 2, 3]) {
    put("a", time, time);
    outbox.flush();
  }
  await outbox.close();
  await receiver[Symbol.asyncDispose]();
  const told = around.log.lines.filter(({ message }) => /remote write [12]\.0/.test(message)).map(({ message }) => message);
  return { versions: receiver.requests.map(({ version }) => version), ledger: ledger(), told, lines: receiver.lines(), requests: receiver.requests };
}

const ALL = [1, 2, 3].map((time) => `a{job="test"} ${time}@${EPOCH_MS + time}`);

test.each<[string, Answer]>([
  ["204 without Written headers", { silent: true }],
  ["200 without Written headers", { status: 200, silent: true, body: "ok" }],
  ["415", { status: 415 }],
  ["400", { status: 400, body: "snappy: corrupt input" }],
])("auto: a receiver of 1.0 that answers %s is sent the same again in 1.0, and 1.0 from then on", async (_name, answer) => {
  const { versions, ledger, told, lines, requests } = await sendThree(of1(answer));
  expect(versions).toEqual([2, 1, 1, 1]);
  expect(lines).toEqual(ALL);
  expect(ledger).toEqual({ exported: 3 });
  expect(told.filter((line) => line.includes("falling back"))).toHaveLength(1);
  expect(requests[1]?.headers).toMatchObject({ "content-type": "application/x-protobuf", "x-prometheus-remote-write-version": "0.1.0" });
});

test("auto: Written headers prove 2.0, which is said once", async () => {
  const { versions, ledger, told } = await sendThree(() => ({}));
  expect(versions).toEqual([2, 2, 2]);
  expect(ledger).toEqual({ exported: 3 });
  expect(told).toEqual(["the receiver speaks remote write 2.0 (found by its Written headers)"]);
});

test("auto: a 400 of a receiver that has proven 2.0 is about the data", async () => {
  const { versions, ledger } = await sendThree((_request, index) => (index === 1 ? { status: 400 } : {}));
  expect(versions).toEqual([2, 2, 2]);
  expect(ledger).toEqual({ exported: 2, send_failed: 1 });
});

test("auto: a 400 to both versions decides nothing", async () => {
  const { versions, ledger } = await sendThree((_request, index) => (index < 2 ? { status: 400 } : {}));
  expect(versions).toEqual([2, 1, 2, 2]);
  expect(ledger).toEqual({ exported: 2, send_failed: 1 });
});

test("auto: what failed for a while is decided when it is answered", async () => {
  const { versions, ledger, lines } = await sendThree(({ version }, index) => (index < 3 ? { status: 503 } : version === 2 ? { silent: true } : {}));
  expect(versions).toEqual([2, 2, 2, 2, 1, 1, 1]);
  expect(lines).toEqual(ALL);
  expect(ledger).toEqual({ exported: 3 });
});

test("protocol: 2 never falls back; what is not said to be written is lost", async () => {
  const { versions, ledger } = await sendThree(() => ({ silent: true }), { protocol: 2 });
  expect(versions).toEqual([2, 2, 2]);
  expect(ledger).toEqual({ exported: 0, not_written: 3 });
});

test.each([
  ["protocol: 1", { protocol: 1 }],
  ["contrib's word for it", { protobuf_message: "prometheus.WriteRequest" }],
])("%s speaks 1.0 from the start", async (_name, keys) => {
  const { versions, ledger } = await sendThree(() => ({ silent: true }), keys);
  expect(versions).toEqual([1, 1, 1]);
  expect(ledger).toEqual({ exported: 3 });
});
