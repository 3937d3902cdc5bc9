import { maxCompressedBytes, putCopy, putLiteral, snappyPreamble } from "./snappy-compress.ts";
import { GOOD_BYTES, StaticMatches, WINDOW_BYTES } from "./snappy-static-matches.ts";

const MAX_PREAMBLE_BYTES = 5;
/** Bytes of a value, and of the tag and the six-byte timestamp behind it. */
const VALUE_BYTES = 8;
const TIMESTAMP_TAG_BYTES = 1;
const TIMESTAMP_BYTES = 7;
/** Earlier timestamps of the same run that are tried as the source of a copy. */
const MAX_RUN_TRIES = 16;

/** Samples next to one another with one timestamp: it stands in the block once, the others are copies of it. */
export interface TimestampRun {
  readonly first: number;
  /** Behind the last one. */
  readonly end: number;
  /** Where its six bytes stand in the block. */
  readonly at: number;
}

export interface TemplateBlock {
  /** A snappy block of the whole message. */
  readonly bytes: Uint8Array;
  /** Length of the message before compression. */
  readonly rawBytes: number;
  /** Bytes of the block before its first element: the varint of `rawBytes`. */
  readonly preambleBytes: number;
  /** By sample: where its value stands in the block. */
  readonly valueAt: Uint32Array;
  readonly runs: readonly TimestampRun[];
}

/**
 * Compresses a message so that values and timestamps can be changed in the compressed bytes: every value is part of a literal, nothing is
 * copied from it, and a timestamp is copied only where it must equal the one that it is copied from.
 *
 * `valueOffsets`: where the values stand in `raw`, in rising order, each followed by a timestamp field of a six-byte varint. `runOf` gives
 * the number of the run that a sample belongs to: samples of one run follow one another and always share their timestamp.
 * Source: google/snappy: format_description.txt; the message, remote-write-1.ts and remote-write-2.ts
 */
export function buildTemplate(raw: Uint8Array, valueOffsets: Uint32Array, runOf: (sample: number) => number): TemplateBlock {
  return new Build(raw, valueOffsets, runOf).finish();
}

class Build {
  readonly #raw: Uint8Array;
  readonly #values: Uint32Array;
  readonly #runOf: (sample: number) => number;
  readonly #matches: StaticMatches;
  readonly #output: Uint8Array;
  readonly #valueAt: Uint32Array;
  readonly #runs: { first: number; end: number; at: number }[] = [];
  #at: number;
  /** Bytes of `raw` from here on wait to go out as a literal; and so the first sample whose value is among them, and the first run. */
  #literal = 0;
  #pendingSample = 0;
  #pendingRun = 0;
  /** Samples whose values have been passed. */
  #passed = 0;

  constructor(raw: Uint8Array, valueOffsets: Uint32Array, runOf: (sample: number) => number) {
    this.#raw = raw;
    this.#values = valueOffsets;
    this.#runOf = runOf;
    this.#matches = new StaticMatches(raw);
    this.#output = new Uint8Array(MAX_PREAMBLE_BYTES + maxCompressedBytes(raw.length));
    this.#valueAt = new Uint32Array(valueOffsets.length);
    const preamble = snappyPreamble(raw.length);
    this.#output.set(preamble);
    this.#at = preamble.length;
  }

  finish(): TemplateBlock {
    const preambleBytes = this.#at;
    let start = 0;
    for (let sample = 0; sample <= this.#values.length; sample++) {
      const end = this.#values[sample] ?? this.#raw.length;
      // What lies between two values begins with the timestamp of the first.
      if (sample === 0) this.#writeStatic(start, start, end);
      else this.#writeStatic(start + TIMESTAMP_BYTES, this.#writeTimestamp(sample - 1, start, end), end);
      this.#passed = sample + 1;
      start = end + VALUE_BYTES;
    }
    this.#flush(this.#raw.length);
    return { bytes: this.#output.slice(0, this.#at), rawBytes: this.#raw.length, preambleBytes, valueAt: this.#valueAt, runs: this.#runs };
  }

  /** Gives where it stopped: behind the timestamp, or further where more was alike. */
  #writeTimestamp(sample: number, start: number, end: number): number {
    const last = this.#runs.at(-1);
    const run = this.#runOf(sample);
    if (last !== undefined && sample > 0 && this.#runOf(sample - 1) === run) {
      let length = 0;
      let source = 0;
      for (let earlier = sample - 1; earlier >= Math.max(last.first, sample - MAX_RUN_TRIES); earlier--) {
        const place = (this.#values[earlier] as number) + VALUE_BYTES;
        if (start - place > WINDOW_BYTES) break;
        const found = this.#matches.matching(place, start, Math.min(end - start, (this.#values[earlier + 1] as number) - place));
        if (found <= length) continue;
        length = found;
        source = place;
        if (length >= GOOD_BYTES) break;
      }
      if (length >= TIMESTAMP_BYTES) {
        last.end = sample + 1;
        this.#copy(start, source, length);
        return start + length;
      }
    }
    this.#runs.push({ first: sample, end: sample + 1, at: 0 });
    return start + TIMESTAMP_BYTES;
  }

  /** What never changes: up to `start` it is written already, but may be copied from as well. */
  #writeStatic(begin: number, start: number, end: number): void {
    const matches = this.#matches;
    if (begin < start) matches.offer(begin, end);
    for (let place = start; place < end; ) {
      matches.find(place, end);
      matches.offer(place, end);
      const { source, length } = matches;
      if (length === 0) {
        place++;
        continue;
      }
      this.#copy(place, source, length);
      place += length;
      // Not all of what was copied: its source is there already.
      matches.offer(place - 1, end);
    }
  }

  #copy(place: number, source: number, length: number): void {
    this.#flush(place);
    this.#at = putCopy(this.#output, this.#at, place - source, length);
    this.#literal = place + length;
  }

  /** Writes the waiting literal up to `end`, and notes where values and first timestamps of runs came to stand. */
  #flush(end: number): void {
    const start = this.#literal;
    if (start === end) return;
    this.#at = putLiteral(this.#raw, start, end, this.#output, this.#at);
    const shift = this.#at - end;
    for (; this.#pendingSample < this.#passed; this.#pendingSample++) {
      this.#valueAt[this.#pendingSample] = (this.#values[this.#pendingSample] as number) + shift;
    }
    for (; this.#pendingRun < this.#runs.length; this.#pendingRun++) {
      const run = this.#runs[this.#pendingRun] as TimestampRun & { at: number };
      run.at = (this.#values[run.first] as number) + VALUE_BYTES + TIMESTAMP_TAG_BYTES + shift;
    }
    this.#literal = end;
  }
}
