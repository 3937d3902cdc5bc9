import type { HashKey } from "../wire/byte-ranges.ts";
import { type LabelRules, labelValue, seriesLabelName } from "../wire/prometheus-label.ts";
import { readAttributes } from "../wire/read-attributes.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import { KeySet, KeyTable } from "./key-table.ts";

/** What a label name means to the store beside its text. */
export const NAME_BIT = {
  /** Belongs to the labels that a whole source shares: job, instance, otel_scope_… */
  shared: 1,
  /** Histograms need `le` and summaries `quantile` for themselves. */
  taken: 2,
  /** `otel.metric.overflow`: the sender's own limit of series was hit. */
  overflow: 4,
} as const;

/** No label comes of this attribute: its value is empty, or nothing is left of its name. */
export const NO_PAIR = 0xffff_ffff;

/** The pair is not known, and there is no room for new ones. */
export const NO_ROOM = 0xffff_fffe;

/** Raw attributes that are remembered: beyond this, or this many bytes, they are learnt anew. */
const MAX_RAW = 131_072;
const MAX_RAW_BYTES = 8_388_608;
/** Of the objects around a name. */
const BYTES_PER_NAME = 128;
const encoder = new TextEncoder();

/**
 * Each pair of label name and value, once, as a number: a series is a list of such numbers. An attribute that was met before finds its pair by its
 * raw bytes, so that no text is made for it again.
 */
export class LabelPairs {
  readonly #hashKey: HashKey;
  readonly #rules: LabelRules;
  #pairs: KeySet;
  #raw: KeyTable;
  #nameIds = new Map<string, number>();
  #names: string[] = [];
  #nameBits: number[] = [];
  /** What the names take, about. */
  #nameBytes = 0;
  /** Rises when all numbers have changed. */
  epoch = 0;
  /** False: pairs that are not known are NO_ROOM. */
  mayAdd = true;

  constructor(rules: LabelRules, hashKey: HashKey) {
    this.#rules = rules;
    this.#hashKey = hashKey;
    this.#pairs = new KeySet(hashKey);
    this.#raw = new KeyTable(hashKey);
  }

  get length(): number {
    return this.#pairs.length;
  }

  get sizeBytes(): number {
    return this.#pairs.sizeBytes + this.#nameBytes;
  }

  of(name: string, value: string): number {
    if (!this.mayAdd && !this.#nameIds.has(name)) return NO_ROOM;
    const nameId = this.#nameId(name);
    const bytes = encoder.encode(value);
    const view = new DataView(bytes.buffer, 0, bytes.length);
    const known = this.#pairs.find(nameId, view, 0, bytes.length);
    if (known >= 0) return known;
    return this.mayAdd ? this.#pairs.insert(nameId, bytes, 0, bytes.length) : NO_ROOM;
  }

  /** The pair of the attribute field (tag, length and body) from `start` to `end`, or NO_PAIR, or NO_ROOM. */
  ofAttribute({ bytes, view }: MetricColumns, start: number, end: number, field: number): number {
    const known = this.#raw.find(0, view, start + 1, end);
    if (known >= 0) return this.#raw.values[known] as number;
    let pair: number = NO_PAIR;
    for (const [key, any] of readAttributes(bytes, start, end, field)) {
      const name = seriesLabelName(key, this.#rules);
      const value = labelValue(any);
      if (name !== undefined && name !== "__name__" && value !== "") pair = this.of(name, value);
    }
    if (pair === NO_ROOM) return pair;
    if (this.#raw.length >= MAX_RAW || this.#raw.sizeBytes > MAX_RAW_BYTES) this.#raw = new KeyTable(this.#hashKey);
    // Without the tag, whose number depends on the kind of point.
    this.#raw.add(0, bytes, start + 1, end, pair);
    return pair;
  }

  nameId(pair: number): number {
    return this.#pairs.owner(pair);
  }

  bits(pair: number): number {
    return this.#nameBits[this.#pairs.owner(pair)] as number;
  }

  name(pair: number): string {
    return this.#names[this.#pairs.owner(pair)] as string;
  }

  value(pair: number): string {
    return this.#pairs.text(pair);
  }

  /** Forgets the pairs that are not marked; the new number of each that stays, which keep their order. */
  keep(isUsed: Uint8Array): Uint32Array {
    const renumbered = new Uint32Array(this.#pairs.length);
    const names = this.#names;
    this.#names = [];
    this.#nameBits = [];
    this.#nameBytes = 0;
    this.#nameIds = new Map();
    this.#pairs = this.#pairs.compacted(isUsed, renumbered, (nameId) => this.#nameId(names[nameId] as string));
    this.#raw = new KeyTable(this.#hashKey);
    this.epoch++;
    return renumbered;
  }

  #nameId(name: string): number {
    const known = this.#nameIds.get(name);
    if (known !== undefined) return known;
    const id = this.#names.length;
    this.#nameIds.set(name, id);
    this.#names.push(name);
    this.#nameBits.push(nameBits(name));
    this.#nameBytes += name.length * 2 + BYTES_PER_NAME;
    return id;
  }
}

/** Labels of these names are kept apart, whoever sends them: otherwise one set of labels could be split in two ways, and be two series. */
export function isSharedName(name: string): boolean {
  return name === "job" || name === "instance" || name.startsWith("otel_scope_");
}

function nameBits(name: string): number {
  if (isSharedName(name)) return NAME_BIT.shared;
  if (name === "le" || name === "quantile") return NAME_BIT.taken;
  return name === "otel_metric_overflow" || name === "otel.metric.overflow" ? NAME_BIT.overflow : 0;
}
