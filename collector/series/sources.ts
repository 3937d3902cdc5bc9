import type { Attributes } from "../model/attributes.ts";
import type { Scope } from "../model/resource.ts";
import { type HashKey, RangeMap } from "../wire/byte-ranges.ts";
import { labelValue } from "../wire/prometheus-label.ts";
import { readAttributes, readString } from "../wire/read-attributes.ts";
import { METRIC_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import { RESOURCE_ROW, SCOPE_ROW } from "../wire/scan-tables.ts";
import { identityOf, sortedLabels } from "./labels.ts";
import { type Identity, Producers, producerNames, withOwnInstance } from "./producers.ts";
import { HEADER_RANGES, isStream, newStream, type ResourceEntry, type Source, type Stream, textAt } from "./stream.ts";
import type { Target, TargetTable } from "./targets.ts";
import { fallbackLabels, fixedLabels, labelRules, type Translation } from "./translation.ts";

/** Finds the source and the stream of each metric of a request; both are made at first sight. */
export class SourceTable {
  readonly #resources: RangeMap<ResourceEntry>;
  readonly #hashKey: HashKey;
  readonly streams = new Map<number, Stream>();
  readonly producers = new Producers();
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
  source(columns: MetricColumns, metricBase: number, nowMs: number, timeNs: number, mayAdd: boolean): Source | undefined {
    const { view } = columns;
    const metric = columns.metrics.words;
    const resourceRows = columns.resources.words;
    const base = (metric[metricBase + METRIC_ROW.resource] as number) * RESOURCE_ROW.stride;
    const start = resourceRows[base + RESOURCE_ROW.start] as number;
    const end = resourceRows[base + RESOURCE_ROW.end] as number;
    let resource = this.#resources.get(view, start, end);
    if (resource === undefined) {
      if (!mayAdd) return undefined;
      resource = this.#newResource(readAttributes(columns.bytes, start, end, 1), nowMs, timeNs);
      this.#resources.set(view, start, end, resource);
      this.sizeBytes += ENTRY_BYTES + COPIES * (end - start);
    }
    resource.seenMs = nowMs;
    if (resource.target !== undefined) this.#targets.renew(resource.target, nowMs, timeNs);
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
        stream = newStream(this.#nextStreamId++, source, columns, base, nowMs);
        this.streams.set(stream.id, stream);
        source.streams.set(this.#scratch, 0, size, stream);
        this.sizeBytes += ENTRY_BYTES + COPIES * size;
      }
    }
    const gapMs = nowMs - stream.seenMs;
    // A quarter of the difference: one long silence does not count for an interval.
    if (gapMs > 0) stream.intervalMs += stream.intervalMs === 0 ? gapMs : (gapMs - stream.intervalMs) / 4;
    stream.seenMs = nowMs;
    return stream;
  }

  /** Forgets what has not been seen since. */
  expire(nowMs: number, silenceMs: number): void {
    this.#forget(nowMs, silenceMs);
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

  #forget(nowMs: number, silenceMs: number): void {
    const beforeMs = nowMs - silenceMs;
    for (const resource of this.#resources.values()) {
      for (const source of resource.sources.values()) {
        source.streams.prune((stream) => {
          if (stream.seenMs >= beforeMs || nowMs - stream.seenMs < stream.intervalMs * 4) return false;
          this.streams.delete(stream.id);
          return true;
        });
        for (const stream of source.streams.values()) if (stream.next !== undefined && !this.streams.has(stream.next.id)) stream.next = undefined;
        if (source.first !== undefined && !this.streams.has(source.first.id)) source.first = undefined;
      }
      resource.sources.prune((source) => source.streams.size === 0 && source.seenMs < beforeMs);
    }
    this.#resources.prune((resource) => resource.sources.size === 0 && resource.seenMs < beforeMs);
    this.producers.keep(new Set([...this.#resources.values()].map(({ identity }) => identity)));
  }

  /** Everybody who sends under this job and instance gets the name that tells him from the others; these names. */
  separate(identity: Identity, timeNs: number): readonly string[] {
    const instances = new Set<string>();
    for (const resource of this.#resources.values()) {
      if (resource.identity !== identity) continue;
      const named = withOwnInstance(resource.attributes, identity);
      instances.add(identityOf(named).instance);
      const { target } = resource;
      if (target !== undefined) this.#targets.end((one) => one === target, timeNs);
      resource.target = this.#targetOf(named, resource.runId, timeNs);
      if (resource.target !== undefined) this.#targets.renew(resource.target, resource.seenMs, timeNs);
      for (const source of resource.sources.values()) {
        Object.assign(source, this.#sharedOf(named, source.scope));
        for (const stream of source.streams.values()) {
          stream.group = undefined;
          stream.isRenamed = true;
        }
      }
    }
    return [...instances].sort();
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

  #newResource(attributes: Attributes, nowMs: number, timeNs: number): ResourceEntry {
    const identity = this.producers.of(attributes);
    const runId = RUN_ID_KEYS.map((key) => attributes.get(key)).find((value) => value !== undefined);
    const entry = { attributes, identity, names: producerNames(attributes), runId: runId === undefined ? "" : labelValue(runId) };
    return {
      ...entry,
      target: this.#targetOf(withOwnInstance(attributes, identity), entry.runId, timeNs),
      fallback: fallbackLabels(attributes, this.#translation),
      sources: new RangeMap(this.#hashKey),
      seenMs: nowMs,
    };
  }

  #targetOf(named: Attributes, runId: string, timeNs: number): Target | undefined {
    const { keepIdentifying = false, constLabels } = this.#translation;
    return this.#targets.of(named, runId, labelRules(this.#translation), keepIdentifying, timeNs, constLabels);
  }

  #newSource(resource: ResourceEntry, { bytes, scopes }: MetricColumns, base: number, nowMs: number): Source {
    const at = (word: number) => scopes.words[base + word] as number;
    const scope = {
      name: readString(bytes, at(SCOPE_ROW.start), at(SCOPE_ROW.end), 1),
      version: readString(bytes, at(SCOPE_ROW.start), at(SCOPE_ROW.end), 2),
      attributes: readAttributes(bytes, at(SCOPE_ROW.start), at(SCOPE_ROW.end), 3),
      droppedAttributesCount: 0,
      schemaUrl: textAt(bytes, at(SCOPE_ROW.schemaUrlStart), at(SCOPE_ROW.schemaUrlEnd)),
    };
    const named = withOwnInstance(resource.attributes, resource.identity);
    return { resource, scope, ...this.#sharedOf(named, scope), streams: new RangeMap(this.#hashKey), first: undefined, seenMs: nowMs };
  }

  #sharedOf(named: Attributes, scope: Scope): Pick<Source, "fixed" | "shared" | "sharedKey"> {
    const fixed = fixedLabels(named, scope, this.#translation);
    const shared = sortedLabels(fixed);
    return { fixed, shared, sharedKey: JSON.stringify(shared) };
  }
}

/** Resource attributes that name the run, the first one first. */
const RUN_ID_KEYS = ["loadtest.run.id", "testid", "run.id", "test_id"] as const;

/** What one entry costs beside its bytes, about. */
const ENTRY_BYTES = 1024;
/** How often its bytes are kept: as key, and as text. */
const COPIES = 3;
