import { Body1 } from "./remote-write-1.ts";
import { Body2 } from "./remote-write-2.ts";
import type { WriteBatch, WriteEncoder } from "./remote-write-batch.ts";
import type { BodyOptions, BodyWriter } from "./remote-write-body.ts";
import type { WriteTemplate } from "./remote-write-template.ts";
import { TEMPLATE_LIMITS, type TemplateLimits, WriteTemplates } from "./remote-write-templates.ts";
import { compressSnappyPiece, maxCompressedBytes, snappyPreamble } from "./snappy-compress.ts";

export interface WriteEncoderOptions extends BodyOptions {
  /** 1: prometheus.WriteRequest of remote write 1.0; 2: io.prometheus.write.v2.Request of 2.0-rc.4. */
  readonly protocol: 1 | 2;
  readonly templates?: TemplateLimits;
}

/** A body of which nobody holds the bytes any more can be filled again: without it, each is copied from its template first. */
export interface ReusingWriteEncoder extends WriteEncoder {
  /** Optional. The caller has no use for the body any more: it has been delivered, or will never be. Its bytes change from now on. */
  giveBack(body: Uint8Array): void;
}

/**
 * Bodies of remote write requests, whole: protobuf in snappy's block format.
 *
 * A sequence of series that comes again (the steady state of a flush) is written once; from then on only values and timestamps change, in
 * the compressed bytes (remote-write-template.ts). The body is the same as without that, to the byte, once decompressed.
 *
 * Layout of 1.0: TimeSeries with samples, metadata of their families; then TimeSeries with histograms, TimeSeries with exemplars, and the
 * metadata of the histograms' families. In 2.0 exemplars stand in the TimeSeries of their samples.
 *
 * Throws: E_INTERNAL for what the version cannot carry: custom buckets in 1.0, an exemplar without a sample of its series in 2.0, a
 * timestamp that is no whole millisecond. The encoder stays usable.
 */
export function openWriteEncoder(options: WriteEncoderOptions): ReusingWriteEncoder {
  return new Encoder(options);
}

/** Memory for a larger body is not kept for the next one. */
const MAX_KEPT_BYTES = 8 * 1024 * 1024;

class Encoder implements ReusingWriteEncoder {
  readonly #body: BodyWriter;
  readonly #hasStarts: boolean;
  readonly #templates: WriteTemplates;
  /** Of bodies that came from a template: which. */
  readonly #origins = new WeakMap<Uint8Array, WriteTemplate>();
  #scratch = new Uint8Array(0);

  constructor(options: WriteEncoderOptions) {
    this.#body = options.protocol === 1 ? new Body1(options) : new Body2(options);
    this.#hasStarts = options.protocol === 2 && options.sendStarts;
    this.#templates = new WriteTemplates(options.templates ?? TEMPLATE_LIMITS);
  }

  encode(batch: WriteBatch): Uint8Array {
    const body = this.#body;
    const templates = body.isHeadOfSamples(batch) ? this.#templates : undefined;
    let filled = templates?.fill(batch);
    if (filled === undefined) {
      body.writeHead(batch);
      if (templates?.learn(batch, body, this.#hasStarts) === true) filled = templates.fill(batch);
    }
    if (filled === undefined) return this.#plain(batch);
    if (body.hasTail(batch)) return this.#withTail(filled.template, filled.body, batch);
    this.#origins.set(filled.body, filled.template);
    return filled.body;
  }

  giveBack(body: Uint8Array): void {
    const template = this.#origins.get(body);
    if (template === undefined) return;
    this.#origins.delete(body);
    template.giveBack(body);
  }

  /** Of a batch whose head has been written. */
  #plain(batch: WriteBatch): Uint8Array {
    const body = this.#body;
    let rawBytes = body.output.at;
    let bytes = this.#compress(0);
    if (body.hasTail(batch)) {
      body.writeTail(batch);
      bytes += this.#compress(bytes);
      rawBytes += body.output.at;
    }
    const whole = joined(rawBytes, this.#scratch.subarray(0, bytes));
    if (this.#scratch.length > MAX_KEPT_BYTES) this.#scratch = new Uint8Array(0);
    return whole;
  }

  /** The pieces of a block are elements one after the other: a further piece of a message can be appended to a finished one. */
  #withTail(template: WriteTemplate, filled: Uint8Array, batch: WriteBatch): Uint8Array {
    const body = this.#body;
    body.writeTail(batch);
    const tailBytes = this.#compress(0);
    const whole = joined(template.rawBytes + body.output.at, filled.subarray(template.preambleBytes), this.#scratch.subarray(0, tailBytes));
    template.giveBack(filled);
    return whole;
  }

  /** What `#body` has written, compressed, into the scratch memory from `at` on. Gives its size. */
  #compress(at: number): number {
    const { bytes, at: length } = this.#body.output;
    const needed = at + maxCompressedBytes(length);
    if (this.#scratch.length < needed) {
      const larger = new Uint8Array(needed);
      larger.set(this.#scratch.subarray(0, at));
      this.#scratch = larger;
    }
    return compressSnappyPiece(bytes, length, this.#scratch, at);
  }
}

function joined(rawBytes: number, ...pieces: readonly Uint8Array[]): Uint8Array {
  const parts = [snappyPreamble(rawBytes), ...pieces];
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
