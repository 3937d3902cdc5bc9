/**
 * Nanoseconds since 1970-01-01 UTC, as OTLP's fixed64 carries them (1.79e18 today: beyond a double's 2^53).
 * Never on the hot path: scans keep times as offsets into the received bytes.
 */
export type UnixNano = bigint;

/** Where code that must be testable asks for the time; `performance`-like monotonic ms and wall-clock ms. */
export interface Clock {
  /** Wall-clock milliseconds since the epoch. */
  nowMs(): number;
}

export const NANOS_PER_MS = 1_000_000n;

export function unixNanoFromMs(ms: number): UnixNano {
  return BigInt(Math.round(ms * 1000)) * 1000n;
}

/** Milliseconds with a fraction; precise to about 0.2 µs at today's dates. */
export function msFromUnixNano(time: UnixNano): number {
  return Number(time / NANOS_PER_MS) + Number(time % NANOS_PER_MS) / 1e6;
}
