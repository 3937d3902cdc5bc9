import type { AnyValue, Attributes } from "../model/attributes.ts";
import { type AttributeList, attributesOf, readAnyValue, readKeyValue } from "./otlp-common.ts";
import { Reader } from "./protobuf.ts";

/**
 * Decodes single values out of scanned bytes, for consumers that meet a key for the first time. Not for the path of every item.
 */

/** The attributes of a message (or of a run of its fields) from `start` to `end`, where they are field number `field`. */
export function readAttributes(bytes: Uint8Array, start: number, end: number, field: number): Attributes {
  const reader = new Reader(bytes);
  reader.pos = start;
  reader.end = end;
  let list: AttributeList | undefined;
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === field * 8 + 2) list = readKeyValue(reader, list);
    else reader.skip(tag & 7);
  }
  return attributesOf(list);
}

/** The text of string field number `field` in a message from `start` to `end`; "" where it is absent. */
export function readString(bytes: Uint8Array, start: number, end: number, field: number): string {
  const reader = new Reader(bytes);
  reader.pos = start;
  reader.end = end;
  let text = "";
  while (reader.pos < reader.end) {
    const tag = reader.tag();
    if (tag === field * 8 + 2) text = reader.string();
    else reader.skip(tag & 7);
  }
  return text;
}

/** An AnyValue whose body (without its length) goes from `start` to `end`. */
export function readValue(bytes: Uint8Array, start: number, end: number): AnyValue {
  // The decoder wants the length before the body.
  const wrapped: number[] = [];
  for (let length = end - start; ; length >>>= 7) {
    wrapped.push(length >= 0x80 ? (length & 0x7f) | 0x80 : length);
    if (length < 0x80) break;
  }
  const prefixed = new Uint8Array(wrapped.length + end - start);
  prefixed.set(wrapped);
  prefixed.set(bytes.subarray(start, end), wrapped.length);
  return readAnyValue(new Reader(prefixed));
}
