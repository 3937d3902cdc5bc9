import { MAX_DECIMAL_BYTES, writeDecimal } from "../../collector/wire/decimal-text.ts";

/** A growing buffer that a whole exposition is written into. Memory is taken at the first use. */
export class Page {
  bytes: Buffer = NOTHING;
  length = 0;
  readonly #leastBytes: number;

  constructor(leastBytes = 65_536) {
    this.#leastBytes = leastBytes;
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.#leastBytes, this.bytes.length * 2, this.length + count));
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
  }

  text(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.bytes.write(text, this.length, "utf8");
  }

  copy(source: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    // A copy within JavaScript costs less than a call into the runtime up to here.
    if (end - start < SHORT_COPY_BYTES) {
      const { bytes } = this;
      let at = this.length;
      for (let index = start; index < end; index++) bytes[at++] = source[index] as number;
      this.length = at;
    } else this.length += source.copy(this.bytes, this.length, start, end);
  }

  /** Unsigned, up to 2^53. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.bytes[this.length++] = (rest % 128) | 0x80;
    this.bytes[this.length++] = rest;
  }

  number(value: number): void {
    this.reserve(MAX_DECIMAL_BYTES);
    this.length = writeDecimal(this.bytes, this.length, value);
  }
}

const NOTHING = Buffer.alloc(0);
const SHORT_COPY_BYTES = 48;
