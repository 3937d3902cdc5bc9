import { expect, test } from "vitest";
import { settle } from "../../../../collector/cli/load-run/settle.ts";

/** A clock that only sleeping moves, and counts that follow it. */
function world(requestsAt: (ms: number) => number) {
  let nowMs = 0;
  const said: string[] = [];
  const hurry = new AbortController();
  return {
    said,
    hurry,
    nowMs: () => nowMs,
    run: (afterMs: number, settleMs: number) =>
      settle({
        afterMs,
        settleMs,
        hurry: hurry.signal,
        nowMs: () => nowMs,
        say: (text) => said.push(text),
        sleep: async (ms) => {
          nowMs += ms;
        },
        progress: async () => ({ hops: [{ hop: "application", requests: requestsAt(nowMs), failures: 0 }], witnesses: [] }),
      }),
  };
}

test("waits as long as it was asked to, even where nothing arrives any more", async () => {
  const { run, nowMs, said } = world(() => 100);
  await run(10_000, 30_000);
  expect(nowMs()).toBe(10_000);
  expect(said).toEqual([]);
});

test("waits longer while requests are still being told of, and says so", async () => {
  const { run, nowMs, said } = world((ms) => Math.min(ms, 15_000));
  await run(5000, 60_000);
  expect(nowMs()).toBeGreaterThanOrEqual(18_000);
  expect(nowMs()).toBeLessThan(20_000);
  expect(said).toHaveLength(1);
});

test("does not wait for ever for a sender that never ends", async () => {
  const { run, nowMs } = world((ms) => ms);
  await run(5000, 10_000);
  expect(nowMs()).toBe(15_000);
});

test("a second Ctrl-C ends the wait", async () => {
  const { run, nowMs, hurry } = world((ms) => ms);
  hurry.abort();
  await run(60_000, 60_000);
  expect(nowMs()).toBe(0);
});
