import type { RequestQueue } from "./request-queue.ts";
import type { SpillEntry, SpillFiles } from "./spill-files.ts";
import { WriteRequest } from "./write-request.ts";

interface Held {
  readonly entry: SpillEntry;
  readonly bornMs: number;
}

/** Requests that wait on disk, read back one by one. */
export class DiskQueue implements RequestQueue, Disposable {
  readonly #files: SpillFiles;
  /** Told of a record that turns out damaged. */
  readonly #damaged: (points: number) => void;
  #held: Held[];
  #first: WriteRequest | undefined;
  /** What the first has been divided into and is not settled yet. */
  #parts: WriteRequest[] = [];
  #second: WriteRequest | undefined;
  #sizeBytes = 0;
  #points = 0;

  /** `entries` are from a process before; their age counts from `nowMs`. */
  constructor(files: SpillFiles, entries: readonly SpillEntry[], nowMs: number, damaged: (points: number) => void) {
    this.#files = files;
    this.#damaged = damaged;
    this.#held = entries.map((entry) => ({ entry, bornMs: nowMs }));
    for (const entry of entries) this.#count(entry, 1);
  }

  get length(): number {
    return this.#held.length;
  }
  get sizeBytes(): number {
    return this.#sizeBytes;
  }
  /** OTLP points in all of them. */
  get points(): number {
    const divided = this.#held[0]?.entry.points ?? 0;
    const left = this.#parts.reduce((sum, { counts }) => sum + counts.points, 0);
    return this.#points - (this.#parts.length === 0 ? 0 : divided - left);
  }
  /** Monotonic ms; undefined while it is empty. */
  get oldestMs(): number | undefined {
    return this.#held[0]?.bornMs;
  }

  /** The request's body must have been made. Throws: the system's error where it cannot be written; the request is not taken then. */
  push({ counts, body, newestMs, bornMs }: WriteRequest): void {
    if (body === undefined) throw new RangeError("a request goes to disk as a body");
    const entry = this.#files.append({ counts, body, newestMs });
    this.#held.push({ entry, bornMs });
    this.#count(entry, 1);
  }

  first(): WriteRequest | undefined {
    while (this.#first === undefined && this.#held.length > 0) {
      this.#first = this.#read(0);
      if (this.#first === undefined) this.#discard();
    }
    return this.#parts[0] ?? this.#first;
  }

  second(): WriteRequest | undefined {
    if (this.#parts.length > 1) return this.#parts[1];
    if (this.#first !== undefined) this.#second ??= this.#read(1);
    return this.#second;
  }

  shift(): void {
    this.#parts.shift();
    if (this.#parts.length > 0) return;
    const done = this.#held.shift();
    if (done === undefined) return;
    this.#count(done.entry, -1);
    this.#files.done(done.entry, this.#held[0]?.entry);
    this.#first = this.#second;
    this.#second = undefined;
  }

  /** Only memory forgets it: after a crash right now it would be sent once more, which receivers take for the same sample. */
  dropSecond(): void {
    if (this.#parts.length > 1) {
      this.#parts.splice(1, 1);
      return;
    }
    const [dropped] = this.#held.splice(1, 1);
    if (dropped !== undefined) this.#count(dropped.entry, -1);
    this.#second = undefined;
  }

  /** On disk it stays whole until the last part is settled: after a crash what is delivered already is sent once more. */
  replaceFirst(parts: readonly WriteRequest[]): void {
    this.#parts.splice(0, 1, ...parts);
  }

  [Symbol.dispose](): void {
    this.#held = [];
    this.#files[Symbol.dispose]();
  }

  #read(index: number): WriteRequest | undefined {
    const held = this.#held[index];
    const record = held === undefined ? undefined : this.#files.read(held.entry);
    return record === undefined ? undefined : new WriteRequest(record, (held as Held).bornMs);
  }

  #discard(): void {
    this.#damaged(this.#held[0]?.entry.points ?? 0);
    this.shift();
  }

  #count({ length, points }: SpillEntry, sign: 1 | -1): void {
    this.#sizeBytes += sign * length;
    this.#points += sign * points;
  }
}
