/**
 * What somebody who sends samples on (remote write, the alert evaluator) hears of a `SeriesStore`, in the order in which it happens.
 * A series is its index in `SeriesStore.table`; times are Unix nanoseconds as doubles (exact to 256 ns). Called synchronously from `ingest`,
 * `expire` and `end`: what is needed later must be copied, since the cells of the table hold only the newest point. Its arrays may be others after
 * the next point: read them from the table each time.
 */
export interface SeriesListener {
  /** A point was admitted, and the table holds it: per series rising in time, in ms, beyond `zero` and `ended` too. `startNs` is 0 where it is not known. */
  admitted(series: number): void;
  /**
   * The value (of a histogram: all of it) was exactly 0 at this time: the series was born then, or restarted. Comes right before the `admitted` of the
   * point that reveals it, which the table holds already, with its kind and bounds.
   */
  zero(series: number, timeNs: number): void;
  /**
   * There is no value from this time on: a point without recorded value, or (1 ms behind the newest point) the end of the run, expiry, another name.
   * May be followed by `admitted` again.
   */
  ended(series: number, timeNs: number): void;
  /** The series is forgotten, and its index will be used for another one. After `ended`. */
  removed(series: number): void;
  /** `target_info` of a job and instance says something else now: `before` has ended, `labels` (name to value, without `__name__`) holds. */
  target(before: ReadonlyMap<string, string> | undefined, labels: ReadonlyMap<string, string> | undefined, timeNs: number): void;
}
