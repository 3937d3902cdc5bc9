import { noteTooDeep, readLength, readTag, skipBytes, skipFixed64, skipUnknown, skipVarint, VARINT } from "./scan-cursor.ts";

/*
 * KeyValue        1 key string, 2 value AnyValue
 * AnyValue        1 string, 2 bool varint, 3 int varint, 4 double fixed64, 5 array ArrayValue, 6 kvlist KeyValueList, 7 bytes
 * ArrayValue      1 values AnyValue (repeated);   KeyValueList  1 values KeyValue (repeated)
 * Source: opentelemetry/proto/common/v1/common.proto
 */

/** Values nested deeper than this are passed over unread. */
export const MAX_SCAN_DEPTH = 64;

/**
 * Checks one length-prefixed KeyValue and gives the position behind it. What nearly every attribute looks like (key before value, both
 * shorter than 128 bytes, a plain value) is one straight path of about ten byte loads.
 */
export function scanAttribute(bytes: Uint8Array, position: number, end: number): number {
  const body = position + 1;
  const after = body + (bytes[position] as number);
  if (after - body < 0x80 && after <= end && bytes[body] === 0x0a) {
    // A key or value length of two bytes points beyond `after`, so that the comparisons below fail.
    const value = body + 2 + (bytes[body + 1] as number);
    if (value + 2 < after && bytes[value] === 0x12 && value + 2 + (bytes[value + 1] as number) === after) {
      const tag = bytes[value + 2] as number;
      if (tag === 0x0a) {
        if (value + 4 + (bytes[value + 3] as number) === after) return after;
      } else if (tag === 0x18 || tag === 0x10) {
        let last = value + 3;
        while (last < after && (bytes[last] as number) >= 0x80) last++;
        if (last === after - 1 && last - value < 13) return after;
      } else if (tag === 0x21 && value + 11 === after) return after;
    }
  }
  const start = readLength(bytes, position, end);
  const last = start + (VARINT[0] as number);
  scanKeyValueSlowly(bytes, start, last, 0);
  return last;
}

/** `scanAttribute` for a run of fields: `position` is behind the first one's tag, whose single byte is `tag`. */
export function scanAttributes(bytes: Uint8Array, position: number, end: number, tag: number): number {
  let after = scanAttribute(bytes, position, end);
  while (after < end && bytes[after] === tag) after = scanAttribute(bytes, after + 1, end);
  return after;
}

function scanKeyValueSlowly(bytes: Uint8Array, start: number, end: number, depth: number): void {
  let position = start;
  while (position < end) {
    let tag = bytes[position] as number;
    if (tag < 0x80) position++;
    else {
      position = readTag(bytes, position, end);
      tag = VARINT[0] as number;
    }
    if (tag === 0x0a) position = skipBytes(bytes, position, end);
    else if (tag === 0x12) {
      position = readLength(bytes, position, end);
      const after = position + (VARINT[0] as number);
      scanAnyValue(bytes, position, after, depth);
      position = after;
    } else position = skipUnknown(bytes, position, end, tag, "KeyValue");
  }
}

/** Checks the body of one AnyValue; `depth` counts the arrays and maps round it. */
export function scanAnyValue(bytes: Uint8Array, start: number, end: number, depth: number): void {
  let position = start;
  while (position < end) {
    let tag = bytes[position] as number;
    if (tag < 0x80) position++;
    else {
      position = readTag(bytes, position, end);
      tag = VARINT[0] as number;
    }
    switch (tag) {
      case 0x0a:
      case 0x3a:
        position = skipBytes(bytes, position, end);
        break;
      case 0x10:
      case 0x18:
        position = skipVarint(bytes, position, end);
        break;
      case 0x21:
        position = skipFixed64(position, end);
        break;
      case 0x2a:
      case 0x32: {
        position = readLength(bytes, position, end);
        const after = position + (VARINT[0] as number);
        if (depth >= MAX_SCAN_DEPTH) noteTooDeep();
        else scanValues(bytes, position, after, depth + 1, tag === 0x32);
        position = after;
        break;
      }
      default:
        position = skipUnknown(bytes, position, end, tag, "AnyValue");
    }
  }
}

function scanValues(bytes: Uint8Array, start: number, end: number, depth: number, isMap: boolean): void {
  let position = start;
  while (position < end) {
    let tag = bytes[position] as number;
    if (tag < 0x80) position++;
    else {
      position = readTag(bytes, position, end);
      tag = VARINT[0] as number;
    }
    if (tag === 0x0a) {
      position = readLength(bytes, position, end);
      const after = position + (VARINT[0] as number);
      if (isMap) scanKeyValueSlowly(bytes, position, after, depth);
      else scanAnyValue(bytes, position, after, depth);
      position = after;
    } else position = skipUnknown(bytes, position, end, tag, isMap ? "KeyValueList" : "ArrayValue");
  }
}
