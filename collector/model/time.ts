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

/**
 * The whole milliseconds of a time that came through a double of nanoseconds (exact to 128 ns today): 1700000000122 ms would come back as
 * 1700000000121.9999, and be a millisecond too early if that were cut off.
 */
export function wholeMs(ms: number): number {
  const nearest = Math.round(ms);
  return nearest - ms < DOUBLE_ERROR_MS ? nearest : Math.floor(ms);
}
/** Until 2116: 256 ns for the nanoseconds, 244 ns for the division. */
const DOUBLE_ERROR_MS = 0.0006;

/** Milliseconds with a fraction; precise to about 0.2 µs at today's dates. */
export function msFromUnixNano(time: UnixNano): number {
  return Number(time / NANOS_PER_MS) + Number(time % NANOS_PER_MS) / 1e6;
}
