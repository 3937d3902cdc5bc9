import type { Family, Labels } from "../../collector/series/families.ts";
import { compareUtf8 } from "../../collector/wire/compare-utf8.ts";
import { formatBound } from "../../collector/wire/prometheus-text.ts";
import type { WriteMetadata, WriteSeries } from "../../collector/wire/remote-write-batch.ts";

/** `labels` without `__name__` in, one series out; `extra` is `le` or `quantile`. */
export function writeSeries(name: string, labels: Labels, metadata: WriteMetadata, extra?: readonly [string, number]): WriteSeries {
  const all: (readonly [string, string])[] = [["__name__", name], ...labels];
  if (extra !== undefined) all.push([extra[0], formatBound(extra[1])]);
  return { labels: all.sort(([a], [b]) => compareUtf8(a, b)), metadata };
}

/** One object per family: encoders compare metadata by identity. */
export class MetadataOf {
  readonly #known = new WeakMap<Family, WriteMetadata>();

  of(family: Family): WriteMetadata {
    let metadata = this.#known.get(family);
    if (metadata === undefined) {
      metadata = { family: family.sample, type: family.type, help: family.help, unit: family.unit };
      this.#known.set(family, metadata);
    }
    return metadata;
  }
}

/** Bytes that a series' labels take in an uncompressed request of version 1.0, about. */
export function wireBytesOf({ labels }: WriteSeries): number {
  return labels.reduce((sum, [name, value]) => sum + name.length + value.length + LABEL_OVERHEAD, SAMPLE_OVERHEAD);
}
const LABEL_OVERHEAD = 6;
const SAMPLE_OVERHEAD = 20;
