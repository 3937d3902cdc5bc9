import type { RuleSamples } from "../../collector/alerts/evaluate-group.ts";
import { LabelSet, METRIC_NAME } from "../../collector/promql/label-set.ts";
import { SampleWindow, type WindowSeries } from "../../collector/promql/sample-window.ts";
import type { SampleNeeds } from "../../collector/promql/selector-needs.ts";
import { SERIES_KIND } from "../../collector/series/cells.ts";
import type { SeriesListener } from "../../collector/series/series-listener.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import type { ResourceEntry } from "../../collector/series/stream.ts";
import { formatBound } from "../../collector/wire/prometheus-text.ts";
import { SenderClock } from "./sender-clock.ts";
import { isCurrent, type Output, readValues, type SeriesOutputs, seriesOutputs } from "./series-outputs.ts";
import type { SlowSenders } from "./slow-senders.ts";
import type { BoundJudgement, WantedBounds } from "./wanted-bounds.ts";

/** What came in during one turn and waits to be put on our clock. `value` undefined: the series has ended. */
interface Waiting {
  /** Which point of the turn it belongs to. */
  readonly item: number;
  readonly output: Output;
  readonly clock: SenderClock;
  readonly pointMs: number;
  readonly value: number | undefined;
}

/**
 * Every raw point that some rule may ask for, kept as long as its range needs. It hears of points from the store, and writes what rules
 * record; what no rule reads is not kept.
 */
export class StoredSamples implements RuleSamples, SeriesListener {
  readonly #needs: SampleNeeds;
  readonly #window: SampleWindow;
  readonly #onLost: (samples: number) => void;
  #store: SeriesStore | undefined;
  #known: (SeriesOutputs | undefined)[] = [];
  readonly #slowSenders: SlowSenders<ResourceEntry> | undefined;
  readonly #wantedBounds: WantedBounds | undefined;
  /** By series: what its buckets are to the rules, as long as its outputs are current. */
  #judged: (readonly BoundJudgement[] | undefined)[] = [];
  readonly #clocks = new WeakMap<ResourceEntry, SenderClock>();
  readonly #targets = new Map<string, LabelSet>();
  #waiting: Waiting[] = [];
  #item = 0;
  #nowMs = 0;

  /** `onLost` hears of samples for which there is no room, whatever they come from. */
  constructor(
    needs: SampleNeeds,
    maxBytes: number,
    onLost: (samples: number) => void,
    { slowSenders, wantedBounds }: { readonly slowSenders?: SlowSenders<ResourceEntry>; readonly wantedBounds?: WantedBounds } = {},
  ) {
    this.#needs = needs;
    this.#window = new SampleWindow({ maxBytes });
    this.#onLost = onLost;
    this.#slowSenders = slowSenders;
    this.#wantedBounds = wantedBounds;
  }

  get sizeBytes(): number {
    return this.#window.sizeBytes;
  }

  get seriesCount(): number {
    return this.#window.seriesCount;
  }

  /** The store whose listener this is. */
  connect(store: SeriesStore): void {
    this.#store = store;
  }

  /** Lets the store speak, and takes what it said. How many points found no room. */
  hear(nowMs: number, speak: () => void): number {
    this.#nowMs = nowMs;
    speak();
    const waiting = this.#waiting;
    this.#waiting = [];
    const lost = new Set<number>();
    for (const { item, output, clock, pointMs, value } of waiting) {
      if (!this.#put(output.labels, output.retentionMs, clock.toOurs(pointMs), value) && item !== NO_POINT) lost.add(item);
    }
    return lost.size;
  }

  /** Before an evaluation: forgets what is too old, and lets `target_info` hold on. */
  prepare(nowMs: number): void {
    this.#window.trim(nowMs);
    for (const labels of this.#targets.values()) this.write(labels, nowMs, 1);
  }

  admitted(series: number): void {
    const store = this.#store as SeriesStore;
    const { boundsId, outputs } = this.#outputs(store, series);
    const judged = this.#judged[series];
    if (judged !== undefined) this.#wantedBounds?.saw(judged);
    if (outputs.length === 0) return;
    const values = readValues(store, series, boundsId !== 0);
    const clock = this.#clock(store, series);
    const pointMs = (store.table.timeNs[series] as number) / 1e6;
    clock.observe(pointMs, this.#nowMs);
    this.#slowSenders?.saw(store.table.group(series).resource, this.#nowMs);
    this.#item++;
    for (const output of outputs) this.#waiting.push({ item: this.#item, output, clock, pointMs, value: values[output.slot] });
  }

  zero(series: number, timeNs: number): void {
    this.#sayAll(series, timeNs, 0);
  }

  ended(series: number, timeNs: number): void {
    this.#sayAll(series, timeNs, undefined);
  }

  removed(series: number): void {
    this.#known[series] = undefined;
    this.#judged[series] = undefined;
  }

  target(before: ReadonlyMap<string, string> | undefined, labels: ReadonlyMap<string, string> | undefined): void {
    if (!this.#needs.mentions(TARGET_INFO)) return;
    const [old, now] = [targetLabels(before), targetLabels(labels)];
    if (old !== undefined && this.#targets.delete(old.key)) this.end(old, this.#nowMs);
    if (now !== undefined) this.#targets.set(now.key, now);
  }

  write(labels: LabelSet, timeMs: number, value: number): void {
    this.#put(labels, this.#retentionMs(labels), timeMs, value);
  }

  end(labels: LabelSet, timeMs: number): void {
    if (this.#window.find(labels) !== undefined) this.#put(labels, this.#retentionMs(labels), timeMs, undefined);
  }

  select(...given: Parameters<SampleWindow["select"]>): ReturnType<SampleWindow["select"]> {
    return this.#window.select(...given);
  }

  #retentionMs(labels: LabelSet): number {
    return this.#needs.mentions(labels.get(METRIC_NAME)) ? this.#needs.retentionMs(labels) : 0;
  }

  #outputs(store: SeriesStore, series: number): SeriesOutputs {
    const known = this.#known[series];
    if (known !== undefined && isCurrent(known, store, series)) return known;
    const found = seriesOutputs(store, series, this.#needs);
    this.#known[series] = found;
    const name = `${store.table.family(series).base}_bucket`;
    if (found.boundsId !== 0 && this.#needs.mentions(name)) this.#judge(store, series, name);
    const kept = new Set(found.outputs.map(({ labels }) => labels.key));
    for (const { labels } of known?.outputs ?? []) if (!kept.has(labels.key)) this.end(labels, this.#nowMs);
    return found;
  }

  #judge(store: SeriesStore, series: number, name: string): void {
    if (this.#wantedBounds === undefined || store.table.kind(series) === SERIES_KIND.summary) return;
    const bounds = [...store.classicBuckets(series).bounds.values].filter(Number.isFinite);
    const isNative = store.table.kind(series) === SERIES_KIND.native;
    const judged = this.#wantedBounds.judge(
      name,
      LabelSet.from([...store.labels(series)]),
      [...bounds, Number.POSITIVE_INFINITY].map(formatBound),
      isNative ? powersAbove(bounds.at(-1) ?? 0).map(formatBound) : [],
    );
    this.#judged[series] = judged.length === 0 ? undefined : judged;
  }

  #sayAll(series: number, timeNs: number, value: number | undefined): void {
    const store = this.#store as SeriesStore;
    const outputs = value === undefined ? this.#known[series]?.outputs : this.#outputs(store, series).outputs;
    const clock = this.#clock(store, series);
    for (const output of outputs ?? []) this.#waiting.push({ item: NO_POINT, output, clock, pointMs: timeNs / 1e6, value });
  }

  #clock(store: SeriesStore, series: number): SenderClock {
    const { resource } = store.table.group(series);
    let clock = this.#clocks.get(resource);
    if (clock === undefined) {
      clock = new SenderClock();
      this.#clocks.set(resource, clock);
    }
    return clock;
  }

  #put(labels: LabelSet, retentionMs: number, timeMs: number, value: number | undefined): boolean {
    if (retentionMs === 0) return true;
    const series: WindowSeries | undefined = this.#window.find(labels) ?? this.#window.series(labels, retentionMs);
    const isKept = series !== undefined && (value === undefined ? this.#window.end(series, timeMs) : this.#window.append(series, timeMs, value));
    if (!isKept) this.#onLost(1);
    return isKept;
  }
}

/** The bounds that an exponential histogram gets with its first value that large: that nothing was so slow yet is no fault. */
function powersAbove(bound: number): readonly number[] {
  const first = bound > 0 ? Math.floor(Math.log2(bound)) + 1 : LEAST_EXPONENT;
  return Array.from({ length: Math.max(0, MOST_EXPONENT - first + 1) }, (_, index) => 2 ** (Math.max(first, LEAST_EXPONENT) + index));
}

/** Of bounds that somebody would ask for: a nanosecond in seconds to the largest count. */
const LEAST_EXPONENT = -30;
const MOST_EXPONENT = 63;

/** Zeros and ends are no points of the sender's. */
const NO_POINT = -1;
const TARGET_INFO = "target_info";

function targetLabels(labels: ReadonlyMap<string, string> | undefined): LabelSet | undefined {
  return labels === undefined ? undefined : LabelSet.from([...labels, [METRIC_NAME, TARGET_INFO]]);
}
