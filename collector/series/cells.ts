/**
 * The numbers of all series in one Float64Array: a run of cells per series, found by its first index. Freed runs are used again for runs
 * of the same length, which is what comes next in practice (one metric's histograms all have as many buckets).
 */
export class Cells {
  values = new Float64Array(1024);
  /** The same memory as 32-bit words, for int64 values beyond 2^53. */
  words = new Uint32Array(this.values.buffer);
  #length = 0;
  readonly #free = new Map<number, number[]>();

  /** First index of a zeroed run. */
  allocate(count: number): number {
    const reused = this.#free.get(count)?.pop();
    if (reused !== undefined) {
      this.values.fill(0, reused, reused + count);
      return reused;
    }
    const start = this.#length;
    this.#length += count;
    if (this.#length > this.values.length) this.#grow();
    return start;
  }

  release(start: number, count: number): void {
    const runs = this.#free.get(count);
    if (runs === undefined) this.#free.set(count, [start]);
    else runs.push(start);
  }

  #grow(): void {
    const values = new Float64Array(Math.max(this.values.length * 2, this.#length));
    values.set(this.values);
    this.values = values;
    this.words = new Uint32Array(values.buffer);
  }
}
