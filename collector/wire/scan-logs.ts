import { scanAnyValue, scanAttributes } from "./scan-attributes.ts";
import { noteInto, readLength, readTag, readVarint, skipUnknown, skipVarint, truncated, VARINT } from "./scan-cursor.ts";
import { EnvelopeColumns } from "./scan-envelope.ts";
import { extendRun, RowTable } from "./scan-tables.ts";
import type { WireNotes } from "./wire-notes.ts";

/*
 * LogRecord  1 time f64, 2 severity_number varint, 3 severity_text, 5 body AnyValue, 6 attributes, 7 dropped_attributes, 8 flags f32,
 *            9 trace_id, 10 span_id, 11 observed_time f64, 12 event_name
 * Source: opentelemetry/proto/logs/v1/logs.proto
 */

/** Word offsets of one record's row. Ranges are byte offsets [start, end); 0,0 = absent. Ids are the offset of their first byte, 0 = absent. */
export const LOG_ROW = {
  resource: 0,
  scope: 1,
  start: 2,
  end: 3,
  timeLow: 4,
  timeHigh: 5,
  observedLow: 6,
  observedHigh: 7,
  severityNumber: 8,
  severityTextStart: 9,
  severityTextEnd: 10,
  /** Body of the AnyValue. */
  bodyStart: 11,
  bodyEnd: 12,
  /** Run of attribute fields, tags included. */
  attributesStart: 13,
  attributesEnd: 14,
  traceId: 15,
  spanId: 16,
  flags: 17,
  eventNameStart: 18,
  eventNameEnd: 19,
  /** Not 0 = an id has the wrong length. */
  badId: 20,
  stride: 22,
} as const;

const L = LOG_ROW;
/** Rows kept between scans (1.4 MB at 88 bytes a row). */
const KEPT_ROWS = 16_384;

/** The columns of one logs request: one row per Resource, Scope and record. */
export class LogColumns extends EnvelopeColumns {
  readonly records = new RowTable(LOG_ROW.stride, 128);

  constructor() {
    super("Logs");
  }

  /**
   * Checks the whole request and fills the tables.
   *
   * Throws: E_WIRE_TRUNCATED, E_WIRE_MALFORMED; the tables then mean nothing.
   */
  scan(bytes: Uint8Array, notes?: WireNotes): void {
    this.begin(bytes);
    this.records.clear(KEPT_ROWS);
    noteInto(notes);
    this.scanRequest();
    noteInto(undefined);
    this.items = this.records.length;
  }

  protected override scanItem(start: number, end: number, scope: number): void {
    const { bytes, view, records } = this;
    const base = records.add();
    const { words } = records;
    words[base + L.resource] = this.resources.length - 1;
    words[base + L.scope] = scope;
    words[base + L.start] = start;
    words[base + L.end] = end;
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
        case 0x32:
          position = scanAttributes(bytes, position, end, 0x32);
          if (!extendRun(words, base + L.attributesStart, at, position)) this.scattered = true;
          break;
        case 0x09:
        case 0x59: {
          if (position + 8 > end) truncated(position);
          const word = base + (tag === 0x09 ? L.timeLow : L.observedLow);
          words[word] = view.getUint32(position, true);
          words[word + 1] = view.getUint32(position + 4, true);
          position += 8;
          break;
        }
        case 0x10:
          position = readVarint(bytes, position, end);
          words[base + L.severityNumber] = VARINT[0] as number;
          break;
        case 0x1a:
          position = this.#copyRange(base + L.severityTextStart, position, end);
          break;
        case 0x62:
          position = this.#copyRange(base + L.eventNameStart, position, end);
          break;
        case 0x2a: {
          if (words[base + L.bodyStart] !== 0) this.scattered = true;
          position = this.#copyRange(base + L.bodyStart, position, end);
          scanAnyValue(bytes, words[base + L.bodyStart] as number, position, 0);
          break;
        }
        case 0x38:
          position = skipVarint(bytes, position, end);
          break;
        case 0x45:
          if (position + 4 > end) truncated(position);
          words[base + L.flags] = view.getUint32(position, true);
          position += 4;
          break;
        case 0x4a:
          position = this.#scanId(base, L.traceId, 16, position, end);
          break;
        case 0x52:
          position = this.#scanId(base, L.spanId, 8, position, end);
          break;
        default:
          position = skipUnknown(bytes, position, end, tag, "LogRecord");
      }
    }
    if (words[base + L.badId] !== 0) this.badIdItems++;
  }

  #copyRange(range: number, position: number, end: number): number {
    const { words } = this.records;
    const start = readLength(this.bytes, position, end);
    const after = start + (VARINT[0] as number);
    words[range] = start;
    words[range + 1] = after;
    return after;
  }

  #scanId(base: number, word: number, length: number, position: number, end: number): number {
    const at = readLength(this.bytes, position, end);
    const found = VARINT[0] as number;
    const { words } = this.records;
    words[base + word] = found === 0 ? 0 : at;
    const bit = 1 << (word - L.traceId);
    if (found !== 0 && found !== length) words[base + L.badId] = (words[base + L.badId] as number) | bit;
    else words[base + L.badId] = (words[base + L.badId] as number) & ~bit;
    return at + found;
  }
}
