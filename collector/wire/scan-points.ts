import { scanAttribute, scanAttributes } from "./scan-attributes.ts";
import { malformed, readLength, readTag, readVarint, skipFixed64, skipUnknown, truncated, VARINT } from "./scan-cursor.ts";
import { POINT_BIT, POINT_ROW } from "./scan-metric-rows.ts";
import { extendRun, RowTable } from "./scan-tables.ts";

/*
 * NumberDataPoint                2 start f64, 3 time f64, 4 as_double, 5 exemplars, 6 as_int sfixed64, 7 attributes, 8 flags
 * HistogramDataPoint             2 start, 3 time, 4 count f64, 5 sum, 6 bucket_counts f64*, 7 explicit_bounds double*, 8 exemplars,
 *                                9 attributes, 10 flags, 11 min, 12 max
 * ExponentialHistogramDataPoint  1 attributes, 2 start, 3 time, 4 count f64, 5 sum, 6 scale sint32, 7 zero_count f64, 8 positive,
 *                                9 negative, 10 flags, 11 exemplars, 12 min, 13 max, 14 zero_threshold
 *   Buckets                      1 offset sint32, 2 bucket_counts varint*
 * SummaryDataPoint               2 start, 3 time, 4 count f64, 5 sum, 6 quantile_values, 7 attributes, 8 flags
 *   ValueAtQuantile              1 quantile double, 2 value double
 * Exemplar                       2 time f64, 3 as_double, 4 span_id, 5 trace_id, 6 as_int sfixed64, 7 filtered_attributes
 * (* packed or not)
 * Source: opentelemetry/proto/metrics/v1/metrics.proto
 */

const P = POINT_ROW;

/** The data points of a request, one row each, whatever their kind. */
export class PointTable extends RowTable {
  scattered = false;
  /** Exemplars with an id of the wrong length. */
  badExemplars = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(new ArrayBuffer(0));

  constructor() {
    super(POINT_ROW.stride, 256);
  }

  begin(bytes: Uint8Array, view: DataView, keptRows: number): void {
    this.clear(keptRows);
    this.scattered = false;
    this.badExemplars = 0;
    this.#bytes = bytes;
    this.#view = view;
  }

  scanNumber(start: number, end: number, metric: number): void {
    const bytes = this.#bytes;
    const view = this.#view;
    const base = this.#addPoint(start, end, metric);
    const { words, doubles } = this;
    let bits = 0;
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
        case 0x11:
          position = copyFixed64(words, base + P.startTimeLow, view, position, end);
          break;
        case 0x19:
          position = copyFixed64(words, base + P.timeLow, view, position, end);
          break;
        case 0x21:
          position = copyDouble(doubles, base + P.value, view, position, end);
          bits = (bits & ~POINT_BIT.isInt) | POINT_BIT.hasValue;
          break;
        case 0x31:
          position = copyFixed64(words, base + P.intLow, view, position, end);
          doubles[(base + P.value) >>> 1] = view.getInt32(position - 4, true) * 0x1_0000_0000 + view.getUint32(position - 8, true);
          bits |= POINT_BIT.isInt | POINT_BIT.hasValue;
          break;
        case 0x3a:
          position = this.#scanAttributes(base, at, end);
          break;
        case 0x2a:
          position = this.#scanExemplar(position, end);
          bits |= POINT_BIT.hasExemplars;
          break;
        case 0x40:
          position = this.#copyVarint(base + P.flags, position, end);
          break;
        default:
          position = skipUnknown(bytes, position, end, tag, "NumberDataPoint");
      }
    }
    words[base + P.bits] = bits;
  }

  scanHistogram(start: number, end: number, metric: number): void {
    const bytes = this.#bytes;
    const view = this.#view;
    const base = this.#addPoint(start, end, metric);
    const { words, doubles } = this;
    let bits = 0;
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
        case 0x11:
          position = copyFixed64(words, base + P.startTimeLow, view, position, end);
          break;
        case 0x19:
          position = copyFixed64(words, base + P.timeLow, view, position, end);
          break;
        case 0x21:
          position = copyFixed64(words, base + P.countLow, view, position, end);
          break;
        case 0x29:
          position = copyDouble(doubles, base + P.value, view, position, end);
          bits |= POINT_BIT.hasValue;
          break;
        case 0x32:
          position = this.#packedFixed64(base + P.bucketCountsStart, position, end);
          break;
        case 0x3a:
          position = this.#packedFixed64(base + P.boundsStart, position, end);
          break;
        case 0x31:
        case 0x39:
          position = skipFixed64(position, end);
          this.scattered = true;
          break;
        case 0x42:
          position = this.#scanExemplar(position, end);
          bits |= POINT_BIT.hasExemplars;
          break;
        case 0x4a:
          position = this.#scanAttributes(base, at, end);
          break;
        case 0x50:
          position = this.#copyVarint(base + P.flags, position, end);
          break;
        case 0x59:
          position = copyDouble(doubles, base + P.min, view, position, end);
          bits |= POINT_BIT.hasMin;
          break;
        case 0x61:
          position = copyDouble(doubles, base + P.max, view, position, end);
          bits |= POINT_BIT.hasMax;
          break;
        default:
          position = skipUnknown(bytes, position, end, tag, "HistogramDataPoint");
      }
    }
    words[base + P.bits] = bits;
  }

  scanExponential(start: number, end: number, metric: number): void {
    const bytes = this.#bytes;
    const view = this.#view;
    const base = this.#addPoint(start, end, metric);
    const { words, doubles } = this;
    let bits = 0;
    let position = start;
    while (position < end) {
      const at = position;
      position = readTag(bytes, position, end);
      const tag = VARINT[0] as number;
      switch (tag) {
        case 0x0a:
          position = this.#scanAttributes(base, at, end);
          break;
        case 0x11:
          position = copyFixed64(words, base + P.startTimeLow, view, position, end);
          break;
        case 0x19:
          position = copyFixed64(words, base + P.timeLow, view, position, end);
          break;
        case 0x21:
          position = copyFixed64(words, base + P.countLow, view, position, end);
          break;
        case 0x29:
          position = copyDouble(doubles, base + P.value, view, position, end);
          bits |= POINT_BIT.hasValue;
          break;
        case 0x30:
          position = this.#copyVarint(base + P.scale, position, end);
          words[base + P.scale] = unzigzag(words[base + P.scale] as number);
          break;
        case 0x39:
          position = copyFixed64(words, base + P.zeroCountLow, view, position, end);
          break;
        case 0x42:
        case 0x4a:
          position = this.#scanBuckets(base + (tag === 0x42 ? P.positiveStart : P.negativeStart), position, end);
          break;
        case 0x50:
          position = this.#copyVarint(base + P.flags, position, end);
          break;
        case 0x5a:
          position = this.#scanExemplar(position, end);
          bits |= POINT_BIT.hasExemplars;
          break;
        case 0x61:
          position = copyDouble(doubles, base + P.min, view, position, end);
          bits |= POINT_BIT.hasMin;
          break;
        case 0x69:
          position = copyDouble(doubles, base + P.max, view, position, end);
          bits |= POINT_BIT.hasMax;
          break;
        case 0x71:
          position = copyDouble(doubles, base + P.zeroThreshold, view, position, end);
          break;
        default:
          position = skipUnknown(bytes, position, end, tag, "ExponentialHistogramDataPoint");
      }
    }
    words[base + P.bits] = bits;
  }

  scanSummary(start: number, end: number, metric: number): void {
    const bytes = this.#bytes;
    const view = this.#view;
    const base = this.#addPoint(start, end, metric);
    const { words, doubles } = this;
    let position = start;
    while (position < end) {
      const at = position;
      position = readTag(bytes, position, end);
      const tag = VARINT[0] as number;
      switch (tag) {
        case 0x11:
          position = copyFixed64(words, base + P.startTimeLow, view, position, end);
          break;
        case 0x19:
          position = copyFixed64(words, base + P.timeLow, view, position, end);
          break;
        case 0x21:
          position = copyFixed64(words, base + P.countLow, view, position, end);
          break;
        case 0x29:
          position = copyDouble(doubles, base + P.value, view, position, end);
          break;
        case 0x32: {
          position = readLength(bytes, position, end);
          const after = position + (VARINT[0] as number);
          scanQuantile(bytes, position, after);
          if (!extendRun(words, base + P.quantilesStart, at, after)) this.scattered = true;
          position = after;
          break;
        }
        case 0x3a:
          position = this.#scanAttributes(base, at, end);
          break;
        case 0x40:
          position = this.#copyVarint(base + P.flags, position, end);
          break;
        default:
          position = skipUnknown(bytes, position, end, tag, "SummaryDataPoint");
      }
    }
    // `sum` is a plain double in this message: 0 where it is left away.
    words[base + P.bits] = POINT_BIT.hasValue;
  }

  #addPoint(start: number, end: number, metric: number): number {
    const base = this.add();
    const { words } = this;
    words[base + P.metric] = metric;
    words[base + P.start] = start;
    words[base + P.end] = end;
    return base;
  }

  #copyVarint(word: number, position: number, end: number): number {
    const after = readVarint(this.#bytes, position, end);
    this.words[word] = VARINT[0] as number;
    return after;
  }

  /** The run of attribute fields that begins at `at`. */
  #scanAttributes(base: number, at: number, end: number): number {
    const bytes = this.#bytes;
    const after = scanAttributes(bytes, at + 1, end, bytes[at] as number);
    if (!extendRun(this.words, base + P.attributesStart, at, after)) this.scattered = true;
    return after;
  }

  #packedFixed64(range: number, position: number, end: number): number {
    const body = readLength(this.#bytes, position, end);
    const length = VARINT[0] as number;
    if ((length & 7) !== 0) malformed("a packed list of 64-bit numbers has a length that is no multiple of 8", position);
    if (this.words[range + 1] !== 0) this.scattered = true;
    this.words[range] = body;
    this.words[range + 1] = body + length;
    return body + length;
  }

  #scanBuckets(range: number, position: number, end: number): number {
    const bytes = this.#bytes;
    const body = readLength(bytes, position, end);
    const after = body + (VARINT[0] as number);
    if (this.words[range + 1] !== 0) this.scattered = true;
    this.words[range] = body;
    this.words[range + 1] = after;
    let runs = 0;
    let at = body;
    while (at < after) {
      at = readTag(bytes, at, after);
      const tag = VARINT[0] as number;
      if (tag === 0x08) at = readVarint(bytes, at, after);
      else if (tag === 0x10) {
        at = readVarint(bytes, at, after);
        this.scattered = true;
      } else if (tag === 0x12) {
        at = readLength(bytes, at, after);
        const last = at + (VARINT[0] as number);
        while (at < last) at = readVarint(bytes, at, last);
        if (runs++ > 0) this.scattered = true;
      } else at = skipUnknown(bytes, at, after, tag, "Buckets");
    }
    return after;
  }

  #scanExemplar(position: number, end: number): number {
    const bytes = this.#bytes;
    let at = readLength(bytes, position, end);
    const after = at + (VARINT[0] as number);
    let bad = false;
    while (at < after) {
      at = readTag(bytes, at, after);
      const tag = VARINT[0] as number;
      if (tag === 0x11 || tag === 0x19 || tag === 0x31) at = skipFixed64(at, after);
      else if (tag === 0x3a) at = scanAttribute(bytes, at, after);
      else if (tag === 0x22 || tag === 0x2a) {
        at = readLength(bytes, at, after);
        const length = VARINT[0] as number;
        if (length !== 0 && length !== (tag === 0x22 ? 8 : 16)) bad = true;
        at += length;
      } else at = skipUnknown(bytes, at, after, tag, "Exemplar");
    }
    if (bad) this.badExemplars++;
    return after;
  }
}

function copyFixed64(words: Uint32Array, word: number, view: DataView, position: number, end: number): number {
  if (position + 8 > end) truncated(position);
  words[word] = view.getUint32(position, true);
  words[word + 1] = view.getUint32(position + 4, true);
  return position + 8;
}

function copyDouble(doubles: Float64Array, word: number, view: DataView, position: number, end: number): number {
  if (position + 8 > end) truncated(position);
  doubles[word >>> 1] = view.getFloat64(position, true);
  return position + 8;
}

export function unzigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}

function scanQuantile(bytes: Uint8Array, start: number, end: number): void {
  let position = start;
  while (position < end) {
    position = readTag(bytes, position, end);
    const tag = VARINT[0] as number;
    if (tag === 0x09 || tag === 0x11) position = skipFixed64(position, end);
    else position = skipUnknown(bytes, position, end, tag, "ValueAtQuantile");
  }
}
