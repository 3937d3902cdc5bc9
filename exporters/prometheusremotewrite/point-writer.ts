import { type Clock, wholeMs } from "../../collector/model/time.ts";
import type { SeriesListener } from "../../collector/series/series-listener.ts";
import type { SeriesStore } from "../../collector/series/series-store.ts";
import type { Outbox } from "./outbox.ts";
import { PointColumns, type Shapes } from "./point-columns.ts";
import { SeriesEntry } from "./series-entry.ts";
import type { TargetInfo } from "./target-info.ts";
import { MetadataOf } from "./write-series.ts";

export interface PointWriterOptions extends Shapes {
  readonly staleMarkers: boolean;
  /** 0 = no limit; `__name__`, `le` and the like included. */
  readonly maxLabels: number;
  readonly targetInfo: TargetInfo | undefined;
}

/** Hears of every point that the store admits and copies it into the columns of its lane. */
export class PointWriter implements SeriesListener {
  readonly #store: SeriesStore;
  readonly #outbox: Pick<Outbox, "buffer">;
  readonly #options: PointWriterOptions;
  readonly #clock: Clock;
  readonly #points: PointColumns;
  readonly #metadata = new MetadataOf();
  readonly #entries: (SeriesEntry | undefined)[] = [];
  #nowMs = 0;
  #written = 0;
  #losses: Map<string, number> | undefined;

  constructor(store: SeriesStore, outbox: Pick<Outbox, "buffer">, options: PointWriterOptions, clock: Clock) {
    this.#store = store;
    this.#outbox = outbox;
    this.#options = options;
    this.#clock = clock;
    this.#points = new PointColumns(store, options, clock.nowMs());
  }

  /** Counts from here. */
  begin(): void {
    this.#nowMs = this.#clock.nowMs();
    this.#written = 0;
    this.#losses = undefined;
  }
  /** Points written since `begin`. */
  get written(): number {
    return this.#written;
  }
  /** Points turned down since `begin`, by reason. */
  get losses(): ReadonlyMap<string, number> | undefined {
    return this.#losses;
  }

  admitted(series: number): void {
    const timestampMs = msOf(this.#store.table.timeNs[series] as number);
    const entry = this.#entry(series);
    const reason = this.#reasonAgainst(entry, timestampMs);
    if (reason !== undefined) {
      this.#lose(reason);
      return;
    }
    const { zeroMs } = entry;
    entry.zeroMs = undefined;
    if (zeroMs !== undefined && zeroMs > entry.lastMs && zeroMs < timestampMs) this.#points.zero(series, entry, zeroMs, this.#nowMs);
    if (!this.#points.value(series, entry, timestampMs, this.#nowMs)) {
      this.#lose("invalid_histogram");
      return;
    }
    this.#written++;
    entry.lastMs = timestampMs;
    entry.isEnded = false;
    if (entry.target !== undefined) this.#options.targetInfo?.touch(entry.target, timestampMs, this.#nowMs);
  }

  /** Kept until the point behind it tells the buckets. */
  zero(series: number, timeNs: number): void {
    this.#entry(series).zeroMs = msOf(timeNs);
  }

  ended(series: number, timeNs: number): void {
    const entry = this.#entries[series];
    if (entry === undefined || entry.isEnded || !this.#options.staleMarkers) return;
    const timestampMs = Math.max(msOf(timeNs), entry.lastMs + 1);
    this.#points.stale(entry, timestampMs, this.#clock.nowMs());
    entry.lastMs = timestampMs;
    entry.isEnded = true;
  }

  removed(series: number): void {
    const target = this.#entries[series]?.target;
    if (target !== undefined) this.#options.targetInfo?.release(target);
    this.#entries[series] = undefined;
  }

  target(before: ReadonlyMap<string, string> | undefined, labels: ReadonlyMap<string, string> | undefined, timeNs: number): void {
    this.#options.targetInfo?.changed(before, labels, msOf(timeNs), this.#clock.nowMs(), this.#options.staleMarkers);
  }

  #entry(series: number): SeriesEntry {
    const known = this.#entries[series];
    if (known !== undefined) return known;
    const family = this.#store.table.family(series);
    const labels = this.#store.labels(series);
    const { targetInfo } = this.#options;
    const entry = new SeriesEntry(
      family,
      labels,
      this.#metadata.of(family),
      this.#outbox.buffer(hashOf(family.sample, labels)),
      targetInfo?.of(labels),
    );
    this.#entries[series] = entry;
    return entry;
  }

  #reasonAgainst(entry: SeriesEntry, timestampMs: number): string | undefined {
    const { maxLabels } = this.#options;
    // The store sees to it; a request with such a sample would be turned down as a whole.
    if (timestampMs <= entry.lastMs) return "out_of_order";
    const own = entry.family.type === "histogram" || entry.family.type === "summary" ? 2 : 1;
    return maxLabels > 0 && entry.labels.length + own > maxLabels ? "too_many_labels" : undefined;
  }

  #lose(reason: string): void {
    this.#losses ??= new Map();
    this.#losses.set(reason, (this.#losses.get(reason) ?? 0) + 1);
  }
}

function msOf(timeNs: number): number {
  return wholeMs(timeNs / 1e6);
}

/** FNV-1a: which lane a series goes through must only depend on what it is called. */
function hashOf(name: string, labels: readonly (readonly [string, string])[]): number {
  let hash = 0x811c9dc5;
  const mix = (text: string): void => {
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    hash = Math.imul(hash ^ 0xff, 0x01000193);
  };
  mix(name);
  for (const [key, value] of labels) {
    mix(key);
    mix(value);
  }
  return hash >>> 0;
}
