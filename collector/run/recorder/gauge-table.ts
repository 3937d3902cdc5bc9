import type { GaugePoint } from "../../model/ledger.ts";
import type { GaugeIdentity } from "../ledger-writer.ts";
import { cutText } from "./cut-text.ts";
import type { GuardedWriter } from "./guarded-writer.ts";
import type { LossTally } from "./loss-tally.ts";

type GaugeRow = { readonly series: number; readonly point: GaugePoint };

interface OpenPoint {
  min: number;
  max: number;
  last: number;
  sum: number;
  n: number;
}

/** A series that points are added to. */
export class GaugeFeed {
  readonly identity: GaugeIdentity;
  /** Index in the ledger; −1 until it was taken. */
  index = -1;
  readonly points = new Map<number, OpenPoint>();
  /** The last value of a witness's running total; undefined before the first. */
  total: number | undefined;

  constructor(identity: GaugeIdentity) {
    this.identity = identity;
  }
}

/** Names and attributes that are longer cost more than their points tell. */
const MAX_KEY_CHARACTERS = 4096;
const MAX_NAME_CHARACTERS = 300;

/** Seconds of all series that are not written yet, some 10 MB. */
const MAX_OPEN_POINTS = 100_000;

/** Series of whatever is no request, by the second. */
export class GaugeTable {
  readonly #writer: GuardedWriter;
  readonly #losses: LossTally;
  readonly #limit: number;
  readonly #makeRoom: () => void;
  readonly #feeds = new Map<string, GaugeFeed>();
  #open = 0;

  constructor(options: { readonly writer: GuardedWriter; readonly losses: LossTally; readonly limit: number; readonly makeRoom: () => void }) {
    this.#writer = options.writer;
    this.#losses = options.losses;
    this.#limit = options.limit;
    this.#makeRoom = options.makeRoom;
  }

  /** `key` is the caller's, equal for equal identities; undefined, and counted, where there are too many series. */
  feed(key: string, identity: () => GaugeIdentity): GaugeFeed | undefined {
    const known = this.#feeds.get(key);
    if (known !== undefined) return known;
    if (this.#feeds.size >= this.#limit) {
      this.#losses.add("series", `points of further series: ${this.#limit} are kept`);
      return undefined;
    }
    if (key.length > MAX_KEY_CHARACTERS) {
      this.#losses.add("series", "points of series whose names and attributes are too long to be kept");
      return undefined;
    }
    const { name, unit, ...rest } = identity();
    const feed = new GaugeFeed({ ...rest, name: cutText(name, MAX_NAME_CHARACTERS), unit: cutText(unit, MAX_NAME_CHARACTERS) });
    this.#feeds.set(key, feed);
    return feed;
  }

  /** A reading of a gauge, or one measured value. */
  read(feed: GaugeFeed, second: number, value: number): void {
    if (!Number.isFinite(value)) return;
    const point = this.#point(feed, second);
    if (point === undefined) return;
    point.min = Math.min(point.min, value);
    point.max = Math.max(point.max, value);
    point.last = value;
    point.sum += value;
    point.n++;
  }

  /** An increase of a counter. */
  increase(feed: GaugeFeed, second: number, by: number, n = 1): void {
    if (!Number.isFinite(by)) return;
    const point = this.#point(feed, second);
    if (point === undefined) return;
    point.sum += by;
    point.n += n;
    point.min = point.sum;
    point.max = point.sum;
    point.last = point.sum;
  }

  /** `n` values with their sum; smallest and largest where they are told, else the mean stands for both. */
  measure(
    feed: GaugeFeed,
    second: number,
    values: { readonly n: number; readonly sum: number; readonly min?: number | undefined; readonly max?: number | undefined },
  ): void {
    const { n, sum } = values;
    if (n <= 0 || !Number.isFinite(sum)) return;
    const mean = sum / n;
    const point = this.#point(feed, second);
    if (point === undefined) return;
    point.min = Math.min(point.min, values.min ?? mean);
    point.max = Math.max(point.max, values.max ?? mean);
    point.last = mean;
    point.sum += sum;
    point.n += n;
  }

  take(beforeSecond: number): readonly GaugeRow[] {
    const rows: GaugeRow[] = [];
    for (const feed of this.#feeds.values()) if (feed.points.size > 0) this.#takeOf(feed, beforeSecond, rows);
    return rows;
  }

  #takeOf(feed: GaugeFeed, beforeSecond: number, rows: GaugeRow[]): void {
    if (feed.index < 0) feed.index = this.#writer.series(feed.identity);
    for (const [second, point] of feed.points) {
      if (second >= beforeSecond) continue;
      feed.points.delete(second);
      this.#open--;
      if (feed.index >= 0) rows.push({ series: feed.index, point: { second, ...point } });
      else this.#losses.add("samples", "the ledger could not be written", point.n);
    }
  }

  #point(feed: GaugeFeed, second: number): OpenPoint | undefined {
    const known = feed.points.get(second);
    if (known !== undefined) return known;
    if (this.#open >= MAX_OPEN_POINTS) this.#makeRoom();
    if (this.#open >= MAX_OPEN_POINTS) {
      this.#losses.add("samples", "too many seconds of series are open: their times lie in the future");
      return undefined;
    }
    const point = { min: Infinity, max: -Infinity, last: 0, sum: 0, n: 0 };
    feed.points.set(second, point);
    this.#open++;
    return point;
  }
}
