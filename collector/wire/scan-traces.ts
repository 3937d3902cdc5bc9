import { scanAttribute } from "./scan-attributes.ts";
import {
  noteInto,
  readLength,
  readTag,
  readVarint,
  skipBytes,
  skipFixed32,
  skipFixed64,
  skipUnknown,
  skipVarint,
  truncated,
  VARINT,
} from "./scan-cursor.ts";
import { EnvelopeColumns } from "./scan-envelope.ts";
import { extendRun, RowTable } from "./scan-tables.ts";
import { FOUND, WantedKeys } from "./wanted-keys.ts";
import type { WireNotes } from "./wire-notes.ts";

/*
 * Span    1 trace_id, 2 span_id, 3 trace_state, 4 parent_span_id, 5 name, 6 kind varint, 7 start f64, 8 end f64, 9 attributes,
 *         10 dropped_attributes, 11 events, 12 dropped_events, 13 links, 14 dropped_links, 15 status, 16 flags f32
 * Event   1 time f64, 2 name, 3 attributes, 4 dropped_attributes
 * Link    1 trace_id, 2 span_id, 3 trace_state, 4 attributes, 5 dropped_attributes, 6 flags f32
 * Status  2 message, 3 code varint
 * Source: opentelemetry/proto/trace/v1/trace.proto
 */

/** Word offsets of one span's row. Ranges are byte offsets [start, end); 0,0 = absent. Ids are the offset of their first byte, 0 = absent. */
export const SPAN_ROW = {
  resource: 0,
  scope: 1,
  start: 2,
  end: 3,
  nameStart: 4,
  nameEnd: 5,
  kind: 6,
  /** 0 unset, 1 ok, 2 error. */
  statusCode: 7,
  startTimeLow: 8,
  startTimeHigh: 9,
  endTimeLow: 10,
  endTimeHigh: 11,
  traceId: 12,
  spanId: 13,
  parentSpanId: 14,
  /** Run of attribute fields, tags included. */
  attributesStart: 15,
  attributesEnd: 16,
  /** 1 = an id of the span itself has the wrong length. */
  badId: 17,
  stride: 18,
} as const;

const S = SPAN_ROW;
/** Rows kept between scans (1.2 MB at 72 bytes a row). */
const KEPT_ROWS = 16_384;

/** The columns of one traces request: one row per Resource, Scope and span, and the ranges of the attribute values asked for. */
export class TraceColumns extends EnvelopeColumns {
  readonly spans = new RowTable(SPAN_ROW.stride, 128);
  /** Per span two words for each slot of `wanted`: range of the AnyValue's body; 0,0 = the span has no such attribute. */
  values = new Uint32Array(0);
  /** Words of `values` per span. */
  valueStride = 0;
  /** Links with an id of the wrong length. */
  badLinks = 0;
  #wanted = new WantedKeys();

  constructor() {
    super("Spans");
  }

  /** Asks for the values of this attribute from the next scan on; the slot is where `values` has them. Never taken back. */
  want(key: string): number {
    return this.#wanted.add(key);
  }

  /** A key was asked for since the last scan. */
  get isOutdated(): boolean {
    return this.valueStride !== this.#wanted.keys.length * 2;
  }

  /**
   * Checks the whole request and fills the tables.
   *
   * Throws: E_WIRE_TRUNCATED, E_WIRE_MALFORMED; the tables then mean nothing.
   */
  scan(bytes: Uint8Array, notes?: WireNotes): void {
    this.begin(bytes);
    this.spans.clear(KEPT_ROWS);
    this.valueStride = this.#wanted.keys.length * 2;
    this.badLinks = 0;
    noteInto(notes);
    this.scanRequest();
    noteInto(undefined);
    this.items = this.spans.length;
  }

  protected override scanItem(start: number, end: number, scope: number): void {
    const { bytes, view, spans } = this;
    const index = spans.length;
    const base = spans.add();
    const { words } = spans;
    this.#clearValues(index);
    words[base + S.resource] = this.resources.length - 1;
    words[base + S.scope] = scope;
    words[base + S.start] = start;
    words[base + S.end] = end;
    let position = start;
    while (position < end) {
      const at = position;
      let tag = bytes[position] as number;
      if (tag < 0x80) position++;
      else {
        position = readTag(bytes, position, end);
        tag = VARINT[0] as number;
      }
      switch (tag) {
        case 0x4a:
          position = this.#scanAttributes(index * this.valueStride, position, end);
          if (!extendRun(words, base + S.attributesStart, at, position)) this.scattered = true;
          break;
        case 0x0a:
          position = this.#scanId(base, S.traceId, 16, position, end);
          break;
        case 0x12:
          position = this.#scanId(base, S.spanId, 8, position, end);
          break;
        case 0x22:
          position = this.#scanId(base, S.parentSpanId, 8, position, end);
          break;
        case 0x2a:
          position = readLength(bytes, position, end);
          words[base + S.nameStart] = position;
          position += VARINT[0] as number;
          words[base + S.nameEnd] = position;
          break;
        case 0x30:
          position = readVarint(bytes, position, end);
          words[base + S.kind] = VARINT[0] as number;
          break;
        case 0x39:
        case 0x41: {
          if (position + 8 > end) truncated(position);
          const word = base + (tag === 0x39 ? S.startTimeLow : S.endTimeLow);
          words[word] = view.getUint32(position, true);
          words[word + 1] = view.getUint32(position + 4, true);
          position += 8;
          break;
        }
        case 0x1a:
          position = skipBytes(bytes, position, end);
          break;
        case 0x50:
        case 0x60:
        case 0x70:
          position = skipVarint(bytes, position, end);
          break;
        case 0x5a:
          position = scanEvent(bytes, position, end);
          break;
        case 0x6a:
          position = this.#scanLink(position, end);
          break;
        case 0x7a:
          position = this.#scanStatus(base, position, end);
          break;
        case 0x85:
          position = skipFixed32(position, end);
          break;
        default:
          position = skipUnknown(bytes, position, end, tag, "Span");
      }
    }
    if (words[base + S.badId] !== 0) this.badIdItems++;
  }

  /** The run of attribute fields whose first tag has just been read; `valueBase` is where the span's wanted values begin. */
  #scanAttributes(valueBase: number, start: number, end: number): number {
    const { bytes, values } = this;
    const wanted = this.#wanted;
    const { lengths } = wanted;
    let position = start;
    for (;;) {
      const after = scanAttribute(bytes, position, end);
      // The key's length, where length and key stand as every encoder writes them.
      if (lengths[bytes[position + 2] as number] !== 0 || bytes[position + 1] !== 0x0a || (bytes[position] as number) >= 0x80) {
        const slot = wanted.match(bytes, position, after);
        if (slot >= 0) {
          values[valueBase + slot * 2] = FOUND[0] as number;
          values[valueBase + slot * 2 + 1] = FOUND[1] as number;
        }
      }
      position = after;
      if (position >= end || bytes[position] !== 0x4a) return position;
      position++;
    }
  }

  #clearValues(index: number): void {
    const from = index * this.valueStride;
    const to = from + this.valueStride;
    if (to > this.values.length) {
      const grown = new Uint32Array(Math.max(to * 2, 256));
      grown.set(this.values);
      this.values = grown;
    }
    for (let word = from; word < to; word++) this.values[word] = 0;
  }

  #scanId(base: number, word: number, length: number, position: number, end: number): number {
    const at = readLength(this.bytes, position, end);
    const found = VARINT[0] as number;
    const { words } = this.spans;
    words[base + word] = found === 0 ? 0 : at;
    // The last of repeated fields counts, also in this.
    const bit = 1 << (word - S.traceId);
    if (found !== 0 && found !== length) words[base + S.badId] = (words[base + S.badId] as number) | bit;
    else words[base + S.badId] = (words[base + S.badId] as number) & ~bit;
    return at + found;
  }

  #scanLink(position: number, end: number): number {
    const { bytes } = this;
    let at = readLength(bytes, position, end);
    const after = at + (VARINT[0] as number);
    let bad = false;
    while (at < after) {
      at = readTag(bytes, at, after);
      const tag = VARINT[0] as number;
      if (tag === 0x22) at = scanAttribute(bytes, at, after);
      else if (tag === 0x0a || tag === 0x12 || tag === 0x1a) {
        at = readLength(bytes, at, after);
        const length = VARINT[0] as number;
        if (tag !== 0x1a && length !== 0 && length !== (tag === 0x0a ? 16 : 8)) bad = true;
        at += length;
      } else if (tag === 0x28) at = skipVarint(bytes, at, after);
      else if (tag === 0x35) at = skipFixed32(at, after);
      else at = skipUnknown(bytes, at, after, tag, "Link");
    }
    if (bad) this.badLinks++;
    return after;
  }

  #scanStatus(base: number, position: number, end: number): number {
    const { bytes } = this;
    let at = readLength(bytes, position, end);
    const after = at + (VARINT[0] as number);
    while (at < after) {
      at = readTag(bytes, at, after);
      const tag = VARINT[0] as number;
      if (tag === 0x12) at = skipBytes(bytes, at, after);
      else if (tag === 0x18) {
        at = readVarint(bytes, at, after);
        this.spans.words[base + S.statusCode] = VARINT[0] as number;
      } else at = skipUnknown(bytes, at, after, tag, "Status");
    }
    return after;
  }
}

function scanEvent(bytes: Uint8Array, position: number, end: number): number {
  let at = readLength(bytes, position, end);
  const after = at + (VARINT[0] as number);
  while (at < after) {
    at = readTag(bytes, at, after);
    const tag = VARINT[0] as number;
    if (tag === 0x09) at = skipFixed64(at, after);
    else if (tag === 0x12) at = skipBytes(bytes, at, after);
    else if (tag === 0x1a) at = scanAttribute(bytes, at, after);
    else if (tag === 0x20) at = skipVarint(bytes, at, after);
    else at = skipUnknown(bytes, at, after, tag, "Event");
  }
  return after;
}
