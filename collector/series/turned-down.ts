import { Rejected } from "../pipeline/define.ts";
import type { Losses } from "./series-store.ts";

/** What the reasons mean, for the sender's eyes. */
const REASONS: Readonly<Record<string, string>> = {
  series_limit: "new series beyond max_series, or with longer names and labels than there is room for",
  type_conflict: "the Prometheus name belongs to a metric of another type",
  invalid_name: "nothing of the name is left in Prometheus' alphabet",
  unspecified_temporality: "aggregation temporality is not set",
  delta_temporality: "a delta, and delta_temporality says drop",
  duplicate: "the same delta twice",
  late: "a delta that overlaps what was counted",
  overlap: "a delta whose window overlaps that of another writer",
  interleaved: "two senders write one series in turns, and nothing tells them apart",
  conflict: "another value at the same millisecond",
  out_of_order: "older than what was sent already",
  future: "more than 10 minutes in the future",
  invalid_histogram: "bucket bounds out of order or too many, a scale out of range, or a count that its buckets do not add up to",
  invalid_summary: "quantiles out of order or too many",
  no_value: "a data point without a value",
  too_many_labels: "more labels than max_labels_per_series",
};

/** What of a push was not taken; undefined: nothing. */
export function turnedDown(...all: readonly (Losses | undefined)[]): Rejected | undefined {
  const losses = new Map<string, number>();
  for (const some of all) for (const [reason, items] of some ?? []) losses.set(reason, (losses.get(reason) ?? 0) + items);
  if (losses.size === 0) return undefined;
  const parts = [...losses].map(([reason, items]) => ({ reason, items })).sort((a, b) => b.items - a.items);
  const items = parts.reduce((sum, part) => sum + part.items, 0);
  const message = parts.map((part) => `${part.items} × ${part.reason} (${REASONS[part.reason] ?? part.reason})`).join("; ");
  return new Rejected(message, { items, reason: parts[0]?.reason ?? "rejected", parts });
}
