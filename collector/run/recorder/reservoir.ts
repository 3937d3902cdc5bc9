import type { Random } from "../../stats/seeded-random.ts";

/**
 * An unbiased sample of a stream: everything offered has the same chance to be in it at the end. Source: J. S. Vitter, "Random sampling with a
 * reservoir" (1985), algorithm R.
 */
export class Reservoir<T> {
  readonly #random: Random;
  readonly #size: number;
  readonly #kept: T[] = [];
  #offered = 0;

  constructor(size: number, random: Random) {
    this.#size = size;
    this.#random = random;
  }

  /** `make` is called only for what is kept. Whether it was. */
  offer(make: () => T): boolean {
    this.#offered++;
    if (this.#kept.length < this.#size) {
      this.#kept.push(make());
      return true;
    }
    const place = this.#random.int(this.#offered);
    if (place >= this.#size) return false;
    this.#kept[place] = make();
    return true;
  }

  get kept(): readonly T[] {
    return this.#kept;
  }
}
