import type { Attributes } from "../model/attributes.ts";
import { type HashKey, RangeMap, sameRange } from "../wire/byte-ranges.ts";
import { readAttributes, readString } from "../wire/read-attributes.ts";
import { METRIC_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import { RESOURCE_ROW, SCOPE_ROW } from "../wire/scan-tables.ts";
import type { Family } from "./families.ts";
import { identityOf, type LabelSet, scopeLabels } from "./labels.ts";
import type { Target, TargetTable } from "./targets.ts";
import { fallbackLabels, labelRules, type MetricHeader, type Translation } from "./translation.ts";

/** One Resource as it was sent. */
export interface ResourceEntry {
  readonly attributes: Attributes;
  readonly target: Target | undefined;
  readonly fallback: LabelSet;
  readonly sources: RangeMap<Source>;
  seenMs: number;
}

/** A scope of a resource: what all its series have in common. */
export interface Source {
  readonly resource: ResourceEntry;
  /** job, instance, otel_scope_… */
  readonly fixed: LabelSet;
  readonly streams: RangeMap<Stream>;
  /** The first metric of its last request: where the guessing begins. */
  first: Stream | undefined;
  seenMs: number;
}

/** One metric of a source. */
export interface Stream {
  readonly id: number;
  readonly source: Source;
  readonly header: MetricHeader;
  /** Name, unit, description and metadata as they were sent, end to end, and the length of each. */
  readonly key: DataView;
  readonly lengths: readonly number[];
  /** Undefined: it cannot be shown, for `reason`. */
  family: Family | undefined;
  reason: string;
  /** `FamilyTable.releases` when it was found in conflict. */
  conflictAt: number;
  /** Key entry + 1 of its first point last time. */
  firstEntry: number;
  /** The metric that came after it last time. */
  next: Stream | undefined;
  seenMs: number;
}

/** Finds the source and the stream of each metric of a request; both are made at first sight. */
export class SourceTable {
  readonly #resources: RangeMap<ResourceEntry>;
  readonly #hashKey: HashKey;
  readonly streams = new Map<number, Stream>();
  readonly #translation: Translation;
  readonly #targets: TargetTable;
  #nextStreamId = 1;
  #scratch = new DataView(new ArrayBuffer(1024));

  /** Bytes that senders' names and attributes take here, with what the objects around them cost. */
  sizeBytes = 0;

  constructor(translation: Translation, targets: TargetTable, hashKey: HashKey) {
    this.#hashKey = hashKey;
    this.#resources = new RangeMap(hashKey);
    this.#translation = translation;
    this.#targets = targets;
  }

  /** The source of a metric row; undefined where it is new and `mayAdd` is false. */
  source(columns: MetricColumns, metricBase: number, nowMs: number, mayAdd: boolean): Source | undefined {
    const { view } = columns;
    const metric = columns.metrics.words;
    const resourceRows = columns.resources.words;
    const base = (metric[metricBase + METRIC_ROW.resource] as number) * RESOURCE_ROW.stride;
    const start = resourceRows[base + RESOURCE_ROW.start] as number;
    const end = resourceRows[base + RESOURCE_ROW.end] as number;
    let resource = this.#resources.get(view, start, end);
    if (resource === undefined) {
      if (!mayAdd) return undefined;
      resource = this.#newResource(readAttributes(columns.bytes, start, end, 1), nowMs);
      this.#resources.set(view, start, end, resource);
      this.sizeBytes += ENTRY_BYTES + COPIES * (end - start);
    }
    resource.seenMs = nowMs;
    if (resource.target !== undefined) resource.target.seenMs = nowMs;
    const scopeRows = columns.scopes.words;
    const scopeBase = (metric[metricBase + METRIC_ROW.scope] as number) * SCOPE_ROW.stride;
    const ranges = [SCOPE_ROW.start, SCOPE_ROW.schemaUrlStart].map((word) => scopeBase + word);
    const size = this.#gather(columns, scopeRows, ranges, 0);
    let source = resource.sources.get(this.#scratch, 0, size);
    if (source === undefined) {
      if (!mayAdd) return undefined;
      source = this.#newSource(resource, columns, scopeBase, nowMs);
      resource.sources.set(this.#scratch, 0, size, source);
      this.sizeBytes += ENTRY_BYTES + COPIES * size;
    }
    source.seenMs = nowMs;
    return source;
  }

  /** The stream of a metric row. `guess` is tried first. */
  stream(source: Source, guess: Stream | undefined, columns: MetricColumns, base: number, nowMs: number, mayAdd: boolean): Stream | undefined {
    const { words } = columns.metrics;
    let stream = guess !== undefined && guess.source === source && isStream(guess, columns, base) ? guess : undefined;
    if (stream === undefined) {
      const shape =
        ((words[base + METRIC_ROW.kind] as number) << 8) |
        ((words[base + METRIC_ROW.temporality] as number) << 1) |
        (words[base + METRIC_ROW.monotonic] as number);
      const size = this.#gather(
        columns,
        words,
        HEADER_RANGES.map((word) => base + word),
        shape,
      );
      stream = source.streams.get(this.#scratch, 0, size);
      if (stream === undefined) {
        if (!mayAdd) return undefined;
        stream = this.#newStream(source, columns, base, nowMs);
        source.streams.set(this.#scratch, 0, size, stream);
        this.sizeBytes += ENTRY_BYTES + COPIES * size;
      }
    }
    stream.seenMs = nowMs;
    return stream;
  }

  /** Forgets what has not been seen since. */
  expire(beforeMs: number): void {
    this.#forget(beforeMs);
    this.sizeBytes = 0;
    const count = (entries: RangeMap<unknown>): void => {
      this.sizeBytes += entries.size * ENTRY_BYTES + COPIES * entries.keyBytes;
    };
    count(this.#resources);
    for (const { sources } of this.#resources.values()) {
      count(sources);
      for (const { streams } of sources.values()) count(streams);
    }
  }

  #forget(beforeMs: number): void {
    for (const resource of this.#resources.values()) {
      for (const source of resource.sources.values()) {
        source.streams.prune((stream) => {
          if (stream.seenMs >= beforeMs) return false;
          this.streams.delete(stream.id);
          return true;
        });
        for (const stream of source.streams.values()) if (stream.next !== undefined && !this.streams.has(stream.next.id)) stream.next = undefined;
        if (source.first !== undefined && !this.streams.has(source.first.id)) source.first = undefined;
      }
      resource.sources.prune((source) => source.streams.size === 0 && source.seenMs < beforeMs);
    }
    this.#resources.prune((resource) => resource.sources.size === 0 && resource.seenMs < beforeMs);
  }

  /** Copies `shape` and the ranges, each behind its length, into the scratch buffer; how many bytes that are. */
  #gather(columns: MetricColumns, words: Uint32Array, ranges: readonly number[], shape: number): number {
    let size = 4;
    for (const word of ranges) size += 4 + (words[word + 1] as number) - (words[word] as number);
    if (size > this.#scratch.byteLength) this.#scratch = new DataView(new ArrayBuffer(size * 2));
    const scratch = new Uint8Array(this.#scratch.buffer);
    this.#scratch.setUint32(0, shape);
    let at = 4;
    for (const word of ranges) {
      const start = words[word] as number;
      const end = words[word + 1] as number;
      this.#scratch.setUint32(at, end - start);
      scratch.set(columns.bytes.subarray(start, end), at + 4);
      at += 4 + end - start;
    }
    return size;
  }

  #newResource(attributes: Attributes, nowMs: number): ResourceEntry {
    const fallback = fallbackLabels(attributes, this.#translation);
    const target = this.#targets.of(attributes, labelRules(this.#translation.strategy));
    return { attributes, target, fallback, sources: new RangeMap(this.#hashKey), seenMs: nowMs };
  }

  #newSource(resource: ResourceEntry, { bytes, scopes }: MetricColumns, base: number, nowMs: number): Source {
    const at = (word: number) => scopes.words[base + word] as number;
    const { job, instance } = identityOf(resource.attributes);
    const scope = {
      name: readString(bytes, at(SCOPE_ROW.start), at(SCOPE_ROW.end), 1),
      version: readString(bytes, at(SCOPE_ROW.start), at(SCOPE_ROW.end), 2),
      attributes: readAttributes(bytes, at(SCOPE_ROW.start), at(SCOPE_ROW.end), 3),
      droppedAttributesCount: 0,
      schemaUrl: textAt(bytes, at(SCOPE_ROW.schemaUrlStart), at(SCOPE_ROW.schemaUrlEnd)),
    };
    const fixed: LabelSet = this.#translation.scopeInfo ? scopeLabels(scope, labelRules(this.#translation.strategy)) : new Map();
    if (job !== "") fixed.set("job", job);
    if (instance !== "") fixed.set("instance", instance);
    return { resource, fixed, streams: new RangeMap(this.#hashKey), first: undefined, seenMs: nowMs };
  }

  #newStream(source: Source, { bytes, metrics }: MetricColumns, base: number, nowMs: number): Stream {
    const at = (word: number) => metrics.words[base + word] as number;
    const text = (word: number) => textAt(bytes, at(word), at(word + 1));
    const key = Buffer.concat(HEADER_RANGES.map((word) => bytes.subarray(at(word), at(word + 1))));
    const stream: Stream = {
      id: this.#nextStreamId++,
      source,
      header: {
        name: text(METRIC_ROW.nameStart),
        unit: text(METRIC_ROW.unitStart),
        description: text(METRIC_ROW.descriptionStart),
        metadata: readAttributes(bytes, at(METRIC_ROW.metadataStart), at(METRIC_ROW.metadataEnd), 12),
        kind: at(METRIC_ROW.kind),
        temporality: at(METRIC_ROW.temporality),
        isMonotonic: at(METRIC_ROW.monotonic) !== 0,
      },
      key: new DataView(key.buffer, key.byteOffset, key.byteLength),
      lengths: HEADER_RANGES.map((word) => at(word + 1) - at(word)),
      family: undefined,
      reason: "",
      conflictAt: -1,
      firstEntry: 0,
      next: undefined,
      seenMs: nowMs,
    };
    this.streams.set(stream.id, stream);
    return stream;
  }
}

/** What one entry costs beside its bytes, about. */
const ENTRY_BYTES = 1024;
/** How often its bytes are kept: as key, and as text. */
const COPIES = 3;

/** What identifies a metric besides kind, temporality and monotonicity. */
const HEADER_RANGES = [METRIC_ROW.nameStart, METRIC_ROW.unitStart, METRIC_ROW.descriptionStart, METRIC_ROW.metadataStart] as const;

function isStream(stream: Stream, columns: MetricColumns, base: number): boolean {
  const { words } = columns.metrics;
  const { header, key, lengths } = stream;
  if (
    header.kind !== words[base + METRIC_ROW.kind] ||
    header.temporality !== words[base + METRIC_ROW.temporality] ||
    header.isMonotonic !== (words[base + METRIC_ROW.monotonic] !== 0)
  ) {
    return false;
  }
  let at = 0;
  for (let index = 0; index < HEADER_RANGES.length; index++) {
    const word = base + (HEADER_RANGES[index] as number);
    const start = words[word] as number;
    const length = (words[word + 1] as number) - start;
    if (length !== lengths[index] || !sameRange(key, at, columns.view, start, length)) return false;
    at += length;
  }
  return true;
}

function textAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}
