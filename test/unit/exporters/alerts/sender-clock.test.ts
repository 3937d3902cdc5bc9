import { expect, test } from "vitest";
import { SenderClock } from "../../../../exporters/alerts/sender-clock.ts";

const NOW_MS = 1_790_000_000_000;

test("points of a right clock keep their time, also those that come late", () => {
  const clock = new SenderClock();
  clock.observe(NOW_MS - 200, NOW_MS);
  clock.observe(NOW_MS - 30_000, NOW_MS);
  expect(clock.toOurs(NOW_MS - 30_000)).toBe(NOW_MS - 30_000);
});

test.each([-3_600_000, 5000, 86_400_000])("a clock that is %d ms off is put right, and distances stay", (skewMs) => {
  const clock = new SenderClock();
  for (let at = NOW_MS; at < NOW_MS + 20_000; at += 5000) clock.observe(at + skewMs - 100, at);
  const points = [NOW_MS, NOW_MS + 5000].map((at) => clock.toOurs(at + skewMs - 100));
  expect((points[1] as number) - (points[0] as number)).toBe(5000);
  expect(Math.abs((points[0] as number) - NOW_MS)).toBeLessThanOrEqual(100);
});

test("a clock that is set is noticed within two minutes", () => {
  const clock = new SenderClock();
  for (let at = 0; at <= 60_000; at += 5000) clock.observe(NOW_MS + at - 10, NOW_MS + at);
  for (let at = 65_000; at <= 200_000; at += 5000) clock.observe(NOW_MS + at - 600_000, NOW_MS + at);
  expect(clock.toOurs(NOW_MS + 200_000 - 600_000)).toBe(NOW_MS + 200_000);
});
