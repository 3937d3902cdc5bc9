import { wholeMs } from "../model/time.ts";
import { METRIC_KIND, POINT_BIT, POINT_ROW } from "../wire/scan-metric-rows.ts";
import type { MetricColumns } from "../wire/scan-metrics.ts";
import { DELTA_CELLS } from "./cells.ts";
import type { ExemplarTable } from "./exemplar-table.ts";
import type { SeriesGroup } from "./families.ts";
import { type PointCells, seriesKind } from "./point-cells.ts";
import { MAX_BELIEVED_AHEAD_MS } from "./point-time.ts";
import type { RememberedTotals } from "./remembered-totals.ts";
import type { SeriesListener } from "./series-listener.ts";
import { SERIES_BIT, type SeriesTable } from "./series-table.ts";
import type { Stream } from "./stream.ts";

export interface AdmissionOptions {
  readonly listener?: SeriesListener | undefined;
  /** Two points of a cumulative series within one ms: the later one is moved to the next ms. Otherwise it is a `conflict`. */
  readonly spreadCollisions?: boolean | undefined;
  /** A point further in the future would keep out all that come after it. Default: any time is taken. */
  readonly maxAheadMs?: number | undefined;
  /** Two senders write one series in turns, or deltas overlap. */
  readonly onTwoWriters: (stream: Stream, what: "interleaved" | "overlap") => void;
}

const P = POINT_ROW;
const NS_PER_MS = 1e6;
/** An older point of the same start that comes this much late is superseded; later still, the sender's clock was set back. */
const REORDER_WINDOW_NS = 60e9;
/** A writer with an older start time is a second one while the first was heard of this recently; afterwards it is the only one left. */
const SECOND_WRITER_NS = 60e9;
/** A 0 at an older start time is refused by Prometheus as out of bounds, with all that is sent beside it. */
const MAX_ZERO_AGE_MS = 300_000;
/** The same of the export before, whose time is no guess: as long as a late sample is taken at all. */
const MAX_KNOWN_ZERO_AGE_MS = 3_600_000;

/**
 * Which points a series takes, and what else is known of it through them: per series time rises, deltas add up, and resets that PromQL could not see
 * are told to the listener as a 0.
 *
 * Source: opentelemetry-specification/specification/metrics/data-model.md#resets-and-gaps, #sums-delta-to-cumulative
 */
export class Admission {
  readonly #table: SeriesTable;
  readonly #cells: PointCells;
  readonly #exemplars: ExemplarTable;
  readonly #remembered: RememberedTotals;
  readonly #options: AdmissionOptions;
  readonly #listener: SeriesListener | undefined;
  /** Time of the stream's newest point before this request. */
  #exportedNs = 0;

  constructor(table: SeriesTable, cells: PointCells, exemplars: ExemplarTable, remembered: RememberedTotals, options: AdmissionOptions) {
    this.#table = table;
    this.#cells = cells;
    this.#exemplars = exemplars;
    this.#remembered = remembered;
    this.#options = options;
    this.#listener = options.listener;
  }

  /** Before the points of one stream in a request. */
  begin(stream: Stream): void {
    this.#exportedNs = stream.newestNs;
  }

  /** Behind them. */
  finish(stream: Stream): void {
    if (stream.newestNs > this.#exportedNs) stream.olderNs = this.#exportedNs;
    stream.isRenamed = false;
  }

  /** Takes a point into its series. "" = nothing is lost, else why it is. */
  admit(stream: Stream, group: SeriesGroup, series: number, columns: MetricColumns, point: number, isDelta: boolean, nowMs: number): string {
    const { words } = columns.points;
    const sentNs = timeAt(words, point + P.timeLow);
    const timeNs = sentNs === 0 ? nowMs * NS_PER_MS : sentNs;
    const { maxAheadMs } = this.#options;
    if (maxAheadMs !== undefined && timeNs > (nowMs + maxAheadMs) * NS_PER_MS) return "future";
    if (timeNs > stream.newestNs) stream.newestNs = timeNs;
    if (((words[point + P.flags] as number) & 1) !== 0) {
      this.#endWithoutValue(series, timeNs);
      return "";
    }
    const sentStartNs = timeAt(words, point + P.startTimeLow);
    // A start that is the point's own time is not known (data-model.md#resets-and-gaps). Of a first point it is kept: those behind it have the same.
    const isFirst = this.#table.timeNs[series] === 0;
    const startNs = isDelta || sentStartNs < timeNs || (isFirst && sentStartNs === timeNs) ? sentStartNs : 0;
    const isAnew = isDelta !== (((this.#table.bits[series] as number) & SERIES_BIT.isDelta) !== 0);
    if (isAnew) this.#changeLayout(series, isDelta);
    const reason = isDelta
      ? this.#admitDelta(stream, group, series, columns, point, timeNs, startNs, nowMs)
      : this.#admitCumulative(stream, group, series, columns, point, timeNs, startNs, nowMs);
    // What was there before is gone, and nothing has taken its place.
    if (isAnew && reason !== "") this.end(series);
    return reason;
  }

  /** There is no value of it from the ms behind its newest point on: the end of its run, or of itself. */
  end(series: number): void {
    const table = this.#table;
    if (((table.bits[series] as number) & SERIES_BIT.visible) === 0) return;
    this.#hide(series, nextMs(table.timeNs[series] as number));
  }

  #endWithoutValue(series: number, timeNs: number): void {
    const lastNs = this.#table.timeNs[series] as number;
    if (timeNs < lastNs || ((this.#table.bits[series] as number) & SERIES_BIT.visible) === 0) return;
    this.#hide(series, msOf(timeNs) > msOf(lastNs) ? timeNs : nextMs(lastNs));
  }

  #hide(series: number, timeNs: number): void {
    const table = this.#table;
    table.bits[series] = (table.bits[series] as number) & ~SERIES_BIT.visible;
    table.timeNs[series] = timeNs;
    this.#listener?.ended(series, timeNs);
  }

  #admitCumulative(
    stream: Stream,
    group: SeriesGroup,
    series: number,
    columns: MetricColumns,
    point: number,
    givenNs: number,
    startNs: number,
    nowMs: number,
  ): string {
    const table = this.#table;
    const { kind } = stream.header;
    const lastNs = table.timeNs[series] as number;
    const lastStartNs = table.startNs[series] as number;
    const isCumulative = kind !== METRIC_KIND.gauge && kind !== METRIC_KIND.summary;
    let timeNs = givenNs;
    if (lastNs !== 0 && (this.#listener === undefined ? timeNs < lastNs : msOf(timeNs) <= msOf(lastNs))) {
      if (this.#listener === undefined) {
        // Superseded: a scrape shows the newest value, and that one is here already.
        if (startNs === lastStartNs && lastNs - timeNs < REORDER_WINDOW_NS) return "";
      } else {
        const reason = this.#whyNotNewer(series, columns, point, kind, timeNs, lastNs);
        if (reason !== "conflict" || timeNs < lastNs || !isCumulative || this.#options.spreadCollisions !== true) return reason;
        timeNs = nextMs(lastNs);
      }
    }
    // Going back to an older start time: somebody else writes here. To follow both would be a reset with each point.
    if (isCumulative && startNs !== 0 && startNs < lastStartNs && timeNs > lastNs && timeNs - lastNs < SECOND_WRITER_NS) {
      this.#options.onTwoWriters(stream, "interleaved");
      return "interleaved";
    }
    const before = lastNs === 0 ? 0 : this.#cells.total(series);
    const stored = this.#cells.store(kind, series, columns, point, false);
    if (stored === "invalid" || stored === "no_room") return reasonAgainst(kind, stored);
    table.timeNs[series] = timeNs;
    table.startNs[series] = startNs;
    if (this.#listener !== undefined && countsUp(stream, group)) {
      if (lastNs === 0) this.#tellZero(series, this.#birthNs(stream, group, series, timeNs, startNs, nowMs), 0);
      else if (startNs >= lastNs && startNs > lastStartNs && this.#cells.total(series) >= before) {
        this.#tellZero(series, Math.max(startNs, nextMs(lastNs)), lastNs);
      }
    }
    this.#announce(series, stream, columns, point);
    return "";
  }

  /** Of a point that is not newer, for a listener: "" = it is a repetition. */
  #whyNotNewer(series: number, columns: MetricColumns, point: number, kind: number, timeNs: number, lastNs: number): string {
    const isVisible = ((this.#table.bits[series] as number) & SERIES_BIT.visible) !== 0;
    // The end of a series stands 1 ms behind its newest point.
    const newestMs = isVisible ? msOf(lastNs) : msOf(lastNs) - 1;
    if (msOf(timeNs) === newestMs && this.#cells.says(kind, series, columns, point)) return "";
    // Here a window for late points (`outOfOrderWindowMs`) could let them pass, with a time of their own beside the series' newest one.
    return msOf(timeNs) === msOf(lastNs) ? "conflict" : "out_of_order";
  }

  #admitDelta(
    stream: Stream,
    group: SeriesGroup,
    series: number,
    columns: MetricColumns,
    point: number,
    timeNs: number,
    startNs: number,
    nowMs: number,
  ): string {
    const table = this.#table;
    const { kind } = stream.header;
    const lastNs = table.timeNs[series] as number;
    if (lastNs === 0) {
      const remembered = this.#remembered.recall(series);
      if (remembered !== undefined) this.#remembered.restore(series, remembered);
    }
    let window = this.#windowCell(series);
    const endNs = table.cells.values[window + 1] as number;
    let adds = endNs !== 0;
    // One window from far in the future must not keep out all that come after it.
    if (adds && endNs <= (nowMs + MAX_BELIEVED_AHEAD_MS) * NS_PER_MS) {
      if (timeNs <= endNs) return timeNs === endNs && startNs === table.cells.values[window] ? "duplicate" : "late";
      if (startNs !== 0 && startNs < endNs) {
        this.#options.onTwoWriters(stream, "overlap");
        return "overlap";
      }
    }
    if (adds) {
      // A gap does not reset: PromQL sees exactly what is added. Another process does, where the listener can be told so.
      if (this.#listener !== undefined && group.resourceSinceNs > endNs) adds = false;
      if (table.kind(series) !== seriesKind(kind)) adds = false;
    }
    const stored = this.#cells.store(kind, series, columns, point, adds);
    if (stored === "invalid" || stored === "no_room") return reasonAgainst(kind, stored);
    const isAnew = !adds || stored === "anew";
    window = this.#windowCell(series);
    table.cells.values[window] = startNs;
    table.cells.values[window + 1] = timeNs;
    table.timeNs[series] = lastNs !== 0 && msOf(timeNs) <= msOf(lastNs) ? nextMs(lastNs) : timeNs;
    if (isAnew) {
      const isKnown = startNs !== 0 && startNs < timeNs;
      table.startNs[series] = isKnown ? startNs : 0;
      if (this.#listener !== undefined && countsUp(stream, group) && isKnown) {
        if (endNs !== 0) this.#tellZero(series, Math.max(startNs, nextMs(lastNs)), lastNs);
        else if (!stream.isRenamed && nowMs - startNs / NS_PER_MS < MAX_ZERO_AGE_MS) this.#tellZero(series, startNs, lastNs);
      }
    }
    this.#announce(series, stream, columns, point);
    return "";
  }

  /** Where the bounds of its last window stand, start and end. */
  #windowCell(series: number): number {
    return (this.#table.cellStarts[series] as number) + (this.#table.cellCounts[series] as number) - DELTA_CELLS;
  }

  /** When a cumulative series that is new here was 0; 0 = not known. */
  #birthNs(stream: Stream, group: SeriesGroup, series: number, timeNs: number, startNs: number, nowMs: number): number {
    if (startNs === 0 || stream.isRenamed) return 0;
    const remembered = this.#remembered.recall(series);
    if (remembered !== undefined) return startNs > remembered.timeNs ? startNs : 0;
    if (this.#remembered.mayHaveForgotten(group, startNs)) return 0;
    const exportedNs = msOf(this.#exportedNs) < msOf(timeNs) ? this.#exportedNs : stream.olderNs;
    const wasAbsent = exportedNs !== 0 && msOf(exportedNs) < msOf(timeNs) && startNs <= exportedNs && !stream.isIncomplete;
    if (wasAbsent) return nowMs - exportedNs / NS_PER_MS < MAX_KNOWN_ZERO_AGE_MS ? exportedNs : 0;
    return nowMs - startNs / NS_PER_MS < MAX_ZERO_AGE_MS ? startNs : 0;
  }

  /** Only where it lies between what the listener has heard and what it is about to hear. */
  #tellZero(series: number, zeroNs: number, lastNs: number): void {
    if (zeroNs === 0 || msOf(zeroNs) >= msOf(this.#table.timeNs[series] as number) || msOf(zeroNs) <= msOf(lastNs)) return;
    this.#listener?.zero(series, zeroNs);
  }

  #announce(series: number, stream: Stream, columns: MetricColumns, point: number): void {
    if (((columns.points.words[point + P.bits] as number) & POINT_BIT.hasExemplars) !== 0) {
      this.#exemplars.store(this.#table, this.#cells.les, stream.header.kind, series, columns, point);
    }
    this.#listener?.admitted(series);
  }

  /** A series that turns from deltas to totals, or back, begins anew. */
  #changeLayout(series: number, isDelta: boolean): void {
    const table = this.#table;
    table.resize(series, (table.cellCounts[series] as number) + (isDelta ? DELTA_CELLS : -DELTA_CELLS));
    table.bits[series] = (table.bits[series] as number) ^ SERIES_BIT.isDelta;
    // Its bounds are learnt again, with the right number of cells.
    table.bounds[series] = 0;
    table.setKind(series, 0);
  }
}

/** Whether the value of such a series only rises, but for resets. */
function countsUp(stream: Stream, group: SeriesGroup): boolean {
  const { type } = group.family;
  return type === "histogram" || (type === "counter" && stream.header.kind === METRIC_KIND.sum && stream.header.isMonotonic);
}

function reasonAgainst(kind: number, stored: "invalid" | "no_room"): string {
  if (stored === "no_room") return "series_limit";
  if (kind === METRIC_KIND.summary) return "invalid_summary";
  return kind === METRIC_KIND.histogram || kind === METRIC_KIND.exponentialHistogram ? "invalid_histogram" : "no_value";
}

function timeAt(words: Uint32Array, low: number): number {
  return (words[low + 1] as number) * 0x1_0000_0000 + (words[low] as number);
}

function msOf(ns: number): number {
  return wholeMs(ns / NS_PER_MS);
}

/** The beginning of the next ms. */
function nextMs(ns: number): number {
  return (msOf(ns) + 1) * NS_PER_MS;
}
