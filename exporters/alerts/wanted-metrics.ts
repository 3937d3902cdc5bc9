import type { SampleNeeds } from "../../collector/promql/selector-needs.ts";
import { metricHeader } from "../../collector/series/stream.ts";
import { familyHeader, type MetricHeader, type Translation } from "../../collector/series/translation.ts";
import { METRIC_ROW } from "../../collector/wire/scan-metric-rows.ts";
import type { MetricColumns } from "../../collector/wire/scan-metrics.ts";

/** Metrics that are remembered as wanted or not; a sender may make up new ones without end. */
const MAX_KNOWN = 4096;
/** The run's own metrics tell the store when a run ends. */
const RUN_METRICS = "loadtest.run.";

/** Which metrics of a request some rule reads: the others need not enter the series store at all. */
export class WantedMetrics {
  readonly #needs: SampleNeeds;
  readonly #translation: Translation;
  readonly #known = new Map<string, boolean>();

  constructor(needs: SampleNeeds, translation: Translation) {
    this.#needs = needs;
    this.#translation = translation;
  }

  /** Calls `use` while the columns, which others share, show only what is wanted. */
  during(columns: MetricColumns, use: () => void): void {
    const { words, length } = columns.metrics;
    const hidden: (readonly [number, number])[] = [];
    for (let row = 0; row < length; row++) {
      const base = row * METRIC_ROW.stride;
      const count = words[base + METRIC_ROW.pointCount] as number;
      if (count === 0 || this.#isWanted(columns, base)) continue;
      hidden.push([base + METRIC_ROW.pointCount, count]);
      words[base + METRIC_ROW.pointCount] = 0;
    }
    try {
      use();
    } finally {
      for (const [at, count] of hidden) words[at] = count;
    }
  }

  #isWanted(columns: MetricColumns, base: number): boolean {
    const { words } = columns.metrics;
    const text = (word: number): string => LATIN1.decode(columns.bytes.subarray(words[base + word], words[base + word + 1]));
    const key = `${words[base + METRIC_ROW.kind]} ${words[base + METRIC_ROW.monotonic]} ${text(METRIC_ROW.unitStart)} ${text(METRIC_ROW.nameStart)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const wanted = this.#isRead(metricHeader(columns, base));
    if (this.#known.size < MAX_KNOWN) this.#known.set(key, wanted);
    return wanted;
  }

  #isRead(header: MetricHeader): boolean {
    if (header.name.startsWith(RUN_METRICS)) return true;
    const name = familyHeader(header, this.#translation)?.name;
    return name !== undefined && ["", "_bucket", "_sum", "_count"].some((suffix) => this.#needs.mentions(`${name}${suffix}`));
  }
}

const LATIN1 = new TextDecoder("latin1");
