/**
 * Writes protobuf front to back, for a source that is read only once and forwards: `Writer` is the simpler choice for items in memory.
 *
 * The length of a nested message is not known when it is opened. As many bytes as it will probably take are reserved, and where that was
 * wrong its body is moved: lengths are always of the shortest form, as every other encoder writes them.
 *
 * Nothing but `ensure` and `close` looks whether there is room: call `ensure` for what is about to be written. The memory is reused from
 * message to message.
 */
export class ForwardWriter {
  bytes: Buffer = Buffer.alloc(0);
  view: DataView = viewOf(this.bytes);
  /** Where the next byte goes. */
  at = 0;

  begin(sizeHintBytes: number): void {
    this.at = 0;
    const { length } = this.bytes;
    if (length < sizeHintBytes || length > Math.max(MAX_KEPT_BYTES, sizeHintBytes)) this.#allocate(sizeHintBytes);
  }

  /** A copy, so that its owner may keep it. */
  finish(): Uint8Array {
    return new Uint8Array(this.bytes.subarray(0, this.at));
  }

  ensure(sizeBytes: number): void {
    if (this.at + sizeBytes <= this.bytes.length) return;
    const { bytes, at } = this;
    this.#allocate(Math.max(bytes.length * 2, at + sizeBytes));
    bytes.copy(this.bytes, 0, 0, at);
  }

  #allocate(sizeBytes: number): void {
    this.bytes = Buffer.allocUnsafeSlow(sizeBytes);
    this.view = viewOf(this.bytes);
  }

  /** Field number × 8 + wire type; no field of OTLP has a number above 2047. */
  tag(tag: number): void {
    if (tag >= 0x80) {
      this.bytes[this.at++] = (tag & 0x7f) | 0x80;
      this.bytes[this.at++] = tag >>> 7;
    } else this.bytes[this.at++] = tag;
  }

  /** An unsigned integer up to 2^53. */
  varint(value: number): void {
    let rest = value;
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 128)) this.bytes[this.at++] = (rest % 128) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.at++] = (rest & 0x7f) | 0x80;
    this.bytes[this.at++] = rest;
  }

  /** The two's complement in two halves, whose own sign does not matter. */
  varint64(low: number, high: number): void {
    let lower = low >>> 0;
    let upper = high >>> 0;
    while (upper !== 0) {
      this.bytes[this.at++] = (lower & 0x7f) | 0x80;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    this.varint(lower);
  }

  fixed32(value: number): void {
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  fixed64(low: number, high: number): void {
    this.view.setInt32(this.at, low, true);
    this.view.setInt32(this.at + 4, high, true);
    this.at += 8;
  }

  double(value: number): void {
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** Opens a length-prefixed field, whose length takes `width` bytes if the caller guesses right. Gives where its body begins: for `close`. */
  open(tag: number, width: number): number {
    this.tag(tag);
    this.at += width;
    return this.at;
  }

  /** Writes the length of the body that began at `body`, and gives its width: a good guess for the next of its kind. */
  close(body: number, width: number): number {
    const length = this.at - body;
    const found = varintWidth(length);
    let at = body - width;
    if (found !== width) {
      this.ensure(found);
      this.bytes.copyWithin(at + found, body, this.at);
      this.at += found - width;
    }
    let rest = length;
    for (; rest >= 0x80; rest >>>= 7) this.bytes[at++] = (rest & 0x7f) | 0x80;
    this.bytes[at] = rest;
    return found;
  }
}

/** Bytes that a length takes. */
export function varintWidth(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x4000) return 2;
  if (length < 0x20_0000) return 3;
  return length < 0x1000_0000 ? 4 : 5;
}

/** Memory for a larger message is not kept for the next one. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

function viewOf(buffer: Buffer): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
