import { compareUtf8 } from "../../collector/wire/compare-utf8.ts";
import { escapeLabelName, escapeName } from "../../collector/wire/prometheus-escape.ts";
import type { WriteMetadata, WriteSeries } from "../../collector/wire/remote-write-batch.ts";

const families = new WeakMap<WriteMetadata, WriteMetadata>();

/** The series under names that every receiver takes; itself where it has them already. Labels that come to one name are joined with `;`. */
export function legacySeries(series: WriteSeries): WriteSeries {
  const labels = new Map<string, string>();
  let isChanged = false;
  for (const [name, value] of series.labels) {
    const isMetric = name === "__name__";
    const legacy = isMetric ? name : escapeLabelName(name, "underscores");
    const text = isMetric ? escapeName(value, "underscores") : value;
    isChanged ||= legacy !== name || text !== value;
    const before = labels.get(legacy);
    labels.set(legacy, before === undefined ? text : `${before};${text}`);
  }
  if (!isChanged) return series;
  return { labels: [...labels].sort(([a], [b]) => compareUtf8(a, b)), metadata: legacyFamily(series.metadata) };
}

function legacyFamily(metadata: WriteMetadata): WriteMetadata {
  let legacy = families.get(metadata);
  if (legacy === undefined) {
    legacy = { ...metadata, family: escapeName(metadata.family, "underscores") };
    families.set(metadata, legacy);
  }
  return legacy;
}
