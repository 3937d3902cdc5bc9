import type { Family } from "../../collector/series/families.ts";
import { sortedLabels } from "../../collector/series/labels.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import { SERIES_BIT } from "../../collector/series/series-table.ts";
import type { NameEscaping } from "../../collector/wire/prometheus-escape.ts";
import { METRIC_TYPE, writeFamilyHeader, writeLabels, writeNumber, writeUnit } from "../../collector/wire/prometheus-protobuf.ts";
import { Writer } from "../../collector/wire/protobuf-writer.ts";
import { type EscapedLabels, NUL, REPLACEMENT } from "./escaped-labels.ts";
import { type ExposedFamily, type ExposedNames, targetNames } from "./exposed-names.ts";
import type { KeptBytes } from "./kept-bytes.ts";
import { LabelBlock } from "./label-block.ts";
import { MetricWriter, type NativeHistograms } from "./metric-writer.ts";
import type { Page } from "./page.ts";

/** Writes everything that the store has now as delimited protobuf messages, one for each family. */
export class ProtobufExposition {
  readonly #store: SeriesStore;
  readonly #names: ExposedNames;
  readonly #escaping: NameEscaping;
  readonly #escaped: EscapedLabels;
  readonly #kept: KeptBytes;
  readonly #metrics: MetricWriter;
  readonly #labels = new Map<Family, LabelBlock>();
  /** Series that have the labels of another one under the escaping. */
  hidden = 0;

  constructor(
    store: SeriesStore,
    names: ExposedNames,
    options: { readonly timestamps: boolean; readonly nativeHistograms: NativeHistograms },
    labels: EscapedLabels,
    kept: KeptBytes,
  ) {
    this.#store = store;
    this.#names = names;
    this.#escaping = labels.escaping;
    this.#escaped = labels;
    this.#kept = kept;
    this.#metrics = new MetricWriter(store, options);
  }

  write(page: Page): void {
    this.hidden = 0;
    this.#targets(page);
    for (const exposed of this.#names.families(this.#store.families)) this.#family(page, exposed);
    for (const [known, block] of this.#labels) {
      if (!known.isReleased) continue;
      this.#kept.used -= block.sizeBytes;
      this.#labels.delete(known);
    }
  }

  /** Gives all memory back. */
  forget(): void {
    for (const block of this.#labels.values()) this.#kept.used -= block.sizeBytes;
    this.#labels.clear();
  }

  #family(page: Page, { family, sample, unit }: ExposedFamily): void {
    const { table } = this.#store;
    const block = this.#blockOf(family);
    this.hidden += block.hidden.size;
    const writer = new Writer(family.series.length * EXPECTED_BYTES);
    writeUnit(writer, unit);
    const emptySize = writer.size;
    for (let index = family.series.length - 1; index >= 0; index--) {
      const series = family.series[index] as number;
      if (((table.bits[series] as number) & SERIES_BIT.visible) === 0 || block.hidden.has(index)) continue;
      const size = writer.size;
      this.#metrics.write(writer, family, series);
      writer.raw(block.labels(index));
      writer.message(METRIC_TAG, size);
    }
    if (writer.size === emptySize) return;
    writeFamilyHeader(writer, {
      name: sample,
      help: family.help.replaceAll(NUL, REPLACEMENT),
      type: METRIC_TYPE[family.type === "unknown" ? "untyped" : family.type],
    });
    append(page, writer);
  }

  #blockOf(family: Family): LabelBlock {
    const known = this.#labels.get(family);
    if (known?.version === family.version) return known;
    const block = new LabelBlock(family, this.#store.table, this.#escaped);
    this.#kept.used -= known?.sizeBytes ?? 0;
    this.#labels.delete(family);
    if (this.#kept.hasRoom) {
      this.#labels.set(family, block);
      this.#kept.used += block.sizeBytes;
    }
    return block;
  }

  #targets(page: Page): void {
    const sets = new Map(
      [...this.#store.targets.values()].map(({ labels }) => {
        const sorted = sortedLabels(labels);
        return [this.#escaped.text(sorted), this.#escaped.of(sorted)] as const;
      }),
    );
    if (sets.size === 0) return;
    const writer = new Writer();
    for (const [, labels] of [...sets].sort(([a], [b]) => (a < b ? 1 : -1))) {
      const size = writer.size;
      writeNumber(writer, "gauge", 1);
      writeLabels(writer, labels);
      writer.message(METRIC_TAG, size);
    }
    writeFamilyHeader(writer, { name: targetNames(this.#escaping).sample, help: "Target metadata", type: METRIC_TYPE.gauge });
    append(page, writer);
  }
}

/** MetricFamily 4 metric. */
const METRIC_TAG = 0x22;
/** Of a number with its labels, about. */
const EXPECTED_BYTES = 256;

function append(page: Page, writer: Writer): void {
  const message = writer.finish();
  page.varint(message.length);
  page.copy(Buffer.from(message.buffer, message.byteOffset, message.length), 0, message.length);
}
