import { expect, test } from "vitest";
import { seededRandom, splitmix64, xoshiro128 } from "../../../collector/stats/seeded-random.ts";

test("xoshiro128** draws what its authors' code draws from 1, 2, 3, 4", () => {
  const draw = xoshiro128([1, 2, 3, 4]);
  expect(Array.from({ length: 10 }, draw)).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ]);
});

test("splitmix64 of 1234567 is 6457827717110365317, 3203168211198807973", () => {
  const [a, b, c, d] = splitmix64(1234567).map(BigInt) as [bigint, bigint, bigint, bigint];
  expect([a + (b << 32n), c + (d << 32n)]).toEqual([6457827717110365317n, 3203168211198807973n]);
  expect(() => splitmix64(0.5)).toThrow(RangeError);
});

test("the same seed draws the same, another seed other numbers, all within bounds and evenly", () => {
  const draws = (seed: number) => Array.from({ length: 20_000 }, seededRandom(seed).next);
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7).slice(0, 5)).not.toEqual(draws(8).slice(0, 5));
  expect(draws(7).every((value) => value >= 0 && value < 1)).toBe(true);
  const { int } = seededRandom(-3);
  const counts = Array.from({ length: 6 }, () => 0);
  for (let draw = 0; draw < 60_000; draw++) {
    const face = int(6);
    counts[face] = (counts[face] as number) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
});
