import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type MockReceiver, mockReceiver } from "../../../remote-write/mock-receiver.ts";
import { instantPace } from "../../pipeline/river.ts";
import { eventually } from "./eventually.ts";
import { type OutboxLab, openOutboxLab } from "./outbox-lab.ts";

const AGELESS = { retry_on_failure: { max_elapsed_time: 0 } };
const sentValues = (receiver: MockReceiver): readonly number[] => receiver.lines().map((line) => Number(/ (\d+)@/.exec(line)?.[1]));
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

async function folder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "pitwall-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** One request a value. */
function putAll({ put, outbox }: OutboxLab, from: number, to: number): void {
  for (let value = from; value <= to; value++) {
    put("a", value, value);
    outbox.flush();
  }
}

test("what a later run leaves on disk is not taken for what an earlier one has delivered from there", async () => {
  await using dir = await folder();
  let isAway = true;
  await using receiver = await mockReceiver(() => ({ status: isAway ? 503 : 204 }));
  const keys = { ...AGELESS, queue: { directory: dir.path } };
  const leave = async (from: number, to: number): Promise<void> => {
    isAway = true;
    const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
    putAll(lab, from, to);
    await lab.outbox.close();
    expect(lab.ledger()).toEqual({ exported: 0, left_on_disk: to - from + 1 });
  };
  const fetch = async (points: number): Promise<void> => {
    isAway = false;
    const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
    await lab.outbox.close();
    expect(lab.ledger()).toEqual({ exported: points });
  };
  await leave(1, 10);
  await fetch(10);
  await leave(11, 15);
  await fetch(5);
  expect(sentValues(receiver)).toEqual(upTo(15));
});

test("where the disk takes nothing, what waits stays in memory and arrives when the receiver is back", async () => {
  await using dir = await folder();
  let isAway = true;
  await using receiver = await mockReceiver(() => ({ status: isAway ? 503 : 204 }));
  const keys = { ...AGELESS, queue: { directory: dir.path, spill_after: "0s" } };
  const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  // No file can be made there any more, as on a disk that is full.
  await rm(dir.path, { recursive: true });
  await writeFile(dir.path, "");
  putAll(lab, 1, 10);
  await receiver.came(5);
  putAll(lab, 11, 20);
  isAway = false;
  putAll(lab, 21, 22);
  await eventually(() => expect(lab.ledger()).toEqual({ exported: 22 }));
  expect(sentValues(receiver)).toEqual(upTo(22));
  await lab.outbox.close();
});

test("a queue directory that is deleted under a running queue costs neither the process nor what is in memory", async () => {
  await using dir = await folder();
  let isAway = true;
  await using receiver = await mockReceiver(() => ({ status: isAway ? 503 : 204 }));
  const keys = { ...AGELESS, queue: { directory: dir.path } };
  const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  putAll(lab, 1, 10);
  await eventually(() => expect(lab.outbox.diskBytes).toBeGreaterThan(0));
  await rm(dir.path, { recursive: true });
  isAway = false;
  putAll(lab, 11, 20);
  await eventually(() => expect(lab.ledger()).toEqual({ exported: 20 }));
  expect(sentValues(receiver)).toEqual(upTo(20));
  await lab.outbox.close();
});

test("a request in memory that is older than what has gone to disk does not go behind it", async () => {
  await using dir = await folder();
  let isAway = true;
  await using receiver = await mockReceiver(() => ({ status: isAway ? 503 : 204 }));
  const keys = { ...AGELESS, queue: { directory: dir.path, max_memory_bytes: 60, spill_after: "1s" } };
  const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  putAll(lab, 1, 10);
  expect(lab.outbox.diskBytes).toBeGreaterThan(0);
  // Several times longer than `spill_after`.
  await receiver.came(12);
  isAway = false;
  await eventually(() => expect(lab.ledger()).toEqual({ exported: 10 }));
  expect(sentValues(receiver)).toEqual(upTo(10));
  await lab.outbox.close();
});

test("the disk does not overtake a lane that has an older request in memory, though another lane's are being sent", async () => {
  await using dir = await folder();
  const ofB = Promise.withResolvers<void>();
  const ofA = Promise.withResolvers<void>();
  let isAway = true;
  let isHeld = false;
  const answered: string[] = [];
  await using receiver = await mockReceiver(({ message }) => {
    const series = message.series[0];
    const value = series?.samples[0]?.value;
    const name = series?.labels.find(([key]) => key === "__name__")?.[1];
    if (name === "bb") {
      if (value === 1) return { after: ofB.promise.then(() => void answered.push("bb 1")) };
      answered.push(`bb ${value}`);
      return {};
    }
    if (isAway) return { status: 503 };
    if (isHeld) return {};
    isHeld = true;
    return { after: ofA.promise };
  });
  await using bystander = await mockReceiver();
  const keys = { ...AGELESS, lanes: 2, queue: { directory: dir.path, spill_after: "0s", max_memory_bytes: 100 } };
  const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  // Lane "a" is away and goes to disk; the first of it hangs on its way from there.
  putAll(lab, 1, 3);
  await eventually(() => expect(lab.outbox.diskBytes).toBeGreaterThan(0));
  isAway = false;
  await eventually(() => expect(isHeld).toBe(true));
  // Lane "bb" hangs at its first one, and the others go to disk for want of memory.
  for (let value = 1; value <= 5; value++) {
    lab.put("bb", value, value);
    lab.outbox.flush();
  }
  ofA.resolve();
  await eventually(() => expect(lab.ledger()).toMatchObject({ exported: 1 }));
  await fetch(bystander.url, { method: "POST" });
  ofB.resolve();
  await eventually(() => expect(lab.ledger()).toEqual({ exported: 8 }));
  expect(answered).toEqual(["bb 1", "bb 2", "bb 3", "bb 4", "bb 5"]);
  await lab.outbox.close();
});

test("a lock that a process of an earlier boot has left does not keep this one out, though its number is in use again", async () => {
  await using dir = await folder();
  await using receiver = await mockReceiver();
  const keys = { queue: { directory: dir.path } };
  const first = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  const [own] = await readdir(dir.path);
  const path = join(dir.path, own as string, "lock");
  const [, birth = ""] = (await readFile(path, "utf8")).split("\n");
  expect(birth === "" || process.platform === "linux").toBe(true);
  await first.outbox.close();
  await writeFile(path, `${process.ppid}\nanother-boot 17`);
  const second = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  await second.outbox.close();
});

test("a receiver that asks to wait for years keeps nothing longer than it may live", async () => {
  const pace = instantPace();
  let count = 0;
  await using receiver = await mockReceiver(() => (count++ === 0 ? { status: 503, headers: { "Retry-After": "999999999" } } : {}));
  const lab = openOutboxLab({ url: receiver.url, pace, keys: { retry_on_failure: { max_elapsed_time: "60s" } } });
  putAll(lab, 1, 1);
  await eventually(() => expect(lab.ledger()).toEqual({ exported: 0, expired: 1 }));
  putAll(lab, 2, 3);
  await eventually(() => expect(lab.ledger()).toEqual({ exported: 2, expired: 1 }));
  expect(pace.nowMs()).toBeLessThan(62_000);
  await lab.outbox.close();
});

test("records whose heads are damaged cost themselves only", async () => {
  await using dir = await folder();
  let isAway = true;
  await using receiver = await mockReceiver(() => ({ status: isAway ? 503 : 204 }));
  const keys = { queue: { directory: dir.path } };
  const first = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  putAll(first, 1, 4);
  await first.outbox.close();
  const all = await readdir(dir.path, { recursive: true });
  const path = join(dir.path, all.find((name) => name.endsWith(".rw")) as string);
  const bytes = await readFile(path);
  // Nothing of the first one's head is left to tell how long it is, and the second one says that it reaches into the third.
  const second = bytes.readUInt32LE(4);
  bytes.writeUInt32LE(bytes.readUInt32LE(second + 4) + 7, second + 4);
  bytes[0] = 0;
  await writeFile(path, bytes);
  isAway = false;
  const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  await lab.outbox.close();
  expect(sentValues(receiver)).toEqual([3, 4]);
});
