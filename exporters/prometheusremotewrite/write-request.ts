import { readWriteBody2 } from "../../collector/wire/remote-write-read-2.ts";
import { WriteColumns } from "./write-columns.ts";

/** 1 = remote write 1.0 (prometheus.WriteRequest), 2 = 2.0 (io.prometheus.write.v2.Request). */
export type WriteVersion = 1 | 2;

export interface EncodedBody {
  readonly version: WriteVersion;
  readonly bytes: Uint8Array;
}

/** What a request carries, as counts. */
export interface RequestCounts {
  /** OTLP points that are delivered when this request is. */
  readonly points: number;
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

/** One request on its way: what is in it, and how it has fared. Its body is made once, so that every resend is the same bytes. */
export class WriteRequest {
  /** Undefined: read back from disk as a body. */
  #columns: WriteColumns | undefined;
  readonly counts: RequestCounts;
  /** Monotonic ms: its age counts from here. */
  readonly bornMs: number;
  /** Wall-clock ms of the newest sample, for a meter. */
  readonly newestMs: number;
  /** Memory that it occupies, about, with its body. */
  readonly sizeBytes: number;
  body: EncodedBody | undefined;
  attempts = 0;
  /** Monotonic ms: when the last attempt began. */
  lastAttemptMs = Number.NEGATIVE_INFINITY;
  /** Answers that said the server failed at this very request: 500, not an overload or a gateway. */
  faults = 0;
  /** A part of a request that kept failing. Monotonic ms since when. */
  suspectSinceMs: number | undefined;

  constructor(
    content: WriteColumns | { readonly counts: RequestCounts; readonly body: EncodedBody; readonly newestMs: number },
    bornMs: number,
    suspectSinceMs?: number,
  ) {
    this.bornMs = bornMs;
    this.suspectSinceMs = suspectSinceMs;
    if ("body" in content) {
      this.#columns = undefined;
      this.counts = content.counts;
      this.body = content.body;
      this.newestMs = content.newestMs;
      this.sizeBytes = content.body.bytes.length;
      return;
    }
    this.#columns = content;
    this.counts = {
      points: content.points,
      samples: content.length,
      histograms: content.histograms.length,
      exemplars: content.exemplars.length,
    };
    this.newestMs = newestOf(content);
    this.sizeBytes = Math.ceil(content.sizeBytes * BODY_SHARE);
  }

  /** What is in it; of a 2.0 body from disk it is read out of that. Undefined for a 1.0 body. Throws: E_WIRE_… where the body is damaged. */
  get columns(): WriteColumns | undefined {
    if (this.#columns === undefined && this.body?.version === 2) this.#columns = WriteColumns.of(readWriteBody2(this.body.bytes), this.counts.points);
    return this.#columns;
  }

  get isDivisible(): boolean {
    if (this.#columns !== undefined) return this.#columns.units > 1;
    return this.body?.version === 2 && this.counts.samples + this.counts.histograms > 1;
  }

  /** Undefined where it cannot be divided further. `suspectSinceMs`: because it is a suspect. */
  halves(suspectSinceMs?: number): readonly [WriteRequest, WriteRequest] | undefined {
    const { columns } = this;
    if (columns === undefined || columns.units < 2) return undefined;
    const [left, right] = columns.halves();
    return [new WriteRequest(left, this.bornMs, suspectSinceMs), new WriteRequest(right, this.bornMs, suspectSinceMs)];
  }
}

/** Columns and, beside them, a body of about half their size. */
const BODY_SHARE = 1.5;

function newestOf({ length, timestampsMs, histograms }: WriteColumns): number {
  let newest = 0;
  for (let index = 0; index < length; index++) newest = Math.max(newest, timestampsMs[index] as number);
  for (const { timestampMs } of histograms) newest = Math.max(newest, timestampMs);
  return newest;
}
