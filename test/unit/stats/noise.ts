import type { Random } from "../../../collector/stats/seeded-random.ts";

/** Independent standard normal values (G. Box and M. Muller, 1958). */
export function normalDraws(n: number, random: Random): number[] {
  return Array.from({ length: n }, () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()));
}

/** Each value keeps `memory` of the one before; standard deviation 1 throughout. */
export function autoregressive(n: number, memory: number, random: Random): number[] {
  let value = 0;
  return normalDraws(n, random).map((draw, index) => {
    value = index === 0 ? draw : memory * value + Math.sqrt(1 - memory * memory) * draw;
    return value;
  });
}

/** How many of a Poisson process with this mean come in one second. */
export function poisson(mean: number, random: Random): number {
  const gap = () => -Math.log(1 - random.next()) / mean;
  let [count, at] = [0, gap()];
  while (at < 1) {
    count++;
    at += gap();
  }
  return count;
}
