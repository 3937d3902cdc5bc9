import { CLOSE_OBJECT, LETTER_N, OPEN_ARRAY, OPEN_OBJECT } from "./json-bytes.ts";
import { JsonCompactAttributes } from "./json-compact-attributes.ts";
import { EMPTY_HASH } from "./json-copier.ts";
import { type BadId, JsonError } from "./json-error.ts";
import type { Field, Message } from "./json-message.ts";
import { MAX_VALUE_DEPTH } from "./otlp-common.ts";
import { ANY_VALUE } from "./otlp-json-messages.ts";
import type { WireNotes } from "./wire-notes.ts";

/**
 * Reads one OTLP/JSON request and writes it as protobuf, both in one pass and by one table: no objects are made of it. Fields are written
 * in the order in which they come, but an attribute's key always before its value, and every value in its shortest form, so that the
 * same attribute is the same bytes whoever sent it in whatever format.
 *
 * A field of an object that comes twice is what it is in protobuf: of single values and of a oneof the last one counts, lists go on.
 * Makes one request. Throws: JsonError.
 */
export class JsonTranscoder extends JsonCompactAttributes {
  readonly #onBadItem: (bad: BadId) => void;
  /** The first bad id of the innermost message that has ids. */
  #badId: BadId | undefined;
  /** Of the span being read. */
  #droppedLinks = 0;
  #badLinks = 0;

  /** `onBadItem` is told of each id that costs its span or log record. */
  constructor(bytes: Uint8Array, notes: WireNotes, onBadItem: (bad: BadId) => void) {
    super(bytes, notes);
    this.#onBadItem = onBadItem;
  }

  transcode(request: Message): Uint8Array {
    const first = this.peek();
    if (first === undefined) throw new JsonError("", "empty JSON body");
    if (first !== OPEN_OBJECT) throw this.error("an object expected at the top", this.pos);
    this.#fields(request, 0);
    this.finish();
    return this.out.finish();
  }

  /** The fields of the object that begins here, or of none for null. `depth`: arrays and maps round it. */
  #fields(message: Message, depth: number): void {
    if (this.peek() !== OPEN_OBJECT) {
      if (this.isNull()) return;
      throw this.wrongType("an object");
    }
    this.pos++;
    if (this.peek() === CLOSE_OBJECT) {
      this.pos++;
      return;
    }
    const start = this.out.at;
    let last = message.begin;
    let seen = 0;
    do {
      this.ensureRoom();
      let field = last.follower;
      if (field === undefined || !this.takes(field.literal)) {
        const key = this.key();
        field = message.field(key);
        if (field === undefined) {
          if (!this.isNull()) this.unknown(message.name, key);
          continue;
        }
        last.follower = field;
      }
      last = field;
      if (this.peek() === LETTER_N && this.isNull()) continue;
      if (message.oneof) this.out.at = start;
      this.#value(field, field.present || (seen & field.bit) !== 0, depth);
      seen |= field.bit;
    } while (this.nextMember(CLOSE_OBJECT));
  }

  /** `present`: to be written even at its default. */
  #value(field: Field, present: boolean, depth: number): void {
    const { out } = this;
    switch (field.kind) {
      case "attributes":
        this.#attributes(field.tag, depth);
        return;
      case "fixed64":
        this.uint64();
        if ((this.low | this.high) === 0 && !present) return;
        out.tag(field.tag);
        out.fixed64(this.low, this.high);
        return;
      case "text":
        this.text(field.tag, present);
        return;
      case "uint32":
        this.integer(field.tag, this.uint32(), present);
        return;
      case "id":
        this.#id(field, present);
        return;
      case "enumeration":
        this.integer(field.tag, this.enumeration(field.names), present);
        return;
      case "many":
        this.#many(field, depth);
        return;
      case "one":
        this.#one(field, present, depth);
        return;
      case "sfixed64":
        this.int64();
        out.tag(field.tag);
        out.fixed64(this.low, this.high);
        return;
      case "double":
        this.plainDouble(field.tag, this.double(), present);
        return;
      case "packedFixed64":
        this.packedFixed64(field);
        return;
      case "packedDouble":
        this.packedDoubles(field);
        return;
      case "packedUint64":
        this.packedUint64(field);
        return;
      case "bool":
        this.integer(field.tag, this.bool() ? 1 : 0, present);
        return;
      case "fixed32":
        this.fixed32(field.tag, this.uint32(), present);
        return;
      case "int64":
        this.int64();
        out.tag(field.tag);
        out.varint64(this.low, this.high);
        return;
      case "sint32": {
        const value = this.int32();
        this.integer(field.tag, ((value << 1) ^ (value >> 31)) >>> 0, present);
        return;
      }
      case "droppedLinks":
        this.#droppedLinks = this.uint32();
        return;
      case "texts":
        this.texts(field.tag);
        return;
      case "bytes":
        this.byteString(field.tag);
        return;
      case "nested":
        this.#nested(field, depth + 1);
        return;
    }
  }

  /** The first bad one condemns the message, whatever comes behind it. */
  #id(field: Field, present: boolean): void {
    const bad = this.id(field, present);
    this.#badId ??= bad;
  }

  #one(field: Field, present: boolean, depth: number): void {
    const { out } = this;
    const { message } = field;
    // A message within this one may be of its kind and change the guess.
    const { width } = message;
    const start = out.at;
    const body = out.open(field.tag, width);
    this.#fields(message, depth);
    if (out.at === body && !present) out.at = start;
    else message.width = out.close(body, width);
  }

  #many(field: Field, depth: number): void {
    const { out } = this;
    const { message } = field;
    for (let more = this.firstItem(); more; more = this.nextItem()) {
      if (!field.present && this.isNull()) continue;
      this.ensureRoom();
      const start = out.at;
      const { width } = message;
      const body = out.open(field.tag, width);
      if (message.badIdCosts === undefined) this.#fields(message, depth);
      else if (this.#hasBadId(message, depth)) {
        out.at = start;
        continue;
      }
      message.width = out.close(body, width);
    }
  }

  /** The fields of a message that has ids. True where it must not stay; that is counted then. */
  #hasBadId(message: Message, depth: number): boolean {
    const outer = this.#badId;
    this.#badId = undefined;
    if (message.badIdCosts === "item") {
      this.#droppedLinks = 0;
      this.#badLinks = 0;
    }
    this.#fields(message, depth);
    const bad = this.#badId;
    this.#badId = outer;
    if (message.badIdCosts === "item") {
      if (bad !== undefined) this.#onBadItem(bad);
      else this.#writeDroppedLinks();
    } else if (bad !== undefined) {
      if (message.badIdCosts === "link") this.#badLinks++;
      else this.notes.droppedExemplars++;
    }
    return bad !== undefined;
  }

  /** Those of the span's sender and those with bad ids; last, since both are known only at the end of the span. */
  #writeDroppedLinks(): void {
    this.notes.droppedLinks += this.#badLinks;
    this.integer(DROPPED_LINKS_TAG, this.#droppedLinks + this.#badLinks, false);
  }

  /**
   * `{"values": […]}`, or the bare array that an early example of the specification showed (opentelemetry-proto: examples/events.json).
   * Nothing beyond the depth limit.
   */
  #nested(field: Field, depth: number): void {
    if (depth > MAX_VALUE_DEPTH) {
      this.skip();
      this.notes.tooDeep++;
      return;
    }
    const { out } = this;
    const { message } = field;
    const body = out.open(field.tag, 1);
    const values = this.peek() === OPEN_ARRAY ? message.field("values") : undefined;
    if (values === undefined) this.#fields(message, depth);
    else this.#value(values, true, depth);
    out.close(body, 1);
  }

  /** A `repeated KeyValue`. */
  #attributes(tag: number, depth: number): void {
    const base = this.keys.size;
    for (let more = this.firstItem(); more; more = this.nextItem()) {
      if (this.isNull()) continue;
      this.ensureRoom();
      if (!this.compactKeyValue(tag)) this.#keyValue(tag, depth);
    }
    this.countDuplicates(base);
  }

  /** Any other KeyValue. What comes in another order, or twice, is put right at the end. */
  #keyValue(tag: number, depth: number): void {
    const { out } = this;
    const body = out.open(tag, 1);
    let key = NOTHING;
    let value = EMPTY_VALUE_FIELD;
    let hash = EMPTY_HASH;
    let keyAt = -1;
    for (let name = this.firstKey(); name !== undefined; name = this.nextKey()) {
      this.ensureRoom();
      out.at = body;
      if (name === "key") {
        keyAt = this.offset + 1;
        this.text(0x0a, false);
        hash = this.hash;
        key = Buffer.from(out.bytes.subarray(body, out.at));
      } else if (name === "value") {
        const inner = out.open(0x12, 1);
        this.#fields(ANY_VALUE, depth);
        out.close(inner, 1);
        value = Buffer.from(out.bytes.subarray(body, out.at));
      } else this.unknown("KeyValue", name);
    }
    this.keys.push(hash, keyAt);
    out.at = body;
    out.ensure(key.length + value.length);
    out.bytes.set(key, body);
    out.bytes.set(value, body + key.length);
    out.at = body + key.length + value.length;
    this.ensureRoom();
    out.close(body, 1);
  }
}

/** `Span.dropped_links_count`. */
const DROPPED_LINKS_TAG = 14 * 8;
const NOTHING: Uint8Array = Buffer.alloc(0);
/** Field 2 of KeyValue, of no bytes. */
const EMPTY_VALUE_FIELD: Uint8Array = Buffer.from([0x12, 0x00]);
