import { LoadError } from "../model/errors.ts";
import { ForwardWriter } from "./protobuf-forward-writer.ts";
import type { WriteBatch, WriteMetadata, WriteSeries } from "./remote-write-batch.ts";
import { type BodyOptions, type BodyWriter, bitsOf } from "./remote-write-body.ts";
import { MAX_VARINT_BYTES, METRIC_TYPES, putTimestamp, timestampWidth } from "./remote-write-fields.ts";
import { groupBySeries, SampleGroups, type SeriesEntry } from "./remote-write-groups.ts";
import { putHistogram } from "./remote-write-histogram.ts";
import { SymbolTable } from "./remote-write-symbols.ts";

/**
 * io.prometheus.write.v2.Request of remote write 2.0-rc.4 (prometheus: prompb/io/prometheus/write/v2/types.proto):
 *
 * | message | field | number | wire type |
 * |---|---|---|---|
 * | Request | symbols | 4 | length: string |
 * | | timeseries | 5 | length: TimeSeries |
 * | TimeSeries | labels_refs | 1 | length: packed uint32 |
 * | | samples | 2 | length: Sample |
 * | | histograms | 3 | length: Histogram, see remote-write-histogram.ts |
 * | | exemplars | 4 | length: Exemplar |
 * | | metadata | 5 | length: Metadata |
 * | Sample | value | 1 | fixed64 |
 * | | timestamp, start_timestamp | 2, 3 | varint |
 * | Exemplar | labels_refs | 1 | length: packed uint32 |
 * | | value | 2 | fixed64 |
 * | | timestamp | 3 | varint |
 * | Metadata | type, help_ref, unit_ref | 1, 3, 4 | varint |
 *
 * TimeSeries 6 was created_timestamp up to 2.0-rc.3 (servers 2.54 to 3.7) and is reserved now. Value and timestamp of a sample are written
 * even when 0: the place of each is then the same in every request.
 */
const TIMESERIES = 0x2a;
const LABELS_REFS = 0x0a;
const SAMPLE = 0x12;
const HISTOGRAM = 0x1a;
const EXEMPLAR = 0x22;
const METADATA = 0x2a;
const SAMPLE_VALUE = 0x09;
const SAMPLE_TIMESTAMP = 0x10;
const SAMPLE_START = 0x18;
const EXEMPLAR_VALUE = 0x11;
const EXEMPLAR_TIMESTAMP = 0x18;
const METADATA_TYPE = 0x08;
const METADATA_HELP = 0x18;
const METADATA_UNIT = 0x20;

interface Entry extends SeriesEntry {
  /** Identities of its label names and values in turn, and of its family's help and unit. */
  readonly labels: Uint32Array;
  readonly metadata: { readonly type: number; readonly help: number; readonly unit: number };
}

const NONE: ReadonlyMap<WriteSeries, readonly number[]> = new Map();

/** All in one part: exemplars have to stand beside a sample of their series (remote_write_spec_2_0.md: at least one element in samples or histograms). */
export class Body2 implements BodyWriter {
  readonly output = new ForwardWriter();
  #valueOffsets = new Uint32Array(0);
  #hasOffsets = false;
  readonly #options: BodyOptions;
  #entries = new WeakMap<WriteSeries, Entry>();
  #families = new WeakMap<WriteMetadata, Entry["metadata"]>();
  #symbols = new SymbolTable();
  readonly #groups = new SampleGroups<Entry>();
  readonly #series = new ForwardWriter();
  /** Bytes that the length of the last TimeSeries took. */
  #width = 1;

  constructor(options: BodyOptions) {
    this.#options = options;
  }

  get valueOffsets(): Uint32Array | undefined {
    return this.#hasOffsets ? this.#valueOffsets : undefined;
  }

  isHeadOfSamples(batch: WriteBatch): boolean {
    return batch.histograms.length === 0 && (!this.#options.sendExemplars || batch.exemplars.length === 0);
  }

  hasTail(): boolean {
    return false;
  }

  writeTail(): void {}

  writeHead(batch: WriteBatch): void {
    if (this.#symbols.isFull) this.#forget();
    const { output } = this;
    const groups = this.#groups;
    const series = this.#series;
    groups.group(batch.series, batch.length, this.#entryOf);
    const histograms = groupBySeries(batch.histograms);
    const exemplars = this.#options.sendExemplars ? groupBySeries(batch.exemplars) : NONE;
    this.#refuseLone(exemplars, histograms);
    this.#numberSymbols(histograms);
    this.#hasOffsets = !groups.hasRepeats && this.isHeadOfSamples(batch);
    if (this.#valueOffsets.length !== batch.length) this.#valueOffsets = new Uint32Array(batch.length);

    series.begin(batch.length * 64 + 1024);
    const bits = bitsOf(batch.values);
    for (let slot = 0; slot < groups.entries.length; slot++) this.#writeSamples(batch, bits, slot, exemplars);
    for (const [owner, indexes] of histograms) this.#writeHistograms(batch, owner, indexes, exemplars);

    output.begin(series.at + 65_536);
    this.#symbols.write(output);
    const start = output.at;
    output.ensure(series.at);
    series.bytes.copy(output.bytes, start, 0, series.at);
    output.at += series.at;
    if (this.#hasOffsets) for (let slot = 0; slot < batch.length; slot++) this.#valueOffsets[slot] = (this.#valueOffsets[slot] as number) + start;
    groups.clear();
  }

  /** Throws: E_INTERNAL for an exemplar of a series that has nothing else in the batch. */
  #refuseLone(exemplars: ReadonlyMap<WriteSeries, unknown>, histograms: ReadonlyMap<WriteSeries, unknown>): void {
    for (const series of exemplars.keys()) {
      if (histograms.has(series) || this.#groups.slotOf(this.#entryOf(series)) !== -1) continue;
      throw new LoadError("E_INTERNAL", "A remote write 2.0 request cannot carry an exemplar of a series without a sample beside it.");
    }
  }

  /** In the order of first use: common strings come early and get short references. */
  #numberSymbols(histograms: ReadonlyMap<WriteSeries, unknown>): void {
    const symbols = this.#symbols;
    symbols.beginRequest();
    for (const entry of this.#groups.entries) this.#numberEntry(entry);
    for (const series of histograms.keys()) this.#numberEntry(this.#entryOf(series));
  }

  #numberEntry({ labels, metadata }: Entry): void {
    const symbols = this.#symbols;
    for (let index = 0; index < labels.length; index++) symbols.index(labels[index] as number);
    if (!this.#options.sendMetadata) return;
    symbols.index(metadata.help);
    symbols.index(metadata.unit);
  }

  #writeSamples(batch: WriteBatch, bits: BigUint64Array, slot: number, exemplars: ReadonlyMap<WriteSeries, readonly number[]>): void {
    const output = this.#series;
    const groups = this.#groups;
    const entry = groups.entries[slot] as Entry;
    const first = groups.first[slot] as number;
    const body = this.#openSeries(entry);
    for (let sample = first; sample !== -1; sample = groups.hasRepeats ? (groups.next[sample] as number) : -1) {
      const timestampMs = batch.timestampsMs[sample] as number;
      const startMs = this.#options.sendStarts ? (batch.startsMs[sample] as number) : 0;
      output.ensure(6 * MAX_VARINT_BYTES);
      output.tag(SAMPLE);
      output.varint(10 + timestampWidth(timestampMs) + (startMs === 0 ? 0 : 1 + timestampWidth(startMs)));
      output.tag(SAMPLE_VALUE);
      this.#valueOffsets[slot] = output.at;
      output.view.setBigUint64(output.at, bits[sample] as bigint, true);
      output.at += 8;
      output.tag(SAMPLE_TIMESTAMP);
      putTimestamp(output, timestampMs);
      if (startMs !== 0) {
        output.tag(SAMPLE_START);
        putTimestamp(output, startMs);
      }
    }
    if (exemplars.size > 0) this.#writeExemplars(batch, exemplars.get(batch.series[first] as WriteSeries));
    const width = this.#width;
    this.#closeSeries(entry, body);
    // The body moved where its length took more bytes, or fewer, than expected.
    this.#valueOffsets[slot] = (this.#valueOffsets[slot] as number) + this.#width - width;
  }

  #writeHistograms(batch: WriteBatch, series: WriteSeries, indexes: readonly number[], exemplars: ReadonlyMap<WriteSeries, readonly number[]>): void {
    const output = this.#series;
    const entry = this.#entryOf(series);
    const body = this.#openSeries(entry);
    for (const index of indexes) {
      const { histogram, timestampMs, startMs } = batch.histograms[index] as WriteBatch["histograms"][number];
      output.ensure(2 * MAX_VARINT_BYTES);
      const item = output.open(HISTOGRAM, 1);
      putHistogram(output, histogram, timestampMs, this.#options.sendStarts ? startMs : 0);
      output.close(item, 1);
    }
    // Those of a series that has samples too stand beside the samples.
    if (this.#groups.slotOf(entry) === -1) this.#writeExemplars(batch, exemplars.get(series));
    this.#closeSeries(entry, body);
  }

  #writeExemplars(batch: WriteBatch, indexes: readonly number[] = []): void {
    const output = this.#series;
    for (const index of indexes) {
      const { labels, value, timestampMs } = batch.exemplars[index] as WriteBatch["exemplars"][number];
      output.ensure((labels.length + 4) * 2 * MAX_VARINT_BYTES);
      const item = output.open(EXEMPLAR, 1);
      if (labels.length > 0) {
        const refs = output.open(LABELS_REFS, 1);
        for (const [name, text] of labels) {
          output.varint(this.#symbols.passingIndex(name));
          output.varint(this.#symbols.passingIndex(text));
        }
        output.close(refs, 1);
      }
      output.tag(EXEMPLAR_VALUE);
      output.double(value);
      output.tag(EXEMPLAR_TIMESTAMP);
      putTimestamp(output, timestampMs);
      output.close(item, 1);
    }
  }

  #openSeries({ labels }: Entry): number {
    const output = this.#series;
    output.ensure((labels.length + 4) * MAX_VARINT_BYTES);
    const body = output.open(TIMESERIES, this.#width);
    const refs = output.open(LABELS_REFS, 1);
    for (let index = 0; index < labels.length; index++) output.varint(this.#symbols.index(labels[index] as number));
    output.close(refs, 1);
    return body;
  }

  #closeSeries({ metadata }: Entry, body: number): void {
    const output = this.#series;
    output.ensure(6 * MAX_VARINT_BYTES);
    if (this.#options.sendMetadata) {
      const item = output.open(METADATA, 1);
      this.#putNonZero(METADATA_TYPE, metadata.type);
      this.#putNonZero(METADATA_HELP, this.#symbols.index(metadata.help));
      this.#putNonZero(METADATA_UNIT, this.#symbols.index(metadata.unit));
      output.close(item, 1);
    }
    this.#width = output.close(body, this.#width);
  }

  #putNonZero(tag: number, value: number): void {
    if (value === 0) return;
    this.#series.tag(tag);
    this.#series.varint(value);
  }

  readonly #entryOf = (series: WriteSeries): Entry => {
    const known = this.#entries.get(series);
    if (known !== undefined) return known;
    const labels = new Uint32Array(series.labels.length * 2);
    for (const [index, [name, value]] of series.labels.entries()) {
      labels[index * 2] = this.#symbols.identity(name);
      labels[index * 2 + 1] = this.#symbols.identity(value);
    }
    const entry = { stamp: 0, slot: 0, labels, metadata: this.#familyOf(series.metadata) };
    this.#entries.set(series, entry);
    return entry;
  };

  #familyOf(metadata: WriteMetadata): Entry["metadata"] {
    const known = this.#families.get(metadata);
    if (known !== undefined) return known;
    const { type, help, unit } = metadata;
    const family = { type: METRIC_TYPES[type], help: this.#symbols.identity(help), unit: this.#symbols.identity(unit) };
    this.#families.set(metadata, family);
    return family;
  }

  #forget(): void {
    this.#symbols = new SymbolTable();
    this.#entries = new WeakMap();
    this.#families = new WeakMap();
  }
}
