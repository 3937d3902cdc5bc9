import type { StoredExemplar } from "../../collector/series/exemplar-table.ts";
import { escapeLabelValue, formatValue } from "../../collector/wire/prometheus-text.ts";

/** OpenMetrics 1.0: names and values of an exemplar's labels together, in characters. */
const MAX_LABEL_CHARACTERS = 128;

/** Exemplars by bucket, each in the one that its value falls into, the newest of those; behind the last bound stands that of +Inf. */
export function exemplarsByBucket(exemplars: readonly StoredExemplar[], bounds: ArrayLike<number>): (StoredExemplar | undefined)[] {
  const buckets: (StoredExemplar | undefined)[] = Array.from({ length: bounds.length + 1 });
  for (const exemplar of exemplars) {
    if (!isExposable(exemplar)) continue;
    let bucket = 0;
    while (bucket < bounds.length && exemplar.value > (bounds[bucket] as number)) bucket++;
    const other = buckets[bucket];
    if (other === undefined || other.timeMs <= exemplar.timeMs) buckets[bucket] = exemplar;
  }
  return buckets;
}

/** The newest exemplar of a counter. */
export function newestExemplar(exemplars: readonly StoredExemplar[]): StoredExemplar | undefined {
  return exemplarsByBucket(exemplars, [])[0];
}

/** One that is too long, by the ids alone, fails a scrape or is dropped by the server without a word. */
function isExposable({ labels, value }: StoredExemplar): boolean {
  let characters = 0;
  for (const [name, text] of labels) {
    if (text.length > 2 * MAX_LABEL_CHARACTERS) return false;
    characters += [...name].length + [...text].length;
  }
  return characters <= MAX_LABEL_CHARACTERS && !Number.isNaN(value);
}

/** What follows the value on its line: ` # {trace_id="…"} 0.3 1700000000.123`. */
export function formatExemplar({ labels, value, timeMs }: StoredExemplar): string {
  const pairs = labels.map(([name, text]) => `${name}="${escapeLabelValue(text)}"`).join(",");
  return ` # {${pairs}} ${formatValue(value)}${timeMs === 0 ? "" : ` ${formatSeconds(timeMs)}`}`;
}

/** A time as OpenMetrics writes it. */
export function formatSeconds(timeMs: number): string {
  return (timeMs / 1000).toFixed(3);
}
