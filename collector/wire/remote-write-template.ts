import type { WriteBatch, WriteSeries } from "./remote-write-batch.ts";
import { bitsOf } from "./remote-write-body.ts";
import { LEAST_SEVEN_BYTES_MS, LEAST_SIX_BYTES_MS } from "./remote-write-fields.ts";
import { buildTemplate, type TemplateBlock } from "./remote-write-template-build.ts";

/**
 * A finished, compressed request body of a sequence of series with one sample each: for the next batch of the same sequence only values and
 * timestamps are changed, in the compressed bytes. 10 000 series take some 20 µs instead of 5 ms.
 */
export class WriteTemplate {
  readonly #block: TemplateBlock;
  readonly #series: readonly WriteSeries[];
  /** Undefined where start timestamps are not written. */
  readonly #startsMs: Float64Array | undefined;
  /** Handed back by their users, to be filled again. */
  readonly #spares: Uint8Array[] = [];

  constructor(block: TemplateBlock, series: readonly WriteSeries[], startsMs: Float64Array | undefined) {
    this.#block = block;
    this.#series = series;
    this.#startsMs = startsMs;
  }

  get sizeBytes(): number {
    return this.#block.bytes.length * (1 + MAX_SPARES) + this.#series.length * 20;
  }

  get rawBytes(): number {
    return this.#block.rawBytes;
  }

  /** Of the block: what stands before its elements. */
  get preambleBytes(): number {
    return this.#block.preambleBytes;
  }

  /** A body of its own for the batch's samples; undefined where the batch has not the sequence, the starts or the runs of equal timestamps of this template. */
  fill(batch: WriteBatch): Uint8Array | undefined {
    if (!this.#isLikely(batch)) return undefined;
    const body = this.#spares.pop() ?? this.#copy();
    if (this.#patch(body, batch)) return body;
    this.giveBack(body);
    return undefined;
  }

  giveBack(body: Uint8Array): void {
    if (this.#spares.length < MAX_SPARES) this.#spares.push(body);
  }

  #isLikely({ length, series }: WriteBatch): boolean {
    const known = this.#series;
    const middle = length >>> 1;
    return length === known.length && series[0] === known[0] && series[middle] === known[middle] && series[length - 1] === known[length - 1];
  }

  #copy(): Uint8Array {
    const { bytes } = this.#block;
    // Not cleared beforehand: all of it is overwritten.
    const memory = Buffer.allocUnsafeSlow(bytes.length);
    memory.set(bytes);
    return new Uint8Array(memory.buffer, memory.byteOffset, memory.length);
  }

  /** False: the batch is another one, and `body` is of no use until it is filled again. */
  #patch(body: Uint8Array, batch: WriteBatch): boolean {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
    const bits = bitsOf(batch.values);
    const { valueAt, runs } = this.#block;
    const { series, timestampsMs, startsMs } = batch;
    const known = this.#series;
    const knownStarts = this.#startsMs;
    for (const { first, end, at } of runs) {
      const timestampMs = timestampsMs[first] as number;
      if (!putSixBytes(view, at, timestampMs)) return false;
      for (let sample = first; sample < end; sample++) {
        if (series[sample] !== known[sample] || timestampsMs[sample] !== timestampMs) return false;
        view.setBigUint64(valueAt[sample] as number, bits[sample] as bigint, true);
      }
    }
    if (knownStarts !== undefined) {
      for (let sample = 0; sample < known.length; sample++) if (startsMs[sample] !== knownStarts[sample]) return false;
    }
    return true;
  }
}

/** Bodies that are kept for the next call: one being sent, one being made. */
const MAX_SPARES = 2;

/** A timestamp as a varint. False where it does not take six bytes. */
function putSixBytes(view: DataView, at: number, timestampMs: number): boolean {
  if (!(timestampMs >= LEAST_SIX_BYTES_MS && timestampMs < LEAST_SEVEN_BYTES_MS) || timestampMs % 1 !== 0) return false;
  const upper = Math.floor(timestampMs / 0x1000_0000);
  const lower = timestampMs - upper * 0x1000_0000;
  const four = 0x8080_8080 | (lower & 0x7f) | ((lower & 0x3f80) << 1) | ((lower & 0x1f_c000) << 2) | ((lower & 0xfe0_0000) << 3);
  view.setInt32(at, four, true);
  view.setUint16(at + 4, (upper & 0x7f) | 0x80 | ((upper >>> 7) << 8), true);
  return true;
}

export interface TemplateSource {
  readonly raw: Uint8Array;
  readonly valueOffsets: Uint32Array;
  readonly hasStarts: boolean;
  /** Timestamps that are equal now need not be equal the next time. */
  readonly isLoose: boolean;
}

/** Undefined where a timestamp does not take six bytes. Takes some 3 µs a series. */
export function makeTemplate(batch: WriteBatch, series: readonly WriteSeries[], source: TemplateSource): WriteTemplate | undefined {
  const runOf = new Uint32Array(batch.length);
  let run = 0;
  for (let sample = 0; sample < batch.length; sample++) {
    const timestampMs = batch.timestampsMs[sample] as number;
    if (!(timestampMs >= LEAST_SIX_BYTES_MS && timestampMs < LEAST_SEVEN_BYTES_MS)) return undefined;
    if (source.isLoose || timestampMs !== batch.timestampsMs[sample - 1]) run++;
    runOf[sample] = run;
  }
  const block = buildTemplate(source.raw, source.valueOffsets, (sample) => runOf[sample] as number);
  return new WriteTemplate(block, series, source.hasStarts ? batch.startsMs.slice(0, batch.length) : undefined);
}
