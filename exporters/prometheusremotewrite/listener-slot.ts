import type { SeriesListener } from "../../collector/series/series-listener.ts";

/** Stands in for the listener while the store is being made: the store needs one, and the listener needs the store. */
export class ListenerSlot implements SeriesListener {
  listener: SeriesListener | undefined;

  admitted(series: number): void {
    this.listener?.admitted(series);
  }
  zero(series: number, timeNs: number): void {
    this.listener?.zero(series, timeNs);
  }
  ended(series: number, timeNs: number): void {
    this.listener?.ended(series, timeNs);
  }
  removed(series: number): void {
    this.listener?.removed(series);
  }
  target(before: ReadonlyMap<string, string> | undefined, labels: ReadonlyMap<string, string> | undefined, timeNs: number): void {
    this.listener?.target(before, labels, timeNs);
  }
}
