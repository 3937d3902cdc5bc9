import { BufferPool } from "./buffer-pool.ts";

/** Ms that a sender is asked to wait when there is no room: bodies are usually taken within a few. */
export const RETRY_WHEN_FULL_MS = 1000;

/** `max_in_flight_bytes` is used up: nothing was taken, the sender keeps its data and comes again. */
export class NoRoom extends Error {
  override readonly name = "NoRoom";
  constructor(limitBytes: number) {
    super(`the receiver is full: ${limitBytes} bytes of other requests are being taken in (max_in_flight_bytes)`);
  }
}

/**
 * Bounds what all requests of a receiver hold together: bytes of bodies that have arrived, and what they expand to, until their push has settled.
 * Each body alone may be as long as its own limit allows, so without this some hundred senders could take all memory before a batch reaches
 * any limit of the pipeline. What a sender only announces counts for nothing, or it could shut out the others with a header.
 */
export class InFlight {
  readonly pool = new BufferPool();
  readonly #limitBytes: number;
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /**
   * Why this many more bytes would not fit now, so that they need not even be read; undefined where they would. `heldBytes`: what the same request
   * holds already. A request that is larger than the whole room goes alone rather than never.
   */
  refusal(bytes: number, heldBytes = 0): NoRoom | undefined {
    const isFull = this.#usedBytes > heldBytes && this.#usedBytes + bytes > this.#limitBytes;
    return isFull ? new NoRoom(this.#limitBytes) : undefined;
  }

  open(): Lease {
    return new Lease(this, (bytes) => {
      this.#usedBytes += bytes;
    });
  }
}

/** The part of one request; given back by disposing, which may be done twice. */
export class Lease implements Disposable {
  readonly #room: InFlight;
  readonly #add: (bytes: number) => void;
  #heldBytes = 0;

  constructor(room: InFlight, add: (bytes: number) => void) {
    this.#room = room;
    this.#add = add;
  }

  get pool(): BufferPool {
    return this.#room.pool;
  }

  /** As `InFlight.refusal`, for more bytes of this request. */
  refusal(bytes: number): NoRoom | undefined {
    return this.#room.refusal(bytes, this.#heldBytes);
  }

  /** Throws: NoRoom. */
  hold(bytes: number): void {
    const refusal = this.refusal(bytes);
    if (refusal !== undefined) throw refusal;
    this.#add(bytes);
    this.#heldBytes += bytes;
  }

  [Symbol.dispose](): void {
    this.#add(-this.#heldBytes);
    this.#heldBytes = 0;
  }
}
