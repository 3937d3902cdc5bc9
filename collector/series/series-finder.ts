import type { HashKey } from "../wire/byte-ranges.ts";
import { readAttributes } from "../wire/read-attributes.ts";
import { readLength, VARINT } from "../wire/scan-cursor.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import type { Family, SeriesGroup } from "./families.ts";
import { KeyTable } from "./key-table.ts";
import { isSharedName, NAME_BIT, NO_PAIR, NO_ROOM } from "./label-pairs.ts";
import { type LabelSet, type OnLabelCollision, sortedLabels } from "./labels.ts";
import { firstCellCount } from "./point-cells.ts";
import { SERIES_BIT, type SeriesTable } from "./series-table.ts";
import type { Source, Stream } from "./stream.ts";
import { labelRules, seriesLabels, type Translation } from "./translation.ts";
import { type OnNaming, ownLabels } from "./translation-table.ts";

export interface FinderOptions {
  readonly hashKey: HashKey;
  readonly onNaming?: OnNaming | undefined;
  readonly onLabelCollision?: OnLabelCollision | undefined;
  /** A series says that its sender's own limit of series was hit. */
  readonly onOverflow: (stream: Stream) => void;
}

/** Points whose raw attributes lead to their series at once. More series than these find theirs by way of the label pairs, some 3 times slower. */
const MAX_KEYS = 65_536;
const MAX_KEY_BYTES = 16_777_216;
/** Attributes of one point above which the thorough way is also the faster one. */
const MAX_QUICK = 64;

/**
 * Finds the series of a point, in three steps: its raw attribute bytes are known (the usual case); each of its attributes is known as a label pair; or
 * its labels are made as text, by the full rules. Different raw bytes may lead to one series: what counts are name and labels.
 */
export class SeriesFinder {
  keys: KeyTable;
  readonly #hashKey: HashKey;
  readonly #table: SeriesTable;
  readonly #translation: Translation;
  readonly #options: FinderOptions;
  #surplus = 0;
  #pairs = new Uint32Array(MAX_QUICK);
  #count = 0;

  constructor(table: SeriesTable, translation: Translation, options: FinderOptions) {
    this.#table = table;
    this.#translation = translation;
    this.#options = options;
    this.#hashKey = options.hashKey;
    this.keys = new KeyTable(options.hashKey);
  }

  /** The key entry for attributes that lead to this series; -1 where there are too many to keep. */
  remember(stream: Stream, columns: MetricColumns, start: number, end: number, series: number): number {
    if (this.keys.length >= MAX_KEYS || this.keys.sizeBytes > MAX_KEY_BYTES) {
      // What is kept may be of no use any more: now and then it is learnt anew.
      if (++this.#surplus < MAX_KEYS * 4) return -1;
      this.#surplus = 0;
      this.keys = new KeyTable(this.#hashKey);
    }
    return this.keys.add(stream.id, columns.bytes, start, end, series);
  }

  forget(isKept: (series: number, streamId: number) => boolean): void {
    this.keys = this.keys.kept(isKept);
  }

  /** The group that the stream's series belong to, as a rule. */
  groupOf(family: Family, source: Source, isRunMetric: boolean): SeriesGroup {
    return this.#group(family, source, source.shared, source.sharedKey, isRunMetric);
  }

  /** The series of a point whose raw attributes are not known. New ones are made while `mayAdd` says so; else -1. */
  find(stream: Stream, group: SeriesGroup, columns: MetricColumns, start: number, end: number, isDelta: boolean, mayAdd: boolean): number {
    const field = ATTRIBUTES_FIELD[stream.header.kind] as number;
    let owner = group;
    this.#table.pairs.mayAdd = mayAdd;
    if (!this.#readPairs(stream, columns, start, end, field)) {
      const { source } = stream;
      const attributes = readAttributes(columns.bytes, start, end, field);
      const rules = labelRules(this.#translation);
      const labels = seriesLabels(attributes, group.family.type, source.fixed, source.resource.fallback, rules, this.#options.onLabelCollision);
      owner = this.#splitLabels(labels, group, source);
      // Points that name a job or instance of their own: who sends them is known of the group that they would belong to otherwise.
      owner.resource = group.resource;
      owner.silenceMs = group.silenceMs;
    }
    this.#sortPairs();
    // As the largest of all numbers it is the last.
    if (this.#count > 0 && this.#pairs[this.#count - 1] === NO_ROOM) return -1;
    let series = this.#table.find(owner, this.#pairs, this.#count);
    const isNew = series < 0;
    if (isNew) {
      if (!mayAdd || series < -1) return -1;
      series = this.#table.add(owner, firstCellCount(stream.header.kind, isDelta), isDelta ? SERIES_BIT.isDelta : 0);
      this.#noteOverflow(stream);
    }
    const { onNaming } = this.#options;
    if (onNaming !== undefined && (isNew || !stream.isNamed)) {
      stream.isNamed = true;
      onNaming(stream.header, group.family, [...this.#table.labels(series).map(([name]) => name), ...ownLabels(group.family.type)], "");
    }
    return series;
  }

  /** False where the labels need the full rules: two attributes of one name, one that belongs to the source, or too many. */
  #readPairs(stream: Stream, columns: MetricColumns, start: number, end: number, field: number): boolean {
    const { pairs: dictionary } = this.#table;
    const fallback = this.#fallbackOf(stream);
    if (fallback === undefined) return false;
    const pairs = this.#pairs;
    let count = 0;
    for (let position = start; position < end; ) {
      const at = position;
      // Attribute fields have one-byte tags in all kinds of points.
      position = readLength(columns.bytes, at + 1, end) + (VARINT[0] as number);
      const pair = dictionary.ofAttribute(columns, at, position, field);
      if (pair === NO_PAIR) continue;
      if (pair === NO_ROOM) {
        pairs[0] = NO_ROOM;
        this.#count = 1;
        return true;
      }
      if (count === MAX_QUICK || (dictionary.bits(pair) & (NAME_BIT.shared | NAME_BIT.taken)) !== 0) return false;
      const nameId = dictionary.nameId(pair);
      for (let index = 0; index < count; index++) if (dictionary.nameId(pairs[index] as number) === nameId) return false;
      pairs[count++] = pair;
    }
    const own = count;
    for (const pair of fallback) {
      const nameId = dictionary.nameId(pair);
      let index = 0;
      while (index < own && dictionary.nameId(pairs[index] as number) !== nameId) index++;
      if (index < own) continue;
      if (count === MAX_QUICK) return false;
      pairs[count++] = pair;
    }
    this.#count = count;
    return true;
  }

  #fallbackOf(stream: Stream): readonly number[] | undefined {
    const { pairs } = this.#table;
    if (stream.fallbackEpoch !== pairs.epoch) {
      stream.fallbackEpoch = pairs.epoch;
      const all = [...stream.source.resource.fallback].map(([name, value]) => pairs.of(name, value));
      stream.fallbackPairs = all.some((pair) => pair === NO_ROOM || (pairs.bits(pair) & (NAME_BIT.shared | NAME_BIT.taken)) !== 0) ? undefined : all;
    }
    return stream.fallbackPairs;
  }

  /** Labels as text become pairs; the group is the one of those among them that a source shares, wherever they came from. */
  #splitLabels(labels: LabelSet, { family, isRunMetric }: SeriesGroup, source: Source): SeriesGroup {
    const shared: LabelSet = new Map();
    if (labels.size > this.#pairs.length) this.#pairs = new Uint32Array(labels.size);
    this.#count = 0;
    for (const [name, value] of labels) {
      if (isSharedName(name)) shared.set(name, value);
      else this.#pairs[this.#count++] = this.#table.pairs.of(name, value);
    }
    const sorted = sortedLabels(shared);
    return this.#group(family, source, sorted, JSON.stringify(sorted), isRunMetric);
  }

  #group(family: Family, source: Source, shared: SeriesGroup["shared"], key: string, isRunMetric: boolean): SeriesGroup {
    const known = family.groups.get(key);
    if (known !== undefined) return known;
    const group = this.#table.addGroup((id) => ({
      id,
      key,
      family,
      shared,
      size: 0,
      isReleased: false,
      resource: source.resource,
      formerRunId: "",
      sinceTick: 0,
      resourceSinceNs: 0,
      isRunMetric,
      silenceMs: 0,
      forgottenNs: 0,
    }));
    family.groups.set(key, group);
    return group;
  }

  /** Insertion: the lists are short. */
  #sortPairs(): void {
    const pairs = this.#pairs;
    for (let end = 1; end < this.#count; end++) {
      const pair = pairs[end] as number;
      let at = end;
      for (; at > 0 && (pairs[at - 1] as number) > pair; at--) pairs[at] = pairs[at - 1] as number;
      pairs[at] = pair;
    }
  }

  #noteOverflow(stream: Stream): void {
    const { pairs } = this.#table;
    for (let index = 0; index < this.#count; index++) {
      const pair = this.#pairs[index] as number;
      if ((pairs.bits(pair) & NAME_BIT.overflow) !== 0 && pairs.value(pair) === "true") this.#options.onOverflow(stream);
    }
  }
}

/** Number of the attributes field in each kind's point, by METRIC_KIND. */
export const ATTRIBUTES_FIELD = [0, 7, 7, 9, 1, 7] as const;
