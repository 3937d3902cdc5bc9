/**
 * Writes protobuf back to front, as Go's generated code does: a nested message is already complete when its length is written, so
 * nothing is measured beforehand and nothing is moved. Callers therefore write the fields of a message, and the items of a list,
 * last first. A writer makes one message: `finish` hands its bytes over.
 */
export class Writer {
  #buffer: Buffer;
  #view: DataView;
  /** First byte written so far. */
  #pos: number;

  constructor(sizeHintBytes = 1024) {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(sizeHintBytes, 64));
    this.#view = viewOf(this.#buffer);
    this.#pos = this.#buffer.length;
  }

  /** Bytes written so far: what `message` needs to know where a nested message ends. */
  get size(): number {
    return this.#buffer.length - this.#pos;
  }

  /** A plain Uint8Array that owns exactly its bytes' memory, or close to it. */
  finish(): Uint8Array {
    const bytes = new Uint8Array(this.#buffer.buffer, this.#buffer.byteOffset + this.#pos, this.size);
    return bytes.length * 2 < this.#buffer.length ? bytes.slice() : bytes;
  }

  /** Closes a nested message whose fields were written since `size` was `sizeBefore`. */
  message(tag: number, sizeBefore: number): void {
    this.varint(this.size - sizeBefore);
    this.varint(tag);
  }

  /** An unsigned integer up to 2^53. */
  varint(value: number): void {
    this.#reserve(8);
    if (value < 0x80) {
      this.#buffer[--this.#pos] = value;
      return;
    }
    let length = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 128)) length++;
    this.#pos -= length;
    let at = this.#pos;
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#buffer[at++] = (rest % 128) | 0x80;
    this.#buffer[at] = rest;
  }

  /** int64 and uint64 alike: a negative number takes its two's complement (10 bytes). */
  varint64(value: number | bigint): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      this.varint(Number(value));
      return;
    }
    this.#reserve(10);
    const bytes: number[] = [];
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    bytes.push(Number(rest));
    this.#pos -= bytes.length;
    this.#buffer.set(bytes, this.#pos);
  }

  sint32(value: number): void {
    this.varint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#pos -= 4;
    this.#view.setUint32(this.#pos, value, true);
  }

  /** Signed and unsigned alike. */
  fixed64(value: number | bigint): void {
    this.#reserve(8);
    this.#pos -= 8;
    if (typeof value === "bigint") this.#view.setBigInt64(this.#pos, value, true);
    else {
      this.#view.setUint32(this.#pos, value, true);
      this.#view.setInt32(this.#pos + 4, Math.floor(value / 0x1_0000_0000), true);
    }
  }

  double(value: number): void {
    this.#reserve(8);
    this.#pos -= 8;
    this.#view.setFloat64(this.#pos, value, true);
  }

  /** Fields that are encoded already. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#pos -= bytes.length;
    this.#buffer.set(bytes, this.#pos);
  }

  bytesField(tag: number, bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#pos -= bytes.length;
    this.#buffer.set(bytes, this.#pos);
    this.varint(bytes.length);
    this.varint(tag);
  }

  /** The string even when empty: members of a oneof and of lists need it. */
  stringField(tag: number, text: string): void {
    const length = Buffer.byteLength(text);
    this.#reserve(length);
    this.#pos -= length;
    if (length === text.length && length < SHORT_STRING_BYTES) {
      for (let index = 0, at = this.#pos; index < length; index++) this.#buffer[at++] = text.charCodeAt(index);
    } else this.#buffer.write(text, this.#pos, length, "utf8");
    this.varint(length);
    this.varint(tag);
  }

  /** As proto3 writes a plain field: nothing for the default. */
  optionalString(tag: number, text: string): void {
    if (text !== "") this.stringField(tag, text);
  }

  optionalHex(tag: number, hex: string): void {
    if (hex === "") return;
    const length = hex.length >>> 1;
    this.#reserve(length);
    this.#pos -= length;
    this.#buffer.write(hex, this.#pos, length, "hex");
    this.varint(length);
    this.varint(tag);
  }

  /** uint32, enums and other small integers; a negative enum takes ten bytes. */
  optionalInt(tag: number, value: number): void {
    if (value === 0) return;
    this.varint64(value);
    this.varint(tag);
  }

  optionalBool(tag: number, value: boolean): void {
    this.optionalInt(tag, value ? 1 : 0);
  }

  optionalSint32(tag: number, value: number): void {
    if (value === 0) return;
    this.sint32(value);
    this.varint(tag);
  }

  optionalFixed32(tag: number, value: number): void {
    if (value === 0) return;
    this.fixed32(value);
    this.varint(tag);
  }

  optionalFixed64(tag: number, value: bigint): void {
    if (value === 0n) return;
    this.fixed64(value);
    this.varint(tag);
  }

  /** -0 is not the default: its bits differ. */
  optionalDouble(tag: number, value: number): void {
    if (Object.is(value, 0)) return;
    this.double(value);
    this.varint(tag);
  }

  #reserve(size: number): void {
    if (this.#pos >= size) return;
    const used = this.size;
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#buffer.length * 2, used + size));
    this.#buffer.copy(grown, grown.length - used, this.#pos);
    this.#buffer = grown;
    this.#view = viewOf(grown);
    this.#pos = grown.length - used;
  }
}

/** Below this a loop beats the call into the runtime. */
const SHORT_STRING_BYTES = 32;

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
