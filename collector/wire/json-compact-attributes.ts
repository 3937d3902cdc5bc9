import { LETTER_N } from "./json-bytes.ts";
import { JsonCopier } from "./json-copier.ts";
import { JsonKeyStack } from "./json-key-stack.ts";
import { JsonLiteral } from "./json-literal.ts";
import { varintWidth } from "./protobuf-forward-writer.ts";
import type { WireNotes } from "./wire-notes.ts";

/** One request is read at a time. */
const keyStack = new JsonKeyStack();

/** Attributes as nearly every serializer writes them, and the keys of all the lists that are open. */
export class JsonCompactAttributes extends JsonCopier {
  protected readonly keys = keyStack;

  constructor(bytes: Uint8Array, notes: WireNotes) {
    super(bytes, notes);
    keyStack.clear();
  }

  /**
   * The form in which serializers write nearly every attribute, `{"key":"…","value":{"stringValue":"…"}}`, recognised in one piece: most of
   * a request consists of them. False, with nothing taken, for any other form.
   */
  protected compactKeyValue(tag: number): boolean {
    const { out } = this;
    const mark = this.pos;
    const { invalidUtf8 } = this.notes;
    if (!this.takes(KEY)) return false;
    const keyAt = this.pos;
    const start = out.at;
    // Tag, length, tag of the key, length of the key.
    out.at = start + 4;
    const keyLength = this.copyString();
    const { hash } = this;
    const value = out.at;
    // Tag of the value, length of the value, tag within it.
    out.at = value + 3;
    const valueTag = keyLength > 0 && keyLength < MAX_COMPACT_KEY && this.takes(VALUE) ? this.#compactValue() : 0;
    if (valueTag === 0 || !this.takesEnds()) {
      this.pos = mark;
      this.notes.invalidUtf8 = invalidUtf8;
      out.at = start;
      return false;
    }
    this.keys.push(hash, keyAt);
    const { bytes } = out;
    const length = out.at - start - 2;
    if (length >= 0x80) this.#spread(start, tag, keyLength);
    else {
      bytes[start] = tag;
      bytes[start + 1] = length;
      bytes[start + 2] = 0x0a;
      bytes[start + 3] = keyLength;
      bytes[value] = 0x12;
      bytes[value + 1] = out.at - value - 2;
      bytes[value + 2] = valueTag;
    }
    return true;
  }

  /** Writes a plain value without its tag, and gives the tag; 0 for a value that is not plain. */
  #compactValue(): number {
    const { out } = this;
    if (this.takes(STRING_VALUE)) {
      const lengthAt = out.at++;
      out.bytes[lengthAt] = this.copyString();
      return 0x0a;
    }
    if (this.takes(INT_VALUE)) {
      if (this.peek() === LETTER_N) return 0;
      this.int64();
      out.varint64(this.low, this.high);
      return 0x18;
    }
    if (this.takes(DOUBLE_VALUE)) {
      if (this.peek() === LETTER_N) return 0;
      out.double(this.double());
      return 0x21;
    }
    if (!this.takes(BOOL_VALUE) || this.peek() === LETTER_N) return 0;
    out.varint(this.bool() ? 1 : 0);
    return 0x10;
  }

  /** A compact attribute too long for lengths of one byte: its value is a string, since keys are shorter. */
  #spread(start: number, tag: number, keyLength: number): void {
    const { out } = this;
    const key = start + 4;
    const text = key + keyLength + 4;
    const textLength = out.at - text;
    const valueLength = 1 + varintWidth(textLength) + textLength;
    const length = 2 + keyLength + 1 + varintWidth(valueLength) + valueLength;
    const keyTo = key + varintWidth(length) - 1;
    const textTo = keyTo + keyLength + 2 + varintWidth(valueLength) + varintWidth(textLength);
    const { bytes } = out;
    bytes.copyWithin(textTo, text, text + textLength);
    bytes.copyWithin(keyTo, key, key + keyLength);
    out.at = start;
    out.tag(tag);
    out.varint(length);
    out.tag(0x0a);
    out.varint(keyLength);
    out.at += keyLength;
    out.tag(0x12);
    out.varint(valueLength);
    out.tag(0x0a);
    out.varint(textLength);
    out.at += textLength;
  }

  /** Takes the list of keys that began at `base` from the stack, and counts those that stood in it before. */
  protected countDuplicates(base: number): void {
    const offsets = this.keys.close(base);
    if (offsets === undefined) return;
    const { pos, notes } = this;
    const { invalidUtf8 } = notes;
    const texts = new Set<string>();
    for (const offset of offsets) {
      this.pos = offset - 1;
      texts.add(offset < 0 ? "" : this.string());
    }
    notes.duplicateKeys += offsets.length - texts.size;
    notes.invalidUtf8 = invalidUtf8;
    this.pos = pos;
  }
}

const KEY = new JsonLiteral('{"key":"');
const VALUE = new JsonLiteral(',"value":{"');
const STRING_VALUE = new JsonLiteral('stringValue":"');
const INT_VALUE = new JsonLiteral('intValue":');
const DOUBLE_VALUE = new JsonLiteral('doubleValue":');
const BOOL_VALUE = new JsonLiteral('boolValue":');

/** So short that an attribute which does not fit into lengths of one byte owes that to its value. */
const MAX_COMPACT_KEY = 100;
