import { readLength, readTag, VARINT } from "../wire/scan-cursor.ts";
import { POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";

/** The quantiles of a summary point, rising; of repeated ones the last. ValueAtQuantile: 1 quantile double, 2 value double. */
export function readQuantiles(
  { bytes, view, points }: MetricColumns,
  point: number,
): readonly { readonly quantile: number; readonly value: number }[] {
  const found = new Map<number, number>();
  const end = points.words[point + POINT_ROW.quantilesEnd] as number;
  let position = points.words[point + POINT_ROW.quantilesStart] as number;
  while (position < end) {
    // The field's own tag, then its body.
    position = readLength(bytes, readTag(bytes, position, end), end);
    const after = position + (VARINT[0] as number);
    let quantile = 0;
    let value = 0;
    while (position + 9 <= after) {
      const tag = bytes[position];
      if (tag === 0x09) quantile = view.getFloat64(position + 1, true);
      else if (tag === 0x11) value = view.getFloat64(position + 1, true);
      // A field outside the table: what is behind it is not looked for.
      else break;
      position += 9;
    }
    found.set(quantile, value);
    position = after;
  }
  return [...found].map(([quantile, value]) => ({ quantile, value })).sort((a, b) => a.quantile - b.quantile);
}
