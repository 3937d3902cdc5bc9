import { ForwardWriter } from "./protobuf-forward-writer.ts";
import type { WriteBatch, WriteMetadata, WriteSeries } from "./remote-write-batch.ts";
import { type BodyOptions, type BodyWriter, bitsOf } from "./remote-write-body.ts";
import { MAX_VARINT_BYTES, METRIC_TYPES, putBytes, putString, putTimestamp, timestampWidth } from "./remote-write-fields.ts";
import { groupBySeries, SampleGroups, type SeriesEntry } from "./remote-write-groups.ts";
import { putHistogram, refuseCustomBuckets } from "./remote-write-histogram.ts";

/**
 * prometheus.WriteRequest of remote write 1.0 (prometheus: prompb/remote.proto, prompb/types.proto):
 *
 * | message | field | number | wire type |
 * |---|---|---|---|
 * | WriteRequest | timeseries | 1 | length: TimeSeries |
 * | | metadata | 3 | length: MetricMetadata |
 * | TimeSeries | labels | 1 | length: Label |
 * | | samples | 2 | length: Sample |
 * | | exemplars | 3 | length: Exemplar |
 * | | histograms | 4 | length: Histogram, see remote-write-histogram.ts |
 * | Label | name, value | 1, 2 | length: string |
 * | Sample | value | 1 | fixed64 |
 * | | timestamp | 2 | varint |
 * | Exemplar | labels | 1 | length: Label |
 * | | value | 2 | fixed64 |
 * | | timestamp | 3 | varint |
 * | MetricMetadata | type | 1 | varint |
 * | | metric_family_name, help, unit | 2, 4, 5 | length: string |
 *
 * Value and timestamp of a sample are written even when 0: the place of each is then the same in every request.
 */
const TIMESERIES = 0x0a;
const METADATA = 0x1a;
const LABEL = 0x0a;
const SAMPLE = 0x12;
const EXEMPLAR = 0x1a;
const HISTOGRAM = 0x22;
const NAME = 0x0a;
const VALUE = 0x12;
const SAMPLE_VALUE = 0x09;
const SAMPLE_TIMESTAMP = 0x10;
const EXEMPLAR_VALUE = 0x11;
const EXEMPLAR_TIMESTAMP = 0x18;
const METADATA_TYPE = 0x08;
const METADATA_FAMILY = 0x12;
const METADATA_HELP = 0x22;
const METADATA_UNIT = 0x2a;

/** Tag and value, and the tag of the timestamp. */
const SAMPLE_BYTES_WITHOUT_TIMESTAMP = 10;

interface Entry extends SeriesEntry {
  /** The labels fields of its TimeSeries. */
  readonly labels: Uint8Array;
  readonly metadata: WriteMetadata;
}

/** First part: samples, and the metadata of their families. Second part: histograms with theirs, exemplars in TimeSeries of their own. */
export class Body1 implements BodyWriter {
  readonly output = new ForwardWriter();
  #valueOffsets = new Uint32Array(0);
  #hasOffsets = false;
  readonly #options: BodyOptions;
  readonly #entries = new WeakMap<WriteSeries, Entry>();
  readonly #groups = new SampleGroups<Entry>();
  readonly #labels = new ForwardWriter();

  constructor(options: BodyOptions) {
    this.#options = options;
  }

  get valueOffsets(): Uint32Array | undefined {
    return this.#hasOffsets ? this.#valueOffsets : undefined;
  }

  isHeadOfSamples(): boolean {
    return true;
  }

  writeHead(batch: WriteBatch): void {
    const { output } = this;
    const groups = this.#groups;
    output.begin(batch.length * 256 + 1024);
    groups.group(batch.series, batch.length, this.#entryOf);
    this.#hasOffsets = !groups.hasRepeats;
    if (this.#valueOffsets.length !== batch.length) this.#valueOffsets = new Uint32Array(batch.length);
    const bits = bitsOf(batch.values);
    for (let slot = 0; slot < groups.entries.length; slot++) this.#writeSeries(batch, bits, slot);
    if (this.#options.sendMetadata) {
      const families = new Set<WriteMetadata>();
      for (const { metadata } of groups.entries) families.add(metadata);
      this.#writeFamilies(families);
    }
    groups.clear();
  }

  hasTail(batch: WriteBatch): boolean {
    return batch.histograms.length > 0 || (this.#options.sendExemplars && batch.exemplars.length > 0);
  }

  writeTail(batch: WriteBatch): void {
    const { output } = this;
    output.begin(4096);
    for (const [series, indexes] of groupBySeries(batch.histograms)) {
      const body = this.#openSeries(series);
      for (const index of indexes) {
        const { histogram, timestampMs } = batch.histograms[index] as WriteBatch["histograms"][number];
        refuseCustomBuckets(histogram);
        output.ensure(2 * MAX_VARINT_BYTES);
        const item = output.open(HISTOGRAM, 1);
        putHistogram(output, histogram, timestampMs, 0);
        output.close(item, 1);
      }
      output.close(body, 2);
    }
    if (this.#options.sendExemplars) this.#writeExemplars(batch);
    if (this.#options.sendMetadata) this.#writeFamilies(new Set(batch.histograms.map(({ series }) => series.metadata)));
  }

  #writeSeries(batch: WriteBatch, bits: BigUint64Array, slot: number): void {
    const { output } = this;
    const groups = this.#groups;
    const { timestampsMs } = batch;
    const { labels } = groups.entries[slot] as Entry;
    const first = groups.first[slot] as number;
    let size = labels.length;
    let samples = 0;
    for (let sample = first; sample !== -1; sample = groups.hasRepeats ? (groups.next[sample] as number) : -1) {
      size += 2 + SAMPLE_BYTES_WITHOUT_TIMESTAMP + timestampWidth(timestampsMs[sample] as number);
      samples++;
    }
    output.ensure(size + samples * MAX_VARINT_BYTES + 2 * MAX_VARINT_BYTES);
    output.tag(TIMESERIES);
    output.varint(size);
    output.bytes.set(labels, output.at);
    output.at += labels.length;
    for (let sample = first; sample !== -1; sample = groups.hasRepeats ? (groups.next[sample] as number) : -1) {
      const timestampMs = timestampsMs[sample] as number;
      output.tag(SAMPLE);
      output.varint(SAMPLE_BYTES_WITHOUT_TIMESTAMP + timestampWidth(timestampMs));
      output.tag(SAMPLE_VALUE);
      this.#valueOffsets[slot] = output.at;
      output.view.setBigUint64(output.at, bits[sample] as bigint, true);
      output.at += 8;
      output.tag(SAMPLE_TIMESTAMP);
      putTimestamp(output, timestampMs);
    }
  }

  #writeExemplars(batch: WriteBatch): void {
    const { output } = this;
    for (const [series, indexes] of groupBySeries(batch.exemplars)) {
      const body = this.#openSeries(series);
      for (const index of indexes) {
        const exemplar = batch.exemplars[index] as WriteBatch["exemplars"][number];
        output.ensure(2 * MAX_VARINT_BYTES);
        const item = output.open(EXEMPLAR, 1);
        putLabels(output, exemplar.labels);
        output.ensure(4 * MAX_VARINT_BYTES);
        output.tag(EXEMPLAR_VALUE);
        output.double(exemplar.value);
        output.tag(EXEMPLAR_TIMESTAMP);
        putTimestamp(output, exemplar.timestampMs);
        output.close(item, 1);
      }
      output.close(body, 2);
    }
  }

  #openSeries(series: WriteSeries): number {
    const { output } = this;
    output.ensure(2 * MAX_VARINT_BYTES);
    const body = output.open(TIMESERIES, 2);
    putBytes(output, this.#entryOf(series).labels);
    return body;
  }

  #writeFamilies(families: ReadonlySet<WriteMetadata>): void {
    const { output } = this;
    for (const { type, family, help, unit } of families) {
      output.ensure(4 * MAX_VARINT_BYTES);
      const body = output.open(METADATA, 1);
      if (type !== "unknown") {
        output.tag(METADATA_TYPE);
        output.varint(METRIC_TYPES[type]);
      }
      putString(output, METADATA_FAMILY, family);
      if (help !== "") putString(output, METADATA_HELP, help);
      if (unit !== "") putString(output, METADATA_UNIT, unit);
      output.close(body, 1);
    }
  }

  readonly #entryOf = (series: WriteSeries): Entry => {
    const known = this.#entries.get(series);
    if (known !== undefined) return known;
    const scratch = this.#labels;
    scratch.begin(512);
    putLabels(scratch, series.labels);
    const entry = { stamp: 0, slot: 0, labels: scratch.finish(), metadata: series.metadata };
    this.#entries.set(series, entry);
    return entry;
  };
}

function putLabels(output: ForwardWriter, labels: WriteSeries["labels"]): void {
  for (const [name, value] of labels) {
    output.ensure(2 * MAX_VARINT_BYTES);
    const body = output.open(LABEL, 1);
    putString(output, NAME, name);
    putString(output, VALUE, value);
    output.close(body, 1);
  }
}
