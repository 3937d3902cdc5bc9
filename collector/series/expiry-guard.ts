/** A wall clock that runs so much ahead of a steady one between two looks was set, ms. */
const JUMP_MS = 30_000;

/**
 * Whether series may expire now. They are dated by the wall clock; where that was set forward (NTP after a boot, a laptop that slept) all of
 * them would seem to have been silent, so for as long as a series may be silent none is taken away.
 */
export class ExpiryGuard {
  readonly #expirationMs: number;
  #wallMs: number;
  #steadyMs: number;
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  constructor(expirationMs: number, wallMs: number, steadyMs: number) {
    this.#expirationMs = expirationMs;
    this.#wallMs = wallMs;
    this.#steadyMs = steadyMs;
  }

  /** To be asked before each expiry. `steadyMs`: of a clock that nobody sets. */
  mayExpire(wallMs: number, steadyMs: number): boolean {
    const aheadMs = wallMs - this.#wallMs - (steadyMs - this.#steadyMs);
    this.#wallMs = wallMs;
    this.#steadyMs = steadyMs;
    if (aheadMs > JUMP_MS) this.#notBeforeMs = steadyMs + this.#expirationMs;
    return steadyMs >= this.#notBeforeMs;
  }
}
