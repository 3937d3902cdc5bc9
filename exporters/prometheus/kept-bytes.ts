/** How much memory rendered lines may take in all: what does not fit is rendered anew for each exposition. */
export class KeptBytes {
  readonly #limit: number;
  used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** It may be passed by what one chunk takes. */
  get hasRoom(): boolean {
    return this.used < this.#limit;
  }
}
