/**
 * A JSON number between `from` and `to` as a double; undefined when it is none, or too large for one. In quotes NaN and the infinities
 * are numbers as well (protobuf.dev/programming-guides/json).
 */
export function parseDouble(bytes: Buffer, from: number, to: number, quoted: boolean): number | undefined {
  const negative = bytes[from] === MINUS;
  const first = negative ? from + 1 : from;
  let digits = 0;
  let value = 0;
  let fraction = 0;
  let seenPoint = false;
  let at = first;
  for (; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte === POINT && !seenPoint) seenPoint = true;
    else if (byte >= ZERO && byte <= NINE) {
      value = value * 10 + (byte - ZERO);
      digits++;
      if (seenPoint) fraction++;
    } else break;
  }
  const plain = at === to && digits > 0 && bytes[to - 1] !== POINT && bytes[first] !== POINT;
  if (plain && !(bytes[first] === ZERO && digits > 1 && bytes[first + 1] !== POINT)) {
    // Digits and power of ten are exact in a double up to these bounds, so that one division rounds correctly (Clinger 1990).
    if (value > Number.MAX_SAFE_INTEGER || fraction > MAX_EXACT_POWER) return finite(Number(bytes.toString("latin1", from, to)));
    if (fraction > 0) value /= POWERS_OF_TEN[fraction] as number;
    return negative ? -value : value;
  }
  const text = bytes.toString("latin1", from, to);
  if (NUMBER.test(text)) return finite(Number(text));
  return quoted ? SPECIALS.get(text) : undefined;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/**
 * An integer between `from` and `to`: a number where it is safe, else a bigint; undefined when it is none. Forms such as `1e3` and `1.0`
 * are integers too, as protobuf's JSON has it.
 */
export function parseInteger(bytes: Buffer, from: number, to: number): number | bigint | undefined {
  const negative = bytes[from] === MINUS;
  const first = negative ? from + 1 : from;
  const length = to - first;
  if (length < 1 || length > MAX_DIGITS || (bytes[first] === ZERO && length > 1)) return parseOtherInteger(bytes, from, to);
  // The last nine digits apart from those before them: each part is exact in a double.
  const cut = to - 9;
  let head = 0;
  let tail = 0;
  let at = first;
  for (; at < cut; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return parseOtherInteger(bytes, from, to);
    head = head * 10 + digit;
  }
  for (; at < to; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return parseOtherInteger(bytes, from, to);
    tail = tail * 10 + digit;
  }
  const value = head * 1e9 + tail;
  if (value <= Number.MAX_SAFE_INTEGER) return negative ? 0 - value : value;
  if (negative || head >= 18_446_744_073) return BigInt(bytes.toString("latin1", from, to));
  return joinParts(head, tail);
}

/** head × 10^9 + tail, below 2^64. By way of two 32-bit halves: five times as fast as arithmetic on bigints. */
function joinParts(head: number, tail: number): bigint {
  const upper = Math.floor(head / 0x1_0000) * 1e9;
  const lower = (head % 0x1_0000) * 1e9 + tail;
  const low = (upper % 0x1_0000) * 0x1_0000 + lower;
  const high = Math.floor(upper / 0x1_0000) + Math.floor(low / 0x1_0000_0000);
  scratch.setUint32(0, high);
  scratch.setUint32(4, low % 0x1_0000_0000);
  return scratch.getBigUint64(0);
}

function parseOtherInteger(bytes: Buffer, from: number, to: number): number | bigint | undefined {
  if (to - from > MAX_NUMBER_CHARACTERS) return undefined;
  const text = bytes.toString("latin1", from, to);
  if (!NUMBER.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value + 0 : undefined;
}

/** For numbers that nobody wants the value of. */
export function isJsonNumber(bytes: Buffer, from: number, to: number): boolean {
  return NUMBER.test(bytes.toString("latin1", from, to));
}

/** JSON's grammar (RFC 8259 §6). */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** Of 2^64. */
const MAX_DIGITS = 20;
const MAX_NUMBER_CHARACTERS = 64;
const SPECIALS: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);
/** 10^22 is the last power of ten that a double holds exactly. */
const MAX_EXACT_POWER = 22;
const POWERS_OF_TEN: readonly number[] = Array.from({ length: MAX_EXACT_POWER + 1 }, (_, power) => Number(`1e${power}`));
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const scratch = new DataView(new ArrayBuffer(8));
