import type { BufferPool } from "./buffer-pool.ts";

/** Bytes reserved on the word of a sender alone: beyond them memory follows what has really arrived. */
const MAX_TRUSTED_BYTES = 1_048_576;

/** Bytes that are lent: valid until `release`, which may be called once. */
export interface Body {
  readonly bytes: Uint8Array;
  release(): void;
}

/** A body of a message that needs no giving back. */
export function ownBody(bytes: Uint8Array): Body {
  return { bytes, release: () => {} };
}

/** The limit of C-09 … C-12 was passed. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
  readonly limitBytes: number;
  constructor(limitBytes: number) {
    super(`request body too large: the limit is ${limitBytes} bytes`);
    this.limitBytes = limitBytes;
  }
}

/** The sender went away before its body was complete: there is nobody to answer. */
export class BodyAborted extends Error {
  override readonly name = "BodyAborted";
}

/**
 * Collects chunks into one piece of memory. A body that arrives as one chunk is passed on as it is; a longer one is gathered in a buffer of the
 * pool: as long as announced (up to 1 MiB), then doubled as needed.
 */
export class BodyCollector {
  readonly #pool: BufferPool;
  readonly #limitBytes: number;
  readonly #expectedBytes: number;
  readonly #ownsChunks: boolean;
  #first: Buffer | undefined;
  #buffer: Buffer | undefined;
  #length = 0;

  /**
   * `expectedBytes`: the announced length where there is one, else 0. `ownsChunks`: nobody else uses the memory of a chunk, so that it is freed as
   * soon as it has been copied, not when the garbage collector finds it.
   */
  constructor(pool: BufferPool, limitBytes: number, expectedBytes: number, ownsChunks = false) {
    this.#pool = pool;
    this.#limitBytes = limitBytes;
    this.#ownsChunks = ownsChunks;
    this.#expectedBytes = Math.min(expectedBytes, limitBytes, MAX_TRUSTED_BYTES);
  }

  /** False: the limit is passed, and the collector has let everything go. */
  add(chunk: Buffer): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#limitBytes) {
      this.discard();
      return false;
    }
    if (this.#length === 0) {
      this.#first = chunk;
    } else {
      const buffer = this.#roomFor(length);
      chunk.copy(buffer, this.#length);
      if (this.#ownsChunks) free(chunk);
    }
    this.#length = length;
    return true;
  }

  #roomFor(length: number): Buffer {
    if (this.#buffer === undefined) {
      this.#buffer = this.#pool.take(Math.max(length, this.#expectedBytes));
      if (this.#first !== undefined) {
        this.#first.copy(this.#buffer, 0);
        if (this.#ownsChunks) free(this.#first);
      }
      this.#first = undefined;
    } else if (length > this.#buffer.length) {
      this.#buffer = this.#pool.grow(this.#buffer, this.#length, length);
    }
    return this.#buffer;
  }

  discard(): void {
    if (this.#buffer !== undefined) this.#pool.give(this.#buffer);
    this.#buffer = undefined;
    this.#first = undefined;
    this.#length = 0;
  }

  finish(): Body {
    const buffer = this.#buffer;
    if (buffer === undefined) return ownBody(this.#first ?? Buffer.alloc(0));
    this.#buffer = undefined;
    return { bytes: buffer.subarray(0, this.#length), release: () => this.#pool.give(buffer) };
  }
}

/** Frees the memory now: left to the garbage collector, such chunks cost much of the CPU at 70 000 points/s (docs/adr/0010-small-young-generation.md). */
function free(chunk: Buffer): void {
  const { buffer } = chunk;
  if (buffer instanceof ArrayBuffer && chunk.byteLength === buffer.byteLength) buffer.transfer(0);
}
