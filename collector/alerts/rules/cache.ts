import { METRICS } from "../../model/catalog.ts";
import { familyName, type ResolvedAlertOptions } from "../alert-options.ts";
import { alertRule } from "../alert-rule.ts";
import { BY_PROCESS, ON_PROCESS, percent, promDuration } from "../promql-text.ts";
import type { Rule } from "../rule.ts";

/** Reads a second below which a share of hits says nothing. */
const LEAST_READS_PER_SECOND = 1;
const MS_PER_SECOND = 1000;

/** The gallery's response cache: whether it answers, and whether it is rebuilt by many at once. */
export function cacheRules(options: ResolvedAlertOptions): readonly Rule[] {
  const window = promDuration(options.cacheWindowMs);
  const rate = (name: string) => `sum ${BY_PROCESS} (rate(${name}[${window}]))`;
  const hits = rate(familyName(METRICS.puzzleGalleryCacheHits, options.strategy));
  const misses = rate(familyName(METRICS.puzzleGalleryCacheMisses, options.strategy));
  const rebuildMs = rate(`${familyName(METRICS.puzzleGalleryCacheRebuildDuration, options.strategy)}_sum`);
  const reads = `job_instance:puzzle_gallery_cache_reads:rate${window}`;
  const hitRatio = `job_instance:puzzle_gallery_cache_hits:ratio_rate${window}`;
  const concurrency = `job_instance:puzzle_gallery_cache_rebuilds:concurrency_rate${window}`;
  return [
    { kind: "record", record: reads, expr: `(${hits} or 0 * ${misses})\n+ ${ON_PROCESS} (${misses} or 0 * ${hits})` },
    { kind: "record", record: hitRatio, expr: `(${hits} or 0 * ${reads})\n/ ${ON_PROCESS} ${reads}` },
    { kind: "record", record: concurrency, expr: `${rebuildMs} / ${MS_PER_SECOND}` },
    alertRule(
      {
        alert: "CacheHitCollapse",
        severity: "warn",
        layer: "application",
        forMs: 10_000,
        expr: `${hitRatio} < ${options.cacheHitRatio}\nand ${ON_PROCESS} ${reads} > ${LEAST_READS_PER_SECOND}`,
        summary: "The gallery cache of {{ $labels.instance }} hardly answers any more",
        description: `Only {{ $value | humanizePercentage }} of the gallery reads of {{ $labels.job }} were hits within ${window} (limit ${percent(options.cacheHitRatio)}).`,
        trap: "A ratio of sums, not an average of ratios. An idle cache gives 0/0 = NaN, which no comparison fires on; a cache without one single hit has no hits series, hence `or 0 *`.",
      },
      options,
    ),
    alertRule(
      {
        alert: "CacheRebuildStorm",
        severity: "warn",
        layer: "application",
        forMs: 10_000,
        expr: `${concurrency} > ${options.rebuildConcurrency}`,
        summary: "The gallery cache of {{ $labels.instance }} is rebuilt by many at once",
        description: `{{ $value | humanize }} rebuilds of {{ $labels.job }} ran at once on average within ${window} (limit ${options.rebuildConcurrency}).`,
        trap: "Seconds of rebuilding per second = rebuilds at once, however long one takes. Rebuilds under way are not in the sum yet: a storm of long ones shows late.",
      },
      options,
    ),
  ];
}
