import { expect, test } from "vitest";
import { ExpiryGuard } from "../../../collector/series/expiry-guard.ts";

const MINUTE = 60_000;

test("series expire while both clocks run alike, also after a long time without a look", () => {
  const guard = new ExpiryGuard(5 * MINUTE, 0, 0);
  expect(guard.mayExpire(MINUTE, MINUTE)).toBe(true);
  expect(guard.mayExpire(90 * MINUTE, 90 * MINUTE + 20)).toBe(true);
});

test("after the wall clock was set forward none expires until each could have been renewed", () => {
  const guard = new ExpiryGuard(5 * MINUTE, 0, 0);
  expect(guard.mayExpire(61 * MINUTE, MINUTE)).toBe(false);
  expect(guard.mayExpire(65 * MINUTE, 5 * MINUTE)).toBe(false);
  expect(guard.mayExpire(66 * MINUTE, 6 * MINUTE)).toBe(true);
});

test("a wall clock that was set back changes nothing", () => {
  const guard = new ExpiryGuard(5 * MINUTE, 100 * MINUTE, 0);
  expect(guard.mayExpire(10 * MINUTE, MINUTE)).toBe(true);
});
