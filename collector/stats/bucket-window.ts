const FIRST_SLOTS = 8;

/** Counts of the buckets of one sign between the lowest and the highest that is used. Grows where needed; the owner keeps it within its size. */
export class BucketWindow {
  /** Indices of the outermost used buckets; `low` > `high` when there is none. */
  low = 0;
  high = -1;
  /** Index of the bucket in slot 0. */
  #base = 0;
  #counts = new Float64Array(0);

  get isEmpty(): boolean {
    return this.low > this.high;
  }

  at(index: number): number {
    return this.#counts[index - this.#base] ?? 0;
  }

  add(index: number, count: number): void {
    this.#cover(index, index);
    const slot = index - this.#base;
    this.#counts[slot] = (this.#counts[slot] as number) + count;
  }

  /** Adds the buckets of another window of the scale that lies `shift` above this one. */
  addAll(other: BucketWindow, shift: number): void {
    if (other.isEmpty) return;
    this.#cover(other.low >> shift, other.high >> shift);
    for (let index = other.low; index <= other.high; index++) {
      const slot = (index >> shift) - this.#base;
      this.#counts[slot] = (this.#counts[slot] as number) + other.at(index);
    }
  }

  /** Merges 2^shift buckets to one, by their index and not by their place in the window. */
  downscale(shift: number): void {
    if (shift === 0 || this.isEmpty) return;
    const finer = new BucketWindow();
    finer.#take(this);
    this.low = 0;
    this.high = -1;
    this.#counts = new Float64Array(0);
    this.addAll(finer, shift);
  }

  /** Empties the buckets that `isGone` names and draws the window in; how much was in them. */
  drop(isGone: (index: number) => boolean): number {
    let count = 0;
    for (let index = this.low; index <= this.high; index++) {
      if (!isGone(index)) continue;
      count += this.at(index);
      this.#counts[index - this.#base] = 0;
    }
    this.trim();
    return count;
  }

  /** Draws the ends in to buckets that hold something. */
  trim(): void {
    while (this.low <= this.high && this.at(this.low) === 0) this.low++;
    while (this.high >= this.low && this.at(this.high) === 0) this.high--;
  }

  #take(other: BucketWindow): void {
    this.low = other.low;
    this.high = other.high;
    this.#base = other.#base;
    this.#counts = other.#counts;
  }

  #cover(low: number, high: number): void {
    const first = this.isEmpty ? low : Math.min(low, this.low);
    const last = this.isEmpty ? high : Math.max(high, this.high);
    if (first < this.#base || last >= this.#base + this.#counts.length) this.#move(first, last);
    this.low = first;
    this.high = last;
  }

  /** Slack goes to the side that the window grew to. */
  #move(first: number, last: number): void {
    const slots = Math.max(FIRST_SLOTS, 2 ** Math.ceil(Math.log2(last - first + 1)));
    const counts = new Float64Array(slots);
    const base = !this.isEmpty && first < this.low ? last + 1 - slots : first;
    for (let index = this.low; index <= this.high; index++) counts[index - base] = this.at(index);
    this.#base = base;
    this.#counts = counts;
  }
}
