import {
  BACKSLASH,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isNumberPart,
  LETTER_F,
  LETTER_N,
  LETTER_T,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from "./json-bytes.ts";
import { JsonError } from "./json-error.ts";
import { canonicalName, fieldNames } from "./json-names.ts";
import { isJsonNumber } from "./json-number.ts";
import { jsonPathAt } from "./json-path.ts";
import { MAX_CACHED_BYTES, mix, type StringCache } from "./string-cache.ts";
import { isUtf8 } from "./utf8.ts";
import type { WireNotes } from "./wire-notes.ts";

/**
 * A cursor over the bytes of a JSON text, by which it is read without an object tree in between: integers keep all their digits, no key
 * becomes a property name, and passing over a value costs no stack.
 *
 *     for (let key = this.firstKey(); key !== undefined; key = this.nextKey()) switch (key) { … }
 *     for (let more = this.firstItem(); more; more = this.nextItem()) …
 *
 * Keys come in lowerCamelCase however they were sent. A field that is null is passed over, as if it were absent.
 * Throws: JsonError where the text is not JSON or a value is not of the type asked for.
 */
export class JsonScanner {
  readonly notes: WireNotes;
  protected readonly bytes: Uint8Array;
  protected readonly view: DataView;
  protected readonly buffer: Buffer;
  protected pos = 0;
  /** The number taken last, without its quotes. */
  protected numberFrom = 0;
  protected numberTo = 0;
  /** Of the string passed last: whether the cache may know it, and under which hash (see `StringCache.getHashed`). */
  #cacheable = false;
  #hash = 0;

  constructor(bytes: Uint8Array, notes: WireNotes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.notes = notes;
    // A byte order mark is no part of JSON, but editors on Windows put one.
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.pos = 3;
  }

  /** The next byte that is not white space; undefined at the end of the text. */
  peek(): number | undefined {
    const bytes = this.bytes;
    let byte = bytes[this.pos] as number;
    if (byte > 0x20) return byte;
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) byte = bytes[++this.pos] as number;
    return byte;
  }

  /** Offset of the next value, for `error` and `pathAt` later on. */
  get offset(): number {
    this.peek();
    return this.pos;
  }

  /** Enters an object; undefined when it is empty, or null. */
  firstKey(): string | undefined {
    if (this.peek() !== OPEN_OBJECT) {
      if (this.isNull()) return undefined;
      throw this.wrongType("an object");
    }
    this.pos++;
    if (this.peek() === CLOSE_OBJECT) {
      this.pos++;
      return undefined;
    }
    const key = this.key();
    return this.isNull() ? this.nextKey() : key;
  }

  /** The next key of the object entered last; undefined at its end, which is left then. */
  nextKey(): string | undefined {
    while (this.nextMember(CLOSE_OBJECT)) {
      const key = this.key();
      if (!this.isNull()) return key;
    }
    return undefined;
  }

  /** Enters an array; false when it is empty, or null. */
  firstItem(): boolean {
    if (this.peek() !== OPEN_ARRAY) {
      if (this.isNull()) return false;
      throw this.wrongType("an array");
    }
    this.pos++;
    if (this.peek() !== CLOSE_ARRAY) return true;
    this.pos++;
    return false;
  }

  nextItem(): boolean {
    return this.nextMember(CLOSE_ARRAY);
  }

  /** Takes a null if one stands here. */
  isNull(): boolean {
    if (this.peek() !== LETTER_N) return false;
    this.literal("null");
    return true;
  }

  /** Passes a value of any kind and, without using the stack, of any depth. */
  skip(): void {
    const open: number[] = [];
    do {
      const byte = this.peek();
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        if (open.length >= MAX_SKIPPED_DEPTH) throw this.error(`brackets are nested deeper than ${MAX_SKIPPED_DEPTH}`, this.pos);
        this.pos++;
        // Both closing brackets are the opening one plus 2.
        if (this.peek() !== byte + 2) {
          open.push(byte + 2);
          if (byte === OPEN_OBJECT) this.key();
          continue;
        }
        this.pos++;
      } else this.#skipScalar(byte);
      for (let close = open.at(-1); close !== undefined; close = open.at(-1)) {
        if (this.nextMember(close)) {
          if (close === CLOSE_OBJECT) this.key();
          break;
        }
        open.pop();
      }
    } while (open.length > 0);
  }

  /** Passes a field that no table names, and counts it. */
  unknown(message: string, key: string): void {
    this.skip();
    this.notes.unknownField(message, key.slice(0, MAX_NOTED_NAME));
  }

  /** To be called after the last value. */
  finish(): void {
    if (this.peek() !== undefined) throw new JsonError("", `text after the end of the object, at byte ${this.pos}`);
  }

  error(description: string, offset: number): JsonError {
    return new JsonError(this.pathAt(offset), description);
  }

  pathAt(offset: number): string {
    return jsonPathAt(this.bytes, offset);
  }

  /** The name and the colon behind it. */
  protected key(): string {
    if (this.peek() !== QUOTE) throw this.wrongType("a field name in quotes");
    const start = this.pos + 1;
    const escaped = this.skipString();
    const end = this.pos - 1;
    const cached = escaped ? undefined : this.cached(fieldNames, start, end);
    if (this.peek() !== COLON) throw this.wrongType('":"');
    this.pos++;
    return cached ?? canonicalName(escaped ? this.unescape(start, end) : this.decode(start, end));
  }

  /** Takes the comma before another member, or the closing bracket. */
  protected nextMember(close: number): boolean {
    const byte = this.peek();
    if (byte !== COMMA && byte !== close) throw this.wrongType(`"," or "${String.fromCharCode(close)}"`);
    this.pos++;
    return byte === COMMA;
  }

  #skipScalar(byte: number | undefined): void {
    const start = this.pos;
    if (byte === QUOTE) {
      if (this.skipString()) this.unescape(start + 1, this.pos - 1);
    } else if (byte === LETTER_T) this.literal("true");
    else if (byte === LETTER_F) this.literal("false");
    else if (byte === LETTER_N) this.literal("null");
    else if (!this.number() || !isJsonNumber(this.buffer, this.numberFrom, this.numberTo)) {
      throw this.wrongType("a value", start);
    }
  }

  protected cached(cache: StringCache, start: number, end: number): string | undefined {
    if (end - start < 4) return cache.getShort(this.buffer, start, end);
    return this.#cacheable && end - start <= MAX_CACHED_BYTES ? cache.getHashed(this.buffer, this.view, start, end, this.#hash) : undefined;
  }

  /** From the opening quote to behind the closing one; true when there was a backslash. */
  protected skipString(): boolean {
    const bytes = this.bytes;
    const end = bytes.length;
    const start = this.pos + 1;
    let pos = start;
    let hash = 0;
    // Four bytes at a time for as long as all of them are plain ASCII, neither quote, backslash nor control character.
    for (; pos + 4 <= end; pos += 4) {
      const word = this.view.getInt32(pos, true);
      const quote = word ^ 0x22222222;
      const backslash = word ^ 0x5c5c5c5c;
      const special = ((quote - 0x01010101) & ~quote) | ((backslash - 0x01010101) & ~backslash) | (word - 0x20202020) | word;
      if ((special & 0x80808080) !== 0) break;
      hash = mix(hash, word);
    }
    let ascii = 0;
    let escaped = false;
    for (; pos < end; pos++) {
      const byte = bytes[pos] as number;
      if (byte === QUOTE) {
        this.pos = pos + 1;
        this.#cacheable = !escaped && ascii < 0x80;
        if (this.#cacheable && pos - start >= 4 && ((pos - start) & 3) !== 0) hash = mix(hash, this.view.getInt32(pos - 4, true));
        this.#hash = hash;
        return escaped;
      }
      if (byte === BACKSLASH) {
        escaped = true;
        pos++;
      } else if (byte < 0x20) throw this.error(`a string holds a raw control character at byte ${pos}`, this.pos);
      else ascii |= byte;
    }
    throw this.error("the text ends inside a string", this.pos);
  }

  protected decode(start: number, end: number): string {
    const text = this.buffer.toString("utf8", start, end);
    if (text.includes("\uFFFD") && !isUtf8(this.bytes.subarray(start, end))) this.notes.invalidUtf8++;
    return text;
  }

  /** The platform's own parser knows the escapes; half a surrogate pair is no character and becomes U+FFFD. */
  protected unescape(start: number, end: number): string {
    let text: string;
    try {
      text = JSON.parse(`"${this.decode(start, end)}"`) as string;
    } catch {
      throw this.error("a string holds an escape that JSON does not know", start - 1);
    }
    if (text.isWellFormed()) return text;
    this.notes.invalidUtf8++;
    return text.toWellFormed();
  }

  protected literal(word: "null" | "true" | "false"): void {
    for (let index = 0; index < word.length; index++) {
      if (this.bytes[this.pos + index] !== word.charCodeAt(index)) throw this.wrongType("a value");
    }
    this.pos += word.length;
  }

  /** Takes a number, bare or in quotes, for a parser to read from `#numberFrom` to `#numberTo`; false when none stands here. */
  protected number(): boolean {
    const bytes = this.bytes;
    const quoted = bytes[this.pos] === QUOTE;
    const from = quoted ? this.pos + 1 : this.pos;
    let to = from;
    while (isNumberPart(bytes[to])) to++;
    if (!quoted) {
      this.pos = to;
    } else if (bytes[to] === QUOTE) {
      this.pos = to + 1;
    } else {
      if (this.skipString()) return false;
      to = this.pos - 1;
    }
    this.numberFrom = from;
    this.numberTo = to;
    return to > from;
  }

  /** With what stands there instead, cut short. */
  protected wrongType(wanted: string, at = this.pos): JsonError {
    if (at >= this.bytes.length) return this.error(`${wanted} expected, but the text ends`, at);
    const text = this.buffer.toString("utf8", at, at + 40);
    const [found] = /^"[^"]{0,24}"?|^[^\s,:[\]{}"]{1,24}|^./su.exec(text) ?? [text];
    return this.error(`${wanted} expected, but at byte ${at} stands ${found}`, at);
  }
}

/** Brackets around a skipped value: more is no telemetry. Bounds the memory that keeps count of them. */
const MAX_SKIPPED_DEPTH = 1_000_000;
const MAX_NOTED_NAME = 80;
