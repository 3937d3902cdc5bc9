import { formatCount, formatRatio, formatValue } from "../../format-number.ts";
import { formatChange } from "../comparison-sentence.ts";

const NOTHING = "\u2013";
/** Below it a change is told in per cent. */
const TIMES_FROM = 1.5;
/** Growth of calls as this power of a size, and more, is a call for each member; as that and less, none. */
const LINEAR_FROM = 0.8;
const CONSTANT_TO = 0.2;

/** A value of a measure in its unit. */
export function measureText(value: number, unit: string): string {
  if (unit === "share") return formatRatio(value);
  if (unit !== "") return formatValue(value, unit);
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return formatCount(value);
  return formatValue(value, "");
}

/** `4.7 times`, `4 001 times less`, `+12 %`. */
export function changeText(before: number | undefined, after: number | undefined, unit: string): string {
  if (before === undefined || after === undefined) return NOTHING;
  if (before === after) return "the same";
  if (unit === "share") return `${after < before ? "\u2212" : "+"}${formatRatio(Math.abs(after - before))}`;
  if (before <= 0 || after <= 0) return NOTHING;
  const ratio = after / before;
  if (ratio >= TIMES_FROM) return `${times(ratio)} times`;
  if (ratio <= 1 / TIMES_FROM) return `${times(1 / ratio)} times less`;
  return formatChange(ratio - 1);
}

/** Of powers with which calls grow with a size: `O(N) → O(1)`. */
export function growthText(before: number | undefined, after: number | undefined): string {
  return before === undefined || after === undefined ? NOTHING : `${orderText(before)} \u2192 ${orderText(after)}`;
}

function orderText(power: number): string {
  if (power <= CONSTANT_TO) return "O(1)";
  return power >= LINEAR_FROM && power <= 2 - LINEAR_FROM ? "O(N)" : `O(N^${power.toFixed(1)})`;
}

function times(ratio: number): string {
  return ratio >= 100 ? formatCount(ratio) : String(Number(ratio.toFixed(1)));
}
