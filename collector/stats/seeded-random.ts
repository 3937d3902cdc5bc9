/** Chance that repeats: everything here that draws takes one of these, so that a report made twice says the same. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  readonly next: () => number;
  /** Uniform in 0 … below − 1. The bias is below · 2^−53. */
  readonly int: (below: number) => number;
}

/**
 * A generator for bootstrap and permutation.
 *
 * Source: D. Blackman and S. Vigna, "Scrambled linear pseudorandom number generators" (2021), xoshiro128**; the state is filled from the seed
 * by splitmix64 (G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014), as its authors advise.
 */
export function seededRandom(seed: number): Random {
  const draw = xoshiro128(splitmix64(seed));
  const next = () => ((draw() >>> 5) * 0x4000000 + (draw() >>> 6)) / 2 ** 53;
  return { next, int: (below) => Math.floor(next() * below) };
}

/** The bare generator over a state of four 32-bit words, not all zero; draws are unsigned 32-bit. */
export function xoshiro128(state: readonly [number, number, number, number]): () => number {
  let [a, b, c, d] = state;
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
}

const MASK = (1n << 64n) - 1n;

/** Two outputs of splitmix64 as four words, low word first. Throws: RangeError when the seed is no safe integer. */
export function splitmix64(seed: number): [number, number, number, number] {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`a seed is a safe integer, not ${seed}`);
  const first = mixed((BigInt(seed) + 0x9e3779b97f4a7c15n) & MASK);
  const second = mixed((BigInt(seed) + 2n * 0x9e3779b97f4a7c15n) & MASK);
  return [first, first >> 32n, second, second >> 32n].map((word) => Number(word & 0xffffffffn)) as [number, number, number, number];
}

function mixed(word: bigint): bigint {
  let z = word;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK;
  return z ^ (z >> 31n);
}
