import { formatValue } from "../../collector/wire/prometheus-text.ts";

/** A growing buffer that a whole exposition is written into. */
export class Page {
  bytes: Buffer;
  length = 0;
  readonly #expectedBytes: number;

  /** Memory is taken at the first use; `expectedBytes` then spares the growing. */
  constructor(expectedBytes: number) {
    this.#expectedBytes = expectedBytes;
    this.bytes = NOTHING;
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const size = Math.max(65_536, this.bytes.length * 2, this.length + count);
    const bytes = Buffer.allocUnsafeSlow(this.bytes.length === 0 ? Math.max(size, Math.ceil(this.#expectedBytes * 1.1)) : size);
    this.bytes.copy(bytes, 0, 0, this.length);
    this.bytes = bytes;
  }

  text(text: string): void {
    this.reserve(text.length * 3);
    this.length += this.bytes.write(text, this.length, "utf8");
  }

  /** Room must be reserved. Short runs byte by byte: a call to copy costs as much as 50 of them. */
  copy(source: Buffer, start: number, end: number): void {
    if (end - start < SHORT_COPY_BYTES) {
      const { bytes } = this;
      let at = this.length;
      for (let index = start; index < end; index++) bytes[at++] = source[index] as number;
      this.length = at;
    } else this.length += source.copy(this.bytes, this.length, start, end);
  }

  /** Room for 32 bytes must be reserved. */
  number(value: number): void {
    if (value >= 0 && value < 0x1_0000_0000 && value === value >>> 0) this.#digits(value);
    else this.length += this.bytes.write(formatValue(value), this.length, "latin1");
  }

  newline(): void {
    this.bytes[this.length++] = 0x0a;
  }

  #digits(value: number): void {
    const { bytes } = this;
    let count = 1;
    for (let power = 10; power <= value; power *= 10) count++;
    let rest = value;
    const start = this.length;
    for (let at = start + count - 1; at >= start; at--) {
      const tenth = (rest / 10) >>> 0;
      bytes[at] = 48 + rest - tenth * 10;
      rest = tenth;
    }
    this.length = start + count;
  }
}

const NOTHING = Buffer.alloc(0);
const SHORT_COPY_BYTES = 48;
