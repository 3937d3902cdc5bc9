/** Bytes; smaller bodies come in one piece from Node and need no buffer of ours. */
const SMALLEST_BYTES = 65_536;
/** Bytes of free buffers that are kept for the next bodies; what comes back beyond goes to the garbage collector. */
const MAX_IDLE_BYTES = 16_777_216;

/**
 * Buffers that bodies are collected in and that are used again once the batch made of them has been taken: a fresh one costs some 30 times as much.
 * Sizes are powers of two. A buffer belongs to who took it until it is given back, once.
 */
export class BufferPool {
  readonly #free = new Map<number, Buffer[]>();
  #idleBytes = 0;

  /** At least `bytes` long, with whatever the last user left in it. */
  take(bytes: number): Buffer {
    const size = sizeClass(bytes);
    const buffer = this.#free.get(size)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
    this.#idleBytes -= size;
    return buffer;
  }

  give(buffer: Buffer): void {
    if (this.#idleBytes + buffer.length > MAX_IDLE_BYTES) return;
    this.#idleBytes += buffer.length;
    const sameSize = this.#free.get(buffer.length);
    if (sameSize === undefined) this.#free.set(buffer.length, [buffer]);
    else sameSize.push(buffer);
  }

  /** A buffer of at least `bytes` that begins with the first `used` bytes of the given one, which goes back. */
  grow(buffer: Buffer, used: number, bytes: number): Buffer {
    const larger = this.take(bytes);
    buffer.copy(larger, 0, 0, used);
    this.give(buffer);
    return larger;
  }

  get idleBytes(): number {
    return this.#idleBytes;
  }
}

function sizeClass(bytes: number): number {
  let size = SMALLEST_BYTES;
  while (size < bytes) size *= 2;
  return size;
}
