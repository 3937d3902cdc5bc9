import { BACKSLASH, CLOSE_ARRAY, COMMA, OPEN_ARRAY, QUOTE } from "./json-bytes.ts";
import { BadId } from "./json-error.ts";
import type { Field } from "./json-message.ts";
import { JsonReader } from "./json-reader.ts";
import { ForwardWriter } from "./protobuf-forward-writer.ts";
import { mix } from "./string-cache.ts";
import { isUtf8 } from "./utf8.ts";
import type { WireNotes } from "./wire-notes.ts";

/** One message is written at a time. */
const writer = new ForwardWriter();

/** Values that go from JSON straight into protobuf: text as bytes, without becoming a string. */
export class JsonCopier extends JsonReader {
  protected readonly out = writer;
  /** Of the string copied last. */
  protected hash = EMPTY_HASH;
  /** Whether the whole document is UTF-8: asked at the first byte that is not ASCII. */
  #isUtf8: boolean | undefined;
  /** The array of doubles read last, as JSON and as protobuf. Bucket bounds are the same in point after point. */
  #doublesFrom = 0;
  #doublesTo = 0;
  #doubles = new Uint8Array(0);

  constructor(bytes: Uint8Array, notes: WireNotes) {
    super(bytes, notes);
    writer.begin(bytes.length + ROOM);
  }

  /** Room for all that the rest of the text can become, lists of numbers apart. */
  protected ensureRoom(): void {
    this.out.ensure(this.bytes.length - this.pos + ROOM);
  }

  /** A string field; nothing for "" unless `present`. */
  protected text(tag: number, present: boolean): void {
    if (this.peek() !== QUOTE) throw this.wrongType("a string");
    this.pos++;
    const { out } = this;
    const start = out.at;
    const body = out.open(tag, 1);
    if (this.copyString() === 0 && !present) out.at = start;
    else out.close(body, 1);
  }

  /** A varint field; nothing for 0 unless `present`. */
  protected integer(tag: number, value: number, present: boolean): void {
    if (value === 0 && !present) return;
    this.out.tag(tag);
    if (value < 0) this.out.varint64(value, -1);
    else this.out.varint(value);
  }

  protected fixed32(tag: number, value: number, present: boolean): void {
    if (value === 0 && !present) return;
    this.out.tag(tag);
    this.out.fixed32(value);
  }

  /** -0 is not the default: its bits differ. */
  protected plainDouble(tag: number, value: number, present: boolean): void {
    if (Object.is(value, 0) && !present) return;
    this.out.tag(tag);
    this.out.double(value);
  }

  protected texts(tag: number): void {
    for (let more = this.firstItem(); more; more = this.nextItem()) {
      this.ensureRoom();
      this.text(tag, true);
    }
  }

  /** Copies from behind the opening quote to the closing one; gives the length in bytes. */
  protected copyString(): number {
    const { bytes, view, out } = this;
    const source = this.pos;
    const start = out.at;
    const lastWord = bytes.length - 4;
    const target = out.view;
    let pos = source;
    let at = start;
    let hash = EMPTY_HASH;
    // Four bytes at a time for as long as all of them are plain ASCII, neither quote, backslash nor control character.
    for (; pos <= lastWord; pos += 4, at += 4) {
      const word = view.getInt32(pos, true);
      const quote = word ^ 0x22222222;
      const backslash = word ^ 0x5c5c5c5c;
      const special = ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) | (word - 0x20202020) | word;
      if ((special & 0x80808080) !== 0) break;
      target.setInt32(at, word, true);
      hash = mix(hash, word);
    }
    const copy = out.bytes;
    for (; pos < bytes.length; pos++, at++) {
      const byte = bytes[pos] as number;
      if (byte === QUOTE) {
        this.pos = pos + 1;
        out.at = at;
        this.hash = hash;
        return at - start;
      }
      if (byte === BACKSLASH || byte < 0x20 || (byte >= 0x80 && !this.#documentIsUtf8())) break;
      copy[at] = byte;
      hash = mix(hash, byte);
    }
    return this.#copyDecoded(source);
  }

  /** A string with escapes, or with bytes that are not UTF-8. */
  #copyDecoded(source: number): number {
    this.pos = source - 1;
    const escaped = this.skipString();
    const text = escaped ? this.unescape(source, this.pos - 1) : this.decode(source, this.pos - 1);
    const { out } = this;
    const length = Buffer.byteLength(text);
    out.ensure(length + ROOM);
    out.bytes.write(text, out.at, length, "utf8");
    this.hash = hashOf(out.bytes, out.view, out.at, out.at + length);
    out.at += length;
    return length;
  }

  #documentIsUtf8(): boolean {
    this.#isUtf8 ??= isUtf8(this.bytes);
    return this.#isUtf8;
  }

  /** A trace or span id; nothing for "" unless `present`. Gives what is none. */
  protected id(field: Field, present: boolean): BadId | undefined {
    const { bytes, out } = this;
    const start = this.offset;
    const { sizeBytes } = field;
    const end = start + 1 + sizeBytes * 2;
    const tagAt = out.at;
    const body = out.open(field.tag, 1);
    if (bytes[start] === QUOTE && bytes[end] === QUOTE && copyHex(bytes, start + 1, out.bytes, body, sizeBytes)) {
      this.pos = end + 1;
      out.at = body + sizeBytes;
      out.close(body, 1);
      return undefined;
    }
    const text = this.string();
    if (text === "") {
      if (present) out.close(body, 1);
      else out.at = tagAt;
      return undefined;
    }
    out.at = tagAt;
    if (text.length !== sizeBytes * 2 || !/^[0-9a-fA-F]*$/.test(text)) return new BadId(text, sizeBytes * 2, start);
    out.open(field.tag, 1);
    out.bytes.write(text, body, "hex");
    out.at = body + sizeBytes;
    out.close(body, 1);
    return undefined;
  }

  protected byteString(tag: number): void {
    const { out } = this;
    const bytes = this.base64();
    const body = out.open(tag, 1);
    out.bytes.set(bytes, body);
    out.at = body + bytes.length;
    out.close(body, 1);
  }

  protected packedFixed64(field: Field): void {
    const { out } = this;
    const start = out.at;
    const body = out.open(field.tag, field.width);
    if (this.#copyCounts()) {
      this.#closePacked(field, start, body);
      return;
    }
    for (let more = this.firstItem(); more; more = this.nextItem()) {
      this.ensureRoom();
      this.uint64();
      out.fixed64(this.low, this.high);
    }
    this.#closePacked(field, start, body);
  }

  /** An array of bare numbers below 10^9 without white space, as serializers write bucket counts. False, with nothing taken, for any other. */
  #copyCounts(): boolean {
    const { bytes, out } = this;
    const start = out.at;
    let pos = this.pos;
    if (bytes[pos] !== OPEN_ARRAY) return false;
    let byte: number | undefined = COMMA;
    while (byte === COMMA) {
      const first = pos + 1;
      let value = 0;
      for (byte = bytes[++pos]; byte !== undefined && byte >= 0x30 && byte <= 0x39; byte = bytes[++pos]) value = value * 10 + (byte - 0x30);
      const digits = pos - first;
      if (digits < 1 || digits > 9 || (digits > 1 && bytes[first] === 0x30) || (byte !== COMMA && byte !== CLOSE_ARRAY)) {
        out.at = start;
        return false;
      }
      out.ensure(bytes.length - pos + ROOM);
      out.fixed64(value, 0);
    }
    this.pos = pos + 1;
    return true;
  }

  protected packedUint64(field: Field): void {
    const { out } = this;
    const start = out.at;
    const body = out.open(field.tag, field.width);
    for (let more = this.firstItem(); more; more = this.nextItem()) {
      this.ensureRoom();
      this.uint64();
      out.varint64(this.low, this.high);
    }
    this.#closePacked(field, start, body);
  }

  protected packedDoubles(field: Field): void {
    const { out } = this;
    const from = this.offset;
    const start = out.at;
    const body = out.open(field.tag, field.width);
    if (this.#repeatsDoubles(from)) {
      out.ensure(this.#doubles.length + ROOM);
      out.bytes.set(this.#doubles, body);
      out.at = body + this.#doubles.length;
    } else {
      for (let more = this.firstItem(); more; more = this.nextItem()) {
        this.ensureRoom();
        out.double(this.double());
      }
      this.#doublesFrom = from;
      this.#doublesTo = this.pos;
      this.#doubles = new Uint8Array(out.bytes.subarray(body, out.at));
    }
    this.#closePacked(field, start, body);
  }

  /** Takes the text of the last array of doubles if it stands here again. */
  #repeatsDoubles(start: number): boolean {
    const { bytes } = this;
    const from = this.#doublesFrom;
    const length = this.#doublesTo - from;
    if (length === 0 || start + length > bytes.length) return false;
    for (let index = 0; index < length; index++) if (bytes[from + index] !== bytes[start + index]) return false;
    this.pos = start + length;
    return true;
  }

  #closePacked(field: Field, start: number, body: number): void {
    if (this.out.at === body) this.out.at = start;
    else field.width = this.out.close(body, field.width);
  }
}

/** What a field of fixed size takes at most, with its tag and the length round it. */
const ROOM = 64;

export const EMPTY_HASH = 0;

/** As `copyString` takes it of text that needs no decoding. */
function hashOf(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let hash = EMPTY_HASH;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true);
    if ((word & 0x80808080) !== 0) break;
    hash = mix(hash, word);
  }
  for (; at < end; at++) hash = mix(hash, bytes[at] as number);
  return hash;
}

/** Values of hex digits by their character code; negative = none. */
const HEX = new Int8Array(256).fill(-1);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** False where something else than hex digits stands there. */
function copyHex(bytes: Uint8Array, from: number, target: Uint8Array, to: number, sizeBytes: number): boolean {
  let wrong = 0;
  for (let index = 0; index < sizeBytes; index++) {
    const high = HEX[bytes[from + index * 2] as number] as number;
    const low = HEX[bytes[from + index * 2 + 1] as number] as number;
    wrong |= high | low;
    target[to + index] = (high << 4) | low;
  }
  return wrong >= 0;
}
