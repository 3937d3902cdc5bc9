import type { HashKey } from "../wire/byte-ranges.ts";
import { readAttributes } from "../wire/read-attributes.ts";
import { METRIC_KIND, METRIC_ROW, POINT_BIT, POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import { BoundsTable } from "./bounds.ts";
import { ExemplarTable } from "./exemplar-table.ts";
import { FamilyTable } from "./families.ts";
import { KeyTable } from "./key-table.ts";
import { renderLabels } from "./labels.ts";
import { DISTRIBUTION_CELLS, storeExponential, storeHistogram, storeNumber, storeSummary } from "./point-cells.ts";
import { SERIES_BIT, SeriesTable } from "./series-table.ts";
import { SourceTable, type Stream } from "./sources.ts";
import { TargetTable } from "./targets.ts";
import { familyHeader, labelRules, lineHead, lineStart, seriesLabels, type Translation } from "./translation.ts";

export interface StoreLimits {
  /** OTLP series (a histogram is one); new ones beyond it are refused, living ones are never evicted. */
  readonly maxSeries: number;
  /** A series without a point for so long is forgotten. */
  readonly expirationMs: number;
}

/** Points that were not taken, by reason. */
export type Losses = ReadonlyMap<string, number>;

const P = POINT_ROW;
const M = METRIC_ROW;
/** An older point of the same start that comes this much late is superseded; later still, the sender's clock was set back. */
const REORDER_WINDOW_NS = 60e9;
/** Room for names, labels and values: some three times what a usual series takes (its line's beginning, its numbers, its share of its metric). */
const BYTES_PER_SERIES = 1024;
const LEAST_MAX_BYTES = 16_777_216;
/** A sender that shuffles its attributes could make keys without end: beyond this they are learnt anew. */
const KEYS_PER_SERIES = 4;

/**
 * The newest value of every series, fed with scanned columns and read by the exposition.
 *
 * A point finds its series by its raw attribute bytes (the guess "the one that followed last time", else a hash); strings are made once, at
 * first sight. Different raw bytes may lead to one series: what counts is the rendered name with its labels.
 */
export class SeriesStore {
  readonly table: SeriesTable;
  readonly families: FamilyTable;
  readonly targets = new TargetTable();
  readonly les: BoundsTable;
  readonly quantiles: BoundsTable;
  readonly exemplars: ExemplarTable;
  /** Rises with everything that could change an exposition. */
  version = 0;
  readonly #hashKey: HashKey;
  #keys: KeyTable;
  /** Of names, labels and values together: long ones cost a sender its series, not us our memory. */
  readonly #maxBytes: number;
  readonly #sources: SourceTable;
  readonly #translation: Translation;
  readonly #limits: StoreLimits;
  readonly #onConflict: (metric: string, name: string) => void;
  #losses: Map<string, number> | undefined;

  constructor(
    translation: Translation,
    limits: StoreLimits,
    options: { readonly keepExemplars: boolean; readonly hashKey: HashKey; readonly onConflict?: (metric: string, name: string) => void },
  ) {
    const { hashKey } = options;
    this.#hashKey = hashKey;
    this.#keys = new KeyTable(hashKey);
    this.table = new SeriesTable(hashKey);
    this.les = new BoundsTable("le", hashKey, () => this.table.usedBounds());
    this.quantiles = new BoundsTable("quantile", hashKey, () => this.table.usedBounds());
    this.#maxBytes = LEAST_MAX_BYTES + limits.maxSeries * BYTES_PER_SERIES;
    this.#translation = translation;
    this.#limits = limits;
    this.#onConflict = options.onConflict ?? (() => {});
    this.families = new FamilyTable(["target", "target_info"]);
    this.#sources = new SourceTable(translation, this.targets, hashKey);
    this.exemplars = new ExemplarTable(options.keepExemplars, labelRules(translation.strategy));
  }

  /** Takes all points of a scanned request. Undefined: none was lost. */
  ingest(columns: MetricColumns, nowMs: number): Losses | undefined {
    this.version++;
    this.#losses = undefined;
    const hasManyKeys = this.#keys.length > this.#limits.maxSeries * KEYS_PER_SERIES + 1024;
    if (hasManyKeys || this.#keys.sizeBytes > this.#maxBytes) this.#forgetKeys(new KeyTable(this.#hashKey));
    const { words } = columns.metrics;
    const rows = columns.metrics.length;
    let source: ReturnType<SourceTable["source"]>;
    let previous: Stream | undefined;
    let scope = -1;
    for (let row = 0; row < rows; row++) {
      const base = row * M.stride;
      const count = words[base + M.pointCount] as number;
      if (count === 0) continue;
      const mayAdd = this.#hasRoom && this.#sources.streams.size < this.#limits.maxSeries;
      if (words[base + M.scope] !== scope) {
        scope = words[base + M.scope] as number;
        source = this.#sources.source(columns, base, nowMs, mayAdd);
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
      this.#ingestPoints(stream, columns, words[base + M.firstPoint] as number, count, nowMs);
    }
    return this.#losses;
  }

  /** Forgets series, and with them metrics, resources and targets, that no point has renewed. How many series. */
  expire(nowMs: number): number {
    const beforeMs = nowMs - this.#limits.expirationMs;
    const removed = this.table.expire(
      beforeMs,
      (family) => this.families.release(family),
      (series) => this.exemplars.delete(series),
    );
    this.#sources.expire(beforeMs);
    this.targets.expire(beforeMs);
    if (removed > 0) {
      this.version++;
      this.#forgetKeys(this.#keys.kept((series, streamId) => this.table.exists(series) && this.#sources.streams.has(streamId)));
    }
    return removed;
  }

  #forgetKeys(kept: KeyTable): void {
    this.#keys = kept;
    for (const stream of this.#sources.streams.values()) stream.firstEntry = 0;
  }

  #ingestPoints(stream: Stream, columns: MetricColumns, firstPoint: number, count: number, nowMs: number): void {
    const { kind, temporality } = stream.header;
    if (this.#familyOf(stream) === undefined) {
      this.#lose(stream.reason, count);
      return;
    }
    const isCumulativeKind = kind === METRIC_KIND.sum || kind === METRIC_KIND.histogram || kind === METRIC_KIND.exponentialHistogram;
    if (isCumulativeKind && temporality !== 1 && temporality !== 2) {
      this.#lose("unspecified_temporality", count);
      return;
    }
    const isDelta = isCumulativeKind && temporality === 1;
    const { view } = columns;
    const { words } = columns.points;
    let expected = stream.firstEntry - 1;
    let before = -1;
    const end = (firstPoint + count) * P.stride;
    for (let point = firstPoint * P.stride; point < end; point += P.stride) {
      const start = words[point + P.attributesStart] as number;
      const stop = words[point + P.attributesEnd] as number;
      const keys = this.#keys;
      let entry = expected;
      if (entry < 0 || !keys.matches(entry, stream.id, view, start, stop)) {
        entry = keys.find(stream.id, view, start, stop);
        if (entry < 0) entry = this.#newKey(stream, columns, start, stop);
        if (entry < 0) {
          this.#lose("series_limit", 1);
          continue;
        }
        if (before < 0) stream.firstEntry = entry + 1;
        else keys.followers[before] = entry + 1;
      }
      before = entry;
      expected = (keys.followers[entry] as number) - 1;
      this.#update(stream, keys.values[entry] as number, columns, point, isDelta, nowMs);
    }
  }

  #update(stream: Stream, series: number, columns: MetricColumns, point: number, isDelta: boolean, nowMs: number): void {
    const { table } = this;
    const { words } = columns.points;
    table.seenMs[series] = nowMs;
    if (((words[point + P.flags] as number) & 1) !== 0) {
      table.bits[series] = (table.bits[series] as number) & ~SERIES_BIT.visible;
      return;
    }
    const time = (words[point + P.timeHigh] as number) * 0x1_0000_0000 + (words[point + P.timeLow] as number);
    const start = (words[point + P.startTimeHigh] as number) * 0x1_0000_0000 + (words[point + P.startTimeLow] as number);
    const lastTime = table.timeNs[series] as number;
    if (time <= lastTime) {
      const isSameStart = start === table.startNs[series];
      if (isDelta) {
        this.#lose(time === lastTime && isSameStart ? "duplicate" : "late", 1);
        return;
      }
      // Superseded: a scrape shows the newest value, and that one is here already.
      if (time < lastTime && isSameStart && lastTime - time < REORDER_WINDOW_NS) return;
    }
    const reason = this.#store(stream.header.kind, series, columns, point, isDelta && lastTime !== 0);
    if (reason !== undefined) {
      this.#lose(reason, 1);
      return;
    }
    table.timeNs[series] = time;
    table.startNs[series] = start;
    if (((words[point + P.bits] as number) & POINT_BIT.hasExemplars) !== 0) this.exemplars.store(this, stream.header.kind, series, columns, point);
  }

  /** Why it cannot be shown, if it cannot. */
  #store(kind: number, series: number, columns: MetricColumns, point: number, adds: boolean): string | undefined {
    switch (kind) {
      case METRIC_KIND.histogram:
        return storeHistogram(this.table, this.les, series, columns, point, adds) ? undefined : "invalid_histogram";
      case METRIC_KIND.exponentialHistogram:
        return storeExponential(this.table, this.les, series, columns, point, adds) ? undefined : "invalid_histogram";
      case METRIC_KIND.summary:
        return storeSummary(this.table, this.quantiles, series, columns, point) ? undefined : "invalid_summary";
      default:
        if (((columns.points.words[point + P.bits] as number) & POINT_BIT.hasValue) === 0) return "no_value";
        storeNumber(this.table, series, columns, point, adds);
        return undefined;
    }
  }

  #familyOf(stream: Stream): Stream["family"] {
    if (stream.family !== undefined && !stream.family.isReleased) return stream.family;
    if (stream.reason !== "" && stream.conflictAt === this.families.releases) return undefined;
    const header = familyHeader(stream.header, this.#translation);
    stream.conflictAt = this.families.releases;
    stream.family = header && this.families.claim(header.name, header.type, header.help, header.unit, this.#translation.strategy);
    if (stream.family !== undefined) stream.reason = "";
    else if (stream.reason === "") {
      stream.reason = header === undefined ? "invalid_name" : "type_conflict";
      this.#onConflict(stream.header.name, header?.name ?? "");
    }
    return stream.family;
  }

  /** A key entry for attributes not met before in this metric; -1 where the limit forbids the series. */
  #newKey(stream: Stream, columns: MetricColumns, start: number, end: number): number {
    const { family } = stream;
    if (family === undefined) return -1;
    const rules = labelRules(this.#translation.strategy);
    const labels = renderLabels(
      seriesLabels(
        readAttributes(columns.bytes, start, end, ATTRIBUTES_FIELD[stream.header.kind] as number),
        family.type,
        stream.source.fixed,
        stream.source.resource.fallback,
        rules,
      ),
    );
    const isDistribution = family.type === "histogram" || family.type === "summary";
    const head = family.type === "histogram" ? lineHead(`${family.base}_bucket`) : lineHead(family.sample);
    const text = isDistribution ? `${head}${labels}${labels === "" ? "" : ","}` : lineStart(family.sample, labels);
    const prefix = Buffer.from(text, "utf8");
    let series = this.table.find(prefix);
    if (series < 0) {
      if (!this.#hasRoom) return -1;
      series = this.table.add(family, prefix, Buffer.byteLength(head), isDistribution ? DISTRIBUTION_CELLS : 1);
    }
    return this.#keys.add(stream.id, columns.bytes, columns.view, start, end, series);
  }

  get #hasRoom(): boolean {
    return this.table.live < this.#limits.maxSeries && this.table.sizeBytes + this.#sources.sizeBytes < this.#maxBytes;
  }

  #lose(reason: string, items: number): void {
    this.#losses ??= new Map();
    this.#losses.set(reason, (this.#losses.get(reason) ?? 0) + items);
  }
}

/** Number of the attributes field in each kind's point, by METRIC_KIND. */
const ATTRIBUTES_FIELD = [0, 7, 7, 9, 1, 7] as const;
