import { readLength, readTag, skipBytes, VARINT } from "./scan-cursor.ts";

/** A set of attribute keys compiled for byte comparison: asked once per attribute, it answers most by the key's length alone. */
export class WantedKeys {
  readonly keys: string[] = [];
  readonly #encoded: Uint8Array[] = [];
  /** By key length: first slot + 1, or 0 = no key of this length is wanted. Longer keys than 127 bytes never are. */
  readonly lengths = new Uint8Array(256);
  /** By slot: next slot of the same length + 1, or 0. */
  readonly #next: number[] = [];

  /** The slot of the key, new or known. Throws RangeError above 127 UTF-8 bytes, or 255 keys. */
  add(key: string): number {
    const known = this.keys.indexOf(key);
    if (known >= 0) return known;
    const encoded = new TextEncoder().encode(key);
    if (encoded.length > 127) throw new RangeError(`attribute key of ${encoded.length} bytes: at most 127 can be selected`);
    const slot = this.keys.length;
    if (slot === 255) throw new RangeError("at most 255 attribute keys can be selected");
    this.keys.push(key);
    this.#encoded.push(encoded);
    this.#next.push(this.lengths[encoded.length] as number);
    this.lengths[encoded.length] = slot + 1;
    return slot;
  }

  /**
   * The slot of a length-prefixed KeyValue (which has been scanned) from `position` to `end`, or -1. On a hit, `FOUND` holds the range of
   * its AnyValue's body.
   */
  match(bytes: Uint8Array, position: number, end: number): number {
    if ((bytes[position] as number) >= 0x80) return this.#matchSlowly(bytes, readLength(bytes, position, end), end);
    const start = position + 1;
    // Every encoder writes the key first, and its length in one byte.
    if (start + 1 >= end || bytes[start] !== 0x0a || (bytes[start + 1] as number) >= 0x80) return this.#matchSlowly(bytes, start, end);
    const length = bytes[start + 1] as number;
    const slot = this.#slotOf(bytes, start + 2, length);
    if (slot < 0) return -1;
    const value = start + 2 + length;
    if (value + 2 <= end && bytes[value] === 0x12 && value + 2 + (bytes[value + 1] as number) === end) {
      FOUND[0] = value + 2;
      FOUND[1] = end;
      return slot;
    }
    return this.#matchSlowly(bytes, start, end);
  }

  #slotOf(bytes: Uint8Array, start: number, length: number): number {
    let slot = (this.lengths[length] as number) - 1;
    while (slot >= 0 && !isAt(this.#encoded[slot] as Uint8Array, bytes, start)) slot = (this.#next[slot] as number) - 1;
    return slot;
  }

  /** Any order of fields, any width of lengths; the last of repeated fields counts. */
  #matchSlowly(bytes: Uint8Array, start: number, end: number): number {
    let keyStart = start;
    let keyLength = 0;
    FOUND[0] = 0;
    FOUND[1] = 0;
    let position = start;
    while (position < end) {
      position = readTag(bytes, position, end);
      const tag = VARINT[0] as number;
      if (tag !== 0x0a && tag !== 0x12) {
        position = skipScanned(bytes, position, end, tag & 7);
        continue;
      }
      position = readLength(bytes, position, end);
      const length = VARINT[0] as number;
      if (tag === 0x0a) {
        keyStart = position;
        keyLength = length;
      } else {
        FOUND[0] = position;
        FOUND[1] = position + length;
      }
      position += length;
    }
    return keyLength > 127 ? -1 : this.#slotOf(bytes, keyStart, keyLength);
  }
}

/** Range of the value that `match` found. */
export const FOUND = new Uint32Array(2);

function isAt(key: Uint8Array, bytes: Uint8Array, start: number): boolean {
  // From the end: keys share their beginnings ("http.request.", "http.response.").
  for (let index = key.length - 1; index >= 0; index--) if (bytes[start + index] !== key[index]) return false;
  return true;
}

/** A field that an earlier scan has checked and counted. */
function skipScanned(bytes: Uint8Array, position: number, end: number, wireType: number): number {
  if (wireType === 0) return readTag(bytes, position, end);
  if (wireType === 1) return position + 8;
  return wireType === 5 ? position + 4 : skipBytes(bytes, position, end);
}
