import { WriteColumns } from "./write-columns.ts";

export interface LaneLimits {
  /** Samples and native histograms of one request. A single point may have more. */
  readonly maxSamples: number;
  /** Of one request before compression, about. */
  readonly maxBytes: number;
  /** Older samples go into requests of their own: a receiver that turns one of them down may turn down all that is with it. */
  readonly riskyAfterMs: number;
}

/** Columns that are being filled, for one lane: one set for samples of now, one for old ones and others that may be turned down. */
export class LaneBuffer {
  readonly #limits: LaneLimits;
  readonly #sealed: (columns: WriteColumns) => void;
  #usual = new WriteColumns();
  #risky = new WriteColumns(16);
  /** Unix ms. Set while there is something in the columns, so that a series cannot pass from one set to the other and back. */
  #riskyBeforeMs: number | undefined;

  constructor(limits: LaneLimits, sealed: (columns: WriteColumns) => void) {
    this.#limits = limits;
    this.#sealed = sealed;
  }

  get sizeBytes(): number {
    return this.#usual.sizeBytes + this.#risky.sizeBytes;
  }

  /** Where the unit of this time is to be written. */
  columns(timestampMs: number, nowMs: number): WriteColumns {
    this.#riskyBeforeMs ??= nowMs - this.#limits.riskyAfterMs;
    return timestampMs < this.#riskyBeforeMs ? this.#risky : this.#usual;
  }

  /** The same for a unit that the receiver may not want, which must be the first of its series. */
  riskyColumns(nowMs: number): WriteColumns {
    this.#riskyBeforeMs ??= nowMs - this.#limits.riskyAfterMs;
    return this.#risky;
  }

  /** To be called after each unit. */
  ended(columns: WriteColumns): void {
    const { maxSamples, maxBytes } = this.#limits;
    if (columns.size < maxSamples && columns.wireBytes < maxBytes) return;
    if (columns === this.#risky) this.#sealRisky();
    else this.seal();
  }

  /** Old samples first: of one series they are the earlier ones. */
  seal(): void {
    this.#sealRisky();
    if (this.#usual.units > 0) {
      const full = this.#usual;
      this.#usual = new WriteColumns(full.timestampsMs.length);
      this.#sealed(full);
    }
    this.#riskyBeforeMs = undefined;
  }

  #sealRisky(): void {
    if (this.#risky.units === 0) return;
    const full = this.#risky;
    this.#risky = new WriteColumns(16);
    this.#sealed(full);
  }
}
