import { METRIC_KIND, METRIC_ROW, POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import { Admission } from "./admission.ts";
import { type Bounds, BoundsTable } from "./bounds.ts";
import { classicBucketsOf } from "./classic-buckets.ts";
import { ExemplarTable } from "./exemplar-table.ts";
import { FamilyTable, type SeriesGroup } from "./families.ts";
import { LabelPairs } from "./label-pairs.ts";
import { PointCells } from "./point-cells.ts";
import { pointTimeNs } from "./point-time.ts";
import { RememberedTotals } from "./remembered-totals.ts";
import { RunEnds } from "./run-ends.ts";
import { SeriesFinder } from "./series-finder.ts";
import { type Labels, SERIES_BIT, SeriesTable } from "./series-table.ts";
import { SourceTable } from "./sources.ts";
import type { StoreLimits, StoreOptions } from "./store-options.ts";
import { metricHeader, type ResourceEntry, type Source, type Stream } from "./stream.ts";
import { StreamFamilies } from "./stream-families.ts";
import { TargetTable } from "./targets.ts";
import { labelRules, type Translation } from "./translation.ts";

/** Points that were not taken, by reason. */
export type Losses = ReadonlyMap<string, number>;

const P = POINT_ROW;
const M = METRIC_ROW;
/** Room for names, labels and values: some three times what a usual series takes (its numbers, its label pairs, its share of its metric). */
const BYTES_PER_SERIES = 1024;
const LEAST_MAX_BYTES = 16_777_216;
const MAX_OVERFLOWED = 4096;
/** Metrics are remembered longer than their series, so that a long export interval is learnt although each time all series have expired. */
const STREAM_EXPIRATIONS = 4;

/**
 * The newest value of every series, fed with scanned columns; what is read of it: `table`, `families`, `targets`, `exemplars`, `labels`,
 * `classicBuckets`. A listener hears of each point that a server would take, of the zeros between them, and of the end of each series.
 */
export class SeriesStore {
  readonly table: SeriesTable;
  readonly families: FamilyTable;
  readonly targets: TargetTable;
  readonly les: BoundsTable;
  readonly quantiles: BoundsTable;
  readonly exemplars: ExemplarTable;
  /** Rises with everything that could change an exposition. */
  version = 0;
  /** OTLP names of metrics whose sender said that it hit its own limit of series. */
  readonly overflowed = new Set<string>();
  readonly #finder: SeriesFinder;
  readonly #admission: Admission;
  readonly #remembered: RememberedTotals;
  readonly #runEnds = new RunEnds();
  /** Of names, labels and values together: long ones cost a sender its series, not us our memory. Series that live may grow to twice as much. */
  readonly #maxBytes: number;
  readonly #sources: SourceTable;
  readonly #streamFamilies: StreamFamilies;
  readonly #dropsDeltas: boolean;
  readonly #limits: StoreLimits;
  readonly #options: StoreOptions;
  #losses: Map<string, number> | undefined;
  #tick = 0;

  constructor(translation: Translation, limits: StoreLimits, options: StoreOptions) {
    const { hashKey, listener, spreadCollisions, maxAheadMs, onNaming, onLabelCollision } = options;
    const rules = labelRules(translation);
    this.#options = options;
    this.#dropsDeltas = translation.dropDeltas === true;
    this.#limits = limits;
    this.#maxBytes = LEAST_MAX_BYTES + limits.maxSeries * BYTES_PER_SERIES;
    this.table = new SeriesTable(new LabelPairs(rules, hashKey), hashKey);
    this.#remembered = new RememberedTotals(this.table);
    const usedBounds = () => this.table.usedBounds(this.#remembered.bounds());
    this.les = new BoundsTable("le", hashKey, usedBounds);
    this.quantiles = new BoundsTable("quantile", hashKey, usedBounds);
    this.families = new FamilyTable(["target_info"]);
    this.targets = new TargetTable(listener);
    this.#sources = new SourceTable(translation, this.targets, hashKey);
    this.exemplars = new ExemplarTable(options.keepExemplars, rules);
    const onOverflow = (stream: Stream) => {
      if (this.overflowed.size < MAX_OVERFLOWED) this.overflowed.add(stream.header.name);
      this.#streamFamilies.notice("overflow", stream);
    };
    this.#finder = new SeriesFinder(this.table, translation, { hashKey, onNaming, onLabelCollision, onOverflow });
    this.#streamFamilies = new StreamFamilies(this.families, this.#finder, translation, options);
    const cells = new PointCells(this.table, this.les, this.quantiles, () => this.#sizeBytes < this.#maxBytes * 2);
    const onTwoWriters = (stream: Stream, what: "interleaved" | "overlap") => this.#streamFamilies.notice(what, stream);
    this.#admission = new Admission(this.table, cells, this.exemplars, this.#remembered, { listener, spreadCollisions, maxAheadMs, onTwoWriters });
  }

  /** See `SeriesTable`. */
  labels(series: number): Labels {
    return this.table.labels(series);
  }

  /**
   * The buckets of a histogram of either kind as classic ones: one count per bound, not accumulated, and one for above them all. Those of a native
   * one end at powers of two; the list only grows, since a bucket that vanished would look like a reset.
   */
  classicBuckets(series: number): { readonly bounds: Bounds; readonly counts: ArrayLike<number> } {
    return classicBucketsOf(this.table, this.les, series);
  }

  /** Takes all points of a scanned request. Undefined: none was lost. */
  ingest(columns: MetricColumns, nowMs: number): Losses | undefined {
    this.version++;
    this.#losses = undefined;
    this.#tick = this.table.tick(nowMs);
    const { words } = columns.metrics;
    const rows = columns.metrics.length;
    let source: Source | undefined;
    let previous: Stream | undefined;
    let scope = -1;
    for (let row = 0; row < rows; row++) {
      const base = row * M.stride;
      const count = words[base + M.pointCount] as number;
      if (count === 0) {
        const reason = words[base + M.kind] === METRIC_KIND.none ? "no_data" : "no_points";
        this.#options.onNaming?.(metricHeader(columns, base), undefined, [], reason);
        continue;
      }
      const firstPoint = words[base + M.firstPoint] as number;
      const mayAdd = this.#hasRoom && this.#sources.streams.size < this.#limits.maxSeries;
      if (words[base + M.scope] !== scope) {
        scope = words[base + M.scope] as number;
        const timeNs = pointTimeNs(columns, firstPoint, nowMs);
        source = this.#sources.source(columns, base, nowMs, timeNs, mayAdd);
        if (source !== undefined) this.#noteProducer(source.resource, timeNs);
        previous = undefined;
      }
      const guess = previous === undefined ? source?.first : previous.next;
      const stream = source === undefined ? undefined : this.#sources.stream(source, guess, columns, base, nowMs, mayAdd);
      if (source === undefined || stream === undefined) {
        this.#lose("series_limit", count);
        continue;
      }
      if (previous === undefined) source.first = stream;
      else previous.next = stream;
      previous = stream;
      this.#ingestPoints(stream, columns, firstPoint, count, nowMs);
    }
    const endedRuns = this.#runEnds.taken();
    if (endedRuns.length > 0) this.#end(new Set(endedRuns), nowMs);
    return this.#losses;
  }

  /** Forgets series, and with them metrics, resources and targets, that no point has renewed. How many series. */
  expire(nowMs: number): number {
    const { listener } = this.#options;
    const { expirationMs } = this.#limits;
    const tick = this.table.tick(nowMs);
    let remembered = 0;
    const removed = this.table.remove((series, group) => {
      if (this.table.seen(series) >= tick - Math.max(expirationMs, group.silenceMs)) return false;
      const isDelta = ((this.table.bits[series] as number) & SERIES_BIT.isDelta) !== 0;
      const countsUp = group.family.type === "counter" || group.family.type === "histogram";
      if (isDelta || (countsUp && listener !== undefined)) {
        if (remembered++ < RememberedTotals.perPass) this.#remembered.remember(series);
        else this.#remembered.forget(series);
      }
      this.#admission.end(series);
      this.exemplars.delete(series);
      listener?.removed(series);
      return true;
    });
    this.#sources.expire(nowMs, expirationMs * STREAM_EXPIRATIONS);
    this.targets.expire(nowMs - expirationMs, nowMs * 1e6);
    for (const group of this.table.groups()) {
      if (group.size > 0) continue;
      this.table.releaseGroup(group);
      group.family.groups.delete(group.key);
    }
    for (const family of [...this.families.values()]) if (family.groups.size === 0) this.families.release(family);
    this.version++;
    if (removed > 0) this.#finder.forget((series, streamId) => this.table.exists(series) && this.#sources.streams.has(streamId));
    return removed;
  }

  /**
   * The run has ended: its series (undefined: all) leave the exposition at once, and the listener hears that they have ended. A later point makes
   * a series visible again. The run's own series (`loadtest.run.…`) are left, so that their last value can still be seen.
   */
  end(runId: string | undefined, nowMs: number): void {
    this.#end(runId === undefined ? undefined : new Set([runId]), nowMs);
  }

  #end(runIds: ReadonlySet<string> | undefined, nowMs: number): void {
    const { table } = this;
    this.version++;
    table.forEach((series, group) => {
      if (runIds === undefined || (isOfRun(group, runIds, table.seen(series)) && !group.isRunMetric)) this.#admission.end(series);
    });
    this.targets.end((target) => runIds === undefined || runIds.has(target.runId), nowMs * 1e6);
  }

  #ingestPoints(stream: Stream, columns: MetricColumns, firstPoint: number, count: number, nowMs: number): void {
    const { kind, temporality } = stream.header;
    const group = this.#streamFamilies.groupOf(stream);
    if (group === undefined) {
      this.#lose(stream.reason, count);
      return;
    }
    const isSum = kind === METRIC_KIND.sum || kind === METRIC_KIND.histogram || kind === METRIC_KIND.exponentialHistogram;
    if (isSum && temporality !== 1 && temporality !== 2) {
      this.#lose("unspecified_temporality", count);
      return;
    }
    const isDelta = isSum && temporality === 1;
    if (isDelta && this.#dropsDeltas) {
      this.#lose("delta_temporality", count);
      return;
    }
    if (group.resource !== stream.source.resource) this.#handOver(group, stream.source.resource, pointTimeNs(columns, firstPoint, nowMs));
    if (isDelta && kind === METRIC_KIND.sum && !stream.header.isMonotonic) this.#streamFamilies.notice("delta_gauge", stream);
    if (this.#runEnds.watches(stream.header)) this.#runEnds.note(columns, firstPoint, count, kind);
    group.silenceMs = stream.intervalMs * (this.#limits.expirationIntervals ?? 3);
    const admission = this.#admission;
    const finder = this.#finder;
    const { view } = columns;
    const { words } = columns.points;
    admission.begin(stream);
    let expected = stream.firstEntry - 1;
    let before = -1;
    const end = (firstPoint + count) * P.stride;
    for (let point = firstPoint * P.stride; point < end; point += P.stride) {
      const start = words[point + P.attributesStart] as number;
      const stop = words[point + P.attributesEnd] as number;
      const { keys } = finder;
      let entry = expected;
      let series = -1;
      if (entry < 0 || !keys.matches(entry, stream.id, view, start, stop)) {
        entry = keys.find(stream.id, view, start, stop);
        if (entry < 0) {
          series = finder.find(stream, group, columns, start, stop, isDelta, this.#hasRoom);
          if (series < 0) {
            stream.isIncomplete = true;
            this.#lose("series_limit", 1);
            continue;
          }
          entry = finder.remember(stream, columns, start, stop, series);
        }
        if (entry >= 0) {
          if (before < 0) stream.firstEntry = entry + 1;
          else keys.followers[before] = entry + 1;
        }
      }
      if (entry >= 0) {
        before = entry;
        expected = (finder.keys.followers[entry] as number) - 1;
        series = finder.keys.values[entry] as number;
      }
      this.table.touch(series, this.#tick);
      const reason = admission.admit(stream, group, series, columns, point, isDelta, nowMs);
      if (reason !== "") this.#lose(reason, 1);
    }
    admission.finish(stream);
  }

  /** Two producers under one job and instance, each of whom was heard of between points of the other, get names of their own. */
  #noteProducer(resource: ResourceEntry, timeNs: number): void {
    const { identity } = resource;
    if (identity.last === resource.names || !this.#sources.producers.note(identity, resource.names, timeNs)) return;
    this.table.forEach((series, group) => {
      if (group.resource.identity === identity) this.#admission.end(series);
    });
    const instances = this.#sources.separate(identity, timeNs);
    this.#finder.forget(() => false);
    this.#options.onNotice?.({ what: "interleaved", metric: "", job: identity.job, instance: identity.instance, instances });
  }

  #handOver(group: SeriesGroup, resource: ResourceEntry, timeNs: number): void {
    if (group.resource.runId !== resource.runId) {
      group.formerRunId = group.resource.runId;
      group.sinceTick = this.#tick;
    }
    // The same process may describe itself in other words.
    if (resource.identity.instance === "" && group.resource.names.join() !== resource.names.join()) group.resourceSinceNs = timeNs;
    group.resource = resource;
  }

  get #hasRoom(): boolean {
    return this.table.live < this.#limits.maxSeries && this.#sizeBytes < this.#maxBytes;
  }

  get #sizeBytes(): number {
    return this.table.sizeBytes + this.#sources.sizeBytes;
  }

  #lose(reason: string, items: number): void {
    this.#losses ??= new Map();
    this.#losses.set(reason, (this.#losses.get(reason) ?? 0) + items);
  }
}

function isOfRun(group: SeriesGroup, runIds: ReadonlySet<string>, seenTick: number): boolean {
  return runIds.has(group.resource.runId) || (runIds.has(group.formerRunId) && seenTick < group.sinceTick);
}
