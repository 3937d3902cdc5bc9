import { afterEach, expect, test, vi } from "vitest";
import { REAL_PACE } from "../../../collector/pipeline/backoff.ts";
import { duration } from "../../../collector/pipeline/settings.ts";

afterEach(() => void vi.useRealTimers());

test("a wait longer than a timer can be does not end at once", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const { signal } = new AbortController();
  let isOver = false;
  const sleep = REAL_PACE.sleep(99_999_999_000, signal).then(() => {
    isOver = true;
  });
  await vi.advanceTimersByTimeAsync(86_400_000);
  expect(isOver).toBe(false);
  await vi.advanceTimersByTimeAsync(2_147_483_647);
  await sleep;
});

test("a duration longer than a timer can be is as long as it can be", () => {
  expect([duration().parse("596h"), duration().parse("1000h"), duration().parse("87600h")]).toEqual([2_145_600_000, 2_147_483_647, 2_147_483_647]);
});
