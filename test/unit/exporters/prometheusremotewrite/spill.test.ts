import { fork } from "node:child_process";
import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CapturedRequest, type MockReceiver, mockReceiver } from "../../../remote-write/mock-receiver.ts";
import { instantPace } from "../../pipeline/river.ts";
import { eventually } from "./eventually.ts";
import { type OutboxLab, openOutboxLab } from "./outbox-lab.ts";

/** Time flies in these tests. */
const AGELESS = { retry_on_failure: { max_elapsed_time: 0 } };

const sentValues = (receiver: MockReceiver): readonly number[] => receiver.lines().map((line) => Number(/ (\d+)@/.exec(line)?.[1]));
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

async function folder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "pitwall-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

async function segments(path: string): Promise<readonly string[]> {
  const all = await readdir(path, { recursive: true });
  return all.filter((name) => name.endsWith(".rw")).map((name) => join(path, name));
}

/** One request a value. */
function putAll({ put, outbox }: OutboxLab, from: number, to: number): void {
  for (let value = from; value <= to; value++) {
    put("a", value, value);
    outbox.flush();
  }
}

test("while the receiver is away what waits goes to disk, and comes back in order before newer data", async () => {
  await using dir = await folder();
  let isAway = true;
  await using receiver = await mockReceiver(() => ({ status: isAway ? 503 : 204 }));
  const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys: { ...AGELESS, queue: { directory: dir.path } } });
  putAll(lab, 1, 20);
  await eventually(() => expect(lab.outbox.diskBytes).toBeGreaterThan(0));
  putAll(lab, 21, 40);
  expect(lab.outbox.memoryBytes).toBe(0);
  isAway = false;
  putAll(lab, 41, 60);
  await eventually(() => expect(lab.ledger()).toEqual({ exported: 60 }));
  expect(sentValues(receiver)).toEqual(upTo(60));
  expect(await segments(dir.path)).toEqual([]);
  putAll(lab, 61, 62);
  await lab.outbox.close();
  expect(sentValues(receiver)).toEqual(upTo(62));
});

test("when memory is full what comes goes to disk behind it", async () => {
  await using dir = await folder();
  const gate = Promise.withResolvers<void>();
  await using receiver = await mockReceiver(() => ({ after: gate.promise }));
  const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys: { queue: { directory: dir.path, max_memory_bytes: 200 } } });
  putAll(lab, 1, 30);
  expect(lab.outbox.diskBytes).toBeGreaterThan(0);
  expect(lab.outbox.isFull).toBe(false);
  gate.resolve();
  await lab.outbox.close();
  expect(sentValues(receiver)).toEqual(upTo(30));
  expect(lab.ledger()).toEqual({ exported: 30 });
});

test("what is on disk waits until the older request in memory is settled", async () => {
  await using dir = await folder();
  let refusals = 5;
  await using receiver = await mockReceiver(({ message }) => ({ status: message.series[0]?.samples[0]?.value === 1 && refusals-- > 0 ? 500 : 204 }));
  const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys: { queue: { directory: dir.path, max_memory_bytes: 60 } } });
  putAll(lab, 1, 10);
  expect(lab.outbox.diskBytes).toBeGreaterThan(0);
  await eventually(() => expect(lab.ledger()).toEqual({ exported: 10 }));
  expect(sentValues(receiver)).toEqual(upTo(10));
  await lab.outbox.close();
});

test("the disk has a bound: beyond it nothing more is taken", async () => {
  await using dir = await folder();
  await using receiver = await mockReceiver(() => ({ status: 503 }));
  const keys = { ...AGELESS, queue: { directory: dir.path, max_disk_bytes: 2000, spill_after: "0s" } };
  const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  putAll(lab, 1, 5);
  await eventually(() => expect(lab.outbox.diskBytes).toBeGreaterThan(0));
  putAll(lab, 6, 40);
  expect(lab.outbox.isFull).toBe(true);
  await lab.outbox.close();
});

test("what an orderly end leaves on disk is counted, and the next run sends it first", async () => {
  await using dir = await folder();
  let isAway = true;
  await using receiver = await mockReceiver(() => ({ status: isAway ? 503 : 204 }));
  const keys = { queue: { directory: dir.path } };
  const first = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  putAll(first, 1, 10);
  await first.outbox.close();
  expect(first.ledger()).toEqual({ exported: 0, left_on_disk: 10 });
  isAway = false;
  const second = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  putAll(second, 11, 20);
  await second.outbox.close();
  expect(sentValues(receiver)).toEqual(upTo(20));
  expect(second.ledger()).toEqual({ exported: 20 });
});

test("kill -9: what was on disk is sent by the next run, in order, and a record that was cut short is told and left out", async () => {
  await using dir = await folder();
  let isAway = true;
  await using receiver = await mockReceiver(() => ({ status: isAway ? 503 : 204 }));
  const child = fork(join(import.meta.dirname, "spill-child.ts"), [receiver.url, dir.path], {
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const spilled = await new Promise<number>((resolve, reject) => {
    child.on("message", (count) => resolve(Number(count)));
    child.on("exit", (code) => reject(new Error(`the child ended with ${code}`)));
  });
  const gone = new Promise((resolve) => child.once("exit", (_code, signal) => resolve(signal)));
  child.removeAllListeners("message");
  child.kill("SIGKILL");
  expect(await gone).toBe("SIGKILL");
  expect(spilled).toBe(500);
  const files = await segments(dir.path);
  const last = files.toSorted().at(-1) as string;
  await appendFile(last, (await readFile(last)).subarray(0, 30));
  isAway = false;
  const lab = openOutboxLab({ url: receiver.url, pace: instantPace(), keys: { queue: { directory: dir.path } } });
  await eventually(() => expect(lab.ledger()).toEqual({ exported: 500 }));
  expect(sentValues(receiver)).toEqual(upTo(500));
  expect(lab.around.log.lines.map(({ message }) => message)).toContainEqual(expect.stringContaining("cut short"));
  await lab.outbox.close();
  expect(await segments(dir.path)).toEqual([]);
});

test("what was delivered before a crash is not sent again", async () => {
  await using dir = await folder();
  let mayTake = 0;
  await using receiver = await mockReceiver(() => ({ status: mayTake-- > 0 ? 204 : 503 }));
  const keys = { ...AGELESS, queue: { directory: dir.path } };
  const first = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  putAll(first, 1, 10);
  await first.outbox.close();
  mayTake = 4;
  const out = new AbortController();
  const crashed = openOutboxLab({ url: receiver.url, pace: instantPace(), keys, outOfTime: out.signal });
  await eventually(() => expect(crashed.ledger()).toMatchObject({ exported: 4 }));
  // Its files are left as they are.
  out.abort();
  mayTake = 1000;
  const second = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  await eventually(() => expect(second.ledger()).toEqual({ exported: 6 }));
  expect(sentValues(receiver).filter((value) => value <= 4)).toEqual([1, 2, 3, 4]);
  await second.outbox.close();
});

test("a record that is damaged in the middle is left out and counted; those around it arrive", async () => {
  await using dir = await folder();
  let isAway = true;
  await using receiver = await mockReceiver(() => ({ status: isAway ? 503 : 204 }));
  const keys = { queue: { directory: dir.path } };
  const first = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  putAll(first, 1, 3);
  await first.outbox.close();
  const [file] = await segments(dir.path);
  const bytes = await readFile(file as string);
  const middle = Math.floor(bytes.length / 2) + 10;
  bytes[middle] = (bytes[middle] as number) ^ 0xff;
  await writeFile(file as string, bytes);
  isAway = false;
  const second = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  await second.outbox.close();
  expect(second.ledger()).toEqual({ exported: 2, corrupt: 1 });
  expect(sentValues(receiver)).toEqual([1, 3]);
});

test("half a record at the end costs that record only", async () => {
  await using dir = await folder();
  let isAway = true;
  await using receiver = await mockReceiver(() => ({ status: isAway ? 503 : 204 }));
  const keys = { queue: { directory: dir.path } };
  const first = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  putAll(first, 1, 3);
  await first.outbox.close();
  const [file] = await segments(dir.path);
  await truncate(file as string, (await readFile(file as string)).length - 5);
  isAway = false;
  const second = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  await second.outbox.close();
  expect(sentValues(receiver)).toEqual([1, 2]);
  expect(second.ledger()).toEqual({ exported: 2 });
});

test("a directory that another process uses is refused in words", async () => {
  await using dir = await folder();
  await using receiver = await mockReceiver();
  const keys = { queue: { directory: dir.path } };
  const first = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  const [own] = await readdir(dir.path);
  await writeFile(join(dir.path, own as string, "lock"), String(process.ppid));
  expect(() => openOutboxLab({ url: receiver.url, pace: instantPace(), keys })).toThrow(`in use by process ${process.ppid}`);
  await first.outbox.close();
});

test("a queue that was filled before it was known that the receiver speaks 1.0 arrives all the same", async () => {
  await using dir = await folder();
  let isAway = true;
  await using receiver = await mockReceiver(({ version }) => (isAway ? { status: 503 } : version === 2 ? { silent: true } : {}));
  const keys = { ...AGELESS, queue: { directory: dir.path, spill_after: "0s" } };
  const first = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  putAll(first, 1, 10);
  await first.outbox.close();
  isAway = false;
  const second = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  putAll(second, 11, 12);
  await second.outbox.close();
  expect(sentValues(receiver)).toEqual(upTo(12));
  expect(receiver.taken().every(({ version }) => version === 1)).toBe(true);
  expect(second.ledger()).toEqual({ exported: 12 });
});

test("a poison that comes back from disk is isolated there too", async () => {
  await using dir = await folder();
  let isAway = true;
  const isBad = ({ message }: CapturedRequest) => message.series.some(({ labels }) => labels.some(([, value]) => value === "bad"));
  await using receiver = await mockReceiver((request) => (isAway ? { status: 503 } : isBad(request) ? { status: 500 } : {}));
  const keys = { ...AGELESS, queue: { directory: dir.path } };
  const first = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  for (let value = 1; value <= 20; value++) first.put(value === 13 ? "bad" : `good${value}`, 1, value);
  first.outbox.flush();
  putAll(first, 2, 6);
  await first.outbox.close();
  isAway = false;
  const second = openOutboxLab({ url: receiver.url, pace: instantPace(), keys });
  await eventually(() => expect(second.ledger()).toEqual({ exported: 24, poison: 1 }));
  await second.outbox.close();
  expect(sentValues(receiver)).toHaveLength(24);
  expect(await segments(dir.path)).toEqual([]);
});
