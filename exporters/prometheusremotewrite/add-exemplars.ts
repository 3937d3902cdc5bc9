import { wholeMs } from "../../collector/model/time.ts";
import type { StoredExemplar } from "../../collector/series/exemplar-table.ts";
import type { SeriesEntry } from "./series-entry.ts";
import type { WriteColumns } from "./write-columns.ts";

/** Those of the point's exemplars that have not been sent yet, each at the series it belongs to; oldest first, as receivers want them. */
export function addExemplars(columns: WriteColumns, entry: SeriesEntry, stored: readonly StoredExemplar[], timestampMs: number): void {
  const fresh = stored
    .map((exemplar) => ({ exemplar, timeMs: exemplar.timeMs === 0 ? timestampMs : wholeMs(exemplar.timeMs) }))
    .filter(({ timeMs }) => timeMs > entry.exemplarMs)
    .sort((a, b) => a.timeMs - b.timeMs);
  for (const { exemplar, timeMs } of fresh) {
    columns.addExemplar({ series: seriesOf(entry, exemplar.bound), labels: exemplar.labels, value: exemplar.value, timestampMs: timeMs });
    entry.exemplarMs = timeMs;
  }
}

function seriesOf(entry: SeriesEntry, bound: number): SeriesEntry["plain"] {
  if (entry.isNative || entry.bounds === undefined) return entry.plain;
  const found = Array.from(entry.bounds).findIndex((candidate) => bound <= candidate);
  return entry.parts[found < 0 ? entry.parts.length - 1 : found] ?? entry.count;
}
