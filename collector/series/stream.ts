import type { Attributes } from "../model/attributes.ts";
import type { Scope } from "../model/resource.ts";
import { type RangeMap, sameRange } from "../wire/byte-ranges.ts";
import { readAttributes } from "../wire/read-attributes.ts";
import { METRIC_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import type { Family, Labels, SeriesGroup } from "./families.ts";
import type { LabelSet } from "./labels.ts";
import type { Identity } from "./producers.ts";
import type { Target } from "./targets.ts";
import type { MetricHeader } from "./translation.ts";

/** One Resource as it was sent. */
export interface ResourceEntry {
  readonly attributes: Attributes;
  readonly identity: Identity;
  /** See `producerNames`. */
  readonly names: readonly string[];
  /** "" = it belongs to none. */
  readonly runId: string;
  target: Target | undefined;
  readonly fallback: LabelSet;
  readonly sources: RangeMap<Source>;
  seenMs: number;
}

/** A scope of a resource: what all its series have in common. */
export interface Source {
  readonly resource: ResourceEntry;
  readonly scope: Scope;
  /** job, instance, otel_scope_… */
  fixed: LabelSet;
  /** The same in order, and as one text that no others have. */
  shared: Labels;
  sharedKey: string;
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
  group: SeriesGroup | undefined;
  reason: string;
  /** `FamilyTable.releases` when it was found in conflict. */
  conflictAt: number;
  /** `resource.fallback` as label pairs, good for this epoch of them; undefined: some of them need a closer look. */
  fallbackPairs: readonly number[] | undefined;
  fallbackEpoch: number;
  /** Key entry + 1 of its first point last time. */
  firstEntry: number;
  /** The metric that came after it last time. */
  next: Stream | undefined;
  seenMs: number;
  /** Between two of its exports, ms; 0 = not known yet. */
  intervalMs: number;
  /** Times of its newest point and of the newest one of the export before. */
  newestNs: number;
  olderNs: number;
  /** Points of it were refused: what is new to us may be older. */
  isIncomplete: boolean;
  /** Somebody has been told what its name became. */
  isNamed: boolean;
  /** It has another name since its last export: none of its series is new, though all look so. */
  isRenamed: boolean;
}

/** The stream of a metric row, not seen before. */
export function newStream(id: number, source: Source, { bytes, metrics }: MetricColumns, base: number, nowMs: number): Stream {
  const at = (word: number) => metrics.words[base + word] as number;
  const key = Buffer.concat(HEADER_RANGES.map((word) => bytes.subarray(at(word), at(word + 1))));
  return {
    id,
    source,
    header: metricHeader({ bytes, metrics }, base),
    key: new DataView(key.buffer, key.byteOffset, key.byteLength),
    lengths: HEADER_RANGES.map((word) => at(word + 1) - at(word)),
    family: undefined,
    group: undefined,
    reason: "",
    conflictAt: -1,
    fallbackPairs: undefined,
    fallbackEpoch: -1,
    firstEntry: 0,
    next: undefined,
    seenMs: nowMs,
    intervalMs: 0,
    newestNs: 0,
    olderNs: 0,
    isIncomplete: false,
    isNamed: false,
    isRenamed: false,
  };
}

/** What the metric of a row says about itself. */
export function metricHeader({ bytes, metrics }: Pick<MetricColumns, "bytes" | "metrics">, base: number): MetricHeader {
  const at = (word: number) => metrics.words[base + word] as number;
  const text = (word: number) => textAt(bytes, at(word), at(word + 1));
  return {
    name: text(METRIC_ROW.nameStart),
    unit: text(METRIC_ROW.unitStart),
    description: text(METRIC_ROW.descriptionStart),
    metadata: readAttributes(bytes, at(METRIC_ROW.metadataStart), at(METRIC_ROW.metadataEnd), 12),
    kind: at(METRIC_ROW.kind),
    temporality: at(METRIC_ROW.temporality),
    isMonotonic: at(METRIC_ROW.monotonic) !== 0,
  };
}

/** What identifies a metric besides kind, temporality and monotonicity. */
export const HEADER_RANGES = [METRIC_ROW.nameStart, METRIC_ROW.unitStart, METRIC_ROW.descriptionStart, METRIC_ROW.metadataStart] as const;

/** Whether a metric row is another export of this stream. */
export function isStream(stream: Stream, columns: MetricColumns, base: number): boolean {
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

export function textAt(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}
