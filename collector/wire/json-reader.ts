import { CLOSE_OBJECT, isNumberPart, LETTER_F, LETTER_T, QUOTE } from "./json-bytes.ts";
import type { JsonLiteral } from "./json-literal.ts";
import { parseDouble, parseInteger } from "./json-number.ts";
import { JsonScanner } from "./json-scanner.ts";
import { sharedStrings } from "./string-cache.ts";

/** The values of OTLP/JSON in all the forms that protobuf's JSON allows for them, on top of the cursor. */
export class JsonReader extends JsonScanner {
  /** The two's complement of the 64-bit integer read last, in two halves: no bigint is made of it. */
  protected low = 0;
  protected high = 0;

  protected string(): string {
    if (this.peek() !== QUOTE) throw this.wrongType("a string");
    const start = this.pos + 1;
    const escaped = this.skipString();
    const end = this.pos - 1;
    if (escaped) return this.unescape(start, end);
    return this.cached(sharedStrings, start, end) ?? this.decode(start, end);
  }

  protected bool(): boolean {
    const byte = this.peek();
    if (byte === LETTER_T) this.literal("true");
    else if (byte === LETTER_F) this.literal("false");
    else throw this.wrongType("true or false");
    return byte === LETTER_T;
  }

  protected uint32(): number {
    return this.#int(0, 0xffff_ffff);
  }

  protected int32(): number {
    return this.#int(-0x8000_0000, 0x7fff_ffff);
  }

  /** uint64 and fixed64, a decimal string or a number with all its digits, into `low` and `high`. */
  protected uint64(): void {
    const start = this.offset;
    if (this.#takeTime(start)) return;
    const short = this.#shortUint();
    if (short >= 0) {
      this.#split(short);
      return;
    }
    const value = this.number() ? parseInteger(this.buffer, this.numberFrom, this.numberTo) : undefined;
    if (value === undefined || value < 0 || value > MAX_UINT64) throw this.wrongType("an unsigned 64-bit integer", start);
    this.#split(value);
  }

  /** int64 and sfixed64 into `low` and `high`. */
  protected int64(): void {
    const start = this.offset;
    const short = this.#shortUint();
    if (short >= 0) {
      this.#split(short);
      return;
    }
    const value = this.number() ? parseInteger(this.buffer, this.numberFrom, this.numberTo) : undefined;
    if (value === undefined || value < MIN_INT64 || value > MAX_INT64) throw this.wrongType("a 64-bit integer", start);
    this.#split(value);
  }

  /** A number, or in quotes a number, NaN, Infinity or -Infinity. */
  protected double(): number {
    const start = this.offset;
    const quoted = this.bytes[start] === QUOTE;
    const value = this.number() ? parseDouble(this.buffer, this.numberFrom, this.numberTo, quoted) : undefined;
    if (value === undefined) throw this.wrongType("a number", start);
    return value;
  }

  /** An enum by its number or by its name in the .proto file. */
  protected enumeration(names: ReadonlyMap<string, number>): number {
    const start = this.offset;
    if (this.bytes[start] !== QUOTE || isNumberPart(this.bytes[start + 1])) return this.int32();
    const value = names.get(this.string());
    if (value === undefined) throw this.wrongType(`a number or one of ${[...names.keys()].join(", ")}`, start);
    return value;
  }

  /** Base64 of either alphabet, padded or not. */
  protected base64(): Buffer {
    const start = this.offset;
    const text = this.string();
    if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) throw this.wrongType("base64", start);
    return Buffer.from(text, "base64");
  }

  /** Takes the text if it stands here exactly so: four bytes of ASCII at least, without the white space that JSON allows. */
  protected takes(literal: JsonLiteral): boolean {
    const { words, tail, length } = literal;
    const start = this.pos;
    if (start + length > this.bytes.length || this.view.getInt32(start + length - 4, true) !== tail) return false;
    for (let index = 0; index < words.length; index++) if (this.view.getInt32(start + index * 4, true) !== words[index]) return false;
    this.pos = start + length;
    return true;
  }

  /** Takes the ends of an object and the one round it, if they stand here side by side. */
  protected takesEnds(): boolean {
    if (this.bytes[this.pos] !== CLOSE_OBJECT || this.bytes[this.pos + 1] !== CLOSE_OBJECT) return false;
    this.pos += 2;
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

  /** Nanoseconds of our days: 19 digits in quotes. False, with nothing taken, for anything else. */
  #takeTime(start: number): boolean {
    const bytes = this.bytes;
    if (bytes[start + 20] !== QUOTE || bytes[start] !== QUOTE) return false;
    let head = 0;
    let tail = 0;
    // Negative as soon as one byte is no digit.
    let wrong = 0;
    for (let at = start + 1; at < start + 11; at++) {
      const digit = (bytes[at] as number) - 0x30;
      wrong |= digit | (9 - digit);
      head = head * 10 + digit;
    }
    for (let at = start + 11; at < start + 20; at++) {
      const digit = (bytes[at] as number) - 0x30;
      wrong |= digit | (9 - digit);
      tail = tail * 10 + digit;
    }
    if (wrong < 0 || bytes[start + 1] === 0x30) return false;
    // head × 10^9 + tail, in steps that are exact in a double: head = upper × 2^16 + lower.
    const upper = Math.floor(head / 0x1_0000) * 1e9;
    const lower = (head % 0x1_0000) * 1e9 + tail;
    const low = (upper % 0x1_0000) * 0x1_0000 + lower;
    this.low = low | 0;
    this.high = (Math.floor(upper / 0x1_0000) + Math.floor(low / 0x1_0000_0000)) | 0;
    this.pos = start + 21;
    return true;
  }

  #split(value: number | bigint): void {
    if (typeof value === "number") {
      this.low = value | 0;
      this.high = Math.floor(value / 0x1_0000_0000) | 0;
    } else {
      this.low = Number(BigInt.asIntN(32, value));
      this.high = Number(BigInt.asIntN(32, value >> 32n));
    }
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
