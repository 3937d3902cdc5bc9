import type { WriteSeries } from "./remote-write-batch.ts";

/** What an encoder keeps of a series; the two numbers say where it stands in the batch that is being written. */
export interface SeriesEntry {
  /** Of the batch in which `slot` was given. */
  stamp: number;
  slot: number;
}

/**
 * The samples of a batch by series, in the order in which their series first come; within a series the order of the batch. A batch in which
 * no series comes twice (the usual one) costs one comparison a sample.
 */
export class SampleGroups<Entry extends SeriesEntry> {
  /** By slot. */
  readonly entries: Entry[] = [];
  /** By slot: its first sample. */
  first = new Int32Array(0);
  /** By sample: the next one of its series, -1 = none. Only to be read where `hasRepeats`. */
  next = new Int32Array(0);
  hasRepeats = false;
  #last = new Int32Array(0);
  #stamp = 0;

  group(series: readonly WriteSeries[], length: number, entryOf: (series: WriteSeries) => Entry): void {
    const { entries } = this;
    const stamp = ++this.#stamp;
    if (this.first.length < length) this.first = new Int32Array(length);
    entries.length = 0;
    this.hasRepeats = false;
    for (let sample = 0; sample < length; sample++) {
      const entry = entryOf(series[sample] as WriteSeries);
      if (entry.stamp === stamp) this.#append(entry.slot, sample, length);
      else {
        entry.stamp = stamp;
        entry.slot = entries.length;
        this.first[entries.length] = sample;
        if (this.hasRepeats) this.#begin(entries.length, sample);
        entries.push(entry);
      }
    }
  }

  /** The slot of a series in the batch grouped last; -1 = it has no sample there. */
  slotOf(entry: SeriesEntry): number {
    return entry.stamp === this.#stamp ? entry.slot : -1;
  }

  /** Entries hold on to their series' bytes: not beyond the batch. */
  clear(): void {
    this.entries.length = 0;
  }

  #append(slot: number, sample: number, length: number): void {
    if (!this.hasRepeats) this.#beginRepeats(sample, length);
    this.next[this.#last[slot] as number] = sample;
    this.#begin(slot, sample);
  }

  #begin(slot: number, sample: number): void {
    this.#last[slot] = sample;
    this.next[sample] = -1;
  }

  /** The first repeat of a batch: until here every slot has one sample. */
  #beginRepeats(sample: number, length: number): void {
    this.hasRepeats = true;
    if (this.next.length < length) {
      this.next = new Int32Array(length);
      this.#last = new Int32Array(length);
    }
    for (let slot = 0; slot < sample; slot++) this.#begin(slot, slot);
  }
}

/** Indexes of `items` by series, in the order in which the series first come. For the few histograms and exemplars of a batch. */
export function groupBySeries(items: readonly { readonly series: WriteSeries }[]): ReadonlyMap<WriteSeries, readonly number[]> {
  const groups = new Map<WriteSeries, number[]>();
  for (const [index, { series }] of items.entries()) {
    const group = groups.get(series);
    if (group === undefined) groups.set(series, [index]);
    else group.push(index);
  }
  return groups;
}
