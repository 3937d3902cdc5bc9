import type { UnixNano } from "../../model/time.ts";

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?\d*(Z|z|[+-]\d{2}:?\d{2})$/;
const UNIX = /^(\d{1,19})(?:\.(\d{1,9})\d*)?$/;
const NGINX_LOCAL = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const NANOS_PER_SECOND = 1_000_000_000n;
/** OTLP's fixed64 read as signed ends in 2262; a time beyond is a mistake of the unit. */
const MAX_UNIX_NANO = 9_223_372_036_854_775_807n;

/** RFC 3339 to the nanosecond; an offset is required, for local times are not comparable. */
export function parseRfc3339(text: string): UnixNano | undefined {
  const found = RFC3339.exec(text);
  if (found === null) return undefined;
  const [, date, time, fraction = "", zone = "Z"] = found;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const ms = Date.parse(`${date}T${time}${offset}`);
  return Number.isNaN(ms) || ms < 0 ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, "0"));
}

/** Nanoseconds that one unit of a Unix time is. */
export const UNIX_UNITS = { s: NANOS_PER_SECOND, ms: 1_000_000n, us: 1000n, ns: 1n } as const;
export type UnixUnit = keyof typeof UNIX_UNITS;

/** A decimal Unix time, exact to the nanosecond. */
export function parseUnix(text: string, unit: UnixUnit): UnixNano | undefined {
  const found = UNIX.exec(text);
  if (found === null) return undefined;
  const [, whole = "0", fraction = ""] = found;
  const scale = UNIX_UNITS[unit];
  const nanos = BigInt(whole) * scale + (BigInt(fraction.padEnd(9, "0")) * scale) / NANOS_PER_SECOND;
  return nanos <= MAX_UNIX_NANO ? nanos : undefined;
}

/** The unit in which a Unix time of our days has so many digits: 10 seconds, 13 ms, 16 µs, 19 ns. */
export function guessUnixUnit(text: string): UnixUnit | undefined {
  const digits = text.split(".", 1)[0] as string;
  if (!/^\d+$/.test(digits)) return undefined;
  if (digits.length <= 11) return "s";
  if (digits.length <= 14) return "ms";
  return digits.length <= 17 ? "us" : "ns";
}

/** RFC 3339 or a Unix time in whatever unit its digits speak for. */
export function parseAnyTime(text: string): UnixNano | undefined {
  const unit = guessUnixUnit(text);
  return unit === undefined ? parseRfc3339(text) : parseUnix(text, unit);
}

/** nginx's `$time_local`: `21/Nov/2026:07:26:12 +0000`. */
export function parseNginxLocal(text: string): UnixNano | undefined {
  const found = NGINX_LOCAL.exec(text);
  if (found === null) return undefined;
  const [, day, name = "", year, time, hours, minutes] = found;
  const month = MONTHS.indexOf(name) + 1;
  return month === 0 ? undefined : parseRfc3339(`${year}-${String(month).padStart(2, "0")}-${day}T${time}${hours}:${minutes}`);
}

/** Milliseconds with a fraction as nanoseconds; whole ones exactly. */
export function nanosOfMs(ms: number): UnixNano {
  const whole = Math.trunc(ms);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
}
