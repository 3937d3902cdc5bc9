import type { Family, Labels } from "../../collector/series/families.ts";
import type { WriteMetadata, WriteSeries } from "../../collector/wire/remote-write-batch.ts";
import type { LaneBuffer } from "./lane-buffer.ts";
import type { TargetState } from "./target-info.ts";
import { wireBytesOf, writeSeries } from "./write-series.ts";

/** What the exporter remembers of one series of the store: what it is called on the wire, and how far it has been sent. */
export class SeriesEntry {
  readonly family: Family;
  readonly labels: Labels;
  readonly metadata: WriteMetadata;
  readonly buffer: LaneBuffer;
  readonly target: TargetState | undefined;
  /** Unix ms of the last sample; later ones must have a later time. */
  lastMs = Number.NEGATIVE_INFINITY;
  /** The last sample was a stale marker, or there has been none. */
  isEnded = true;
  /** Its last point was a native histogram. */
  isNative = false;
  /** A known zero that waits for the point which tells the buckets. */
  zeroMs: number | undefined;
  /** Unix ms of the newest exemplar sent. */
  exemplarMs = Number.NEGATIVE_INFINITY;
  /** Bounds or quantiles that `parts` were made for. */
  bounds: ArrayLike<number> | undefined;
  /** Per bound its bucket, then the one that ends at +Inf; or one per quantile. */
  parts: readonly WriteSeries[] = [];
  /** Of all samples of one point in an uncompressed request, about. */
  wireBytes = 0;
  #plain: WriteSeries | undefined;
  #sum: WriteSeries | undefined;
  #count: WriteSeries | undefined;
  /** `_sum` has been sent. */
  hasSum = false;

  constructor(family: Family, labels: Labels, metadata: WriteMetadata, buffer: LaneBuffer, target: TargetState | undefined) {
    this.family = family;
    this.labels = labels;
    this.metadata = metadata;
    this.buffer = buffer;
    this.target = target;
  }

  /** A number, or a native histogram. */
  get plain(): WriteSeries {
    if (this.#plain === undefined) {
      this.#plain = writeSeries(this.family.sample, this.labels, this.metadata);
      this.wireBytes = Math.max(this.wireBytes, wireBytesOf(this.#plain));
    }
    return this.#plain;
  }
  get sum(): WriteSeries {
    this.#sum ??= writeSeries(`${this.family.base}_sum`, this.labels, this.metadata);
    return this.#sum;
  }
  get count(): WriteSeries {
    this.#count ??= writeSeries(`${this.family.base}_count`, this.labels, this.metadata);
    return this.#count;
  }

  /** The series of these buckets (`le`) or quantiles; the ones that are no more are given back. */
  useBounds(bounds: ArrayLike<number>, label: "le" | "quantile"): readonly WriteSeries[] {
    if (this.bounds === bounds) return [];
    const before = this.parts;
    const names = before.map((series) => lastLabel(series, label));
    const known = new Map(names.map((name, index) => [name, before[index] as WriteSeries]));
    const name = label === "le" ? `${this.family.base}_bucket` : this.family.base;
    const values = label === "le" ? [...Array.from(bounds), Infinity] : Array.from(bounds);
    this.parts = values.map((value) => {
      const made = writeSeries(name, this.labels, this.metadata, [label, value]);
      const text = lastLabel(made, label);
      const kept = known.get(text);
      known.delete(text);
      return kept ?? made;
    });
    this.bounds = bounds;
    this.wireBytes = this.parts.reduce((sum, series) => sum + wireBytesOf(series), wireBytesOf(this.count) * 2);
    return [...known.values()];
  }
}

function lastLabel(series: WriteSeries, label: string): string {
  return series.labels.find(([name]) => name === label)?.[1] ?? "";
}
