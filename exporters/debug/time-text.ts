import type { UnixNano } from "../../collector/model/time.ts";

const EPOCH_TEXT = "1970-01-01 00:00:00 +0000 UTC";

// One 64-bit cell seen as two halves: splitting a bigint this way allocates nothing, dividing it would.
const cell = new BigUint64Array(1);
const halves = new Uint32Array(cell.buffer);
const LOW = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

let memoSeconds = Number.NaN;
let memoText = "";

/**
 * Go's `time.Time.String()` in UTC: `2020-02-11 20:26:13.000000789 +0000 UTC`, trailing zeros of the fraction cut.
 *
 * The low 32 bits of the nanoseconds within the second come from 32-bit arithmetic; the seconds from a double, which may be one off at a
 * second's edge and is then put right. As in Go, times beyond 2^63 ns wrap to the past.
 */
export function timeText(time: UnixNano): string {
  if (time === 0n) return EPOCH_TEXT;
  cell[0] = time;
  const low = halves[LOW] as number;
  const high = halves[HIGH] as number;
  let seconds = Math.floor(((high | 0) * 4_294_967_296 + low) / 1e9);
  let nanos = (low - Math.imul(seconds, 1_000_000_000)) >>> 0;
  if (nanos >= 2_147_483_648) {
    seconds--;
    nanos = (nanos + 1_000_000_000) >>> 0;
  } else if (nanos >= 1_000_000_000) {
    seconds++;
    nanos -= 1_000_000_000;
  }
  if (seconds !== memoSeconds) {
    const iso = new Date(seconds * 1000).toISOString();
    memoText = `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
    memoSeconds = seconds;
  }
  if (nanos === 0) return `${memoText} +0000 UTC`;
  let digits = 9;
  while (nanos % 10 === 0) {
    nanos /= 10;
    digits--;
  }
  return `${memoText}.${String(nanos).padStart(digits, "0")} +0000 UTC`;
}
