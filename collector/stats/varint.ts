import { LoadError } from "../model/errors.ts";

/** Numbers as bytes, small ones in few: base-128 varints up to 2^53, low group first, and doubles as they are. */
export class VarintWriter {
  #bytes = new Uint8Array(64);
  #length = 0;

  /** A whole number 0 … 2^53 − 1. */
  unsigned(value: number): void {
    let rest = value;
    this.#reserve(8);
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** Zigzag, so that small negative numbers are short too. */
  signed(value: number): void {
    this.unsigned(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  double(value: number): void {
    this.#reserve(8);
    new DataView(this.#bytes.buffer).setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** A copy, owned by the caller. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const larger = new Uint8Array(this.#bytes.length * 2);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Reads what a `VarintWriter` wrote. Throws: E_WIRE_TRUNCATED at the end of the bytes, E_WIRE_MALFORMED above 2^53 − 1. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  unsigned(): number {
    let value = 0;
    for (let weight = 1; ; weight *= 128) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw truncated();
      value += (byte & 127) * weight;
      if (value > Number.MAX_SAFE_INTEGER) throw new LoadError("E_WIRE_MALFORMED", "a stored number is above 2^53", { hint: HINT });
      if (byte < 128) return value;
      if (weight > Number.MAX_SAFE_INTEGER) throw new LoadError("E_WIRE_MALFORMED", "a stored number has no end", { hint: HINT });
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  double(): number {
    if (this.#at + 8 > this.#bytes.length) throw truncated();
    const value = new DataView(this.#bytes.buffer, this.#bytes.byteOffset).getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }
}

const HINT = "The stored bytes are damaged, or were written by a newer version.";

function truncated(): LoadError {
  return new LoadError("E_WIRE_TRUNCATED", "the stored bytes end too early", { hint: HINT });
}
