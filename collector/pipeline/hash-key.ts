import { getRandomValues } from "node:crypto";

/** A fresh key for the hash tables of one component: senders must not be able to foresee where their attributes come to lie. */
export function randomHashKey(): readonly [number, number] {
  const [low, high] = getRandomValues(new Int32Array(2)) as unknown as [number, number];
  return [low, high];
}
