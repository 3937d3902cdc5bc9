import { LoadError } from "../model/errors.ts";
import { type ForwardWriter, varintWidth } from "./protobuf-forward-writer.ts";
import type { WriteMetadata } from "./remote-write-batch.ts";

/**
 * `MetricMetadata.MetricType` and `Metadata.MetricType`: the same numbers in both versions. 4 (gauge histogram) and 7 (state set) are never
 * written.
 */
export const METRIC_TYPES: Readonly<Record<WriteMetadata["type"], number>> = { unknown: 0, counter: 1, gauge: 2, histogram: 3, summary: 5, info: 6 };

/** No varint is longer. */
export const MAX_VARINT_BYTES = 10;

/** An int64 of milliseconds. Throws: E_INTERNAL where it is none. */
export function putTimestamp(output: ForwardWriter, timestampMs: number): void {
  checkTimestamp(timestampMs);
  output.varint64(timestampMs, Math.floor(timestampMs / 0x1_0000_0000));
}

/** Bytes that `putTimestamp` takes. Throws: as it does. */
export function timestampWidth(timestampMs: number): number {
  if (timestampMs >= LEAST_SIX_BYTES_MS && timestampMs < LEAST_SEVEN_BYTES_MS) return 6;
  checkTimestamp(timestampMs);
  if (timestampMs < 0) return 10;
  if (timestampMs < 0x1000_0000) return varintWidth(timestampMs);
  let width = 5;
  for (let rest = timestampMs / LEAST_SIX_BYTES_MS; rest >= 1; rest /= 128) width++;
  return width;
}

/** 2^35 ms, February 1971, and 2^42 ms, May 2109: between them a timestamp is a varint of six bytes. */
export const LEAST_SIX_BYTES_MS = 2 ** 35;
export const LEAST_SEVEN_BYTES_MS = 2 ** 42;

function checkTimestamp(timestampMs: number): void {
  if (Number.isSafeInteger(timestampMs)) return;
  throw new LoadError("E_INTERNAL", `A remote write batch holds the timestamp ${timestampMs}, which is no whole millisecond.`);
}

/** The string even when empty. Makes room for itself. */
export function putString(output: ForwardWriter, tag: number, text: string): void {
  output.ensure(text.length * 3 + 2 * MAX_VARINT_BYTES);
  output.tag(tag);
  const body = output.at + 1;
  const length = output.bytes.write(text, body, "utf8");
  if (length >= 0x80) output.bytes.copyWithin(output.at + varintWidth(length), body, body + length);
  output.varint(length);
  output.at += length;
}

/** Makes room for itself. */
export function putBytes(output: ForwardWriter, bytes: Uint8Array): void {
  output.ensure(bytes.length);
  output.bytes.set(bytes, output.at);
  output.at += bytes.length;
}
