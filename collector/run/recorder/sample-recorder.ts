import type { Hop } from "../../model/catalog.ts";
import type { GaugeSeries } from "../../model/ledger.ts";
import type { LoadSample } from "../../model/load-record.ts";
import { msFromUnixNano } from "../../model/time.ts";
import type { GaugeFeed } from "./gauge-table.ts";
import { type RecorderParts, secondAt } from "./recorder-parts.ts";
import { sampleTags, tagKey } from "./series-keys.ts";
import type { WitnessRecord } from "./witness-table.ts";

/** Whose samples they are. */
export interface SampleWitness {
  readonly hop: Hop | undefined;
  readonly name: string;
  readonly instance: string;
  readonly record: WitnessRecord;
}

const KINDS: Readonly<Record<LoadSample["type"], GaugeSeries["kind"]>> = {
  delta: "counter",
  total: "counter",
  rate: "counter",
  gauge: "gauge",
  trend: "histogram",
};

/** One value of a witness that is no request: into its series, in the second of its time. */
export function recordSample(parts: RecorderParts, witness: SampleWitness, sample: LoadSample): void {
  if (sample.timeUnixNano === undefined || !Number.isFinite(sample.value)) {
    parts.losses.add("samples", sample.timeUnixNano === undefined ? "samples without a time" : "samples that are no number");
    return;
  }
  const timeMs = msFromUnixNano(sample.timeUnixNano);
  witness.record.heard(parts.arrivedMs(), timeMs);
  const second = secondAt(parts, timeMs, witness.name);
  const condition = sample.type === "rate" ? (sample.value === 0 ? "zero" : "nonzero") : "";
  const feed = feedOf(parts, witness, sample, condition);
  if (feed !== undefined) addTo(parts, feed, second, sample, witness.hop === "client");
}

function addTo({ gauges }: RecorderParts, feed: GaugeFeed, second: number, { type, value }: LoadSample, beginsWithRun: boolean): void {
  switch (type) {
    case "delta":
      gauges.increase(feed, second, value);
      return;
    case "rate":
      gauges.increase(feed, second, 1);
      return;
    case "total": {
      // A generator's total begins with the run, a machine's long before; one that fell began anew.
      const before = feed.total ?? (beginsWithRun ? 0 : value);
      feed.total = value;
      gauges.increase(feed, second, value >= before ? value - before : value);
      return;
    }
    case "gauge":
      gauges.read(feed, second, value);
      return;
    case "trend":
      gauges.measure(feed, second, { n: 1, sum: value, min: value, max: value });
  }
}

function feedOf(parts: RecorderParts, { hop, name, instance }: SampleWitness, sample: LoadSample, condition: string): GaugeFeed | undefined {
  const key = `${hop ?? ""}\n${name}\n${instance}\n${sample.name}\n${sample.type}\n${condition}${tagKey(sample.tags, hop === "client")}`;
  return parts.gauges.feed(key, () => {
    const tags = sampleTags(sample.tags, hop === "client");
    const attributes = condition === "" ? tags : { ...tags, condition };
    return { name: sample.name, unit: sample.unit, kind: KINDS[sample.type], hop, witness: name, instance, attributes };
  });
}
