import type { LabelSet } from "./label-set.ts";
import { METRIC_NAME } from "./label-set.ts";
import { parseNumber } from "./parse-number.ts";
import type { Vector } from "./values.ts";

interface Bucket {
  readonly upper: number;
  count: number;
}

/** Of classic histograms: groups buckets by all labels but `le`, and interpolates linearly within the bucket of the rank (promql/quantile.go). */
export function histogramQuantile(q: number, buckets: Vector): Vector {
  const groups = new Map<string, { readonly labels: LabelSet; readonly buckets: Bucket[] }>();
  for (const { labels, value } of buckets) {
    const le = labels.get("le");
    const upper = le === "" ? undefined : parseNumber(le);
    if (upper === undefined || Number.isNaN(upper)) continue;
    const rest = labels.without(["le", METRIC_NAME]);
    const group = groups.get(rest.key) ?? { labels: rest, buckets: [] };
    groups.set(rest.key, group);
    group.buckets.push({ upper, count: value });
  }
  return [...groups.values()].map((group) => ({ labels: group.labels, value: bucketQuantile(q, group.buckets) }));
}

function bucketQuantile(q: number, unsorted: readonly Bucket[]): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const buckets = coalesced(unsorted);
  const last = buckets.at(-1);
  if (last === undefined || last.upper !== Infinity || buckets.length < 2) return Number.NaN;
  // A scrape is no snapshot: a bucket may lack what a smaller one has counted already.
  for (let index = 1; index < buckets.length; index++) {
    const bucket = buckets[index] as Bucket;
    bucket.count = Math.max(bucket.count, (buckets[index - 1] as Bucket).count);
  }
  if (last.count === 0) return Number.NaN;
  const rank = q * last.count;
  const found = buckets.findIndex((bucket) => bucket.count >= rank);
  if (found < 0 || found === buckets.length - 1) return (buckets[buckets.length - 2] as Bucket).upper;
  const { upper, count } = buckets[found] as Bucket;
  if (found === 0) return upper <= 0 ? upper : upper * (rank / count);
  const below = buckets[found - 1] as Bucket;
  return below.upper + (upper - below.upper) * ((rank - below.count) / (count - below.count));
}

/** In rising order; equal bounds (`2` and `2.0`) are one bucket. */
function coalesced(unsorted: readonly Bucket[]): Bucket[] {
  const buckets: Bucket[] = [];
  for (const { upper, count } of [...unsorted].sort((a, b) => a.upper - b.upper)) {
    const last = buckets.at(-1);
    if (last?.upper === upper) last.count += count;
    else buckets.push({ upper, count });
  }
  return buckets;
}
