import { CLOSE_OBJECT, isNumberPart, LETTER_F, LETTER_T, QUOTE } from "./json-bytes.ts";
import { BadId } from "./json-error.ts";
import type { JsonLiteral } from "./json-literal.ts";
import { parseDouble, parseInteger } from "./json-number.ts";
import { JsonScanner } from "./json-scanner.ts";
import { SMALL_BIGINTS } from "./small-bigints.ts";
import { sharedStrings } from "./string-cache.ts";

/** The values of OTLP/JSON in all the forms that protobuf's JSON allows for them, on top of the cursor. */
export class JsonReader extends JsonScanner {
  /** The array that `doubles` gave last, and its text. */
  #doubles: readonly number[] = [];
  #doublesFrom = 0;
  #doublesTo = 0;

  string(): string {
    if (this.peek() !== QUOTE) throw this.wrongType("a string");
    this.pos++;
    return this.restOfString();
  }

  /** `string` from behind its opening quote. */
  restOfString(): string {
    this.pos--;
    const start = this.pos + 1;
    const escaped = this.skipString();
    const end = this.pos - 1;
    if (escaped) return this.unescape(start, end);
    return this.cached(sharedStrings, start, end) ?? this.decode(start, end);
  }

  bool(): boolean {
    const byte = this.peek();
    if (byte === LETTER_T) this.literal("true");
    else if (byte === LETTER_F) this.literal("false");
    else throw this.wrongType("true or false");
    return byte === LETTER_T;
  }

  uint32(): number {
    return this.#int(0, 0xffff_ffff);
  }

  int32(): number {
    return this.#int(-0x8000_0000, 0x7fff_ffff);
  }

  /** uint64 and fixed64: a decimal string, or a number with all its digits. */
  uint64(): bigint {
    const start = this.offset;
    const short = this.#shortUint();
    if (short >= 0) return short < SMALL_BIGINTS.length ? (SMALL_BIGINTS[short] as bigint) : BigInt(short);
    const value = this.number() ? parseInteger(this.buffer, this.numberFrom, this.numberTo) : undefined;
    if (value !== undefined && value >= 0 && (typeof value === "number" || value <= MAX_UINT64)) return BigInt(value);
    throw this.wrongType("an unsigned 64-bit integer", start);
  }

  /** int64: a number where it is safe, else a bigint. */
  int64(): number | bigint {
    const start = this.offset;
    const short = this.#shortUint();
    if (short >= 0) return short;
    const value = this.number() ? parseInteger(this.buffer, this.numberFrom, this.numberTo) : undefined;
    if (typeof value === "number" || (value !== undefined && value >= MIN_INT64 && value <= MAX_INT64)) return value;
    throw this.wrongType("a 64-bit integer", start);
  }

  /**
   * An array of doubles. Bucket bounds are the same text in point after point: then the array is the very one of the time before, which is
   * not to be changed.
   */
  doubles(): readonly number[] {
    const start = this.offset;
    const length = this.#doublesTo - this.#doublesFrom;
    if (length > 0 && this.#repeats(this.#doublesFrom, length)) {
      this.pos += length;
      return this.#doubles;
    }
    const values: number[] = [];
    for (let more = this.firstItem(); more; more = this.nextItem()) values.push(this.double());
    this.#doublesFrom = start;
    this.#doublesTo = this.pos;
    this.#doubles = values;
    return values;
  }

  /** A number, or in quotes a number, NaN, Infinity or -Infinity. */
  double(): number {
    const start = this.offset;
    const quoted = this.bytes[start] === QUOTE;
    const value = this.number() ? parseDouble(this.buffer, this.numberFrom, this.numberTo, quoted) : undefined;
    if (value === undefined) throw this.wrongType("a number", start);
    return value;
  }

  /** An enum by its number or by its name in the .proto file. */
  enumeration(names: ReadonlyMap<string, number>): number {
    const start = this.offset;
    if (this.bytes[start] !== QUOTE || isNumberPart(this.bytes[start + 1])) return this.int32();
    const value = names.get(this.string());
    if (value === undefined) throw this.wrongType(`a number or one of ${[...names.keys()].join(", ")}`, start);
    return value;
  }

  /** Base64 of either alphabet, padded or not. */
  base64(): Uint8Array {
    const start = this.offset;
    const text = this.string();
    if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw this.wrongType("base64", start);
    return new Uint8Array(Buffer.from(text, "base64"));
  }

  /** A trace or span id in lower case; "" when it is empty. */
  id(wantedDigits: number): string | BadId {
    const start = this.offset;
    // Ids hardly ever repeat: past the cache, so as not to crowd it.
    const end = start + 1 + wantedDigits;
    if (this.bytes[start] === QUOTE && this.bytes[end] === QUOTE && this.#isLowerHex(start + 1, end)) {
      this.pos = end + 1;
      return this.buffer.toString("latin1", start + 1, end);
    }
    const text = this.string();
    const lower = text.toLowerCase();
    return text === "" || (lower.length === wantedDigits && /^[0-9a-f]*$/.test(lower)) ? lower : new BadId(text, wantedDigits, start);
  }

  #isLowerHex(start: number, end: number): boolean {
    for (let at = start; at < end; at++) {
      const byte = this.bytes[at] as number;
      if (!((byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66))) return false;
    }
    return true;
  }

  /** Takes the text if it stands here exactly so: four bytes of ASCII at least, without the white space that JSON allows. */
  takes(literal: JsonLiteral): boolean {
    const { words, tail, length } = literal;
    const start = this.pos;
    if (start + length > this.bytes.length || this.view.getInt32(start + length - 4, true) !== tail) return false;
    for (let index = 0; index < words.length; index++) if (this.view.getInt32(start + index * 4, true) !== words[index]) return false;
    this.pos = start + length;
    return true;
  }

  /** Takes the ends of an object and the one round it, if they stand here side by side. */
  takesEnds(): boolean {
    if (this.bytes[this.pos] !== CLOSE_OBJECT || this.bytes[this.pos + 1] !== CLOSE_OBJECT) return false;
    this.pos += 2;
    return true;
  }

  /** Where the cursor stands, for `goBack`. */
  get mark(): number {
    return this.pos;
  }

  goBack(mark: number): void {
    this.pos = mark;
  }

  #repeats(from: number, length: number): boolean {
    const start = this.pos;
    if (start + length > this.bytes.length) return false;
    for (let index = 0; index < length; index++) if (this.bytes[from + index] !== this.bytes[start + index]) return false;
    return true;
  }

  #int(min: number, max: number): number {
    const start = this.offset;
    const short = this.#shortUint();
    if (short >= 0 && short <= max) return short;
    this.pos = start;
    const value = this.number() ? parseInteger(this.buffer, this.numberFrom, this.numberTo) : undefined;
    if (value === undefined || value < min || value > max) throw this.wrongType(`an integer from ${min} to ${max}`, start);
    return Number(value);
  }

  /** The usual integer, of up to 15 digits and no sign, without a second look at its bytes; -1 = not one, and nothing is taken. */
  #shortUint(): number {
    const bytes = this.bytes;
    const quoted = bytes[this.pos] === QUOTE;
    const from = quoted ? this.pos + 1 : this.pos;
    let value = 0;
    let to = from;
    for (; to - from < 15; to++) {
      const digit = (bytes[to] as number) - 0x30;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
    }
    if (to === from || (bytes[from] === 0x30 && to - from > 1) || (quoted ? bytes[to] !== QUOTE : isNumberPart(bytes[to]))) return -1;
    this.pos = quoted ? to + 1 : to;
    return value;
  }
}

const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);
