import { ByteArena, type HashKey, hashRange, sameRange } from "../wire/byte-ranges.ts";
import { grownSize, resized } from "./growth.ts";

/**
 * Numbered keys of (owner, bytes), without objects: the entry is the number, in order of adding. 8 bytes an entry, and 8 to 16 of slots, beside
 * the bytes themselves.
 */
export class KeySet {
  protected readonly arena: ByteArena;
  protected readonly hashKey: HashKey;
  #slots = new Uint32Array(1024);
  #length = 0;
  protected owners = new Uint32Array(256);
  /** Where each key begins; it ends where the next one begins. One longer than `owners`. */
  protected starts = new Uint32Array(257);

  constructor(hashKey: HashKey) {
    this.hashKey = hashKey;
    this.arena = new ByteArena(16_384);
  }

  get length(): number {
    return this.#length;
  }

  /** Of all keys, with what stands beside them. */
  get sizeBytes(): number {
    return this.arena.length + this.#length * 8 + this.#slots.byteLength;
  }

  owner(entry: number): number {
    return this.owners[entry] as number;
  }

  text(entry: number): string {
    return this.arena.bytes.toString("utf8", this.starts[entry], this.starts[entry + 1]);
  }

  matches(entry: number, owner: number, view: DataView, start: number, end: number): boolean {
    const from = this.starts[entry] as number;
    return (
      this.owners[entry] === owner &&
      (this.starts[entry + 1] as number) - from === end - start &&
      sameRange(this.arena.view, from, view, start, end - start)
    );
  }

  /** The entry, or -1. */
  find(owner: number, view: DataView, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hashRange(view, start, end, owner, this.hashKey) & mask; ; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0 || this.matches(entry, owner, view, start, end)) return entry;
    }
  }

  /** Adds a key that `find` did not find; its entry. */
  insert(owner: number, bytes: Uint8Array, start: number, end: number): number {
    if (this.#length === this.owners.length) this.grow(grownSize(this.#length));
    if (this.#length * 2 >= this.#slots.length) this.#rehash(this.#slots.length * 2);
    const entry = this.#length++;
    this.owners[entry] = owner;
    this.starts[entry] = this.arena.append(bytes, start, end);
    this.starts[entry + 1] = this.arena.length;
    this.#place(entry);
    return entry;
  }

  /** Copies an entry of another set in. */
  protected insertFrom(other: KeySet, entry: number, owner: number): number {
    return this.insert(owner, other.arena.bytes, other.starts[entry] as number, other.starts[entry + 1] as number);
  }

  protected grow(size: number): void {
    this.owners = resized(this.owners, size);
    this.starts = resized(this.starts, size + 1);
  }

  /** A set of the marked entries only, in their order; `renumbered` gets each one's new number. */
  compacted(isKept: Uint8Array, renumbered: Uint32Array, ownerOf: (owner: number) => number): KeySet {
    const set = new KeySet(this.hashKey);
    for (let entry = 0; entry < this.#length; entry++)
      if (isKept[entry] === 1) renumbered[entry] = set.insertFrom(this, entry, ownerOf(this.owners[entry] as number));
    return set;
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot =
      hashRange(this.arena.view, this.starts[entry] as number, this.starts[entry + 1] as number, this.owners[entry] as number, this.hashKey) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #rehash(size: number): void {
    this.#slots = new Uint32Array(size);
    for (let entry = 0; entry < this.#length; entry++) this.#place(entry);
  }
}

/**
 * From (owner, raw attribute bytes) to a number: the key of a data point is its attributes exactly as they stand in the request. Each entry also
 * remembers which one came after it last time: senders repeat themselves, so the guess is nearly always right and spares the hash.
 */
export class KeyTable extends KeySet {
  /** What each entry stands for. */
  values = new Uint32Array(256);
  /** Entry + 1 that followed last time, 0 = unknown. */
  followers = new Uint32Array(256);

  /** Adds a key that `find` did not find; its entry. */
  add(owner: number, bytes: Uint8Array, start: number, end: number, value: number): number {
    const entry = this.insert(owner, bytes, start, end);
    this.values[entry] = value;
    this.followers[entry] = 0;
    return entry;
  }

  /** A new table with the entries that stay; entry numbers change, and what followed what is forgotten. */
  kept(isKept: (value: number, owner: number) => boolean): KeyTable {
    const table = new KeyTable(this.hashKey);
    for (let entry = 0; entry < this.length; entry++) {
      const value = this.values[entry] as number;
      const owner = this.owners[entry] as number;
      if (!isKept(value, owner)) continue;
      // In two steps: adding may put another array in the place of `values`.
      const added = table.insertFrom(this, entry, owner);
      table.values[added] = value;
    }
    return table;
  }

  protected override grow(size: number): void {
    super.grow(size);
    this.values = resized(this.values, size);
    this.followers = resized(this.followers, size);
  }
}
