import {
  appendFileSync,
  chmodSync,
  closeSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { FileTail, type FileTailOptions } from "../../../collector/receivers/file-tail.ts";

let folder: string;
let count = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "pitwall-tail-"));
});
const opened: FileTail[] = [];
afterEach(async () => {
  for (const tail of opened.splice(0)) await tail.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const freshPath = (): string => join(folder, `log-${count++}`);

interface Stream {
  text: string;
  end: "open" | "whole" | "cut";
}

/** A tail whose streams are kept apart, and a clock that the test moves. */
function openTail(path: string, startAt: FileTailOptions["startAt"] = "beginning") {
  const streams: Stream[] = [];
  const problems: string[] = [];
  const skipped: string[] = [];
  const clock = { nowMs: 0 };
  const tail = new FileTail({
    path,
    startAt,
    nowMs: () => clock.nowMs,
    problem: (error) => void problems.push(error.message),
    begin(head) {
      const stream: Stream = { text: "", end: "open" };
      skipped.push(new TextDecoder().decode(head));
      streams.push(stream);
      return {
        bytes(chunk) {
          stream.text += new TextDecoder("latin1").decode(chunk);
        },
        end(isCut) {
          stream.end = isCut ? "cut" : "whole";
        },
      };
    },
  });
  opened.push(tail);
  const drain = async (bufferBytes = 64): Promise<void> => {
    while ((await tail.poll(new Uint8Array(bufferBytes))) > 0);
  };
  const finish = async (): Promise<void> => {
    await tail.beginEnd();
    await drain();
    await tail.close();
  };
  return { tail, streams, problems, skipped, clock, drain, finish, texts: () => streams.map(({ text }) => text) };
}

test("waits until the file is there, and reads it as it grows", async () => {
  const path = freshPath();
  const { drain, texts, finish, problems } = openTail(path);
  await drain();
  writeFileSync(path, "one\ntw");
  await drain();
  expect(texts()).toEqual(["one\ntw"]);
  appendFileSync(path, "o\n");
  await finish();
  expect(texts()).toEqual(["one\ntwo\n"]);
  expect(problems).toEqual([]);
});

describe("beginning at the end", () => {
  test("reads an unfinished last line whole, and gives the first bytes of what it passes over", async () => {
    const path = freshPath();
    writeFileSync(path, "heading\nold\nhal");
    const { drain, texts, skipped } = openTail(path, "end");
    await drain();
    appendFileSync(path, "f\nnew\n");
    await drain();
    expect(texts()).toEqual(["half\nnew\n"]);
    expect(skipped).toEqual(["heading\nold\n"]);
  });

  test("reads a file that comes later from its beginning", async () => {
    const path = freshPath();
    const { drain, texts } = openTail(path, "end");
    await drain();
    writeFileSync(path, "one\n");
    await drain();
    expect(texts()).toEqual(["one\n"]);
  });

  test("finds the last line feed blocks away", async () => {
    const path = freshPath();
    writeFileSync(path, `old\n${"x".repeat(200_000)}`);
    const { drain, texts } = openTail(path, "end");
    await drain(1 << 20);
    expect(texts()[0]).toHaveLength(200_000);
  });
});

describe("a file that is renamed", () => {
  test("is read to its end, and on while its writer still holds it", async () => {
    const path = freshPath();
    const writer = openSync(path, "a");
    writeSync(writer, "one\n");
    const { tail, drain, texts, streams, clock } = openTail(path);
    await drain();
    writeSync(writer, "two\n");
    renameSync(path, `${path}.1`);
    writeFileSync(path, "three\n");
    await drain();
    await drain();
    writeSync(writer, "late\n");
    await drain();
    expect(texts()).toEqual(["one\ntwo\nlate\n", "three\n"]);
    expect(tail.rotations).toBe(1);
    clock.nowMs += 5001;
    await drain();
    expect(streams.map(({ end }) => end)).toEqual(["whole", "open"]);
    closeSync(writer);
    await tail.close();
  });

  test("and not replaced is kept, until nobody has written for a minute", async () => {
    const path = freshPath();
    writeFileSync(path, "one\n");
    const { tail, drain, texts, clock } = openTail(path);
    await drain();
    renameSync(path, `${path}.1`);
    appendFileSync(`${path}.1`, "two\n");
    clock.nowMs += 30_000;
    await drain();
    expect([texts(), tail.isOpen]).toEqual([["one\ntwo\n"], true]);
    clock.nowMs += 60_001;
    await drain();
    expect(tail.isOpen).toBe(false);
    writeFileSync(path, "three\n");
    await drain();
    expect(texts()).toEqual(["one\ntwo\n", "three\n"]);
    await tail.close();
  });
});

describe("a file that is truncated", () => {
  test.each([
    ["to something shorter", "a\n"],
    ["and has grown beyond the old position since", "another day, another line\n"],
    ["and is exactly as long as before plus one line", "ONE\ntwo\n"],
  ])("%s is read from its beginning, and its cut line is told", async (_how, after) => {
    const path = freshPath();
    writeFileSync(path, "one\nhalf");
    const { tail, drain, texts, streams } = openTail(path);
    await drain();
    writeFileSync(path, after);
    await drain();
    appendFileSync(path, "more\n");
    await drain();
    expect(texts()).toEqual(["one\nhalf", `${after}more\n`]);
    expect(streams[0]?.end).toBe("cut");
    expect(tail.truncations).toBe(1);
    await tail.close();
  });
});

test("says what cannot be read, and does not open it", async () => {
  const { drain, problems } = openTail(folder);
  await drain();
  expect(problems).toEqual([`${folder} is no file`]);
});

describe("a file that may not be read", () => {
  /** As somebody who has no rights; root reads whatever it likes. */
  const withoutRights = async (work: () => Promise<void>): Promise<void> => {
    const uid = process.geteuid?.() ?? 1;
    if (uid === 0) process.seteuid?.(65_534);
    try {
      await work();
    } finally {
      if (uid === 0) process.seteuid?.(uid);
    }
  };

  test("is told of, and once it may be is read from where it would have been", async () => {
    const path = freshPath();
    writeFileSync(path, "old\n");
    chmodSync(path, 0o000);
    const { drain, problems, texts } = openTail(path, "end");
    await withoutRights(async () => {
      await drain();
      await drain();
    });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/EACCES.*permission denied/);
    appendFileSync(path, "meanwhile\n");
    chmodSync(path, 0o644);
    await drain();
    appendFileSync(path, "new\n");
    await drain();
    expect(texts()).toEqual(["new\n"]);
  });

  test("and is open already is read on, however long its folder is closed", async () => {
    const inner = join(folder, `closed-${count++}`);
    mkdirSync(inner);
    const path = join(inner, "log");
    writeFileSync(path, "one\n");
    const { drain, clock, texts } = openTail(path);
    await drain();
    chmodSync(folder, 0o755);
    chmodSync(inner, 0o000);
    clock.nowMs += 70_000;
    await withoutRights(drain);
    clock.nowMs += 70_000;
    await withoutRights(drain);
    chmodSync(inner, 0o755);
    appendFileSync(path, "two\n");
    await drain();
    expect(texts()).toEqual(["one\ntwo\n"]);
  });
});

test("a file that was away under another name for long is read on when it is back, and another in its place from its beginning", async () => {
  const path = freshPath();
  writeFileSync(path, "one\n");
  const { drain, clock, texts } = openTail(path);
  await drain();
  renameSync(path, `${path}.away`);
  clock.nowMs += 70_000;
  await drain();
  clock.nowMs += 70_000;
  await drain();
  appendFileSync(`${path}.away`, "two\n");
  renameSync(`${path}.away`, path);
  await drain();
  expect(texts()).toEqual(["one\n", "two\n"]);
  rmSync(path);
  clock.nowMs += 70_000;
  await drain();
  clock.nowMs += 70_000;
  await drain();
  writeFileSync(path, "one\ntwo\nnot the same\n");
  await drain();
  expect(texts().at(-1)).toContain("not the same");
});

test("a truncation is seen also by a reader that is far behind", async () => {
  const path = freshPath();
  writeFileSync(path, "old line\n".repeat(100));
  const { tail, drain, texts } = openTail(path);
  await tail.poll(new Uint8Array(90));
  truncateSync(path, 0);
  writeFileSync(path, "new line of another run\n".repeat(50));
  await drain();
  expect(texts()).toEqual(["old line\n".repeat(10), "new line of another run\n".repeat(50)]);
  expect(tail.truncations).toBe(1);
});

test("the end leaves alone what is written afterwards, and may come twice", async () => {
  const path = freshPath();
  writeFileSync(path, "one\n");
  const { tail, drain, texts } = openTail(path);
  await tail.beginEnd();
  appendFileSync(path, "two\n");
  await drain();
  expect(tail.unreadBytes).toBe(0);
  await tail.close();
  await tail.close();
  expect(texts()).toEqual(["one\n"]);
});

test("whatever a writer does between polls, every line comes once", async () => {
  const action = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant("write" as const), lines: fc.integer({ min: 1, max: 5 }), tornAt: fc.integer({ min: 0, max: 9 }) }),
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant("poll" as const), bytes: fc.integer({ min: 1, max: 100 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("rotate" as const), late: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("copytruncate" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 8000 }) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 40 }), async (actions) => {
      const path = freshPath();
      const { drain, tail, streams, clock, finish, problems } = openTail(path);
      let [serial, generation] = [0, 0];
      let torn = "";
      let writer = openSync(path, "a");
      const line = (): string => `line ${++serial} ${"x".repeat(serial % 23)}\n`;
      for (const act of actions) {
        if (act.do === "write") {
          const text = torn + Array.from({ length: act.lines }, line).join("");
          torn = text.slice(text.length - act.tornAt);
          writeSync(writer, text.slice(0, text.length - act.tornAt));
        } else if (act.do === "poll") await tail.poll(new Uint8Array(act.bytes));
        else if (act.do === "wait") clock.nowMs += act.ms;
        else {
          // Two changes within one poll interval are beyond what a tail can see.
          await drain();
          writeSync(writer, torn);
          torn = "";
          if (act.do === "rotate") {
            renameSync(path, `${path}.${++generation}`);
            const next = openSync(path, "a");
            if (act.late) writeSync(writer, line());
            closeSync(writer);
            writer = next;
          } else {
            // What is written between the copy and the truncation is lost to everybody; a tail must have read it.
            await drain();
            copyFileSync(path, `${path}.${++generation}`);
            truncateSync(path, 0);
            await drain();
          }
        }
      }
      writeSync(writer, torn);
      closeSync(writer);
      await finish();
      const numbers = streams.flatMap(({ text }) => text.split("\n").slice(0, -1)).map((text) => Number(text.split(" ")[1]));
      expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: serial }, (_, index) => index + 1));
      expect(streams.every(({ text }) => text === "" || text.endsWith("\n"))).toBe(true);
      expect(problems).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
