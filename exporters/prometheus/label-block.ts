import type { Family } from "../../collector/series/families.ts";
import type { SeriesTable } from "../../collector/series/series-table.ts";
import { writeLabels } from "../../collector/wire/prometheus-protobuf.ts";
import { Writer } from "../../collector/wire/protobuf-writer.ts";
import type { EscapedLabels } from "./escaped-labels.ts";

/** The labels of all series of a family as protobuf fields, end to end in the order of the family's list. */
export class LabelBlock {
  /** Of the family when it was made. */
  readonly version: number;
  readonly #bytes: Uint8Array;
  readonly #starts: Uint32Array;
  /** Places in the family's list whose labels another one before them has, under this escaping. */
  readonly hidden: ReadonlySet<number>;

  constructor(family: Family, table: SeriesTable, escaped: EscapedLabels) {
    this.version = family.version;
    const { series } = family;
    const hidden = new Set<number>();
    const sizes = new Uint32Array(series.length + 1);
    const writer = new Writer(series.length * EXPECTED_BYTES);
    const seen = new Set<string>();
    // Back to front, as the writer writes: of two that are equal the first stays, so they are looked for the other way round.
    const texts = new Map<number, string>();
    for (let index = series.length - 1; index >= 0; index--) {
      const labels = table.labels(series[index] as number);
      writeLabels(writer, escaped.of(labels));
      sizes[index] = writer.size;
      const text = escaped.text(labels);
      if (escaped.mayCollide(text)) texts.set(index, text);
    }
    for (const [index, text] of [...texts].reverse()) {
      if (seen.has(text)) hidden.add(index);
      seen.add(text);
    }
    this.#bytes = writer.finish();
    // Written back to front: so much stands from the beginning of each series to the end of all.
    this.#starts = sizes.map((size) => this.#bytes.length - size);
    this.hidden = hidden;
  }

  get sizeBytes(): number {
    return this.#bytes.byteLength + this.#starts.byteLength;
  }

  /** By place in the family's list. */
  labels(index: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[index] as number, this.#starts[index + 1] as number);
  }
}

/** Of one series, about. */
const EXPECTED_BYTES = 200;
