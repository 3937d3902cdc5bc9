import { ByteArena, type HashKey, hashRange, sameRange } from "../wire/byte-ranges.ts";

/**
 * From (owner, raw attribute bytes) to a number, without objects: the key of a data point is its attributes exactly as they stand in the
 * request. Each entry also remembers which one came after it last time: senders repeat themselves, so the guess is nearly always right
 * and spares the hash.
 */
export class KeyTable {
  readonly #arena = new ByteArena(16_384);
  readonly #hashKey: HashKey;
  #slots = new Uint32Array(1024);
  #length = 0;
  #hashes = new Uint32Array(256);
  #owners = new Uint32Array(256);
  #starts = new Uint32Array(256);
  #sizes = new Uint32Array(256);
  /** What each entry stands for. */
  values = new Uint32Array(256);
  /** Entry + 1 that followed last time, 0 = unknown. */
  followers = new Uint32Array(256);

  constructor(hashKey: HashKey) {
    this.#hashKey = hashKey;
  }

  get length(): number {
    return this.#length;
  }

  /** Of all keys. */
  get sizeBytes(): number {
    return this.#arena.length;
  }

  matches(entry: number, owner: number, view: DataView, start: number, end: number): boolean {
    return (
      this.#owners[entry] === owner &&
      this.#sizes[entry] === end - start &&
      sameRange(this.#arena.view, this.#starts[entry] as number, view, start, end - start)
    );
  }

  /** The entry, or -1. */
  find(owner: number, view: DataView, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    const hash = hashRange(view, start, end, owner, this.#hashKey);
    let slot = hash & mask;
    for (;;) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) return -1;
      if (this.#hashes[entry] === hash && this.matches(entry, owner, view, start, end)) return entry;
      slot = (slot + 1) & mask;
    }
  }

  /** Adds a key that `find` did not find; its entry. */
  add(owner: number, bytes: Uint8Array, view: DataView, start: number, end: number, value: number): number {
    if (this.#length === this.values.length) this.#grow();
    if (this.#length * 2 >= this.#slots.length) this.#rehash(this.#slots.length * 2);
    const entry = this.#length++;
    this.#hashes[entry] = hashRange(view, start, end, owner, this.#hashKey);
    this.#owners[entry] = owner;
    this.#starts[entry] = this.#arena.append(bytes, start, end);
    this.#sizes[entry] = end - start;
    this.values[entry] = value;
    this.followers[entry] = 0;
    this.#insert(entry);
    return entry;
  }

  /** A new table with the entries that stay; entry numbers change, and what followed what is forgotten. */
  kept(isKept: (value: number, owner: number) => boolean): KeyTable {
    const table = new KeyTable(this.#hashKey);
    for (let entry = 0; entry < this.#length; entry++) {
      const owner = this.#owners[entry] as number;
      const value = this.values[entry] as number;
      const start = this.#starts[entry] as number;
      if (isKept(value, owner)) table.add(owner, this.#arena.bytes, this.#arena.view, start, start + (this.#sizes[entry] as number), value);
    }
    return table;
  }

  #insert(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[entry] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #rehash(size: number): void {
    this.#slots = new Uint32Array(size);
    for (let entry = 0; entry < this.#length; entry++) this.#insert(entry);
  }

  #grow(): void {
    const size = this.values.length * 2;
    this.#hashes = resized(this.#hashes, size);
    this.#owners = resized(this.#owners, size);
    this.#starts = resized(this.#starts, size);
    this.#sizes = resized(this.#sizes, size);
    this.values = resized(this.values, size);
    this.followers = resized(this.followers, size);
  }
}

export function resized<T extends Uint8Array | Uint32Array | Float64Array>(array: T, size: number): T {
  const grown = new (array.constructor as new (length: number) => T)(size);
  grown.set(array as never);
  return grown;
}
